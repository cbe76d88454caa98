"""Payments of ours: their stages, and what their owner is told (spec 03, 3.7). Their parts: buyer.py.

What leads from one stage to the next: payment_states.py.
"""

from __future__ import annotations

import msgspec

from offset.base.entropy import new_uid
from offset.base.limits import PAYMENTS_MAX
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import LostPart, PaymentRecord, PaymentStage, UsedKey
from offset.core.funder.roles.payment_states import PAYMENT, PaymentEvent
from offset.core.funder.state.turn import Turn
from offset.wire.app import (
    PAYMENT_NOT_FOUND,
    AckClosePayment,
    CreatePayment,
    PaymentStatus,
    PaymentStatusCanceled,
    PaymentStatusSuccess,
    RequestClosePayment,
    ResponseClosePayment,
)
from offset.wire.common import RECEIPT, Receipt


def create_payment(turn: Turn, request: CreatePayment) -> str | None:
    """Begin a payment. Returns why not, or None."""
    if request.payment_id in turn.state.payments:
        return "there is such a payment already"
    if turn.state.used.has(UsedKey(UsedKind.PAYMENT, request.payment_id)):
        return "a payment with this id ended before; begin one with another id"
    if len(turn.state.payments) >= PAYMENTS_MAX:
        return f"there are {PAYMENTS_MAX} payments that wait for their acknowledgement"
    stage = PAYMENT.after(None, PaymentEvent.CREATED)
    assert stage is not None
    turn.put_payment(
        PaymentRecord(
            request.payment_id,
            request.invoice_id,
            request.currency,
            request.total_dest_payment,
            request.dest_public_key,
            turn.locks.src(
                request.invoice_id,
                request.total_dest_payment,
                request.currency,
                request.dest_public_key,
                turn.entropy,
            ),
            stage,
            0,
            None,
            None,
        )
    )
    return None


def request_close_payment(turn: Turn, request: RequestClosePayment) -> str | None:
    """No more parts will come. The answer comes now, or when the payment ends."""
    payment = turn.state.payments.get(request.payment_id)
    if payment is None:
        turn.results.append(ResponseClosePayment(request.payment_id, PAYMENT_NOT_FOUND))
    else:
        _close(turn, payment, _closing(payment))
    return None


def _closing(payment: PaymentRecord) -> PaymentEvent:
    if payment.open_transactions:
        return PaymentEvent.CLOSED
    return PaymentEvent.CLOSED_UNPROVED if _may_be_claimed(payment) else PaymentEvent.CLOSED_IDLE


def _may_be_claimed(payment: PaymentRecord) -> bool:
    """Whether parts are lost that somebody may collect: without a commit nobody can, and a receipt proves the whole."""
    is_lost = payment.is_doubtful or bool(payment.lost)
    return payment.is_promised and is_lost and payment.receipt is None


def _close(turn: Turn, payment: PaymentRecord, event: PaymentEvent) -> None:
    stage = PAYMENT.after(payment.stage, event)
    if stage is payment.stage:
        _tell(turn, payment)
    elif stage in _UNPAID:
        _end_without_receipt(turn, payment, stage)
    else:
        _put(turn, payment, stage)


def ack_close_payment(turn: Turn, request: AckClosePayment) -> str | None:
    """The app knows how the payment ended. Returns why it is not forgotten, or None."""
    payment = turn.state.payments.get(request.payment_id)
    if payment is None:
        return "there is no such payment"
    is_idle = payment.open_transactions == 0
    event = PaymentEvent.ACKNOWLEDGED_IDLE if is_idle else PaymentEvent.ACKNOWLEDGED
    if not PAYMENT.allows(payment.stage, event) or payment.ack_uid != request.ack_uid:
        return "the payment has not ended, or the acknowledgement is not its own"
    _put(turn, payment, PAYMENT.after(payment.stage, event))
    return None


# What becomes of the parts


def may_send_part(payment: PaymentRecord) -> bool:
    """Whether the payment takes more parts."""
    return PAYMENT.allows(payment.stage, PaymentEvent.PART_SENT)


def part_sent(turn: Turn, payment: PaymentRecord) -> None:
    """One more part is under way."""
    stage = PAYMENT.after(payment.stage, PaymentEvent.PART_SENT)
    more = msgspec.structs.replace(payment, open_transactions=payment.open_transactions + 1)
    _put(turn, more, stage)


def part_promised(turn: Turn, payment: PaymentRecord) -> None:
    """The seller promised the whole, so there is a commit."""
    if not payment.is_promised:
        turn.put_payment(msgspec.structs.replace(payment, is_promised=True))


