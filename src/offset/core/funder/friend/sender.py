"""The sender: what is said to a friend at the end of a turn (spec 03, 3.4 and 7.4).

While the friend holds the token we may only ask for it, once per message and line (D26), by repeating our last
message. A message with a response always asks for the token, so that it is back when the collect comes. So does one
with all that piled up while the token was away: under load the token goes to and fro by itself.

A turn only flags friends; here each flag becomes at most one message:

    flag        set by                                       outcome
    trying      something was queued, or the token came      speak if we hold the token and have something to say
    wanting     the friend asks for the token, or a reset    speak if we hold it, even if there is nothing to say
    resending   a new line, a duplicate, terms               repeat the last message, or our terms; else speak

- Operations leave a queue only into a draft, and the draft is adopted in the same turn: an operation is in a queue or
  in the book, never in both and never in neither.
- A request that has become impossible while it waited is cancelled towards its origin, which may flag another
  friend; hence the loop in `send_all`. It ends because each round takes requests out of queues and adds only answers,
  and answers are always possible.
- Three booleans of a friend steer the asking: `asked` (we asked for the token on this line), `missed` (there was
  something to say while it was away), `spoke_here` (our last message was first said on this line).
"""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.credits import Balance
from offset.base.ids import Currency, Signature
from offset.core.funder.friend import catching_up, credit_lines
from offset.core.funder.friend.reachability import known_relays
from offset.core.funder.friend.settings import configure_active
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import Draft, OperationRefused
from offset.core.funder.ledger.reset import accept_terms
from offset.core.funder.ledger.token_channel import draft_to_send, make
from offset.core.funder.records import Queue, SentRelays
from offset.core.funder.roles.cancelling import cancel_towards_origin
from offset.core.funder.state.lives import new_nonce
from offset.core.funder.state.state import Friend, Queued
from offset.core.funder.state.turn import Turn
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    MoveToken,
    MoveTokenRequest,
    Operation,
    RequestOp,
    ResponseOp,
)

# Asking an Enum for its members takes its time.
_QUEUES = tuple(Queue)


def send_all(turn: Turn) -> None:
    """Say to each friend what is to be said. Refused requests may give work for other friends."""
    while turn.trying or turn.wanting or turn.resending:
        flagged = {**turn.resending, **turn.wanting, **turn.trying}
        wanting, resending = turn.wanting, turn.resending
        turn.trying, turn.wanting, turn.resending = {}, {}, {}
        for key in flagged:
            friend = turn.state.friends.get(key)
            if friend is not None and friend.is_online and not friend.is_awaited and not friend.is_put_off:
                _send(turn, friend, wants=key in wanting, resend=key in resending)


def _send(turn: Turn, friend: Friend, *, wants: bool, resend: bool) -> None:
    channel = friend.channel
    if channel.local_terms is not None:
        if channel.remote_terms is not None and channel.reset_wish == channel.remote_terms.reset_token:
            _send_reset(turn, friend)
        elif resend:
            turn.messages.append((friend.public_key, channel.local_terms))
    elif channel.outgoing is not None:
        _repeat(turn, friend, channel.outgoing, is_due=resend or credit_lines.is_due(friend))
    else:
        _speak(turn, friend, even_if_empty=wants or resend or credit_lines.is_due(friend))


def _repeat(turn: Turn, friend: Friend, message: MoveToken, *, is_due: bool) -> None:
    """Say our last message again if that is due, or to ask for the token.

    What asked for the token before goes on asking: the repetition may replace a copy that was not sent yet.
    """
    # One that has not told is asked for it: what it answers tells.
    needed = needs_token(turn, friend) or not friend.has_told
    friend.missed = friend.missed or needed
    if is_due or (needed and not friend.asked):
        friend.asked = needed or friend.asked or _wants_token_back(message)
        _say(turn, friend, message)


def _say(turn: Turn, friend: Friend, message: MoveToken) -> None:
    request = MoveTokenRequest(message, friend.asked, credit_lines.to_tell(friend))
    turn.messages.append((friend.public_key, request))


def _wants_token_back(message: MoveToken) -> bool:
    """Whether it asks for the token by what it says: relays must be confirmed, and a collect follows a response."""
    return message.opt_local_relays is not None or any(
        isinstance(op, ResponseOp) for group in message.currencies_operations for op in group.operations
    )


def needs_token(turn: Turn, friend: Friend) -> bool:
    """Whether there is something to say to this friend."""
    return (
        _has_queued(friend)
        or friend.sent_relays.last != turn.state.relays
        or _unannounced(friend) is not None
    )


