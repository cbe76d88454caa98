"""Telling the channeler where a friend may look for us (spec 03, 2.10)."""

from __future__ import annotations

from offset.base.limits import FRIEND_RELAYS_MAX
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import Turn, UpdateFriend
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.report import SetRemoteRelays


def known_relays(friend: Friend) -> tuple[NamedRelayAddress, ...] | None:
    """Relays of ours that the friend may know: the last list sent, and those before until it has answered.

    None: it was never told any. A relay that moved is in it twice: the friend may know either address.
    """
    sent = friend.sent_relays
    if sent.last is None or sent.previous is None:
        return sent.previous if sent.last is None else sent.last
    known = {(relay.public_key, relay.address): relay for relay in sent.last}
    for relay in sent.previous:
        known.setdefault((relay.public_key, relay.address), relay)
    return tuple(known.values())


def update_friend(friend: Friend) -> UpdateFriend:
    """The order to keep a line to this friend."""
    local = tuple([relay.unnamed() for relay in known_relays(friend) or ()])
    return UpdateFriend(friend.public_key, friend.remote_relays, local)


def take_relays(turn: Turn, friend: Friend, relays: tuple[RelayAddress, ...] | None) -> None:
    """The friend says where it can be found; the channeler learns it at once (D25, W2)."""
    if relays is None:
        return
    relays = relays[:FRIEND_RELAYS_MAX]
    if relays != friend.remote_relays:
        friend.remote_relays = relays
        turn.put(friend.record())
        turn.change_friend(friend.public_key, SetRemoteRelays(relays))
        turn.reaching[friend.public_key] = None


def order_lines(turn: Turn) -> None:
    """One order for each enabled friend whose relays, or ours for it, changed in this turn."""
    for key in turn.reaching:
        friend = turn.state.friends.get(key)
        if friend is not None and friend.is_enabled:
            turn.orders.append(update_friend(friend))
