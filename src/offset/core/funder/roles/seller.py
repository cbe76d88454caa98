"""Invoices: expecting a payment, promising, collecting (spec 03, 3.8)."""

from __future__ import annotations

import msgspec

from offset.base.entropy import new_rand_value
from offset.base.ids import UNSIGNED, Currency, HashedLock, InvoiceId, PlainLock
from offset.base.limits import INVOICE_FREE_PARTS_MAX, INVOICES_MAX
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.ledger.mutual_credit import Pending, response_buffer_of
from offset.core.funder.records import InvoiceRecord, Queue, UsedKey
from offset.core.funder.roles.sale_states import SALE, SaleEvent, SaleState, came, lost, sale_state
from offset.core.funder.state.passed_on import is_within_share
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.turn import Turn
from offset.core.funder.state.waiting_parts import Part, Payer
from offset.crypto.hashing import sha512_256
from offset.crypto.locks import hash_lock
from offset.wire.app import AddInvoice
from offset.wire.common import COMMIT, Commit
from offset.wire.friend import CancelOp, CollectOp, RequestOp, ResponseOp
from offset.wire.signing import verify_commit


def add_invoice(turn: Turn, request: AddInvoice) -> str | None:
    """Open an invoice. Returns why not, or None."""
    if request.invoice_id in turn.state.invoices:
        return "the invoice is open already"
    if turn.state.used.has(UsedKey(UsedKind.INVOICE, request.invoice_id)):
        return "the invoice was used before"
    if len(turn.state.invoices) >= INVOICES_MAX:
        return f"there are {INVOICES_MAX} open invoices already"
    turn.put_invoice(
        InvoiceRecord(
            request.invoice_id,
            request.currency,
            request.total_dest_payment,
            turn.locks.dest(request.invoice_id, request.total_dest_payment, request.currency),
            None,
            None,
            False,
        )
    )
    return None


def cancel_invoice(turn: Turn, invoice_id: InvoiceId) -> str | None:
    """Withdraw an invoice and cancel what waits for it. Returns why not, or None.

    One for which nothing was ever promised leaves no trace.
    """
    invoice = turn.state.invoices.get(invoice_id)
    if invoice is None:
        is_used = turn.state.used.has(UsedKey(UsedKind.INVOICE, invoice_id))
        if not is_used and not all(friend.has_told for friend in turn.state.friends.values()):
            # Lost with our books, perhaps: what a friend hands over for it is then given back.
            turn.bar_invoice(invoice_id)
        return "this invoice is not open: it was collected or cancelled before"
    for payer in turn.state.waiting.payers_of(invoice_id):
        _give_back(turn, invoice, payer, SaleEvent.WITHDRAWN)
    _close(turn, invoice, HistoryKind.WITHDRAWN, b"")
    return None


def cancel_incomplete(turn: Turn, payer: Payer) -> None:
    """Cancel what waits of one payer if the rest did not come; the invoice stays open, and other payers are left alone.

    What is complete is never touched: its commit may be in the seller's hands already.
    """
    if is_incomplete(turn.state, payer):
        _give_back(turn, turn.state.invoices[payer[0]], payer, SaleEvent.TIMED_OUT)


def is_incomplete(state: FunderState, payer: Payer) -> bool:
    """Whether parts of this payer wait, and more must come before they can be collected."""
    invoice = state.invoices.get(payer[0])
    return invoice is not None and SALE.allows(_state_of(state, invoice, payer), SaleEvent.TIMED_OUT)


def take_request(turn: Turn, friend: Friend, currency: Currency, op: RequestOp) -> None:
    """A request has arrived at its destination, us: promise or cancel.

    Whoever knows the id of an invoice may try to pay it; nobody can keep another from paying, since each payer has
    parts and a lock of its own here. What is promised is bounded by the credits that are frozen for it.
    """
    invoice = turn.state.invoices.get(op.invoice_id)
    fits = invoice is not None and _fits(turn.state, invoice, currency, op)
    if invoice is None or not fits or not _has_place(turn.state, friend, op):
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    invoice = _with_lock_for(turn, invoice, op.src_hashed_lock)
    payer = (op.invoice_id, op.src_hashed_lock)
    before = _state_of(turn.state, invoice, payer)
    turn.part_came(friend, op)
    event = came(_state_of(turn.state, invoice, payer))
    _happened(turn.state, invoice, payer, before, event)
    unsigned = ResponseOp(
        op.request_id,
        hash_lock(_dest_lock(invoice, op.src_hashed_lock)),
        event is SaleEvent.LAST_PART_CAME,
        new_rand_value(turn.entropy),
        UNSIGNED,
    )
    signature = turn.signer.sign(response_buffer_of(unsigned, op, currency))
    turn.answer(friend, currency, msgspec.structs.replace(unsigned, signature=signature))


