"""SHA-512/256 (FIPS 180-4), the one hash of the protocol (spec 01, 3.2)."""

from __future__ import annotations

import hashlib

from offset.base.ids import HashResult

_EMPTY = hashlib.new("sha512_256")


def sha512_256(*parts: bytes) -> HashResult:
    """The 32-byte hash of the parts, one after another."""
    # Cheaper than looking the algorithm up by name each time.
    state = _EMPTY.copy()
    for part in parts:
        state.update(part)
    return HashResult(state.digest())
