"""The lives in which we sign to our friends (crypto/lives.py): when one begins, and what a friend has answered.

A new life begins with a friend that is added, and with all friends where books are restored, or are older than lives.
The floor of a friend is the life of our last message that it has answered; it only rises. What we signed below it is
of an earlier friendship, or of a branch that ended with a loss: nobody can make us take it for our newest word.
"""

from __future__ import annotations

import msgspec

from offset.base.entropy import new_rand_value
from offset.base.ids import RandValue
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.core.funder.twin import Twin
from offset.crypto.lives import next_life


def begin_life(turn: Turn) -> int:
    """A life above all that ever were."""
    life = next_life(turn.now, turn.state.node.highest_life)
    saw_life(turn, life)
    return life


def saw_life(turn: Turn, life: int) -> None:
    """There is such a life, or was: later ones are above it."""
    if life > turn.state.node.highest_life:
        turn.state.node = msgspec.structs.replace(turn.state.node, highest_life=life)
        turn.put(turn.state.node)


def stop(turn: Turn, twin: Twin) -> None:
    """Another copy of this node lives, in a higher life: this one says nothing any more, now nor after a start."""
    turn.state.node = msgspec.structs.replace(turn.state.node, stopped=twin)
    turn.put(turn.state.node)
    turn.stopped = twin


def new_nonce(turn: Turn, friend: Friend) -> RandValue:
    """The nonce of our next move token to this friend."""
    return turn.lives.seal(friend.life, turn.now, new_rand_value(turn.entropy))


def answered(turn: Turn, friend: Friend, nonce: RandValue) -> None:
    """The friend answers our message with this nonce."""
    # Nearly always nothing is to be looked at: the floor has reached the life.
    if friend.floor < friend.life:
        life = turn.lives.open(nonce, turn.now).life
        if life > friend.floor:
            friend.floor = life
            turn.put(friend.record())
