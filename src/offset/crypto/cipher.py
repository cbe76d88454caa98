"""ChaCha20-Poly1305 with counted nonces: one Sealer per direction and key (spec 01, 3.4)."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

NONCE_BYTES = 12
TAG_BYTES = 16
SEALED_BYTES_MIN = NONCE_BYTES + TAG_BYTES
_NONCES: int = 2 ** (8 * NONCE_BYTES)


def next_nonce(nonce: bytes) -> bytes:
    """The nonce after `nonce`: a 96-bit little-endian counter that wraps."""
    count: int = (int.from_bytes(nonce, "little") + 1) % _NONCES
    return count.to_bytes(NONCE_BYTES, "little")


class Sealer:
    """Encrypts the messages of one direction under one key."""

    __slots__ = ("_cipher", "_count")

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._count = 0

    def seal(self, plain: bytes) -> bytes:
        """nonce, ciphertext, tag."""
        nonce = self._count.to_bytes(NONCE_BYTES, "little")
        self._count = (self._count + 1) % _NONCES
        return nonce + self._cipher.encrypt(nonce, plain, None)


class Opener:
    """Decrypts the messages of one direction under one key, in order and without a gap."""

    __slots__ = ("_cipher", "_count", "_nonce")

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._count = 0
        self._nonce = bytes(NONCE_BYTES)

    def open(self, sealed: bytes) -> bytes | None:
        """The plain text, or None when this is not the next message; then nothing changes."""
        if len(sealed) < SEALED_BYTES_MIN or sealed[:NONCE_BYTES] != self._nonce:
            # The reference dies of a message shorter than its nonce: spec 01, 9, item 1.
            return None
        try:
            plain = self._cipher.decrypt(self._nonce, sealed[NONCE_BYTES:], None)
        except InvalidTag:
            return None
        self._count = (self._count + 1) % _NONCES
        self._nonce = self._count.to_bytes(NONCE_BYTES, "little")
        return plain
