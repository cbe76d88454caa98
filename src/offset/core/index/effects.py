"""All that an index server may cause."""

from __future__ import annotations

import msgspec

from offset.base.ids import Conn, PublicKey
from offset.wire.index import IndexServerToClient, IndexServerToServer


class SendClients(msgspec.Struct, frozen=True, gc=False):
    """Send one message to each of these clients, after all earlier ones."""

    conns: tuple[Conn, ...]
    message: IndexServerToClient


class SendPeers(msgspec.Struct, frozen=True, gc=False):
    """Send one message to each of these servers, after all earlier ones."""

    conns: tuple[Conn, ...]
    message: IndexServerToServer


class DialPeer(msgspec.Struct, frozen=True, gc=False):
    """Open a connection to the server port of a peer; answered by `peer_opened` or `dial_failed`."""

    key: PublicKey
    address: str


class HangupConn(msgspec.Struct, frozen=True, gc=False):
    """Close the connection once what was sent is on its way. The server has forgotten it already."""

    conn: Conn


class PauseConn(msgspec.Struct, frozen=True, gc=False):
    """Read no more from this client for now."""

    conn: Conn


class ResumeConn(msgspec.Struct, frozen=True, gc=False):
    """Read from it again."""

    conn: Conn


Effect = SendClients | SendPeers | DialPeer | HangupConn | PauseConn | ResumeConn
