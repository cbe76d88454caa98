"""What a cheating buyer hands to a seller: a commit that the seller's node never signed."""

from __future__ import annotations

from typing import Any

import msgspec

from offset.sim.physics.rng import Rng
from offset.wire.common import Commit

FORGED_ONE_OF = 4
"""In one of so many purchases the seller first gets a commit that is not what its node signed."""


def forged_commit(commit: Commit, rng: Rng) -> Commit:
    """The same commit with one thing changed."""
    changes: dict[str, Any] = {
        "response_hash": rng.bytes(32),
        "src_plain_lock": rng.bytes(32),
        "dest_hashed_lock": rng.bytes(32),
        "dest_payment": commit.dest_payment + 1,
        "total_dest_payment": commit.total_dest_payment + 1,
        "invoice_id": rng.bytes(32),
        "currency": commit.currency + "s",
        "signature": rng.bytes(64),
    }
    field = rng.pick(list(changes))
    return msgspec.structs.replace(commit, **{field: changes[field]})