def _has_queued(friend: Friend) -> bool:
    """Whether operations wait for the token. What waits in a copy is for later, when the friend has told."""
    return friend.has_told and any(friend.queues)


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
    must_speak = even_if_empty or relays is not None or currencies is not None
    if not must_speak and not _has_queued(friend):
        # Most often so for the friend whose message led to this turn: it holds nothing, and drafts are dear.
        return
    drafts = draft_to_send(channel, currencies)
    groups = _fill(turn, friend, drafts)
    if not groups and not must_speak:
        return
    created = [name for name in drafts if name not in channel.credits]
    message = make(
        channel,
        turn.signer,
        new_nonce(turn, friend),
        drafts,
        tuple([CurrencyOperations(name, tuple(ops)) for name, ops in groups.items()]),
        None if relays is None else [relay.unnamed() for relay in relays],
        currencies,
    )
    turn.changed_credits(friend, drafts, created)
    turn.put(channel.record())
    if relays is not None:
        _announced_relays(turn, friend)
    is_busy = friend.missed and sum(map(len, groups.values())) > 1
    is_wanted = is_busy or _wants_token_back(message) or not friend.has_told
    _said(turn, friend, message, any(friend.queues) or is_wanted)


def _said(turn: Turn, friend: Friend, message: MoveToken, wanted: bool) -> None:
    friend.spoke_here, friend.missed, friend.asked = True, False, wanted
    _say(turn, friend, message)


def _fill(turn: Turn, friend: Friend, drafts: dict[Currency, Draft]) -> dict[Currency, list[Operation]]:
    """Move operations from the queues into the drafts, most urgent first, until the batch is full.

    Cancels are short and cost the friend next to nothing, so there may be as many as one message holds: whoever asks
    for what it may not have is answered as fast as it asks, and its requests do not pile up here.
    """
    groups: dict[Currency, list[Operation]] = {}
    if not friend.has_told:
        return groups
    room, room_with_cancels = turn.state.operations_max, turn.state.operations_with_cancels_max
    for queue, waiting in zip(_QUEUES, friend.queues, strict=True):
        for item in [*waiting.values()]:
            is_cancel = isinstance(item.operation, CancelOp)
            if room_with_cancels == 0 or (room == 0 and not is_cancel):
                return groups
            turn.dequeue(friend, queue, item.number)
            draft = drafts.get(item.currency)
            if isinstance(item.operation, CollectOp):
                _keep_collect(turn, friend, draft, item.currency, item.operation)
            if _put(draft, item):
                groups.setdefault(item.currency, []).append(item.operation)
                room -= not is_cancel
                room_with_cancels -= 1
            else:
                # An answer is always to something pending; only a request can have become impossible meanwhile.
                assert queue in (Queue.FORWARDED, Queue.USER), "an answer of ours must not be lost"
                cancel_towards_origin(turn, item.currency, item.operation.request_id, item.origin)
    return groups


def _keep_collect(turn: Turn, friend: Friend, draft: Draft | None, currency: Currency, op: CollectOp) -> None:
    """The friend may lose its books, and learn this collect only from us, with the promise that it opens."""
    asked = None if draft is None else draft.find_remote(op.request_id)
    assert asked is not None, "what is collected was asked for"
    turn.put(turn.state.collects.keep(friend.public_key, currency, op, asked.response))


def _put(draft: Draft | None, item: Queued) -> bool:
    """Put one operation into the draft of its currency. False: it must not be sent."""
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
    except OperationRefused:
        return False
    return True


def _announced_relays(turn: Turn, friend: Friend) -> None:
    """The friend will know our new relays; until it has answered it may still use those it knows."""
    friend.sent_relays = SentRelays(turn.state.relays, known_relays(friend))
    turn.put(friend.record())
    turn.reaching[friend.public_key] = None


# Reset


def _send_reset(turn: Turn, friend: Friend) -> None:
    """The owner accepted the friend's terms: start again from them."""
    relays = tuple([relay.unnamed() for relay in turn.state.relays])
    claimed = claims(friend.channel)
    message = accept_terms(friend.channel, turn.signer, new_nonce(turn, friend), relays)
    restarted(turn, friend, claimed, message.old_token)
    _announced_relays(turn, friend)
    _said(turn, friend, message, True)


def claims(channel: Channel) -> dict[Currency, Balance]:
    """What we say that the friend owes us: our terms, or the balances while both agree."""
    if channel.local_terms is not None:
        return {item.currency: item.balance for item in channel.local_terms.balance_for_reset}
    return {name: credit.balance_for_reset() for name, credit in channel.credits.items()}


def restarted(
    turn: Turn, friend: Friend, claimed: Mapping[Currency, Balance], reset_token: Signature
) -> None:
    """A reset happened by these terms: note the new rows, and by how much they are not what we claimed."""
    channel = friend.channel
    agreed = claims(channel)
    for name in {**claimed, **agreed}:
        more = agreed.get(name, 0) - claimed.get(name, 0)
        if more:
            kind = HistoryKind.GAINED if more > 0 else HistoryKind.CONCEDED
            turn.note(kind, reset_token, name, abs(more), friend.public_key, b"")
    for credit in channel.credits.values():
        turn.put(credit.record(friend.public_key))
    configure_active(turn, friend, channel.credits)
    turn.put(channel.record())
    turn.touched[friend.public_key] = None
    catching_up.told(turn, friend)
