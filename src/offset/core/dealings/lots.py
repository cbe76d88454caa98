"""Questions of strangers for a request: so many a minute for each request, and by lot when there are more.

So whoever calls all the time for a request that it has seen keeps nobody else from it, and other requests not at all.
"""

from __future__ import annotations

from offset.base.ids import CallId, Uid
from offset.base.instants import MINUTE, Instant, earliest
from offset.base.limits import ASK_WAITS_MS, REQUEST_ASKS_PER_MINUTE
from offset.base.lot import Lot
from offset.base.token_bucket import TokenBucket
from offset.core.dealings.desk import Alarm, Desk
from offset.wire.mailbox import AskInvoice

Question = tuple[int, AskInvoice]
"""The number of its letter, and the question."""

# At a rate of so many a second each costs 60, which is so many a minute; the bucket lets one more pass than it holds.
_COST = 60
_BURST = (REQUEST_ASKS_PER_MINUTE - 1) * _COST


class RequestLots:
    """Those that wait, by request."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lots: dict[Uid, tuple[Lot[Question], Instant]] = {}
        """With the time from which on a new one would be no different."""

    def __len__(self) -> int:
        """How many requests were asked for lately."""
        return len(self._lots)

    def enter(self, request_id: Uid, call: CallId, question: Question, now: Instant) -> bool:
        """Let a question wait to be drawn; False when one of this line waits already."""
        lot, _ = self._lots.get(request_id, (None, 0))
        if lot is None:
            bucket = TokenBucket(REQUEST_ASKS_PER_MINUTE, _BURST)
            lot = Lot(self._desk.entropy, bucket, ASK_WAITS_MS, _COST)
        self._lots[request_id] = lot, now + MINUTE
        return lot.enter(call, question, now)

    def draw(self, request_id: Uid, now: Instant) -> list[tuple[CallId, Question]]:
        """Those that may be answered now."""
        lot, _ = self._lots[request_id]
        drawn = []
        while (one := lot.draw(now)) is not None:
            drawn.append(one)
            self._lots[request_id] = lot, now + MINUTE
        return drawn

    def overdue(self, request_id: Uid, now: Instant) -> list[tuple[CallId, Question]]:
        """Those that have waited for too long, and wait no longer."""
        lot, rests_at = self._lots[request_id]
        late = lot.overdue(now)
        if not len(lot) and now >= rests_at:
            del self._lots[request_id]
        else:
            at = earliest(lot.deadline(), rests_at if rests_at > now else None)
            assert at is not None, "whoever waits has a deadline"
            self._desk.alarms.set((Alarm.LOT, request_id), at)
        return late

    def leave(self, call: CallId) -> None:
        """The line is over."""
        for lot, _ in self._lots.values():
            lot.leave(call)
