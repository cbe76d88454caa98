"""What happens on a line, and who is told of it (lines.py)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from offset.base.ids import Conn, PublicKey

DIALED = ""
"""The listener of a line that we dialed."""


class LineOpened(msgspec.Struct, frozen=True, gc=False):
    """The handshake is done; `remote` is the proven key. `listener` is empty for a line that we dialed."""

    conn: Conn
    remote: PublicKey
    listener: str
    peer: str
    owner: Owner


class LineMessage(msgspec.Struct, frozen=True, gc=False):
    """One message of the peer; those of a line come in order, after its LineOpened."""

    conn: Conn
    data: bytes
    owner: Owner


class LineCongested(msgspec.Struct, frozen=True, gc=False):
    """What was sent on the line is piling up."""

    conn: Conn
    owner: Owner


class LineDrained(msgspec.Struct, frozen=True, gc=False):
    """What was sent on the line is on its way."""

    conn: Conn
    owner: Owner


class LineClosed(msgspec.Struct, frozen=True, gc=False):
    """The line is over, or the dial failed; nothing follows for this number, and what is sent to it is dropped.

    Not told of a line that `hangup` ended, nor of a caller that never finished its handshake.
    """

    conn: Conn
    reason: str
    was_open: bool
    """False: a dial of ours came to nothing."""
    owner: Owner


LineEvent = LineOpened | LineMessage | LineCongested | LineDrained | LineClosed

Owner = Callable[[LineEvent], None]
"""Takes what happens on the lines that belong to it, and to nobody else."""
