"""Requests that come to nothing: telling whoever asked (spec 03, 3.6)."""

from __future__ import annotations

from collections.abc import Callable

from offset.base.ids import Currency, PublicKey, RequestId
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import LOST, CreditKey, From, Lost, Origin, Own, PendingKey, Queue
from offset.core.funder.roles.buyer import transaction_failed, transaction_lost
from offset.core.funder.roles.seller import lose_parts
from offset.core.funder.state.state import Friend, Queued
from offset.core.funder.state.turn import Turn
from offset.wire.friend import CancelOp, CollectOp


def cancel_towards_origin(turn: Turn, currency: Currency, request_id: RequestId, origin: Origin) -> None:
    """Let the credits that wait for this request go, back to where it came from."""
    match origin:
        case Own():
            transaction_failed(turn, request_id)
        case From(friend):
            turn.answer(turn.state.friends[friend], currency, CancelOp(request_id))
        case Lost():
            pass


def cancel_queued(
    turn: Turn, friend: Friend, queues: tuple[Queue, ...], unwanted: Callable[[Queued], bool] = lambda _: True
) -> None:
    """Cancel requests that wait for the token."""
    for queue in queues:
        for item in [item for item in friend.queues[queue].values() if unwanted(item)]:
            turn.dequeue(friend, queue, item.number)
            cancel_towards_origin(turn, item.currency, item.operation.request_id, item.origin)


def lose_channel(turn: Turn, friend: Friend) -> None:
    """The channel is gone: end what went out over it, and forget who waits beyond it (D1, D16)."""
    cancel_queued(turn, friend, (Queue.FORWARDED, Queue.USER))
    for item in list(friend.queues[Queue.BACKWARD].values()):
        if isinstance(item.operation, CollectOp):
            _note_uncollected(turn, friend, item.currency, item.operation.request_id)
        turn.dequeue(friend, Queue.BACKWARD, item.number)
    _orphan(turn, friend.public_key)
    lose_parts(turn, friend)
    for name, credit in friend.channel.credits.items():
        turn.drop(CreditKey(friend.public_key, name))
        for request_id in credit.remote:
            turn.drop(PendingKey(friend.public_key, name, False, request_id))
            turn.state.ended(friend.public_key, name, request_id)
        for pending in credit.local.values():
            turn.drop(PendingKey(friend.public_key, name, True, pending.request.request_id))
            if isinstance(pending.origin, Own):
                transaction_lost(turn, pending.request.request_id)
            else:
                cancel_towards_origin(turn, name, pending.request.request_id, pending.origin)
    friend.channel.credits = {}


def _note_uncollected(turn: Turn, friend: Friend, currency: Currency, request_id: RequestId) -> None:
    """We have paid on, or sold, and the friend that was to pay us for it never heard that it must."""
    credit = friend.channel.credits.get(currency)
    pending = None if credit is None else credit.remote.get(request_id)
    if pending is None:
        # It is from a kit, which has no requests.
        return
    detail = b"" if pending.request.route.public_keys else pending.request.invoice_id
    turn.note(HistoryKind.UNCOLLECTED, request_id, currency, pending.frozen, friend.public_key, detail)


def _orphan(turn: Turn, lost: PublicKey) -> None:
    """Answers to requests of the lost friend have nowhere to go any more."""
    origin = From(lost)
    onwards: dict[PublicKey, None] = {}
    for key, name, request_id in turn.state.passed_on.of(lost):
        onwards[key] = None
        friend = turn.state.friends[key]
        credit = friend.channel.credits.get(name)
        pending = None if credit is None else credit.local.get(request_id)
        # Another request of this name may be there, whose asker was lost before; or this one waits in the queue.
        if credit is not None and pending is not None and pending.origin == origin:
            turn.merge(credit.set_origin(key, pending, LOST))
    for key in onwards:
        friend = turn.state.friends[key]
        if lost in friend.forwarded_of:
            for item in [item for item in friend.queues[Queue.FORWARDED].values() if item.origin == origin]:
                turn.dequeue(friend, Queue.FORWARDED, item.number)
