"""All that a channeler may cause: towards relays, and towards the funder (spec 02, 6.2)."""

from __future__ import annotations

from typing import NewType

import msgspec

from offset.base.ids import PublicKey
from offset.wire.common import RelayAddress

LineId = NewType("LineId", int)
"""The number of an outer line, chosen by the channeler. Never used twice: late news is recognised (W20)."""


class OpenLine(msgspec.Struct, frozen=True, gc=False):
    """Connect to `relay` and prove its key; answered by line_opened or line_closed."""

    line: LineId
    relay: RelayAddress
    public_only: bool = False
    """Not if its host turns out to be inside of a private network (W29)."""


class SendLine(msgspec.Struct, frozen=True, gc=False):
    """Send one message to the relay, after all earlier ones."""

    line: LineId
    data: bytes


class CloseLine(msgspec.Struct, frozen=True, gc=False):
    """Close the line once what was sent is on its way. The channeler has forgotten it already."""

    line: LineId


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something that the owner of the node should know, in one sentence."""

    text: str


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
Effect = OpenLine | SendLine | CloseLine | Notice | News
