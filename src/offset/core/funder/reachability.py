"""Telling the channeler where a friend may look for us (spec 03, 2.10)."""

from __future__ import annotations

from offset.core.funder.state import Friend
from offset.core.funder.turn import Turn, UpdateFriend
from offset.wire.common import RelayAddress


def listening_relays(friend: Friend) -> tuple[RelayAddress, ...]:
    """Relays of ours that the friend may know: the last list sent, and the one before until it has answered."""
    sent = friend.sent_relays
    known = {(relay.public_key, relay.address): relay.unnamed() for relay in sent.last or ()}
    for relay in sent.previous or ():
        known.setdefault((relay.public_key, relay.address), relay.unnamed())
    return tuple(known.values())


def relays_to_listen(turn: Turn, friend: Friend) -> None:
    """Order the channeler to keep a line to this friend, if it is enabled."""
    if friend.is_enabled:
        turn.orders.append(UpdateFriend(friend.public_key, friend.remote_relays, listening_relays(friend)))
