"""What whoever meets others at relays may cause on its outer lines (spec 02, 6.2)."""

from __future__ import annotations

from typing import NewType

import msgspec

from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress

LineId = NewType("LineId", int)
"""The number of an outer line, chosen by its machine. Never used twice: late news is recognised (W20)."""


class OpenLine(msgspec.Struct, frozen=True, gc=False):
    """Connect to `relay` and prove its key; answered by line_opened or line_closed."""

    line: LineId
    relay: RelayAddress
    public_only: bool = False
    """Not if its host turns out to be inside of a private network (W29)."""
    speaker: Signer | None = None
    """Whom to be on this line; None: whoever the machine is."""


class SendLine(msgspec.Struct, frozen=True, gc=False):
    """Send one message to the relay, after all earlier ones."""

    line: LineId
    data: bytes


class CloseLine(msgspec.Struct, frozen=True, gc=False):
    """Close the line once what was sent is on its way. The machine has forgotten it already."""

    line: LineId


class Notice(msgspec.Struct, frozen=True, gc=False):
    """Something that the owner of the machine should know, in one sentence."""

    text: str


LineEffect = OpenLine | SendLine | CloseLine | Notice
