"""Sales and payments whose rows are lost, made again from what friends hand over: their locks follow from our key.

Both are called with a request of a channel that was adopted. What is not ours by its lock is left alone.
"""

from __future__ import annotations

import msgspec

from offset.base.entropy import new_payment_id
from offset.base.ids import Currency, HashedLock
from offset.base.limits import INVOICES_MAX, PAYMENTS_MAX
from offset.core.funder.history_kinds import UsedKind
from offset.core.funder.ledger.mutual_credit import Pending
from offset.core.funder.records import (
    InvoiceRecord,
    PaymentRecord,
    PaymentStage,
    TransactionRecord,
    UsedKey,
)
from offset.core.funder.roles.seller import other_lock
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.crypto.locks import hash_lock

NOBODY = HashedLock(bytes(32))
"""In the place of the first payer's lock, when only promises to others are known."""

_OVER = (PaymentStage.CANCELED, PaymentStage.LOST)
"""Stages in which no part is under way, and which may have been told."""


def regain_sale(turn: Turn, friend: Friend, currency: Currency, pending: Pending) -> bool:
    """A request of a friend that ends here, with our promise: is it for an invoice of ours? Then that is open again.

    False: the lock of the promise is not ours, it was drawn by an older program, or there is no room for the invoice.
    """
    request, response = pending.request, pending.response
    if response is None or request.route.public_keys:
        return False
    state, total = turn.state, request.total_dest_payment
    dest = turn.locks.dest(request.invoice_id, total, currency)
    others = turn.locks.others(request.invoice_id, total, currency)
    is_first = hash_lock(dest) == response.dest_hashed_lock
    if not is_first and hash_lock(other_lock(others, request.src_hashed_lock)) != response.dest_hashed_lock:
        return False
    invoice = state.invoices.get(request.invoice_id)
    if invoice is None:
        if len(state.invoices) >= INVOICES_MAX or state.used.has(
            UsedKey(UsedKind.INVOICE, request.invoice_id)
        ):
            return False
        invoice = InvoiceRecord(request.invoice_id, currency, total, dest, NOBODY, None, True)
    elif (invoice.currency, invoice.total_dest_payment, invoice.dest_plain_lock) != (currency, total, dest):
        return False
    first = invoice.src_hashed_lock
    if is_first and first != request.src_hashed_lock:
        if first not in (None, NOBODY):
            return False
        invoice = msgspec.structs.replace(invoice, src_hashed_lock=request.src_hashed_lock)
    elif not is_first:
        invoice = msgspec.structs.replace(invoice, others_secret=others, src_hashed_lock=first or NOBODY)
    turn.put_invoice(msgspec.structs.replace(invoice, is_touched=True))
    if not state.waiting.has(friend.public_key, request):
        turn.part_came(friend, request)
    return True


def regain_payment(turn: Turn, friend: Friend, currency: Currency, pending: Pending) -> bool:
    """A request that went out to this friend, and that nobody else asked for: is it a part of a payment of ours?

    Then the payment goes on, closed for further parts, under a new id; its answer will end it, but it is never called
    unpaid. Parts with one lock are of one payment. False: its lock is not ours, it was drawn by an older program, or
    there is no room.
    """
    state, request = turn.state, pending.request
    seller = request.route.public_keys[-1] if request.route.public_keys else friend.public_key
    lock = turn.locks.find_src(
        request.invoice_id, request.total_dest_payment, currency, seller, request.src_hashed_lock
    )
    if lock is None or request.request_id in state.transactions:
        return False
    payment = next(
        (
            known
            for known in state.payments.values()
            if (known.src_plain_lock, known.invoice_id, known.currency, known.total_dest_payment)
            == (lock, request.invoice_id, currency, request.total_dest_payment)
            and known.stage not in _OVER
        ),
        None,
    )
    if payment is None:
        if len(state.payments) >= PAYMENTS_MAX:
            return False
        payment = PaymentRecord(
            new_payment_id(turn.entropy),
            request.invoice_id,
            currency,
            request.total_dest_payment,
            seller,
            lock,
            PaymentStage.IN_PROGRESS,
            0,
            None,
            None,
            # Nobody knows which other parts there were, which commits were made, and what was collected by them.
            is_promised=True,
            is_doubtful=True,
        )
    turn.put_payment(msgspec.structs.replace(payment, open_transactions=payment.open_transactions + 1))
    turn.put_transaction(
        TransactionRecord(
            request.request_id,
            payment.payment_id,
            friend.public_key,
            request.dest_payment,
            request.left_fees,
            pending.response,
        )
    )
    return True
