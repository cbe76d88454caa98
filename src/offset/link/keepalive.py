"""Proof of life: we hang up on a silent peer, and are never silent ourselves (spec 01, 2.6)."""

from __future__ import annotations

from offset.base.faults import PeerFault
from offset.base.instants import Instant
from offset.base.limits import KEEPALIVE_CLOSE_MS, KEEPALIVE_SEND_MS


class Keepalive:
    """The two clocks of one line. A rekey does not count as a message to either (spec 02, 1.3)."""

    __slots__ = ("_close_at", "_send_at")

    _close_at: Instant | None
    """None while nothing is read from the peer: then its silence is our doing."""

    def __init__(self, now: Instant) -> None:
        """The line is up since `now`."""
        self._close_at = now + KEEPALIVE_CLOSE_MS
        self._send_at = now + KEEPALIVE_SEND_MS

    def received(self, now: Instant) -> None:
        """A message of the peer came."""
        if self._close_at is not None:
            self._close_at = now + KEEPALIVE_CLOSE_MS

    def paused(self) -> None:
        """Nothing is read from the peer from now on, though what was read already may still come."""
        self._close_at = None

    def resumed(self, now: Instant) -> None:
        """The peer is read again."""
        self._close_at = now + KEEPALIVE_CLOSE_MS

    def sent(self, now: Instant) -> None:
        """We sent a message."""
        self._send_at = now + KEEPALIVE_SEND_MS

    def is_heartbeat_due(self, now: Instant) -> bool:
        """Whether a heartbeat must be sent. Raises PeerFault when the peer was silent for too long."""
        if self._close_at is not None and now >= self._close_at:
            raise PeerFault(f"the peer was silent for {KEEPALIVE_CLOSE_MS} ms")
        return now >= self._send_at

    def deadline(self) -> Instant:
        """When to ask again."""
        return self._send_at if self._close_at is None else min(self._close_at, self._send_at)
