"""The word of an owner that a key is not to be trusted any more: 96 bytes, signed by that key.

It is made while the key is there, and kept by its owner until it is needed. No successor is named in it: with a stolen
key the thief would name itself.
"""

from __future__ import annotations

from offset.base.faults import PeerFault
from offset.base.ids import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, PublicKey, Signature
from offset.crypto.hashing import sha512_256
from offset.crypto.public_keys import verify
from offset.crypto.signer import Signer
from offset.wire.codec import Message

REVOKE_IDENTITY = sha512_256(b"REVOKE_IDENTITY")
REVOCATION_BYTES = PUBLIC_KEY_BYTES + SIGNATURE_BYTES
_ZEROS = bytes(32)


class Revocation(Message):
    """This key is revoked, for ever."""

    public_key: PublicKey
    signature: Signature


def revocation_buffer(public_key: PublicKey) -> bytes:
    """What is signed, 96 bytes, which no other signed text has (spec 01, 5.9)."""
    return REVOKE_IDENTITY + public_key + _ZEROS


def sign_revocation(signer: Signer) -> Revocation:
    """The revocation of the key of the signer."""
    return Revocation(signer.public_key, signer.sign(revocation_buffer(signer.public_key)))


def verify_revocation(revocation: Revocation) -> bool:
    """Whether the key that is revoked has signed it."""
    return verify(revocation.public_key, revocation_buffer(revocation.public_key), revocation.signature)


def revocation_bytes(revocation: Revocation) -> bytes:
    """As it stands in messages."""
    return revocation.public_key + revocation.signature


def read_revocation(data: bytes) -> Revocation:
    """What a message says; the signature is not looked at here. Raises PeerFault."""
    if len(data) != REVOCATION_BYTES:
        raise PeerFault(f"a revocation has {REVOCATION_BYTES} bytes")
    return Revocation(PublicKey(data[:PUBLIC_KEY_BYTES]), Signature(data[PUBLIC_KEY_BYTES:]))
