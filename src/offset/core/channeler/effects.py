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


class StrangerUp(msgspec.Struct, frozen=True, gc=False):
    """Somebody who is no friend has proved its key. It leaves without a word."""

    stranger: PublicKey


class StrangerData(msgspec.Struct, frozen=True, gc=False):
    """A message of a stranger, in order, after its StrangerUp."""

    stranger: PublicKey
    data: bytes


News = Online | Offline | FriendData | StrangerUp | StrangerData
Effect = LineEffect | News
