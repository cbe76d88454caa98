"""Kits: made from a database, also while a node works with it; and a database made from one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from offset.base.credits import Amount
from offset.base.faults import UserFault
from offset.base.ids import Currency, PublicKey, RequestId
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.records import (
    ChannelRecord,
    ConfigRecord,
    FriendRecord,
    IndexServersRecord,
    NodeRecord,
    PendingRecord,
    QueuedRecord,
    Record,
    RelaysRecord,
)
from offset.store.schema.kits import Kit, KitContent, content_of, left_behind, records_of
from offset.store.sqlite.connection import connect
from offset.store.sqlite.database import Database, create
from offset.store.sqlite.errors import DAMAGED, UNREADABLE, sentence
from offset.store.sqlite.restored import fill_from_copy, put_restored
from offset.store.sqlite.statements import statements
from offset.wire.common import NamedRelayAddress
from offset.wire.friend import CollectOp

_KINDS = (
    NodeRecord,
    RelaysRecord,
    IndexServersRecord,
    FriendRecord,
    ConfigRecord,
    ChannelRecord,
    QueuedRecord,
    RevokedRecord,
)
_NAMES = tuple(kind.TABLE for kind in _KINDS)


def read_content(path: Path, node: PublicKey) -> KitContent:
    """What a kit of this database holds now: what is durable, all of one moment. Raises UserFault.

    The database is of the newest format, since its node runs.
    """
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            records = _records(connection)
            return content_of(node, records, _amounts(connection, records))
    except sqlite3.Error as error:
        raise UserFault(sentence(path, error)) from None
    except UNREADABLE:
        raise UserFault(f"trouble with the database {path}: a row cannot be read, {DAMAGED}") from None


def _records(connection: sqlite3.Connection) -> list[Record]:
    return [
        record
        for table in statements(lambda: 0).tables
        if table.name in _NAMES
        for record in table.read(connection.execute(table.select))
    ]


def _amounts(
    connection: sqlite3.Connection, records: list[Record]
) -> dict[tuple[PublicKey, Currency, RequestId], Amount]:
    """What is frozen for the requests of friends whose collects wait."""
    question = (
        f"SELECT dest_payment, left_fees FROM {PendingRecord.TABLE} "
        "WHERE friend = ? AND currency = ? AND is_local = 0 AND request_id = ?"
    )
    amounts = {}
    for record in records:
        if isinstance(record, QueuedRecord) and isinstance(record.operation, CollectOp):
            key = (record.friend, record.currency, record.operation.request_id)
            found = connection.execute(question, key).fetchone()
            if found is not None:
                amounts[key] = int(found[0]) + int(found[1])
    return amounts


def make_from_kit(path: Path, kit: Kit, now: int) -> None:
    """Make the database `path` from a kit, marked as restored; it keeps the kit as it is, with marks and collects.

    Raises UserFault when there is a file already, or none can be made.
    """

    def fill(part: Path) -> None:
        create(part, kit.content.public_key)
        _add(part, kit.content)

    put_restored(path, fill, now, kit)


def make_from_identity(
    path: Path, public_key: PublicKey, relays: tuple[NamedRelayAddress, ...], now: int
) -> None:
    """Make the database `path` of a node of which nothing is left but its key, marked as restored.

    It listens at `relays`, where its friends may look for it. Raises UserFault when there is a file already, or none
    can be made.
    """

    def fill(part: Path) -> None:
        create(part, public_key)
        with closing(Database.open(part, public_key)) as database:
            record = RelaysRecord(relays)
            database.write({record.key(): record})
            database.flush()

    put_restored(path, fill, now)


def restore_with_kit(path: Path, copy: Iterable[bytes], kit: Kit, now: int) -> None:
    """Make the database `path` from the bytes of a copy and a newer kit, whose settings count; it keeps the kit.

    Raises UserFault as `restore` does, and when the kit is the older one; and whatever `copy` raises.
    """

    def fill(part: Path) -> None:
        fill_from_copy(part, copy, kit.content.public_key)
        _add(part, kit.content)

    put_restored(path, fill, now, kit)


def _add(part: Path, content: KitContent) -> None:
    with closing(Database.open(part, content.public_key)) as database:
        rows = {record.key(): record for record in database.load()}
        settings = {record.key(): record for record in records_of(content, rows)}
        database.write({**dict.fromkeys(left_behind(content, rows)), **settings})
        database.flush()