def part_lost(turn: Turn, payment: PaymentRecord, part: LostPart) -> None:
    """A part is lost with its channel: the friend may claim it, whatever becomes of the payment."""
    turn.note(
        HistoryKind.LOST_PART,
        part.request_id,
        payment.currency,
        part.amount,
        part.friend,
        payment.payment_id,
    )
    payment = msgspec.structs.replace(payment, lost=(*payment.lost, part))
    turn.lost_payments[payment.payment_id] = None
    part_failed(turn, payment)


def part_failed(turn: Turn, payment: PaymentRecord) -> None:
    """A part came to nothing."""
    is_last = payment.open_transactions == 1
    last = PaymentEvent.LAST_PART_UNPROVED if _may_be_claimed(payment) else PaymentEvent.LAST_PART_FAILED
    stage = PAYMENT.after(payment.stage, last if is_last else PaymentEvent.PART_FAILED)
    if stage in _UNPAID:
        _end_without_receipt(turn, payment, stage)
    else:
        _one_less(turn, payment, stage)


def part_collected(turn: Turn, payment: PaymentRecord, receipt: Receipt) -> None:
    """A part was paid: the payment succeeds with the first."""
    is_last = payment.open_transactions == 1
    event = PaymentEvent.LAST_PART_COLLECTED if is_last else PaymentEvent.PART_COLLECTED
    stage = PAYMENT.after(payment.stage, event)
    # Only the receipt of the complete part proves the whole (D28). It may come when the app has heard of the end
    # already; then the history still gets it.
    if payment.receipt is None or (receipt.is_complete and not payment.receipt.is_complete):
        is_first = payment.receipt is None
        ack_uid = payment.ack_uid or new_uid(turn.entropy)
        payment = msgspec.structs.replace(payment, receipt=receipt, ack_uid=ack_uid)
        detail = RECEIPT.encode(receipt)
        if is_first:
            _note(turn, HistoryKind.PAID, payment, detail)
        else:
            turn.note(
                HistoryKind.PROOF, payment.payment_id, payment.currency, 0, payment.dest_public_key, detail
            )
    _one_less(turn, payment, stage)


def _one_less(turn: Turn, payment: PaymentRecord, stage: PaymentStage | None) -> None:
    less = msgspec.structs.replace(payment, open_transactions=payment.open_transactions - 1)
    changed = _put(turn, less, stage)
    if changed is not None:
        _tell(turn, changed)


def _put(turn: Turn, payment: PaymentRecord, stage: PaymentStage | None) -> PaymentRecord | None:
    """Keep the payment at this stage, or forget it if there is none. Returns what is kept."""
    if stage is None:
        turn.drop_payment(payment)
        return None
    changed = payment if stage is payment.stage else msgspec.structs.replace(payment, stage=stage)
    turn.put_payment(changed)
    return changed


_UNPAID: dict[PaymentStage | None, HistoryKind] = {
    PaymentStage.CANCELED: HistoryKind.UNPAID,
    PaymentStage.LOST: HistoryKind.UNPROVED,
}
"""How a payment ends without a receipt, and what the history says of it."""


def _end_without_receipt(turn: Turn, payment: PaymentRecord, stage: PaymentStage | None) -> None:
    assert stage is not None
    ack_uid = new_uid(turn.entropy)
    ended = msgspec.structs.replace(payment, stage=stage, open_transactions=0, ack_uid=ack_uid)
    turn.put_payment(ended)
    _note(turn, _UNPAID[stage], payment, b"")
    _tell(turn, ended)


def _note(turn: Turn, kind: HistoryKind, payment: PaymentRecord, detail: bytes) -> None:
    turn.note(
        kind,
        payment.payment_id,
        payment.currency,
        payment.total_dest_payment,
        payment.dest_public_key,
        detail,
    )


# Telling


def _status(payment: PaymentRecord) -> PaymentStatus | None:
    """How it ended, or None while it has not, or nobody knows how: the wire has no word for that, and both of its words
    would be untrue.
    """
    if payment.stage == PaymentStage.ACKNOWLEDGED:
        return PAYMENT_NOT_FOUND
    if payment.ack_uid is None or payment.stage is PaymentStage.LOST:
        return None
    return (
        PaymentStatusCanceled(payment.ack_uid)
        if payment.receipt is None
        else PaymentStatusSuccess(payment.receipt, payment.ack_uid)
    )


def _tell(turn: Turn, payment: PaymentRecord) -> None:
    status = _status(payment)
    if payment.stage is PaymentStage.LOST:
        turn.lost_payments[payment.payment_id] = None
    if status is not None:
        turn.results.append(ResponseClosePayment(payment.payment_id, status))
