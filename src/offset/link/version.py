"""The version prefix: the first message of each side on a socket, never inside a tunnel (spec 01, 2.2)."""

from __future__ import annotations

from offset.base.faults import PeerFault
from offset.base.limits import PROTOCOL_VERSION

VERSION_BYTES = 4
VERSION_MESSAGE = PROTOCOL_VERSION.to_bytes(VERSION_BYTES, "big")


def check_version(message: bytes) -> None:
    """Take the first message of the peer. Raises PeerFault unless it speaks our version."""
    if message != VERSION_MESSAGE:
        raise PeerFault(f"the peer does not speak version {PROTOCOL_VERSION} of the protocol")
