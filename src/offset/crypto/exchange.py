"""X25519 key exchange and HKDF over HMAC-SHA-512/256 (spec 01, 3.3)."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from offset.base.ids import DhPublicKey, Salt

DH_KEY_BYTES = 32


def dh_public_key(secret: bytes) -> DhPublicKey:
    """The public key (32 bytes) of a 32-byte secret, clamped as RFC 7748 says."""
    return DhPublicKey(X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw())


def shared_secret(secret: bytes, remote_public_key: DhPublicKey) -> bytes:
    """The shared secret (32 bytes). Raises ValueError when it is all zero: the reference accepts that,
    a defect (spec 01, 9, item 7)."""
    ours = X25519PrivateKey.from_private_bytes(secret)
    return ours.exchange(X25519PublicKey.from_public_bytes(remote_public_key))


def derive_key(shared: bytes, salt: Salt) -> bytes:
    """HKDF with empty info and one block of output: the 32-byte key of one direction."""
    pseudo_random_key = hmac.new(salt, shared, _sha512_256).digest()
    return hmac.new(pseudo_random_key, b"\x01", _sha512_256).digest()


def _sha512_256(data: bytes = b"") -> hashlib._Hash:
    return hashlib.new("sha512_256", data)
