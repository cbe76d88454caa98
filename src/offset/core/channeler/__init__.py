"""Keep a live line to each friend, through relays (spec 02, 6)."""

from offset.core.channeler.channeler import Channeler
from offset.core.channeler.effects import (
    CloseLine,
    Effect,
    FriendData,
    LineId,
    Offline,
    Online,
    OpenLine,
    SendLine,
)
from offset.core.channeler.inner_line import InnerLine, MakeInner

__all__ = [
    "Channeler",
    "CloseLine",
    "Effect",
    "FriendData",
    "InnerLine",
    "LineId",
    "MakeInner",
    "Offline",
    "Online",
    "OpenLine",
    "SendLine",
]
