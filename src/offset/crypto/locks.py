"""Hash locks: a secret, and its hash that is shown first (spec 01, 3.5)."""

from __future__ import annotations

from offset.base.ids import HashedLock, PlainLock
from offset.crypto.hashing import sha512_256


def hash_lock(plain: PlainLock) -> HashedLock:
    """The hashed lock (32 bytes) of a plain lock (32 bytes)."""
    return HashedLock(sha512_256(plain))
