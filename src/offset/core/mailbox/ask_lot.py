"""Questions of strangers for what they choose themselves: so many a second, and by lot when there are more.

Each costs the owner an invoice in its node. Every line has one lot: so many questions on one line are no better than
one, and how many lines strangers may have is bounded.
"""

from __future__ import annotations

from offset.base.entropy import Entropy, fraction
from offset.base.ids import CallId
from offset.base.instants import Instant
from offset.base.limits import ASK_WAITS_MS, ASKS_BURST, ASKS_PER_SECOND
from offset.base.token_bucket import TokenBucket
from offset.wire.mailbox import Letter


class AskLot:
    """The questions that wait, at most one of each line."""

    __slots__ = ("_bucket", "_entropy", "_free_at", "_waiting")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        # The bucket lets one more pass than it holds.
        self._bucket = TokenBucket(ASKS_PER_SECOND, ASKS_BURST - 1)
        self._free_at: Instant = 0
        self._waiting: dict[CallId, tuple[Letter, Instant]] = {}
        """Oldest first, with the time at which each has waited for too long."""

    def enter(self, call: CallId, letter: Letter, now: Instant) -> bool:
        """Let a question wait to be drawn; False when one of this line waits already."""
        if call in self._waiting:
            return False
        self._waiting[call] = letter, now + ASK_WAITS_MS
        return True

    def draw(self, now: Instant) -> tuple[CallId, Letter] | None:
        """One of them by lot, if another may be answered now."""
        if not self._waiting or now < self._free_at:
            return None
        call = list(self._waiting)[int(fraction(self._entropy) * len(self._waiting))]
        letter, _ = self._waiting.pop(call)
        self._free_at = self._bucket.spend(1, now)
        return call, letter

    def overdue(self, now: Instant) -> list[tuple[CallId, Letter]]:
        """Those that have waited for too long, and wait no longer."""
        late = [(call, letter) for call, (letter, until) in self._waiting.items() if now >= until]
        for call, _ in late:
            del self._waiting[call]
        return late

    def leave(self, call: CallId) -> None:
        """The line is over."""
        self._waiting.pop(call, None)

    def deadline(self) -> Instant | None:
        """When one may be drawn, or has waited for too long."""
        if not self._waiting:
            return None
        return min(self._free_at, min(until for _, until in self._waiting.values()))
