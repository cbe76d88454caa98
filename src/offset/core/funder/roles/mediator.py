"""Passing on the requests of others, for a fee (spec 03, 3.3)."""

from __future__ import annotations

from offset.base.ids import Currency
from offset.base.limits import FORWARDED_REQUESTS_PER_FRIEND_MAX
from offset.core.funder.records import From, Queue
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.friend import CancelOp, FriendsRoute, RequestOp


def forward(turn: Turn, friend: Friend, currency: Currency, op: RequestOp) -> None:
    """Pass an accepted request on to the next friend of its route, or cancel it."""
    onward = _next_hop(turn, friend, currency, op)
    config = friend.configs.get(currency)
    if onward is None or config is None or not config.is_open:
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    fee = config.rate.fee(op.dest_payment)
    if fee > op.left_fees:
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    passed = RequestOp(
        op.request_id,
        op.src_hashed_lock,
        FriendsRoute(op.route.public_keys[1:]),
        op.dest_payment,
        op.total_dest_payment,
        op.invoice_id,
        op.left_fees - fee,
    )
    turn.enqueue(onward, Queue.FORWARDED, currency, passed, From(friend.public_key))


def _next_hop(turn: Turn, friend: Friend, currency: Currency, op: RequestOp) -> Friend | None:
    """The friend that the request goes to, if everything allows it."""
    route = op.route.public_keys
    # A route that comes back to us or to its sender leaves answers without a single origin (D2, D3). Only the end
    # of a cycle may be the sender: it pays itself.
    if turn.state.local in route or friend.public_key in route[:-1]:
        return None
    if op.request_id in turn.state.transactions:
        return None
    onward = turn.state.friends.get(route[0])
    if onward is None or onward is friend or not onward.is_ready(currency):
        return None
    config = onward.configs.get(currency)
    if config is None or not config.is_open:
        return None
    if len(onward.queues[Queue.FORWARDED]) >= FORWARDED_REQUESTS_PER_FRIEND_MAX:
        return None
    return onward
