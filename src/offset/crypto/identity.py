"""Ed25519 identities (spec 01, 3.1): the signer whose private key lies in this process.

Programs, tests and the simulator make one; whatever only needs signatures takes a `Signer`.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from offset.base.ids import PublicKey, Signature

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

    def derived(self, label: bytes) -> bytes:
        """K(label): the first 32 bytes of HMAC-SHA512(private key, label) (derived.py)."""
        return hmac.digest(self.private_key(), label, "sha512")[:PRIVATE_KEY_BYTES]

    def private_key(self) -> bytes:
        """The 32-byte seed, for the identity file, and for keys that follow from it, only."""
        return self._key.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Identity({self.public_key.hex()[:8]})"
