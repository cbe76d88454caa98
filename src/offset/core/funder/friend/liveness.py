"""Friends come and go (spec 03, 3.2)."""

from __future__ import annotations

from offset.core.funder.friend import credit_lines
from offset.core.funder.records import Queue
from offset.core.funder.roles.cancelling import cancel_queued
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.report import SetLiveness


def came_online(turn: Turn, friend: Friend) -> None:
    """There is a line to this friend: repeat the last message, or speak. One that is awaited speaks first."""
    if friend.is_online or not friend.is_enabled:
        return
    friend.is_online = True
    friend.asked = friend.spoke_here = friend.is_overdue = False
    friend.has_greeted = friend.is_ahead = friend.needs_handover = friend.has_handed = False
    friend.is_put_off = False
    # On each line, until it has told: nothing of a copy is worth saying.
    friend.is_awaited = friend.is_awaited or not friend.has_told
    credit_lines.changed(friend)
    turn.moved[friend.public_key] = None
    turn.change_friend(friend.public_key, SetLiveness(True))
    turn.resending[friend.public_key] = None


def has_spoken(turn: Turn, friend: Friend) -> None:
    """A message came. If it was awaited, we may speak, too."""
    if friend.is_awaited:
        friend.is_awaited = False
        turn.moved[friend.public_key] = None
        turn.trying[friend.public_key] = None


def had_nothing_to_say(turn: Turn, friend: Friend) -> None:
    """It was awaited and has nothing to say about the token, so one of the two has to speak."""
    if friend.is_awaited:
        has_spoken(turn, friend)
        turn.resending[friend.public_key] = None


def went_offline(turn: Turn, friend: Friend) -> None:
    """The line is gone: what waits for the token comes to nothing; what is under way stays."""
    if not friend.is_online:
        return
    friend.is_online = friend.is_overdue = friend.is_put_off = False
    turn.moved[friend.public_key] = None
    turn.change_friend(friend.public_key, SetLiveness(False))
    cancel_queued(turn, friend, (Queue.FORWARDED, Queue.USER))


def became_overdue(turn: Turn, friend: Friend) -> None:
    """It keeps the token, so nothing can be said to it: what waits comes to nothing, and no more is taken for it.

    What was said to it stays: only its answer can end that.
    """
    if not friend.owes_token or friend.is_overdue:
        return
    friend.is_overdue = True
    turn.moved[friend.public_key] = None
    cancel_queued(turn, friend, (Queue.FORWARDED, Queue.USER))


def gave_token_back(turn: Turn, friend: Friend) -> None:
    """It has the manners of a friend again."""
    if friend.is_overdue:
        friend.is_overdue = False
        turn.moved[friend.public_key] = None
