"""What a public key is good for by itself: verifying (spec 01, 3.1), and the order of keys (spec 01, 2.3)."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from offset.base.ids import PUBLIC_KEY_BYTES, SIGNATURE_BYTES, HashResult, PublicKey, Signature
from offset.crypto.hashing import sha512_256


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
