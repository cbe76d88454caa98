"""Apps ask a node for its payments, its invoices and its history, page by page (docs/WIRE.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offset.base.limits import QUERY_ROWS_MAX
from offset.core.funder.state.listings import found_rows, invoice_rows, payment_rows
from offset.core.funder.state.past import Noted, Past
from offset.core.funder.state.state import FunderState
from offset.wire.extension import (
    FoundAbove,
    FoundRows,
    HistoryAfter,
    HistoryBefore,
    HistoryRow,
    HistoryRows,
    InvoiceRows,
    InvoicesAbove,
    Page,
    PaymentRows,
    PaymentsAbove,
    Query,
    RecoveryAbove,
    RecoveryRows,
    Rows,
)
from offset.wire.recovery import RecoveryRow


class NodeQueries:
    """Answers queries: from memory what is open, from the disk what is over."""

    def __init__(self, state: FunderState, past: Past, recovery: Callable[[], Sequence[RecoveryRow]]) -> None:
        """`past` is looked at when an answer is due, so that all that was said before stands in it.

        `recovery` says how a recovery stands, by keys.
        """
        self._state, self._past, self._recovery = state, past, recovery

    def look(self, query: Query) -> Callable[[], Page]:
        """What is open as it is now; what is over as it is when the result is called.

        That is to be done when all that was decided until now is durable. Raises NodeStopped when the disk cannot say.
        """
        limit = min(query.limit, QUERY_ROWS_MAX)
        listing = query.listing
        match listing:
            case PaymentsAbove():
                payments, is_last = payment_rows(self._state, listing.payment_id, limit)
                return _ready(query, PaymentRows(payments), is_last=is_last)
            case InvoicesAbove():
                invoices, is_last = invoice_rows(self._state, listing.invoice_id, limit)
                return _ready(query, InvoiceRows(invoices), is_last=is_last)
            case FoundAbove():
                found, is_last = found_rows(self._state, listing.public_key, limit)
                return _ready(query, FoundRows(found), is_last=is_last)
            case RecoveryAbove():
                rows = [row for row in self._recovery() if row.public_key > listing.public_key]
                return _ready(query, RecoveryRows(tuple(rows[:limit])), is_last=len(rows) <= limit)
            case _:
                return lambda: self._history(query, listing, limit)

    def _history(self, query: Query, listing: HistoryAfter | HistoryBefore, limit: int) -> Page:
        if isinstance(listing, HistoryAfter):
            found = self._past.oldest(listing.number, limit + 1)
        else:
            found = self._past.newest(listing.number or None, limit + 1)
        rows = tuple(map(_history_row, found[:limit]))
        return Page(query.query_id, HistoryRows(rows), len(found) <= limit)


def _ready(query: Query, rows: Rows, *, is_last: bool) -> Callable[[], Page]:
    page = Page(query.query_id, rows, is_last)
    return lambda: page


def _history_row(noted: Noted) -> HistoryRow:
    row = noted.row
    return HistoryRow(
        row.number, noted.time, row.kind.value, row.id, row.currency, row.amount, row.peer, row.detail
    )
