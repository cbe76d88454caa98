"""Catching up: what a node does with a move token of its own that a friend shows, and with all that belongs to it.

    the life of our signature            restored, and the friend has not told    else
    below the floor                      nothing                                  nothing; a hint if it was signed
    from the floor on, below our life    taken over if `judge` allows it, once    after our life began
    ours with a higher number,           another copy lives: we stop. Who has     another copy lives: we stop
    or higher than ours                  signed nothing yet in its life moves
                                         it above (its clock was slow)

No friend can make such a signature up: what it hides of before the loss is of a life below ours. A friend has told when
its state was taken over, or fits our books. Then each request is decided of which both friends have told
(reconciling.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from offset.base.credits import Balance
from offset.base.ids import Currency, RequestId
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, FRIEND_CURRENCIES_MAX
from offset.core.funder.friend import reconciling
from offset.core.funder.friend.reachability import known_relays, take_relays
from offset.core.funder.friend.settings import configure_active
from offset.core.funder.friend.stray_collects import Collected, Collects, Name
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.judge import Judged, Standing, judge
from offset.core.funder.records import CreditKey, Mark, PendingKey, PendingRecord, SentRelays
from offset.core.funder.state.lives import begin_life, saw_life, stop
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.core.funder.twin import BalanceChange, Twin
from offset.crypto.lives import Signed
from offset.wire.aside import Handover
from offset.wire.friend import CollectOp, MoveToken, RequestOp, ResponseOp
from offset.wire.report import MoveTokenHashedReport


def standing(turn: Turn, friend: Friend) -> Standing:
    """How far our books are with this friend."""
    channel = friend.channel
    last, number = _last_life(turn, friend), channel.move_token_counter
    if not friend.has_told and friend.floor < last == friend.life:
        # We broke the silence in our new life, on old books, and were not answered: that is no knowledge.
        last, number = friend.floor, number - 1
    mark = friend.mark or Mark(0, 0)
    return Standing(
        last,
        channel.inconsistency_counter,
        number,
        friend.floor,
        (mark.inconsistency_counter, mark.move_token_counter),
        # That of a friend that our books do not know at all was signed by nobody.
        knows_first=friend.has_told or friend.floor > 0,
    )


def begin(turn: Turn) -> None:
    """At a start: friends whose books have no life get one together, and those of a copy are tied to nothing."""
    without = [friend for friend in turn.state.friends.values() if not friend.life]
    if not without:
        return
    life = begin_life(turn)
    for friend in without:
        friend.life = life
        turn.put(friend.record())
        if not friend.has_told:
            reconciling.forget_ties(turn, friend)
    if not all(friend.has_told for friend in without):
        reconciling.doubt_payments(turn)
        turn.state.node = msgspec.structs.replace(turn.state.node, is_restored=True)
        turn.put(turn.state.node)


def handed_over(turn: Turn, friend: Friend, handover: Handover) -> None:
    """The friend shows what we signed to it, and what followed."""
    channel = friend.channel
    if not channel.is_consistent:
        return
    found = judge(turn.state.local, friend.public_key, handover, standing(turn, friend), turn.lives, turn.now)
    signed = found.signed
    if signed is None:
        # Not ours: it proves nothing.
        return
    saw_life(turn, signed.life)
    if _is_of_a_twin(turn, friend, handover.incoming, signed):
        if friend.has_told or _has_signed(turn, friend.life):
            stop(turn, _twin(turn, friend, handover, signed))
            return
        _move_above(turn, friend.life)
    elif _is_a_hint(turn, friend, handover.incoming, signed):
        turn.hints.append(_twin(turn, friend, handover, signed))
    # Of life 0 is also what was signed in an earlier friendship: books that know more are not given up for it.
    is_sure = signed.life > 0 or friend.channel.incoming is None or friend.channel.move_token_counter == 0
    if friend.has_told or not is_sure:
        return
    if isinstance(found, Judged) and _has_room(turn, friend, found.channel):
        _adopt(turn, friend, found, handover)


def _has_room(turn: Turn, friend: Friend, channel: Channel) -> bool:
    """Whether its currencies can have settings. None of our nodes lets more become active, so a friend made them up."""
    added = len({*channel.credits, *channel.local_currencies} - friend.configs.keys())
    others = sum([len(other.configs) for other in turn.state.friends.values()])
    return (
        len(friend.configs) + added <= CURRENCIES_PER_FRIEND_MAX and others + added <= FRIEND_CURRENCIES_MAX
    )


def told(turn: Turn, friend: Friend) -> None:
    """Our books with this friend are true."""
    if not friend.has_told:
        _enter(turn, friend, _requests_of(friend.channel), {})


def may_be_newest(friend: Friend, *, is_next: bool) -> bool:
    """Whether a message that fits our books may be the friend's newest, as far as we know.

    `is_next`: it is one more than they know. What fits an empty channel fits whatever was lost, and a kit may know more
    than the books beside it.
    """
    if friend.has_told:
        return True
    channel, mark = friend.channel, friend.mark
    counters = None if channel.incoming is None else channel.incoming.token_info.counters
    held = (0, 0) if counters is None else (counters.inconsistency_counter, counters.move_token_counter)
    if mark is None:
        # A kit knows friends that have never said anything: they have a floor, the life in which they were added.
        return friend.floor > 0 or held > (0, 0)
    reached = (channel.inconsistency_counter, channel.move_token_counter + 1) if is_next else held
    return reached >= (mark.inconsistency_counter, mark.move_token_counter)


# Another copy


def _is_of_a_twin(turn: Turn, friend: Friend, token: MoveTokenHashedReport, signed: Signed) -> bool:
    """Whether these books did not sign it, though nobody who lived before them did."""
    if _is_before_lives(turn, friend) and signed.life < friend.life:
        # A program with lives has signed it, and these books know of none. Of life 0 nothing is known: it may be of an
        # earlier friendship.
        return signed.life > 0
    return signed.life > friend.life or (signed.life == friend.life and _is_later(friend, token))


def _is_a_hint(turn: Turn, friend: Friend, token: MoveTokenHashedReport, signed: Signed) -> bool:
    """Whether another copy seems to live, or these books are old, but it is not proved."""
    if not friend.has_told or signed.life >= friend.life:
        return False
    return signed.at > friend.life or (_is_before_lives(turn, friend) and _is_later(friend, token))


def _is_later(friend: Friend, token: MoveTokenHashedReport) -> bool:
    counters = token.token_info.counters
    number = counters.inconsistency_counter, counters.move_token_counter
    return number > (friend.channel.inconsistency_counter, _last_number(friend))


def _is_before_lives(turn: Turn, friend: Friend) -> bool:
    """Whether nothing in these books with the friend is from a program with lives."""
    # What a friend shows after a loss may be of any of our programs, so that tells nothing.
    return friend.has_told and not turn.state.node.is_restored and _last_life(turn, friend) == 0


def _last_number(friend: Friend) -> int:
    """Of our last message that we know of."""
    channel = friend.channel
    return channel.move_token_counter - (channel.outgoing is None)


def _last_life(turn: Turn, friend: Friend) -> int:
    outgoing = friend.channel.outgoing
    last = 0 if outgoing is None else turn.lives.open(outgoing.rand_nonce, turn.now).life
    return max(friend.floor, last)


def _has_signed(turn: Turn, life: int) -> bool:
    """Whether anything was signed in this life, to whomever."""
    return any(
        friend.life == life and _last_life(turn, friend) == life for friend in turn.state.friends.values()
    )


def _move_above(turn: Turn, life: int) -> None:
    """This life began below others that were: the clock was slow."""
    above = begin_life(turn)
    for friend in turn.state.friends.values():
        if friend.life == life:
            friend.life = above
            turn.put(friend.record())


def _twin(turn: Turn, friend: Friend, handover: Handover, signed: Signed) -> Twin:
    ours = {name: credit.balance for name, credit in friend.channel.credits.items()}
    theirs = _balances(turn, friend, handover)
    changes = tuple(
        BalanceChange(name, ours.get(name, 0), theirs.get(name, 0))
        for name in sorted({*ours, *theirs})
        if ours.get(name, 0) != theirs.get(name, 0)
    )
    outgoing = friend.channel.outgoing
    own = Signed(0, 0) if outgoing is None else turn.lives.open(outgoing.rand_nonce, turn.now)
    return Twin(
        friend.public_key,
        handover.incoming.token_info.counters.move_token_counter,
        signed.at,
        max(0, _last_number(friend)),
        own.at,
        changes,
    )


def _balances(turn: Turn, friend: Friend, handover: Handover) -> dict[Currency, Balance]:
    """What we would have if this were taken over: whatever the friend wrote beside it, only what could be."""
    found = judge(turn.state.local, friend.public_key, handover, Standing(), turn.lives, turn.now)
    if isinstance(found, Judged):
        return {name: credit.balance for name, credit in found.channel.credits.items()}
    signed = handover.incoming.token_info.mc.balances
    return {item.currency: item.balance_info.balance for item in signed}


# Taking over


def _adopt(turn: Turn, friend: Friend, judged: Judged, handover: Handover) -> None:
    """The channel is as the friend says from now on, and we hold the token."""
    key = friend.public_key
    before = _requests_of(friend.channel)
    if _last_life(turn, friend) == friend.life:
        # What we said on old books is dead, though it is of this life: nobody may show it as our newest word.
        friend.life = begin_life(turn)
    _drop_rows(turn, friend)
    friend.channel = channel = judged.channel
    friend.floor = max(friend.floor, judged.signed.life)
    friend.sent_relays = SentRelays(None, known_relays(friend))
    for name, credit in channel.credits.items():
        turn.put(credit.record(key))
        for is_local, side in ((True, credit.local), (False, credit.remote)):
            for pending in side.values():
                turn.put(
                    PendingRecord(key, name, is_local, pending.request, pending.response, pending.origin)
                )
    turn.put(channel.record())
    turn.touched[key] = turn.proven[key] = turn.reaching[key] = None
    configure_active(turn, friend, channel.credits)
    take_relays(turn, friend, judged.message.opt_local_relays or handover.relays or None)
    _enter(turn, friend, before, _collects(judged.message, handover))
    turn.wanting[key] = None


def _collects(message: MoveToken, handover: Handover) -> Collects:
    """What the friend collected, or says so, each with its promise if that is known."""
    found: dict[Name, Collected] = {}
    promises: dict[Name, ResponseOp] = {}
    for kept in handover.collects:
        found[kept.currency, kept.collect.request_id] = (kept.collect, kept.opt_response, False)
    for group in message.currencies_operations:
        for op in group.operations:
            if isinstance(op, ResponseOp):
                promises[group.currency, op.request_id] = op
            elif isinstance(op, CollectOp):
                name = group.currency, op.request_id
                promise = found[name][1] if name in found else None
                found[name] = (op, promises.get(name, promise), True)
    return found


def _drop_rows(turn: Turn, friend: Friend) -> None:
    for name, credit in friend.channel.credits.items():
        turn.drop(CreditKey(friend.public_key, name))
        for is_local, side in ((True, credit.local), (False, credit.remote)):
            for request_id in side:
                turn.drop(PendingKey(friend.public_key, name, is_local, request_id))


def _requests_of(channel: Channel) -> dict[tuple[Currency, RequestId], RequestOp]:
    return {
        (name, request_id): pending.request
        for name, credit in channel.credits.items()
        for request_id, pending in credit.remote.items()
    }


def _enter(
    turn: Turn,
    friend: Friend,
    before: Mapping[tuple[Currency, RequestId], RequestOp],
    collects: Collects,
) -> None:
    if not turn.state.node.is_restored:
        turn.state.node = msgspec.structs.replace(turn.state.node, is_restored=True)
        turn.put(turn.state.node)
    friend.has_told, friend.mark = True, None
    friend.is_awaited = friend.is_put_off = False
    turn.put(friend.record())
    turn.moved[friend.public_key] = turn.trying[friend.public_key] = None
    reconciling.enter(turn, friend, before, collects)
