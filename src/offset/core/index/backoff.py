"""How long to wait before trying again (spec 04, 1.6 and 5.3)."""

from __future__ import annotations

from offset.base.entropy import Entropy, fraction
from offset.base.instants import Millis

_DOUBLINGS_MAX = 30


class Backoff:
    """Doubles with each failure in a row up to a limit; the jitter parts those who failed at the same moment."""

    __slots__ = ("_entropy", "_failures", "_first_ms", "_most_ms")

    def __init__(self, first_ms: Millis, most_ms: Millis, entropy: Entropy) -> None:
        self._first_ms = first_ms
        self._most_ms = most_ms
        self._entropy = entropy
        self._failures = 0

    def next_ms(self) -> Millis:
        """One more failure: the time to wait, 0.75 to 1.25 times what the number of failures asks for."""
        wait_ms = min(self._most_ms, self._first_ms << min(self._failures, _DOUBLINGS_MAX))
        self._failures += 1
        return int(wait_ms * (0.75 + 0.5 * fraction(self._entropy)))

    def reset(self) -> None:
        """It worked: start again with the shortest time."""
        self._failures = 0
