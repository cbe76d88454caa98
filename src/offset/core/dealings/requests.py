"""Requests of ours: what a question that answers one is told, and which of them are over.

OPEN ──the first commit, if it is good once──► TAKEN ──nothing was collected──► OPEN
  └────────────────by hand────────────────► CLOSED
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from offset.base.credits import Amount
from offset.base.faults import UserFault
from offset.base.ids import Uid
from offset.base.instants import SECOND, Instant
from offset.base.limits import REQUESTS_OPEN_MAX
from offset.core.dealings.desk import Desk
from offset.core.dealings.records import Past, Request, RequestState
from offset.wire.mailbox import NOBODY_ASKED, Refusal, RefusalCode, RequestPurpose

NO_SUCH_REQUEST = Refusal(RefusalCode.NO_SUCH_REQUEST)


class Requests:
    """The requests that are open, and how to look up the others."""

    def __init__(self, desk: Desk, past: Past, rows: Iterable[Request]) -> None:
        self._desk, self._past = desk, past
        self.rows: dict[Uid, Request] = {row.request_id: row for row in rows}
        """Those that are open, or whose end is not durable yet."""

    def get(self, request_id: Uid) -> Request | None:
        """The request of this id. Raises NodeStopped when the disk cannot say."""
        return self.rows.get(request_id) or self._past.request(request_id)

    def add(self, row: Request) -> None:
        """A new one; one that is known stays as it is. Raises UserFault."""
        if row.request_id == NOBODY_ASKED or self.get(row.request_id) is not None:
            return
        if sum(other.state is RequestState.OPEN for other in self.rows.values()) >= REQUESTS_OPEN_MAX:
            raise UserFault(f"{REQUESTS_OPEN_MAX} requests are open: close some of them first")
        self._put(row)

    def close(self, request_id: Uid) -> bool:
        """It is not answered any more; returns False when it was not open."""
        row = self.rows.get(request_id)
        if row is None or row.state is not RequestState.OPEN:
            return False
        self._put(replace(row, state=RequestState.CLOSED))
        return True

    def answer(self, purpose: RequestPurpose, now: Instant) -> tuple[Request, Amount] | Refusal:
        """The request that is answered and the amount, or why it is not. Raises NodeStopped."""
        row = self.get(purpose.request_id)
        if row is None:
            return NO_SUCH_REQUEST
        if row.state is RequestState.TAKEN:
            return Refusal(RefusalCode.USED)
        if row.state is RequestState.CLOSED or self._is_late(row, now):
            return Refusal(RefusalCode.EXPIRED)
        chosen = purpose.opt_amount
        if row.amount is None:
            return Refusal(RefusalCode.TOO_LITTLE) if chosen is None else (row, chosen)
        if chosen is not None and chosen != row.amount:
            return Refusal(RefusalCode.CHANGED)
        return row, row.amount

    def take(self, request_id: Uid, ask_id: Uid) -> bool:
        """A commit for one of its invoices is here; returns whether the others are of no use now."""
        row = self.get(request_id)
        if row is None or not row.is_once or row.state is RequestState.TAKEN:
            return False
        self._put(replace(row, state=RequestState.TAKEN, taken_by=ask_id))
        return True

    def release(self, request_id: Uid, ask_id: Uid) -> None:
        """Nothing was collected with that commit."""
        row = self.get(request_id)
        if row is not None and row.state is RequestState.TAKEN and row.taken_by == ask_id:
            self._put(replace(row, state=RequestState.OPEN, taken_by=None))

    def persisted(self, rows: Mapping[Uid, Request | None]) -> None:
        """These rows are durable: the ends of requests need no memory."""
        for id, row in rows.items():
            if row is not None and row.state is not RequestState.OPEN and self.rows.get(id) == row:
                del self.rows[id]

    def _is_late(self, row: Request, now: Instant) -> bool:
        return bool(row.valid_until) and self._desk.unix(now) >= row.valid_until * SECOND

    def _put(self, row: Request) -> None:
        self.rows[row.request_id] = row
        self._desk.changes.requests[row.request_id] = row
