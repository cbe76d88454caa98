"""Messages of a friend (spec 03, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.credits import Balance
from offset.base.ids import Currency
from offset.core.funder.friend import catching_up, credit_lines
from offset.core.funder.friend.liveness import gave_token_back, has_spoken
from offset.core.funder.friend.reachability import known_relays, take_relays
from offset.core.funder.friend.reconciling import may_have_gone_on, request_ended
from offset.core.funder.friend.sender import claims, restarted
from offset.core.funder.friend.settings import configure_active
from offset.core.funder.friend.stray_collects import keep_stray
from offset.core.funder.friend.succession import took_over
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.channel_states import ChannelEvent, channel_state, happened
from offset.core.funder.ledger.mutual_credit import Verdict
from offset.core.funder.ledger.reset import acceptable, is_reset_by, make_terms, take_reset
from offset.core.funder.ledger.token_channel import (
    Duplicate,
    Mismatch,
    Missed,
    Next,
    Taken,
    apply_next,
    receive,
)
from offset.core.funder.records import CreditKey, From, Lost, Own, SentRelays
from offset.core.funder.roles.buyer import response_came, transaction_collected, transaction_failed
from offset.core.funder.roles.cancelling import lose_channel
from offset.core.funder.roles.mediator import forward
from offset.core.funder.roles.seller import take_request
from offset.core.funder.state.lives import answered, begin_life
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.crypto.public_keys import is_lower
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    FriendMessage,
    MoveToken,
    MoveTokenRequest,
    RequestOp,
    ResetTerms,
    ResponseOp,
)


def friend_message(turn: Turn, friend: Friend, message: FriendMessage) -> None:
    """Take one message of an enabled friend."""
    has_spoken(turn, friend)
    if isinstance(message, ResetTerms):
        _take_terms(turn, friend, message)
        return
    credit_lines.take(turn, friend, message.opt_credit_lines)
    if friend.channel.is_consistent:
        _take_token(turn, friend, message)
    else:
        _take_reset(turn, friend, message.move_token)


# Tokens


def _take_token(turn: Turn, friend: Friend, request: MoveTokenRequest) -> None:
    channel, message = friend.channel, request.move_token
    if _crossing_reset(turn, friend, message):
        return
    before = channel_state(channel)
    found = receive(channel, message, friend.max_debt)
    if not isinstance(found, Mismatch) and not catching_up.may_be_newest(
        friend, is_next=isinstance(found, Next)
    ):
        found = Mismatch("we once knew a newer message of this friend")
    if isinstance(found, Mismatch) and friend.has_greeted:
        # It knows asides, so it shows us by what it handed over why this does not fit; if not, we are told (`silent`).
        # Also on the next line, if this one ends before that.
        friend.is_put_off = friend.is_awaited = True
        turn.moved[friend.public_key] = None
        return
    if friend.is_put_off and not isinstance(found, Mismatch):
        # What it said before was from older books.
        friend.is_put_off = friend.is_awaited = False
        turn.moved[friend.public_key] = turn.trying[friend.public_key] = None
    is_first = not friend.has_told
    if is_first and not isinstance(found, Mismatch):
        catching_up.told(turn, friend)
        found = receive(channel, message, friend.max_debt)
    match found:
        case Missed():
            happened(channel, before, ChannelEvent.MISSED)
            # What was said on this line arrives; a copy of an older message does not mean that it was lost (D26).
            if not friend.spoke_here:
                turn.resending[friend.public_key] = None
        case Duplicate():
            happened(channel, before, ChannelEvent.DUPLICATE)
            if request.token_wanted:
                turn.wanting[friend.public_key] = None
        case Mismatch():
            become_inconsistent(turn, friend, ChannelEvent.MISMATCH)
        case Next():
            _take_next(turn, friend, found, is_first=is_first)
            if request.token_wanted:
                turn.wanting[friend.public_key] = None


def _take_next(turn: Turn, friend: Friend, found: Next, *, is_first: bool) -> None:
    """`is_first`: our books were a copy's until now, so we may have taken this message before."""
    channel = friend.channel
    key = friend.public_key
    created = [name for name in found.drafts if name not in channel.credits]
    assert channel.outgoing is not None, "it answers our last message"
    answered(turn, friend, channel.outgoing.rand_nonce)
    apply_next(channel, found)
    credit_lines.answered(friend)
    gave_token_back(turn, friend)
    turn.changed_credits(friend, found.drafts, created)
    channel.former_terms = None
    turn.put(channel.record())
    turn.proven[key] = None
    turn.trying[key] = None
    configure_active(turn, friend, created)
    take_relays(turn, friend, found.message.opt_local_relays)
    # It has answered, so it knows our last list.
    if friend.sent_relays.previous is not None:
        friend.sent_relays = SentRelays(friend.sent_relays.last)
        turn.put(friend.record())
        turn.reaching[key] = None
    for taken in found.taken:
        _take_operation(turn, friend, taken, is_first=is_first)
    if turn.has_lost_end:
        request_ended(turn)


# Operations