def take_again(turn: Turn, friend: Friend, currency: Currency, part: Pending) -> bool:
    """A part that we promised before our books were lost waits again. Returns False if we could not open it."""
    op, promise = part.request, part.response
    invoice = turn.state.invoices.get(op.invoice_id)
    if invoice is None or promise is None or not _fits(turn.state, invoice, currency, op):
        return False
    if invoice.src_hashed_lock is None:
        invoice = msgspec.structs.replace(invoice, src_hashed_lock=op.src_hashed_lock, is_touched=True)
    elif invoice.src_hashed_lock != op.src_hashed_lock and invoice.others_secret is None:
        # What its lock was made of is lost.
        return False
    if hash_lock(_dest_lock(invoice, op.src_hashed_lock)) != promise.dest_hashed_lock:
        return False
    if invoice != turn.state.invoices[op.invoice_id]:
        turn.put_invoice(invoice)
    turn.part_came(friend, op)
    return True


def _fits(state: FunderState, invoice: InvoiceRecord, currency: Currency, op: RequestOp) -> bool:
    """Whether the request is what the invoice asks for; the reference forgets the currency (D6)."""
    if invoice.currency != currency or invoice.total_dest_payment != op.total_dest_payment:
        return False
    if op.dest_payment == 0:
        # It freezes nothing, which is right for an invoice over nothing only.
        return invoice.total_dest_payment == 0
    paid = state.waiting.paid((op.invoice_id, op.src_hashed_lock))
    return paid + op.dest_payment <= invoice.total_dest_payment


def _has_place(state: FunderState, friend: Friend, op: RequestOp) -> bool:
    """Whether a part that freezes nothing may wait: such payers are counted, and each friend that brings them has a
    share of the places, so that none takes them all. What is worth something has paid for its place.
    """
    if op.dest_payment > 0:
        return True
    free = INVOICE_FREE_PARTS_MAX - state.waiting.count(op.invoice_id)
    return is_within_share(state.waiting.count_from(friend.public_key, op.invoice_id), free)


def _with_lock_for(turn: Turn, invoice: InvoiceRecord, src_hashed_lock: HashedLock) -> InvoiceRecord:
    """The invoice, able to make a lock for this payer, and touched."""
    if invoice.src_hashed_lock is None:
        invoice = msgspec.structs.replace(invoice, src_hashed_lock=src_hashed_lock, is_touched=True)
    elif invoice.src_hashed_lock != src_hashed_lock and invoice.others_secret is None:
        secret = turn.locks.others(invoice.invoice_id, invoice.total_dest_payment, invoice.currency)
        invoice = msgspec.structs.replace(invoice, others_secret=secret)
    else:
        return invoice
    turn.put_invoice(invoice)
    return invoice


def _dest_lock(invoice: InvoiceRecord, src_hashed_lock: HashedLock) -> PlainLock:
    """Our lock for one payer. When it opens, everybody on the way learns it; with a lock for all of them, whoever holds
    another promise for this invoice could then make a receipt of it.
    """
    if invoice.src_hashed_lock == src_hashed_lock:
        return invoice.dest_plain_lock
    assert invoice.others_secret is not None, "it was made when the second payer came"
    return other_lock(invoice.others_secret, src_hashed_lock)


def other_lock(others_secret: PlainLock, src_hashed_lock: HashedLock) -> PlainLock:
    """Our lock for a payer that is not the first."""
    return PlainLock(sha512_256(others_secret + src_hashed_lock))


