"""Friends tell each other the lines they grant (docs/WIRE.md, extensions): advisory, nothing is decided by them.

Our lines go with what is said anyway, until the friend has answered a message that held them. A friend that told its
own is one of ours, so it is also told of changes at once; another would not read them.
"""

from __future__ import annotations

from offset.base.limits import CURRENCIES_PER_FRIEND_MAX
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.wire.extension import CreditLine, FriendCreditLines


def changed(friend: Friend) -> None:
    """Our lines are others now, or the connection is new."""
    friend.said_lines = friend.knows_lines = False


def is_due(friend: Friend) -> bool:
    """Whether the friend should be told even if nothing else is to be said."""
    return friend.credit_lines is not None and not friend.said_lines


def to_tell(friend: Friend) -> tuple[CreditLine, ...] | None:
    """What goes with the message that is being made; None when the friend knows it."""
    if friend.knows_lines:
        return None
    friend.said_lines = True
    configs = friend.configs
    return tuple(
        [CreditLine(name, configs[name].remote_max_debt, configs[name].is_open) for name in sorted(configs)]
    )


def answered(friend: Friend) -> None:
    """The friend has answered our newest message."""
    friend.knows_lines = friend.said_lines


def take(turn: Turn, friend: Friend, lines: tuple[CreditLine, ...] | None) -> None:
    """What the friend tells with a message; None: nothing, as from an old peer."""
    if lines is None:
        return
    lines = lines[:CURRENCIES_PER_FRIEND_MAX]
    if lines != friend.credit_lines:
        friend.credit_lines = lines
        turn.credit_lines.append(FriendCreditLines(friend.public_key, lines))