def _take_operation(turn: Turn, friend: Friend, taken: Taken, *, is_first: bool) -> None:
    op, currency = taken.op, taken.currency
    if isinstance(op, RequestOp):
        _take_request(turn, friend, currency, op, taken.verdict, is_first=is_first)
        return
    assert taken.answered is not None
    match taken.answered.origin:
        case Own():
            _take_own_answer(turn, op)
        case From(asker):
            turn.answer(turn.state.friends[asker], currency, op)
        case Lost():
            turn.has_lost_end = turn.has_lost_end or not isinstance(op, ResponseOp)
            if not isinstance(op, CollectOp):
                return
            # Paid on, but nobody pays us: it is part of our claim there (D1), unless somebody is still to tell.
            if not keep_stray(turn, friend, currency, op, taken.answered.response):
                amount = taken.answered.frozen
                turn.note(HistoryKind.LOST, op.request_id, currency, amount, friend.public_key, b"")


def _take_own_answer(turn: Turn, op: ResponseOp | CancelOp | CollectOp) -> None:
    match op:
        case ResponseOp():
            response_came(turn, op)
        case CancelOp():
            transaction_failed(turn, op.request_id)
        case CollectOp():
            transaction_collected(turn, op)


def _take_request(
    turn: Turn,
    friend: Friend,
    currency: Currency,
    op: RequestOp,
    verdict: Verdict | None,
    *,
    is_first: bool,
) -> None:
    ids = turn.state.incoming_ids
    is_known = ids.setdefault((currency, op.request_id), friend.public_key) != friend.public_key
    if is_known or verdict is Verdict.OVER_LIMIT:
        turn.answer(friend, currency, CancelOp(op.request_id))
    elif is_first and op.route.public_keys and may_have_gone_on(turn, friend, currency, op):
        return
    elif op.route.public_keys:
        forward(turn, friend, currency, op)
    else:
        take_request(turn, friend, currency, op)


# Inconsistency and reset


def become_inconsistent(
    turn: Turn,
    friend: Friend,
    event: ChannelEvent,
    remote_terms: ResetTerms | None = None,
    local_terms: ResetTerms | None = None,
) -> None:
    """The ledgers disagree: end what is under way, make our terms, and tell the friend (spec 03, 2.7).

    `local_terms`: ours are these, made of the balances of a friend whose place it takes.
    """
    channel = friend.channel
    before = channel_state(channel)
    terms = make_terms(channel, turn.entropy) if local_terms is None else local_terms
    friend.is_put_off = False
    lose_channel(turn, friend)
    channel.local_terms, channel.remote_terms = terms, remote_terms
    channel.former_terms = None
    happened(channel, before, event)
    turn.put(channel.record())
    turn.touched[friend.public_key] = None
    turn.resending[friend.public_key] = None


def _take_terms(turn: Turn, friend: Friend, terms: ResetTerms) -> None:
    """The friend says that the ledgers disagree, whoever holds the token (D31)."""
    channel = friend.channel
    # Terms that the owner could not accept are not kept (D32); that we disagree is true all the same.
    kept = terms if acceptable(channel, terms) else None
    event = ChannelEvent.BAD_TERMS_CAME if kept is None else ChannelEvent.TERMS_CAME
    before = channel_state(channel)
    if channel.is_consistent:
        if channel.outgoing is not None and channel.outgoing.old_token == terms.reset_token:
            # It does not know yet that we accepted these (D17).
            happened(channel, before, ChannelEvent.SAME_TERMS_CAME)
            turn.resending[friend.public_key] = None
        else:
            become_inconsistent(turn, friend, event, kept)
        return
    if kept is not None and kept == channel.remote_terms:
        event = ChannelEvent.SAME_TERMS_CAME
    elif kept is not None:
        channel.remote_terms, channel.reset_wish = kept, None
        turn.put(channel.record())
        turn.touched[friend.public_key] = None
    happened(channel, before, event)


def _take_reset(turn: Turn, friend: Friend, message: MoveToken) -> None:
    """While inconsistent, a move token can only be the friend's acceptance of our terms."""
    channel = friend.channel
    terms = channel.local_terms
    if terms is None or not is_reset_by(channel, message, terms):
        turn.resending[friend.public_key] = None
        return
    claimed = claims(channel)
    take_reset(channel, message, terms)
    _after_reset(turn, friend, message, claimed)


def _crossing_reset(turn: Turn, friend: Friend, message: MoveToken) -> bool:
    """Both owners accepted at once: the higher key takes the lower one's message, the lower one stays (D18)."""
    channel = friend.channel
    terms = channel.former_terms
    if terms is None or not is_reset_by(channel, message, terms):
        return False
    if is_lower(channel.local, channel.remote):
        turn.resending[friend.public_key] = None
    else:
        claimed = claims(channel)
        for name in channel.credits:
            turn.drop(CreditKey(friend.public_key, name))
        take_reset(channel, message, terms)
        _after_reset(turn, friend, message, claimed)
        # Our own reset is void, and its count was the friend's to choose: it must never pass for our newest word.
        friend.life = friend.floor = begin_life(turn)
        turn.put(friend.record())
    return True


def _after_reset(turn: Turn, friend: Friend, message: MoveToken, claimed: Mapping[Currency, Balance]) -> None:
    # Our relays go out again (spec 03, 2.10).
    gave_token_back(turn, friend)
    friend.sent_relays = SentRelays(None, known_relays(friend))
    restarted(turn, friend, claimed, message.old_token)
    turn.proven[friend.public_key] = None
    take_relays(turn, friend, message.opt_local_relays)
    turn.wanting[friend.public_key] = None
    took_over(turn, friend)
