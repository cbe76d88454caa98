"""So many bytes a second, after a burst."""

from __future__ import annotations

from offset.base.instants import SECOND, Instant


class TokenBucket:
    """What may be spent.

    Keeps one instant: the one at which all bytes would be due if they had come at the rate. It is
    counted in thousandths of a byte, so that no rounding adds up.
    """

    __slots__ = ("_ahead", "_due", "_rate")

    def __init__(self, bytes_per_second: int, burst_bytes: int) -> None:
        self._rate = bytes_per_second
        """Bytes per second, which is thousandths of a byte per millisecond."""
        self._ahead = burst_bytes * SECOND
        self._due = 0

    def spend(self, cost: int, now: Instant) -> Instant:
        """Take `cost` bytes, be they there or not; returns from when on more may be taken."""
        self._due = max(self._due, now * self._rate) + cost * SECOND
        return -((self._ahead - self._due) // self._rate)
