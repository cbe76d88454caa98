"""How long to wait before trying again (spec 02, W11; spec 04, 1.6 and 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from offset.base.entropy import Entropy, fraction
from offset.base.instants import Millis

_DOUBLINGS_MAX = 30


def jittered(wait_ms: Millis, entropy: Entropy) -> Millis:
    """0.75 to 1.25 times as long: those who lost the same peer at the same moment do not come back at one."""
    return int(wait_ms * (0.75 + 0.5 * fraction(entropy)))


@dataclass(slots=True)
class Backoff:
    """Doubles with each failure in a row up to a limit, and never waits the same time twice.

    The jitter spreads those who lost the same relay or server at the same moment.
    """

    first_ms: Millis
    most_ms: Millis
    failures: int = 0

    def next_ms(self, entropy: Entropy) -> Millis:
        """One more failure: the time to wait, 0.75 to 1.25 times what the number of failures asks for."""
        wait_ms = min(self.most_ms, self.first_ms << min(self.failures, _DOUBLINGS_MAX))
        self.failures += 1
        return jittered(wait_ms, entropy)

    def reset(self) -> None:
        """It worked, or the world has changed: start again with the shortest time."""
        self.failures = 0
