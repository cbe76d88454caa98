"""What a cheating buyer hands to a seller: a commit that the seller's node never signed."""

from __future__ import annotations

from typing import Any

import msgspec

from offset.sim.chance import Chance
from offset.wire.common import Commit

FORGED_ONE_OF = 4
"""In one of so many purchases the seller first gets a commit that is not what its node signed."""


def forged_commit(commit: Commit, chance: Chance) -> Commit:
    """The same commit with one thing changed."""
    changes: dict[str, Any] = {
        "response_hash": chance.bytes(32),
        "src_plain_lock": chance.bytes(32),
        "dest_hashed_lock": chance.bytes(32),
        "dest_payment": commit.dest_payment + 1,
        "total_dest_payment": commit.total_dest_payment + 1,
        "invoice_id": chance.bytes(32),
        "currency": commit.currency + "s",
        "signature": chance.bytes(64),
    }
    field = chance.pick(list(changes))
    return msgspec.structs.replace(commit, **{field: changes[field]})
