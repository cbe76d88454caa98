"""Revocations: what is signed, and that nothing else that is signed can pass for it."""

from __future__ import annotations

import pytest

from offset.base.faults import PeerFault
from offset.crypto.hashing import sha512_256
from offset.testing import APP, NODE
from offset.wire.revocations import (
    REVOCATION_BYTES,
    Revocation,
    read_revocation,
    revocation_buffer,
    revocation_bytes,
    sign_revocation,
    verify_revocation,
)


def test_what_is_signed() -> None:
    """A tag of its own, the key, and zeros: 96 bytes, which no other signed text has (spec 01, 5.3 to 5.9)."""
    buffer = revocation_buffer(NODE.public_key)
    assert buffer == sha512_256(b"REVOKE_IDENTITY") + NODE.public_key + bytes(32)
    assert len(buffer) == 96


def test_written_and_read() -> None:
    """It comes back as it was, and is good only of the key that signed it."""
    made = sign_revocation(NODE)
    data = revocation_bytes(made)
    assert len(data) == REVOCATION_BYTES == 96
    assert read_revocation(data) == made
    assert verify_revocation(made)
    assert not verify_revocation(Revocation(APP.public_key, made.signature))


@pytest.mark.parametrize("at", range(0, REVOCATION_BYTES, 5))
def test_every_changed_byte_is_noticed(at: int) -> None:
    """In the key and in the signature."""
    data = bytearray(revocation_bytes(sign_revocation(NODE)))
    data[at] ^= 1
    assert not verify_revocation(read_revocation(bytes(data)))


@pytest.mark.parametrize("length", [0, 95, 97, 192])
def test_another_length(length: int) -> None:
    """It is none."""
    with pytest.raises(PeerFault, match="96 bytes"):
        read_revocation(bytes(length))
