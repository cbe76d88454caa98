"""All that a channeler may cause: towards relays, and towards the funder (spec 02, 6.2)."""

from __future__ import annotations

import msgspec

from offset.base.ids import PublicKey
from offset.core.meeting.effects import LineEffect


class Online(msgspec.Struct, frozen=True, gc=False):
    """A link to the friend is up. Never told twice without Offline between."""

    friend: PublicKey


class Offline(msgspec.Struct, frozen=True, gc=False):
    """The link ended, for whatever reason."""

    friend: PublicKey


class FriendData(msgspec.Struct, frozen=True, gc=False):
    """A message of the friend, in order, after its Online."""

    friend: PublicKey
    data: bytes


News = Online | Offline | FriendData
Effect = LineEffect | News
