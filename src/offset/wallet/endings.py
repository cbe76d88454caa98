"""How an invoice or a payment ended, as the own node has written it down: the proof when its answer was missed.

A node of the reference lists nothing, and a history may have been pruned; then nothing is proved.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from offset.app.errors import NotOffered, NotPermitted, Refused
from offset.app.node import Node
from offset.base.ids import InvoiceId, PaymentId
from offset.base.limits import QUERY_ROWS_MAX
from offset.core.funder.history_kinds import HistoryKind
from offset.wire.common import RECEIPT, Receipt
from offset.wire.extension import HistoryRow
from offset.wire.files import InvoiceFile

PAGES = 20
"""So many pages of the history are looked at, the newest: what is asked for has ended lately."""

InvoiceEnd = Literal["open", "received", "withdrawn"]
_INVOICE_ENDS: dict[str, InvoiceEnd] = {
    HistoryKind.RECEIVED: "received",
    HistoryKind.WITHDRAWN: "withdrawn",
}
_PAYMENT_ENDS = (HistoryKind.PROOF, HistoryKind.PAID, HistoryKind.UNPAID, HistoryKind.UNPROVED)


async def end_of_invoice(node: Node, id: InvoiceId) -> InvoiceEnd | None:
    """Whether it is open, or how it ended; None: that is not proved. Raises NoAnswer, Disconnected."""
    try:
        found = await _newest(node, _INVOICE_ENDS, id)
        if found is not None:
            return _INVOICE_ENDS[found.kind]
        # The smallest id above those that are below this one.
        above = (int.from_bytes(id) - 1).to_bytes(len(id)) if any(id) else None
        rows = await node.invoices(after=None if above is None else InvoiceId(above), limit=1)
    except (NotOffered, NotPermitted):
        return None
    return "open" if rows and rows[0].invoice_id == id else None


async def withdraw_untouched(node: Node, invoice: InvoiceFile) -> bool:
    """Withdraw an invoice that is not open and has no history, if nothing was ever promised for it. False: not proved.

    A node never takes the id of an invoice again for which it ever promised a part. So if it does, nobody ever had a
    commit, and nothing was collected, by the books that the node has now. What a buyer freezes until it is withdrawn
    again goes back, and the history then says so. Raises NoAnswer, Disconnected: then it may be open.
    """
    if not node.report.tells_refusals:
        return False
    try:
        await node.seller.open_invoice(invoice)
        await node.seller.cancel(invoice)
    except Refused:
        return False
    return True


async def end_of_payment(node: Node, id: PaymentId) -> Receipt | Literal["unpaid", "unproved"] | None:
    """Its receipt, or that it was not paid, or that nobody can prove either; None: the history has nothing.

    Raises NoAnswer, Disconnected.
    """
    try:
        found = await _newest(node, _PAYMENT_ENDS, id)
    except (NotOffered, NotPermitted):
        return None
    if found is None:
        return None
    match found.kind:
        case HistoryKind.UNPAID:
            return "unpaid"
        case HistoryKind.UNPROVED:
            return "unproved"
    return RECEIPT.decode(found.detail)


async def _newest(node: Node, kinds: Collection[str], id: bytes) -> HistoryRow | None:
    """The newest row of one of these kinds about this id."""
    before: int | None = None
    for _ in range(PAGES):
        rows = await node.history(before=before, limit=QUERY_ROWS_MAX)
        found = next((row for row in rows if row.id == id and row.kind in kinds), None)
        if found is not None or len(rows) < QUERY_ROWS_MAX:
            return found
        before = rows[-1].number
    return None
