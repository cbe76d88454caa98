"""All that a relay may cause."""

from __future__ import annotations

import msgspec

from offset.base.ids import Conn


class _Effect(msgspec.Struct, frozen=True, gc=False):
    """Something to do with one connection."""

    conn: Conn


class SendLeg(_Effect, frozen=True, gc=False):
    """Send one message after all earlier ones."""

    data: bytes


class HangupLeg(_Effect, frozen=True, gc=False):
    """Close the connection once what was sent is on its way. The relay has forgotten it already."""


class PauseLeg(_Effect, frozen=True, gc=False):
    """Read no more from this connection for now. What was read already may still be handed over."""


class ResumeLeg(_Effect, frozen=True, gc=False):
    """Read again."""


Effect = SendLeg | HangupLeg | PauseLeg | ResumeLeg
