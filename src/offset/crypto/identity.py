"""Ed25519 identities (spec 01, 3.1) and the order of keys (spec 01, 2.3)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offset.base.ids import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, HashResult, PublicKey, Signature
from offset.crypto.hashing import sha512_256

PRIVATE_KEY_BYTES = 32


class Identity:
    """A private key that signs, and the public key that names it."""

    __slots__ = ("_key", "public_key")

    def __init__(self, private_key: bytes) -> None:
        """`private_key` is the 32-byte seed of RFC 8032. Raises ValueError for another length."""
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.public_key = PublicKey(self._key.public_key().public_bytes_raw())

    def sign(self, buffer: bytes) -> Signature:
        """The 64-byte signature of `buffer`."""
        return Signature(self._key.sign(buffer))

    def private_key(self) -> bytes:
        """The 32-byte seed, for the identity file only."""
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Identity({self.public_key.hex()[:8]})"


@lru_cache(maxsize=4096)
def _public_key(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def verify(public_key: PublicKey, buffer: bytes, signature: Signature) -> bool:
    """Whether `signature` is that of `public_key` over `buffer`.

    Cofactorless and with a canonical S, as the reference: a stricter or a looser verdict of one hop
    than of the next would break the channel between them.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        _public_key(public_key).verify(signature, buffer)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=65536)
def key_rank(public_key: PublicKey) -> HashResult:
    """Keys are ordered by their hash: the lower one listens, the higher one speaks first."""
    return sha512_256(public_key)


def is_lower(left: PublicKey, right: PublicKey) -> bool:
    """Whether `left` comes before `right` in the order of keys."""
    return key_rank(left) < key_rank(right)
