"""Invoices: expecting a payment, promising, collecting (spec 03, 3.8)."""

from __future__ import annotations

import msgspec

from offset.base.credits import Amount
from offset.base.entropy import new_plain_lock, new_rand_value
from offset.base.ids import UNSIGNED, Currency, InvoiceId, PublicKey
from offset.base.limits import INVOICE_PARTS_MAX, INVOICES_MAX
from offset.core.funder.ledger.mutual_credit import Pending, response_buffer_of
from offset.core.funder.records import HistoryKind, HistoryRecord, InvoiceRecord, PartRecord, Queue
from offset.core.funder.roles.sale_states import SALE, SaleEvent, SaleState, came, lost, sale_state
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.turn import Turn
from offset.crypto.locks import hash_lock
from offset.wire.app import AddInvoice
from offset.wire.common import COMMIT, Commit
from offset.wire.friend import CancelOp, CollectOp, RequestOp, ResponseOp
from offset.wire.signing import verify_commit


def add_invoice(turn: Turn, request: AddInvoice) -> str | None:
    """Open an invoice. Returns why not, or None."""
    if request.invoice_id in turn.state.invoices:
        return "the invoice is open already"
    if request.invoice_id in turn.state.used_invoices:
        return "the invoice was used before"
    if len(turn.state.invoices) >= INVOICES_MAX:
        return f"there are {INVOICES_MAX} open invoices already"
    invoice = InvoiceRecord(
        request.invoice_id,
        request.currency,
        request.total_dest_payment,
        new_plain_lock(turn.entropy),
        None,
        (),
    )
    is_empty = not request.total_dest_payment
    event = SaleEvent.OPENED_FOR_NOTHING if is_empty else SaleEvent.OPENED
    _put(turn, invoice, SALE.after(None, event), 0)
    return None


def cancel_invoice(turn: Turn, invoice_id: InvoiceId) -> str | None:
    """Withdraw an invoice and cancel what waits for it. Returns why not, or None."""
    invoice = turn.state.invoices.get(invoice_id)
    if invoice is None:
        return "this invoice is not open: it was collected or cancelled before"
    end = SALE.after(_state_of(turn.state, invoice), SaleEvent.WITHDRAWN)
    for friend, pending in _pending_parts(turn.state, invoice):
        turn.answer(friend, invoice.currency, CancelOp(pending.request.request_id))
    _close(turn, invoice, end, b"")
    return None


def cancel_incomplete(turn: Turn, invoice_id: InvoiceId) -> None:
    """Cancel what waits for an invoice if the rest did not come; the invoice stays open.

    What is complete is never touched: its commit may be in the seller's hands already.
    """
    if not is_incomplete(turn.state, invoice_id):
        return
    invoice = turn.state.invoices[invoice_id]
    after = SALE.after(_state_of(turn.state, invoice), SaleEvent.TIMED_OUT)
    for friend, pending in _pending_parts(turn.state, invoice):
        turn.answer(friend, invoice.currency, CancelOp(pending.request.request_id))
    _put(turn, msgspec.structs.replace(invoice, src_hashed_lock=None, parts=()), after, 0)


def is_incomplete(state: FunderState, invoice_id: InvoiceId) -> bool:
    """Whether parts wait for this invoice, and more must come before it can be collected."""
    invoice = state.invoices.get(invoice_id)
    return invoice is not None and SALE.allows(_state_of(state, invoice), SaleEvent.TIMED_OUT)


def take_request(turn: Turn, friend: Friend, currency: Currency, op: RequestOp) -> None:
    """A request has arrived at its destination, us: promise or cancel."""
    invoice = turn.state.invoices.get(op.invoice_id)
    if invoice is None or not _fits(invoice, currency, op):
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    paid = _waiting_payment(turn.state, invoice)
    if paid + op.dest_payment > invoice.total_dest_payment:
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    taken = msgspec.structs.replace(
        invoice,
        src_hashed_lock=op.src_hashed_lock,
        parts=(*invoice.parts, PartRecord(friend.public_key, op.request_id)),
    )
    waiting = paid + op.dest_payment
    event = came(sale_state(taken, waiting))
    _put(turn, taken, SALE.after(sale_state(invoice, paid), event), waiting)
    unsigned = ResponseOp(
        op.request_id,
        hash_lock(invoice.dest_plain_lock),
        event is SaleEvent.LAST_PART_CAME,
        new_rand_value(turn.entropy),
        UNSIGNED,
    )
    signature = turn.signer.sign(response_buffer_of(unsigned, op, currency))
    turn.answer(friend, currency, msgspec.structs.replace(unsigned, signature=signature))


