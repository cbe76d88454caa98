"""Keeping collects of friends, after a loss of our books, for whoever is still to tell that it asked (reconciling.py).

A collect that was really made, or stands in a friend's last message, is worth more than one that is only said to have
been: it is not replaced, and outlives its friend.
"""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.ids import Currency, RequestId
from offset.base.limits import STRAYS_MAX
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn
from offset.core.funder.strays import StrayKey, StrayRecord
from offset.wire.friend import CollectOp, ResponseOp

Name = tuple[Currency, RequestId]
Collected = tuple[CollectOp, ResponseOp | None, bool]
"""A collect, the promise that it opened, if that is known, and whether it is in the friend's last message."""
Collects = Mapping[Name, Collected]


def keep_stray(
    turn: Turn, friend: Friend, currency: Currency, collect: CollectOp, response: ResponseOp | None
) -> bool:
    """A collect whose asker is not known, after a loss: keep it. Returns whether somebody may still tell of it."""
    if not turn.state.node.is_restored:
        return False
    stray = StrayRecord(friend.public_key, currency, collect.request_id, collect, response, True)
    is_kept = put_stray(turn, stray)
    return is_kept and not all(other.has_told for other in turn.state.friends.values())


def keep_strays(turn: Turn, friend: Friend, collects: Collects) -> None:
    # Later ones are newer; there are never so many that an old one could be needed.
    for (currency, request_id), (collect, promise, is_last) in collects.items():
        known = turn.state.strays.get(StrayKey(friend.public_key, currency, request_id))
        if known is not None and known.response is not None and known.is_last:
            # It opened a promise: what is only said takes nothing away from that.
            continue
        promise = promise or (None if known is None else known.response)
        put_stray(turn, StrayRecord(friend.public_key, currency, request_id, collect, promise, is_last))


def put_stray(turn: Turn, stray: StrayRecord) -> bool:
    strays = turn.state.strays
    if stray.key() not in strays and len(strays) >= STRAYS_MAX:
        # Those that are only said to have been are older than this one.
        said = next((old for old in strays.values() if not old.is_last), None)
        if said is None:
            return False
        drop_stray(turn, said)
    strays[stray.key()] = stray
    turn.put(stray)
    return True


def drop_stray(turn: Turn, stray: StrayRecord) -> None:
    del turn.state.strays[stray.key()]
    turn.drop(stray.key())


def drop_strays(turn: Turn, friend: Friend) -> None:
    """The friend goes, and what it said with it."""
    for stray in [stray for stray in turn.state.strays.values() if stray.friend == friend.public_key]:
        # What it has collected, others still owe us.
        if stray.response is None:
            drop_stray(turn, stray)
