"""All kinds of records, and their order."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from offset.core.funder.collects import CollectRecord
from offset.core.funder.lost_keys import RevokedRecord, SuccessorRecord
from offset.core.funder.records import (
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    HistoryRecord,
    IndexServersRecord,
    InvoiceRecord,
    Key,
    NodeRecord,
    PaymentRecord,
    PendingRecord,
    QueuedRecord,
    Record,
    RelaysRecord,
    TransactionRecord,
    UsedRecord,
    WithdrawnRecord,
)
from offset.core.funder.strays import StrayRecord

RECORDS: tuple[type[Record], ...] = (
    RelaysRecord,
    IndexServersRecord,
    FriendRecord,
    ConfigRecord,
    ChannelRecord,
    CreditRecord,
    PendingRecord,
    QueuedRecord,
    InvoiceRecord,
    PaymentRecord,
    TransactionRecord,
    HistoryRecord,
    UsedRecord,
    CollectRecord,
    WithdrawnRecord,
    SuccessorRecord,
    RevokedRecord,
    NodeRecord,
    StrayRecord,
)
"""Every kind of record, in the order in which a store gives them back: friends before what belongs to them."""

PAST: tuple[type[Record], ...] = (HistoryRecord, UsedRecord, CollectRecord)
"""Kinds of records that stay on the disk, of any number: they are looked up there (state/past.py)."""

_RANK = {kind.KEY: place for place, kind in enumerate(RECORDS)}


def in_order(rows: Mapping[Key, Record]) -> list[Record]:
    """The records as a store gives them back: table by table, and each table by its keys."""
    return [
        rows[key] for key in sorted(rows, key=lambda key: (_RANK[type(key)], msgspec.structs.astuple(key)))
    ]
