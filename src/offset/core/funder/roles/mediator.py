"""Passing on the requests of others, for a fee (spec 03, 3.3)."""

from __future__ import annotations

from offset.base.ids import Currency
from offset.base.limits import FORWARDED_REQUESTS_PER_FRIEND_MAX, PENDING_PER_FRIEND_MAX
from offset.core.funder.records import From, Queue
from offset.core.funder.state.passed_on import is_within_share
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
    if _is_free(passed) or not _has_room(turn, friend, onward):
        turn.answer(friend, currency, CancelOp(op.request_id))
        return
    turn.state.passed_on.add(friend.public_key, onward.public_key, currency, passed)
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
    return onward


def _is_free(passed: RequestOp) -> bool:
    """Whether the request would freeze nothing on its way: such a one needs nobody's trust, so anybody could fill all
    slots with it. To the seller itself it may go: there it takes a slot of the seller's only, which answers at once.
    """
    return passed.dest_payment + passed.left_fees == 0 and bool(passed.route.public_keys)


def _has_room(turn: Turn, asker: Friend, onward: Friend) -> bool:
    """Whether one more request of `asker` to `onward` stays within the asker's share of queue, slots and memory."""
    key = asker.public_key
    queue_free = FORWARDED_REQUESTS_PER_FRIEND_MAX - len(onward.queues[Queue.FORWARDED])
    slots_free = PENDING_PER_FRIEND_MAX - onward.slots_used()
    passed_on = turn.state.passed_on
    return (
        is_within_share(onward.forwarded_of.get(key, 0), queue_free)
        and is_within_share(passed_on.count(key, onward.public_key), slots_free)
        and passed_on.has_memory(key)
    )
