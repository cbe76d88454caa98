"""Hellos: which move token a side knows as the newest, said before anything about the token (docs/WIRE.md, asides).

    its newest is        we are awaiting it                        else
    known to us          we speak: our books fit its books         nothing
    unknown, and lower   we speak, so that we can hand over        nothing: we have spoken
    unknown, not lower   we wait for what it hands over            the same

A known token is one of the last two of the channel: ours, or the friend's. Numbers decide nothing: who speaks in vain
does not fit, as if there were no hellos.
"""

from __future__ import annotations

from offset.core.funder.friend.liveness import had_nothing_to_say
from offset.core.funder.ledger.token_channel import Mismatch, receive
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.aside import NEWEST_BYTES, Hello
from offset.wire.friend import MoveTokenRequest


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


def fits(friend: Friend, request: MoveTokenRequest) -> bool:
    """Whether this message of the friend follows from our books, or the ledgers disagree anyway."""
    if not friend.channel.is_consistent:
        return True
    return not isinstance(receive(friend.channel, request.move_token, friend.max_debt), Mismatch)


def heard(turn: Turn, friend: Friend, hello: Hello) -> None:
    """The first hello of an enabled friend on this line."""
    channel = friend.channel
    theirs = hello.inconsistency_counter, hello.move_token_counter
    is_behind = theirs < (channel.inconsistency_counter, channel.move_token_counter)
    if is_behind or knows(friend, hello):
        had_nothing_to_say(turn, friend)
