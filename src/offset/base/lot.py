"""Questions on lines: so many in a time, and by lot when there are more.

Every line has one lot: so many questions on one line are no better than one, and how many lines there may be is
bounded elsewhere.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from offset.base.entropy import Entropy, fraction
from offset.base.ids import CallId
from offset.base.instants import Instant, Millis
from offset.base.token_bucket import TokenBucket

Q = TypeVar("Q")


class Lot(Generic[Q]):
    """The questions that wait, at most one of each line."""

    __slots__ = ("_bucket", "_cost", "_entropy", "_free_at", "_waiting", "_waits_ms")

    def __init__(self, entropy: Entropy, bucket: TokenBucket, waits_ms: Millis, cost: int = 1) -> None:
        """Each that is drawn takes `cost` from the bucket; after `waits_ms` one has waited for too long."""
        self._entropy, self._bucket = entropy, bucket
        self._waits_ms, self._cost = waits_ms, cost
        self._free_at: Instant = 0
        self._waiting: dict[CallId, tuple[Q, Instant]] = {}
        """Oldest first, with the time at which each has waited for too long."""

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, call: CallId, question: Q, now: Instant) -> bool:
        """Let a question wait to be drawn; False when one of this line waits already."""
        if call in self._waiting:
            return False
        self._waiting[call] = question, now + self._waits_ms
        return True

    def draw(self, now: Instant) -> tuple[CallId, Q] | None:
        """One of them by lot, if another may be answered now."""
        if not self._waiting or now < self._free_at:
            return None
        call = list(self._waiting)[int(fraction(self._entropy) * len(self._waiting))]
        question, _ = self._waiting.pop(call)
        self._free_at = self._bucket.spend(self._cost, now)
        return call, question

    def overdue(self, now: Instant) -> list[tuple[CallId, Q]]:
        """Those that have waited for too long, and wait no longer."""
        late = [(call, question) for call, (question, until) in self._waiting.items() if now >= until]
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