def lose_parts(turn: Turn, friend: Friend) -> None:
    """The channel with this friend is being lost, and so is what waits there for invoices (D8 to D10)."""
    state = turn.state
    before: dict[Payer, SaleState | None] = {}
    for credit in friend.channel.credits.values():
        for pending in credit.remote.values():
            request = pending.request
            if state.waiting.has(friend.public_key, request):
                payer = (request.invoice_id, request.src_hashed_lock)
                before.setdefault(payer, _state_of(state, state.invoices[request.invoice_id], payer))
                turn.part_went(friend, request)
    for payer, earlier in before.items():
        invoice = state.invoices[payer[0]]
        _happened(state, invoice, payer, earlier, lost(_state_of(state, invoice, payer)))


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
    src_hashed_lock = hash_lock(commit.src_plain_lock)
    payer = (commit.invoice_id, src_hashed_lock)
    parts = _pending_parts(state, invoice, payer)
    if not parts:
        return "the commit does not unlock what waits for this invoice"
    dest_plain_lock = _dest_lock(invoice, src_hashed_lock)
    if commit.dest_hashed_lock != hash_lock(dest_plain_lock):
        return "the commit belongs to another invoice with the same id"
    if not verify_commit(commit, state.local):
        return "the commit is not signed by this node"
    queued = _queued_responses(parts, invoice.currency)
    answered = [
        (friend, pending)
        for friend, pending in parts
        if pending.response is not None or (friend.public_key, pending.request.request_id) in queued
    ]
    if sum(pending.request.dest_payment for _, pending in answered) < invoice.total_dest_payment:
        return "parts of the payment are gone, so it cannot be collected whole"
    end = SALE.after(_state_of(state, invoice, payer), SaleEvent.COMMITTED)
    assert end is SaleState.RECEIVED
    for friend, pending in answered:
        turn.part_went(friend, pending.request)
        collect = CollectOp(pending.request.request_id, commit.src_plain_lock, dest_plain_lock)
        turn.answer(friend, invoice.currency, collect)
    for other in state.waiting.payers_of(commit.invoice_id):
        _give_back(turn, invoice, other, SaleEvent.OTHER_COMMITTED)
    _close(turn, invoice, HistoryKind.RECEIVED, COMMIT.encode(commit))
    return None


def _give_back(turn: Turn, invoice: InvoiceRecord, payer: Payer, event: SaleEvent) -> None:
    """Let go what this payer has frozen for the invoice."""
    before = _state_of(turn.state, invoice, payer)
    for friend, pending in _pending_parts(turn.state, invoice, payer):
        turn.part_went(friend, pending.request)
        turn.answer(friend, invoice.currency, CancelOp(pending.request.request_id))
    _happened(turn.state, invoice, payer, before, event)


def _queued_responses(parts: list[tuple[Friend, Pending]], currency: Currency) -> set[Part]:
    """Our responses to the friends of these parts that wait in a queue: before any collect that is queued now."""
    friends = {friend.public_key: friend for friend, _ in parts}
    return {
        (key, item.operation.request_id)
        for key, friend in friends.items()
        for item in friend.queues[Queue.BACKWARD].values()
        if isinstance(item.operation, ResponseOp) and item.currency == currency
    }


def _pending_parts(state: FunderState, invoice: InvoiceRecord, payer: Payer) -> list[tuple[Friend, Pending]]:
    """The requests of this payer that wait; those of a lost channel are struck off (D9)."""
    found: list[tuple[Friend, Pending]] = []
    for key, request_id in state.waiting.of(payer):
        friend = state.friends[key]
        found.append((friend, friend.channel.credits[invoice.currency].remote[request_id]))
    return found


def _state_of(state: FunderState, invoice: InvoiceRecord, payer: Payer) -> SaleState | None:
    parts, paid = state.waiting.number_of(payer), state.waiting.paid(payer)
    return sale_state(invoice.total_dest_payment, parts, paid)


def _happened(
    state: FunderState, invoice: InvoiceRecord, payer: Payer, before: SaleState | None, event: SaleEvent
) -> None:
    """What waits of this payer is now as the event leaves it."""
    assert _state_of(state, invoice, payer) is SALE.after(before, event)


def _close(turn: Turn, invoice: InvoiceRecord, kind: HistoryKind, detail: bytes) -> None:
    turn.drop_invoice(invoice)
    if invoice.is_touched:
        turn.note(
            kind, invoice.invoice_id, invoice.currency, invoice.total_dest_payment, turn.state.local, detail
        )
