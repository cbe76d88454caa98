"""The rows of collects that we made to friends (state/kept_collects.py)."""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey
from offset.core.funder.records import Key, Record, Small
from offset.wire.friend import CollectOp, ResponseOp


class CollectKey(Key):
    """A place among the collects to a friend."""

    friend: PublicKey
    slot: Small


class CollectRecord(Record):
    """One of the last collects that we made to a friend (state/kept_collects.py)."""

    TABLE = "collects"
    KEY = CollectKey

    friend: PublicKey
    slot: Small
    number: Small
    """From 1 on for each friend, in the order in which they were made."""
    currency: Currency
    collect: CollectOp
    response: ResponseOp | None
    """The promise that it opened: the friend may not have passed it on."""

    def key(self) -> CollectKey:
        return CollectKey(self.friend, self.slot)
