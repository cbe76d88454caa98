"""Transactions of ours: the parts of a payment, their commits and receipts (spec 03, 3.7). Stages: payments.py."""

from __future__ import annotations

import msgspec

from offset.base.ids import RequestId
from offset.base.limits import I128_MAX, TRANSACTIONS_PER_PAYMENT_MAX, USER_REQUESTS_PER_FRIEND_MAX
from offset.base.route_rules import valid_route
from offset.core.funder.records import LostPart, PaymentRecord, Queue, TransactionRecord
from offset.core.funder.roles.payments import (
    may_send_part,
    part_collected,
    part_failed,
    part_lost,
    part_promised,
    part_sent,
)
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.crypto.locks import hash_lock
from offset.wire.app import (
    FAILURE,
    SUCCESS,
    Complete,
    CreateTransaction,
    RequestResult,
    TransactionResult,
)
from offset.wire.common import Commit, Receipt
from offset.wire.friend import CollectOp, FriendsRoute, RequestOp, ResponseOp
from offset.wire.signing import response_hash


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
    part_sent(turn, payment)
    op = RequestOp(
        request.request_id,
        hash_lock(payment.src_plain_lock),
        FriendsRoute(request.route.public_keys[2:]),
        request.dest_payment,
        payment.total_dest_payment,
        payment.invoice_id,
        request.fees,
    )
    turn.enqueue(first, Queue.USER, payment.currency, op)
    return None


def _repeat(turn: Turn, known: TransactionRecord, request: CreateTransaction) -> str | None:
    """The same request again: tell the result again, if there is one (D-8: also while closing)."""
    # See D40.
    if known.payment_id != request.payment_id:
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
    if not may_send_part(payment):
        return "the payment takes no more parts"
    if any(part.request_id == request.request_id for part in payment.lost):
        return "this part is lost with its channel, and may be claimed: it is not sent again"
    if payment.open_transactions >= TRANSACTIONS_PER_PAYMENT_MAX:
        return "the payment has too many parts"
    route = request.route.public_keys
    if not valid_route(route):
        return "the route is not valid"
    if route[0] != turn.state.local or route[-1] != payment.dest_public_key:
        return "the route does not lead from this node to the seller"
    if request.dest_payment > payment.total_dest_payment or request.dest_payment + request.fees > I128_MAX:
        # See D12.
        return "the amount is too large"
    return _first_hop_refusal(turn.state.friends.get(route[1]), payment)


def _first_hop_refusal(first: Friend | None, payment: PaymentRecord) -> str | None:
    if first is None:
        return "the first node of the route is not a friend"
    if first.is_overdue:
        return "the first friend of the route keeps the token, so nothing can be said to it"
    if first.is_awaited:
        return "the first friend of the route has not spoken yet since this node started"
    if not first.is_ready(payment.currency):
        return "the first friend of the route is offline or has no such currency"
    if len(first.queues[Queue.USER]) >= USER_REQUESTS_PER_FRIEND_MAX:
        return "too many requests wait for the first friend of the route"
    return None


# What comes back. A payment stays as long as one of its parts is under way.


def response_came(turn: Turn, op: ResponseOp) -> None:
    """The seller promised for one of our transactions."""
    transaction = msgspec.structs.replace(turn.state.transactions[op.request_id], response=op)
    turn.put_transaction(transaction)
    payment = turn.state.payments[transaction.payment_id]
    turn.results.append(TransactionResult(op.request_id, _result(payment, transaction, op)))
    if op.is_complete:
        part_promised(turn, payment)


def transaction_failed(turn: Turn, request_id: RequestId) -> None:
    """One of our transactions was cancelled."""
    transaction = turn.drop_transaction(request_id)
    turn.results.append(TransactionResult(request_id, FAILURE))
    part_failed(turn, turn.state.payments[transaction.payment_id])


def transaction_lost(turn: Turn, request_id: RequestId) -> None:
    """The channel over which one of our transactions was sent is lost: its friend may claim it.

    Where a commit was made nobody can say that the part failed, so nothing is said of it but by our extension.
    """
    transaction = turn.drop_transaction(request_id)
    payment = turn.state.payments[transaction.payment_id]
    if not payment.is_promised:
        turn.results.append(TransactionResult(request_id, FAILURE))
    amount = transaction.dest_payment + transaction.fees
    part_lost(turn, payment, LostPart(request_id, transaction.friend, amount))


def transaction_collected(turn: Turn, op: CollectOp) -> None:
    """One of our transactions was paid."""
    transaction = turn.drop_transaction(op.request_id)
    payment = turn.state.payments[transaction.payment_id]
    assert transaction.response is not None, "a collect comes after its response"
    part_collected(turn, payment, _receipt(payment, transaction, transaction.response, op))


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
