"""Talking to a friend no longer, and forgetting it."""

from __future__ import annotations

from offset.core.funder.friend import reconciling
from offset.core.funder.friend.liveness import went_offline
from offset.core.funder.friend.stray_collects import drop_strays
from offset.core.funder.ledger.channel_states import CHANNEL, ChannelEvent, channel_state
from offset.core.funder.lost_keys import SuccessorKey
from offset.core.funder.records import ChannelKey, ConfigKey, FriendKey
from offset.core.funder.roles.buyer import transaction_lost
from offset.core.funder.roles.cancelling import lose_channel
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import DropFriend, Turn
from offset.wire.report import RemoveFriendMutation, SetStatus


def disable(turn: Turn, friend: Friend) -> None:
    """Talk to it no longer. What is under way stays."""
    friend.is_enabled = False
    turn.put(friend.record())
    turn.change_friend(friend.public_key, SetStatus(False))
    # At once: nothing may be said on a line that is about to be dropped.
    went_offline(turn, friend)
    turn.orders.append(DropFriend(friend.public_key))


def remove(turn: Turn, friend: Friend) -> None:
    """Forget it and all that is owed. What it was to take over, or to hand over, stays where it is."""
    key = friend.public_key
    end = CHANNEL.after(channel_state(friend.channel), ChannelEvent.REMOVED)
    assert end is None
    lose_channel(turn, friend)
    # What waited for it in books from a copy, which are tied to nothing before it has told.
    for transaction in list(turn.state.transactions.values()):
        if transaction.friend == key:
            transaction_lost(turn, transaction.request_id)
    reconciling.end_own(turn, friend)
    reconciling.given_up(turn, key)
    drop_strays(turn, friend)
    for name in friend.configs:
        turn.drop(ConfigKey(key, name))
    for old, new in list(turn.state.successors.items()):
        if key in (old, new):
            del turn.state.successors[old]
            turn.drop(SuccessorKey(old))
    for place in turn.state.collects.forget(key):
        turn.drop(place)
    turn.drop(ChannelKey(key))
    turn.drop(FriendKey(key))
    del turn.state.friends[key]
    turn.orders.append(DropFriend(key))
    turn.mutations.append(RemoveFriendMutation(key))
