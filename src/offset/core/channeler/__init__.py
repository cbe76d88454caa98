"""Keep a live line to each friend, through relays (spec 02, 6)."""

from offset.core.channeler.channeler import Channeler
from offset.core.channeler.effects import (
    Effect,
    FriendData,
    News,
    Offline,
    Online,
    StrangerData,
    StrangerUp,
)

__all__ = ["Channeler", "Effect", "FriendData", "News", "Offline", "Online", "StrangerData", "StrangerUp"]
