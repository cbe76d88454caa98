"""Payments of ours: stages, transactions, commits and receipts (spec 03, 3.7).

NEW --close, parts open--> IN_PROGRESS --all parts failed--> CANCELED --ack--> gone
 |                              |
 +---------- first collect -----+--> SUCCESS --ack--> ACKNOWLEDGED (while parts are open) --> gone
"""

from __future__ import annotations

from typing import Any

import msgspec

from offset.base.ids import LOCK_BYTES, UID_BYTES, Uid
from offset.base.limits import (
    I128_MAX,
    PAYMENTS_MAX,
    TRANSACTIONS_PER_PAYMENT_MAX,
    USER_REQUESTS_PER_FRIEND_MAX,
)
from offset.base.routes import valid_route
from offset.core.funder.records import HistoryRecord, PaymentRecord, TransactionRecord
from offset.core.funder.state import USER, Friend
from offset.core.funder.turn import Turn
from offset.crypto.locks import hash_lock
from offset.wire.app import (
    FAILURE,
    PAYMENT_NOT_FOUND,
    SUCCESS,
    AckClosePayment,
    Complete,
    CreatePayment,
    CreateTransaction,
    PaymentCanceled,
    PaymentStatus,
    PaymentSuccess,
    RequestClosePayment,
    RequestResult,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.common import RECEIPT, Commit, Receipt
from offset.wire.friend import CollectOp, FriendsRoute, RequestOp, ResponseOp
from offset.wire.signing import response_hash

NEW = "new"
IN_PROGRESS = "in progress"
SUCCEEDED = "success"
CANCELED = "canceled"
ACKNOWLEDGED = "acknowledged"


def create_payment(turn: Turn, request: CreatePayment) -> str | None:
    """Begin a payment. Returns why not, or None."""
    if request.payment_id in turn.state.payments:
        return "there is such a payment already"
    if len(turn.state.payments) >= PAYMENTS_MAX:
        return f"there are {PAYMENTS_MAX} payments that wait for their acknowledgement"
    turn.put_payment(
        PaymentRecord(
            request.payment_id,
            request.invoice_id,
            request.currency,
            request.total_dest_payment,
            request.dest_public_key,
            turn.entropy.bytes(LOCK_BYTES),
            NEW,
            0,
            None,
            None,
        )
    )
    return None


def create_transaction(turn: Turn, request: CreateTransaction) -> str | None:
    """Send a part of a payment. Returns why not, or None; then the result says Failure too (D39)."""
    known = turn.state.transactions.get(request.request_id)
    if known is not None:
        return _repeat(turn, known, request)
    reason = _refusal(turn, request)
    if reason is not None:
        turn.results.append(TransactionResult(request.request_id, FAILURE))
        return reason
    payment = turn.state.payments[request.payment_id]
    first = turn.state.friends[request.route.public_keys[1]]
    turn.put_transaction(
        TransactionRecord(
            request.request_id,
            request.payment_id,
            first.public_key,
            request.dest_payment,
            request.fees,
            None,
        )
    )
    turn.put_payment(msgspec.structs.replace(payment, open_transactions=payment.open_transactions + 1))
    op = RequestOp(
        request.request_id,
        hash_lock(payment.src_plain_lock),
        FriendsRoute(request.route.public_keys[2:]),
        request.dest_payment,
        payment.total_dest_payment,
        payment.invoice_id,
        request.fees,
    )
    turn.enqueue(first, USER, payment.currency, op)
    return None


def _repeat(turn: Turn, known: TransactionRecord, request: CreateTransaction) -> str | None:
    """The same request again: tell the result again, if there is one (D-8: also while closing)."""
    if known.payment_id != request.payment_id:  # D40
        turn.results.append(TransactionResult(request.request_id, FAILURE))
        return "the request belongs to another payment"
    if known.response is not None:
        payment = turn.state.payments[known.payment_id]
        turn.results.append(TransactionResult(known.request_id, _result(payment, known, known.response)))
    return None


def _refusal(turn: Turn, request: CreateTransaction) -> str | None:
    """Why this part cannot be sent, or None."""
    payment = turn.state.payments.get(request.payment_id)
    if payment is None:
        return "there is no such payment"
    if payment.stage != NEW:
        return "the payment takes no more parts"
    if payment.open_transactions >= TRANSACTIONS_PER_PAYMENT_MAX:
        return "the payment has too many parts"
    route = request.route.public_keys
    if not valid_route(route):
        return "the route is not valid"
    if route[0] != turn.state.local or route[-1] != payment.dest_public_key:
        return "the route does not lead from this node to the seller"
    if request.dest_payment > payment.total_dest_payment or request.dest_payment + request.fees > I128_MAX:
        return "the amount is too large"  # D12
    return _first_hop_refusal(turn.state.friends.get(route[1]), payment, request)


def _first_hop_refusal(
    first: Friend | None, payment: PaymentRecord, request: CreateTransaction
) -> str | None:
    if first is None:
        return "the first node of the route is not a friend"
    if not first.is_ready(payment.currency):
        return "the first friend of the route is offline or has no such currency"
    if len(first.queues[USER]) >= USER_REQUESTS_PER_FRIEND_MAX:
        return "too many requests wait for the first friend of the route"
    if request.request_id in first.channel.credits[payment.currency].local:
        return "the request is under way already"
    return None


# What comes back


def response_came(turn: Turn, request_id: Uid, op: ResponseOp) -> None:
    """The seller promised for one of our transactions."""
    transaction = turn.state.transactions.get(request_id)
    if transaction is None:
        return
    transaction = msgspec.structs.replace(transaction, response=op)
    turn.put_transaction(transaction)
    payment = turn.state.payments.get(transaction.payment_id)
    if payment is not None:
        turn.results.append(TransactionResult(request_id, _result(payment, transaction, op)))


def _result(payment: PaymentRecord, transaction: TransactionRecord, op: ResponseOp) -> RequestResult:
    if not op.is_complete:
        return SUCCESS
    return Complete(
        Commit(
            response_hash(op.request_id, op.rand_nonce),
            payment.src_plain_lock,
            op.dest_hashed_lock,
            transaction.dest_payment,
            payment.total_dest_payment,
            payment.invoice_id,
            payment.currency,
            op.signature,
        )
    )


def transaction_failed(turn: Turn, request_id: Uid) -> None:
    """One of our transactions was cancelled."""
    transaction = turn.state.transactions.pop(request_id, None)
    if transaction is None:
        return
    turn.drop(*transaction.key())
    turn.results.append(TransactionResult(request_id, FAILURE))
    payment = turn.state.payments.get(transaction.payment_id)
    if payment is None:
        return
    left = payment.open_transactions - 1
    if payment.stage == IN_PROGRESS and left == 0:
        _cancel(turn, payment)
    else:
        _fewer(turn, payment, left)


def transaction_collected(turn: Turn, request_id: Uid, op: CollectOp) -> None:
    """One of our transactions was paid."""
    transaction = turn.state.transactions.pop(request_id, None)
    if transaction is None:
        return
    turn.drop(*transaction.key())
    payment = turn.state.payments.get(transaction.payment_id)
    if payment is None or transaction.response is None:
        return
    left = payment.open_transactions - 1
    if payment.stage == ACKNOWLEDGED:
        _fewer(turn, payment, left)
        return
    receipt = _receipt(payment, transaction, transaction.response, op)
    if payment.receipt is not None and (payment.receipt.is_complete or not receipt.is_complete):
        receipt = payment.receipt  # only the receipt of the complete part proves the whole (D28)
    paid = msgspec.structs.replace(
        payment,
        stage=SUCCEEDED,
        open_transactions=left,
        receipt=receipt,
        ack_uid=payment.ack_uid or turn.entropy.bytes(UID_BYTES),
    )
    turn.put_payment(paid)
    turn.note(
        HistoryRecord(
            "paid",
            payment.payment_id,
            payment.currency,
            payment.total_dest_payment,
            payment.dest_public_key,
            RECEIPT.encode(receipt),
        )
    )
    _tell(turn, paid)


def _receipt(
    payment: PaymentRecord, transaction: TransactionRecord, response: ResponseOp, op: CollectOp
) -> Receipt:
    return Receipt(
        response_hash(response.request_id, response.rand_nonce),
        payment.invoice_id,
        payment.currency,
        op.src_plain_lock,
        op.dest_plain_lock,
        response.is_complete,
        transaction.dest_payment,
        payment.total_dest_payment,
        response.signature,
    )


def _fewer(turn: Turn, payment: PaymentRecord, left: int) -> None:
    if payment.stage == ACKNOWLEDGED and left == 0:
        turn.drop_payment(payment)
        return
    changed = msgspec.structs.replace(payment, open_transactions=left)
    turn.put_payment(changed)
    if payment.stage == SUCCEEDED:
        _tell(turn, changed)


def _cancel(turn: Turn, payment: PaymentRecord) -> None:
    ended = msgspec.structs.replace(
        payment, stage=CANCELED, open_transactions=0, ack_uid=turn.entropy.bytes(UID_BYTES)
    )
    turn.put_payment(ended)
    turn.note(
        HistoryRecord(
            "unpaid",
            payment.payment_id,
            payment.currency,
            payment.total_dest_payment,
            payment.dest_public_key,
            b"",
        )
    )
    _tell(turn, ended)


# Closing


def _status(payment: PaymentRecord) -> PaymentStatus | None:
    match payment.stage:
        case "success":
            fields: Any = (payment.receipt, payment.ack_uid)
            return PaymentSuccess(*fields)
        case "canceled":
            assert payment.ack_uid is not None
            return PaymentCanceled(payment.ack_uid)
        case "acknowledged":
            return PAYMENT_NOT_FOUND
        case _:
            return None


def _tell(turn: Turn, payment: PaymentRecord) -> None:
    status = _status(payment)
    if status is not None:
        turn.results.append(ResponseClosePayment(payment.payment_id, status))


def request_close_payment(turn: Turn, request: RequestClosePayment) -> str | None:
    """No more parts will come. The answer comes now, or when the payment ends."""
    payment = turn.state.payments.get(request.payment_id)
    if payment is None:
        turn.results.append(ResponseClosePayment(request.payment_id, PAYMENT_NOT_FOUND))
    elif payment.stage == NEW and payment.open_transactions == 0:
        _cancel(turn, payment)
    elif payment.stage == NEW:
        turn.put_payment(msgspec.structs.replace(payment, stage=IN_PROGRESS))
    else:
        _tell(turn, payment)
    return None


def ack_close_payment(turn: Turn, request: AckClosePayment) -> str | None:
    """The app knows how the payment ended. Returns why it is not forgotten, or None."""
    payment = turn.state.payments.get(request.payment_id)
    if payment is None:
        return "there is no such payment"
    if payment.stage not in (SUCCEEDED, CANCELED) or payment.ack_uid != request.ack_uid:
        return "the payment has not ended, or the acknowledgement is not its own"
    if payment.open_transactions:
        turn.put_payment(msgspec.structs.replace(payment, stage=ACKNOWLEDGED))
    else:
        turn.drop_payment(payment)
    return None
