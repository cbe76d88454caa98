"""Hellos: which move token a side knows as the newest, said before anything about the token (docs/WIRE.md, asides).

    its newest is        we are awaiting it                        else
    known to us          we speak: our books fit its books         nothing
    unknown, and lower   we speak, so that we can hand over        nothing: we have spoken
    unknown, not lower   we wait for what it hands over            the same

To one whose newest token is unknown to us, and is not just the next one, we hand over all that it may have lost
(catching_up.py), once on a line; not while our own books are a copy's, and the friend has not told.

A known token is one of the last two of the channel: ours, or the friend's. Numbers decide nothing: who speaks in vain
does not fit, as if there were no hellos.
"""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.core.funder.friend.liveness import had_nothing_to_say
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.handovers import hand_over
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.aside import NEWEST_BYTES, Hello


def hello_to(friend: Friend) -> Hello:
    """What we say first on a line."""
    channel = friend.channel
    newest = b""
    if channel.is_consistent:
        last = channel.incoming if channel.outgoing is None else channel.outgoing
        assert last is not None, "somebody has signed last"
        newest = last.new_token[:NEWEST_BYTES]
    return Hello(channel.inconsistency_counter, channel.move_token_counter, newest)


def knows(friend: Friend, hello: Hello) -> bool:
    """Whether the friend's newest move token is one that we know, or there is none: then terms decide."""
    channel = friend.channel
    if not channel.is_consistent or not hello.newest:
        return True
    ours = [last.new_token for last in (channel.outgoing, channel.incoming) if last is not None]
    return any(token.startswith(hello.newest) for token in ours)


def _is_next(channel: Channel, hello: Hello) -> bool:
    """Whether the friend has only said one message more than we have heard."""
    theirs = hello.inconsistency_counter, hello.move_token_counter
    next_one = channel.inconsistency_counter, channel.move_token_counter + 1
    return channel.outgoing is not None and theirs == next_one


def hand_over_to(turn: Turn, key: PublicKey) -> None:
    """Tell this friend all that it may have lost, once on a line, if it lacks something and we can."""
    friend = turn.state.friends[key]
    if not friend.needs_handover or friend.has_handed or not friend.is_online:
        return
    relays = tuple([relay.unnamed() for relay in turn.state.relays])
    handover = hand_over(friend.channel, relays, friend.credit_lines or ())
    if handover is not None:
        friend.has_handed = True
        turn.handovers.append((key, handover))


def may_hand_over(friend: Friend) -> bool:
    """Whether there is something that we could hand over, now or after our next message to the friend."""
    channel = friend.channel
    return friend.has_told and channel.is_consistent and channel.incoming is not None


def heard(turn: Turn, friend: Friend, hello: Hello) -> None:
    """The first hello of an enabled friend on this line."""
    channel = friend.channel
    friend.has_greeted = True
    if friend.has_told and not knows(friend, hello) and not _is_next(channel, hello):
        friend.needs_handover = True
        turn.handing_over[friend.public_key] = None
        if channel.outgoing is None:
            # What is handed over ends with a message of ours.
            turn.resending[friend.public_key] = None
    theirs = hello.inconsistency_counter, hello.move_token_counter
    ours = channel.inconsistency_counter, channel.move_token_counter
    friend.is_ahead, is_behind = theirs > ours, theirs < ours
    if is_behind or knows(friend, hello):
        had_nothing_to_say(turn, friend)
