"""The sender: what is said to a friend at the end of a turn (spec 03, 3.4 and 7.4).

While the friend holds the token we may only ask for it, once per message and connection (D26), by repeating our last
message. A message with a response always asks for the token, so that it is back when the collect comes.
"""

from __future__ import annotations

from offset.base.ids import RAND_VALUE_BYTES, Currency
from offset.base.limits import OPERATIONS_PER_BATCH_MAX
from offset.core.funder.cancelling import cancel_towards_origin
from offset.core.funder.mutual_credit import Draft, Refused
from offset.core.funder.reachability import relays_to_listen
from offset.core.funder.records import SentRelays
from offset.core.funder.reset import accept_terms
from offset.core.funder.settings import configure_active
from offset.core.funder.state import FORWARDED, USER, Friend, Queued
from offset.core.funder.token_channel import draft_to_send, make
from offset.core.funder.turn import Turn
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    MoveTokenRequest,
    Operation,
    RequestOp,
    ResponseOp,
)


def send_all(turn: Turn) -> None:
    """Say to each friend what is to be said. Refused requests may give work for other friends."""
    while turn.trying or turn.wanting or turn.resending:
        flagged = {**turn.resending, **turn.wanting, **turn.trying}
        wanting, resending = turn.wanting, turn.resending
        turn.trying, turn.wanting, turn.resending = {}, {}, {}
        for key in flagged:
            friend = turn.state.friends.get(key)
            if friend is not None and friend.is_online:
                _send(turn, friend, wants=key in wanting, resend=key in resending)


def _send(turn: Turn, friend: Friend, *, wants: bool, resend: bool) -> None:
    channel = friend.channel
    if not channel.is_consistent:
        terms = channel.remote_terms
        if terms is not None and channel.reset_wish == terms.reset_token:
            _send_reset(turn, friend)
        elif resend:
            assert channel.local_terms is not None
            turn.messages.append((friend.public_key, channel.local_terms))
    elif channel.outgoing is not None:
        needed = needs_token(turn, friend)
        friend.eager = friend.eager or needed
        if resend or (needed and not friend.asked):
            wanted = needed or channel.outgoing.opt_local_relays is not None
            friend.asked = friend.asked or wanted
            turn.messages.append((friend.public_key, MoveTokenRequest(channel.outgoing, wanted)))
    else:
        _speak(turn, friend, even_if_empty=wants or resend)


def needs_token(turn: Turn, friend: Friend) -> bool:
    """Whether there is something to say to this friend."""
    return (
        any(friend.queues) or friend.sent_relays.last != turn.state.relays or _unannounced(friend) is not None
    )


def _unannounced(friend: Friend) -> tuple[Currency, ...] | None:
    """The list of currencies to announce, if it differs from the last one."""
    announced = friend.channel.local_currencies
    if len(announced) == len(friend.configs) and all(name in friend.configs for name in announced):
        return None
    return tuple(sorted(friend.configs))


def _speak(turn: Turn, friend: Friend, *, even_if_empty: bool) -> None:
    channel = friend.channel
    relays = turn.state.relays if friend.sent_relays.last != turn.state.relays else None
    currencies = _unannounced(friend)
    drafts = draft_to_send(channel, currencies)
    groups = _fill(turn, friend, drafts)
    if not groups and relays is None and currencies is None and not even_if_empty:
        return
    created = [name for name in drafts if name not in channel.credits]
    message = make(
        channel,
        turn.identity,
        turn.entropy.bytes(RAND_VALUE_BYTES),
        drafts,
        tuple(CurrencyOperations(name, tuple(ops)) for name, ops in groups.items()),
        None if relays is None else [relay.unnamed() for relay in relays],
        currencies,
    )
    for name, draft in drafts.items():
        if draft.is_touched or name in created:
            turn.merge(draft.changes(friend.public_key))
            turn.touched[friend.public_key] = None
    configure_active(turn, friend, created)
    channel.former_terms = None
    turn.put(channel.record())
    if relays is not None:
        _announced_relays(turn, friend)
    promised = any(isinstance(op, ResponseOp) for ops in groups.values() for op in ops)
    wanted = any(friend.queues) or relays is not None or promised or friend.eager
    friend.asked, friend.eager = wanted, False
    turn.messages.append((friend.public_key, MoveTokenRequest(message, wanted)))


def _fill(turn: Turn, friend: Friend, drafts: dict[Currency, Draft]) -> dict[Currency, list[Operation]]:
    """Move operations from the queues into the drafts, most urgent first, until the batch is full."""
    groups: dict[Currency, list[Operation]] = {}
    room = OPERATIONS_PER_BATCH_MAX
    for queue, waiting in enumerate(friend.queues):
        for item in list(waiting.values()):
            if room == 0:
                return groups
            turn.dequeue(friend, queue, item.number)
            if _put(turn, friend, drafts, item):
                groups.setdefault(item.currency, []).append(item.operation)
                room -= 1
            elif queue in (FORWARDED, USER):
                cancel_towards_origin(turn, item.currency, item.operation.request_id, item.origin)
    return groups


def _put(turn: Turn, friend: Friend, drafts: dict[Currency, Draft], item: Queued) -> bool:
    """Put one operation into its draft. False: it must not be sent."""
    draft = drafts.get(item.currency)
    if draft is None:
        return False
    op = item.operation
    try:
        match op:
            case RequestOp():
                draft.send_request(op, item.origin)
            case ResponseOp():
                draft.send_response(op)
            case CancelOp():
                draft.send_cancel(op)
            case CollectOp():
                draft.send_collect(op)
    except Refused:
        return False
    if isinstance(op, CancelOp | CollectOp):
        key = (item.currency, op.request_id)
        if turn.state.incoming_ids.get(key) == friend.public_key:
            del turn.state.incoming_ids[key]
    return True


def _announced_relays(turn: Turn, friend: Friend) -> None:
    """The friend will know our new relays; until it has answered it may still use the old ones."""
    last = friend.sent_relays.last
    friend.sent_relays = SentRelays(turn.state.relays, last)
    turn.put(friend.record())
    relays_to_listen(turn, friend)


def _send_reset(turn: Turn, friend: Friend) -> None:
    """The owner accepted the friend's terms: start again from them."""
    channel = friend.channel
    relays = tuple(relay.unnamed() for relay in turn.state.relays)
    message = accept_terms(channel, turn.identity, turn.entropy.bytes(RAND_VALUE_BYTES), relays)
    restarted(turn, friend)
    friend.asked = True
    turn.messages.append((friend.public_key, MoveTokenRequest(message, True)))


def restarted(turn: Turn, friend: Friend) -> None:
    """A reset happened: note the new rows; the relays go out again (spec 03, 2.10)."""
    channel = friend.channel
    for credit in channel.credits.values():
        turn.put(credit.record(friend.public_key))
    configure_active(turn, friend, list(channel.credits))
    turn.put(channel.record())
    turn.touched[friend.public_key] = None
    sent = friend.sent_relays
    if sent.previous is not None:
        known = {relay.public_key: relay for relay in (*sent.previous, *(sent.last or ()))}
        friend.sent_relays = SentRelays(turn.state.relays, tuple(known.values()))
    else:
        friend.sent_relays = SentRelays(turn.state.relays, sent.last)
    turn.put(friend.record())
    relays_to_listen(turn, friend)