def _fits(invoice: InvoiceRecord, currency: Currency, op: RequestOp) -> bool:
    """Whether the request is what the invoice asks for; the reference forgets the currency and ids (D5, D6)."""
    return (
        invoice.currency == currency
        and invoice.total_dest_payment == op.total_dest_payment
        and (not invoice.parts or invoice.src_hashed_lock == op.src_hashed_lock)
        and len(invoice.parts) < INVOICE_PARTS_MAX
        and all(part.request_id != op.request_id for part in invoice.parts)
    )


# Parts through a channel that is lost


class Struck(msgspec.Struct, frozen=True):
    """A sale that is about to lose parts."""

    invoice: InvoiceRecord
    state: SaleState


def sales_through(state: FunderState, friend: PublicKey) -> list[Struck]:
    """The sales with parts of this friend, while they still wait."""
    return [
        Struck(invoice, _state_of(state, invoice))
        for invoice in state.invoices.values()
        if any(part.friend == friend for part in invoice.parts)
    ]


def lose_parts(turn: Turn, struck: list[Struck], friend: PublicKey) -> None:
    """The channel with this friend is gone, and so is what waited there for these sales (D8 to D10)."""
    for sale in struck:
        left = sale.invoice.without(friend)
        waiting = _waiting_payment(turn.state, left)
        event = lost(sale_state(left, waiting))
        _put(turn, left, SALE.after(sale.state, event), waiting)


# Collecting


def commit_invoice(turn: Turn, commit: Commit) -> str | None:
    """The buyer's word is here: collect. Returns why not, or None.

    The reference compares neither currency, total, lock nor what really waits (D6 to D8).
    """
    state = turn.state
    invoice = state.invoices.get(commit.invoice_id)
    if invoice is None:
        return "there is nothing to collect for this invoice: it was collected or cancelled before"
    if commit.currency != invoice.currency or commit.total_dest_payment != invoice.total_dest_payment:
        return "the commit is for another amount or currency"
    if commit.dest_hashed_lock != hash_lock(invoice.dest_plain_lock):
        return "the commit belongs to another invoice with the same id"
    if hash_lock(commit.src_plain_lock) != invoice.src_hashed_lock:
        return "the commit does not unlock what waits for this invoice"
    if not verify_commit(commit, state.local):
        return "the commit is not signed by this node"
    parts = _pending_parts(state, invoice)
    answered = [(friend, pending) for friend, pending in parts if _is_promised(friend, invoice, pending)]
    if sum(pending.request.dest_payment for _, pending in answered) < invoice.total_dest_payment:
        return "parts of the payment are gone, so it cannot be collected whole"
    end = SALE.after(_state_of(state, invoice), SaleEvent.COMMITTED)
    for friend, pending in answered:
        collect = CollectOp(pending.request.request_id, commit.src_plain_lock, invoice.dest_plain_lock)
        turn.answer(friend, invoice.currency, collect)
    _close(turn, invoice, end, COMMIT.encode(commit))
    return None


def _is_promised(friend: Friend, invoice: InvoiceRecord, pending: Pending) -> bool:
    """Whether our response was sent, or waits in the queue before the collect."""
    request_id = pending.request.request_id
    return pending.response is not None or any(
        isinstance(item.operation, ResponseOp) and item.operation.request_id == request_id
        for item in friend.queues[Queue.BACKWARD].values()
        if item.currency == invoice.currency
    )


def _pending_parts(state: FunderState, invoice: InvoiceRecord) -> list[tuple[Friend, Pending]]:
    """The requests that wait for this invoice; those of a lost channel are struck off it (D9)."""
    found: list[tuple[Friend, Pending]] = []
    for part in invoice.parts:
        friend = state.friends[part.friend]
        found.append((friend, friend.channel.credits[invoice.currency].remote[part.request_id]))
    return found


def _waiting_payment(state: FunderState, invoice: InvoiceRecord) -> Amount:
    return sum(pending.request.dest_payment for _, pending in _pending_parts(state, invoice))


def _state_of(state: FunderState, invoice: InvoiceRecord) -> SaleState:
    return sale_state(invoice, _waiting_payment(state, invoice))


def _put(turn: Turn, invoice: InvoiceRecord, state: SaleState | None, waiting: Amount) -> None:
    """Keep the invoice, which is in this state now that so many credits wait for it."""
    assert sale_state(invoice, waiting) is state
    turn.put_invoice(invoice)


_HISTORY = {
    SaleState.RECEIVED: HistoryKind.RECEIVED,
    SaleState.WITHDRAWN: HistoryKind.WITHDRAWN,
}


def _close(turn: Turn, invoice: InvoiceRecord, end: SaleState | None, detail: bytes) -> None:
    assert end is not None
    del turn.state.invoices[invoice.invoice_id]
    turn.drop(invoice.key())
    turn.state.used_invoices[invoice.invoice_id] = None
    turn.note(
        HistoryRecord(
            _HISTORY[end],
            invoice.invoice_id,
            invoice.currency,
            invoice.total_dest_payment,
            turn.state.local,
            detail,
        )
    )
