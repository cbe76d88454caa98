"""What a fake node lists: its payments, invoices and history, as a node of this program does (docs/WIRE.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from offset.base.ids import Conn
from offset.base.limits import QUERY_ROWS_MAX
from offset.core.apps.permissions import may_see
from offset.testing.fake_core import FakeCore, FakePayment
from offset.testing.identities import FRIEND
from offset.wire import app
from offset.wire.extension import (
    Extra,
    FoundAbove,
    FoundRows,
    HeldCredits,
    HistoryAfter,
    HistoryRows,
    InvoiceRow,
    InvoiceRows,
    InvoicesAbove,
    Page,
    PaymentRow,
    PaymentRows,
    PaymentsAbove,
    Query,
    RecoveryAbove,
    RecoveryRows,
    Rows,
)

R = TypeVar("R")
Id = TypeVar("Id", bound=bytes)


def answer_query(node: FakeCore, conn: Conn, query: Query) -> None:
    """Tell an app the rows that it asks for; hang up on one that may not see them."""
    key = node.conns.get(conn)
    if key is None:
        return
    if not may_see(node.trusted[key], query.listing):
        node.hangup(conn)
        return
    rows, is_last = _look(node, query)
    page = Page(query.query_id, rows, is_last)
    node.tell(conn, app.ReportMutations(None, (), Extra(opt_page=page)))


def _look(node: FakeCore, query: Query) -> tuple[Rows, bool]:
    listing, limit = query.listing, min(query.limit, QUERY_ROWS_MAX)
    match listing:
        case PaymentsAbove():
            payments = _above(node.payments, listing.payment_id, lambda key: _payment(node.payments[key]))
            return PaymentRows(tuple(payments[:limit])), len(payments) <= limit
        case InvoicesAbove():
            invoices = _above(
                node.invoices, listing.invoice_id, lambda key: _invoice(node, node.invoices[key])
            )
            return InvoiceRows(tuple(invoices[:limit])), len(invoices) <= limit
        case FoundAbove():
            found = [row for row in node.found if row.public_key > listing.public_key]
            return FoundRows(tuple(found[:limit])), len(found) <= limit
        case RecoveryAbove():
            rows = [row for row in node.recovery if row.public_key > listing.public_key]
            return RecoveryRows(tuple(rows[:limit])), len(rows) <= limit
        case HistoryAfter():
            history = [row for row in node.history if row.number > listing.number]
        case _:
            history = [row for row in node.history if not listing.number or row.number < listing.number][::-1]
    return HistoryRows(tuple(history[:limit])), len(history) <= limit


def _above(ids: Iterable[Id], above: bytes, row: Callable[[Id], R]) -> list[R]:
    return [row(key) for key in sorted(ids) if key > above]


def _payment(payment: FakePayment) -> PaymentRow:
    request = payment.request
    if payment.status is None:
        stage = (
            "lost" if payment.lost and payment.is_closed else "in progress" if payment.is_closed else "new"
        )
    else:
        stage = "success" if isinstance(payment.status, app.PaymentStatusSuccess) else "canceled"
    return PaymentRow(
        request.payment_id,
        request.invoice_id,
        request.currency,
        request.total_dest_payment,
        request.dest_public_key,
        stage,
        any(isinstance(answer, app.Complete) for answer in payment.answers.values()),
        tuple(HeldCredits(FRIEND.public_key, amount) for amount in payment.open.values()),
        payment.lost,
    )


def _invoice(node: FakeCore, invoice: app.AddInvoice) -> InvoiceRow:
    frozen = node.frozen.get(invoice.invoice_id, 0)
    amount = invoice.total_dest_payment
    return InvoiceRow(invoice.invoice_id, invoice.currency, amount, frozen, 0 < amount <= frozen)
