"""A target around the disk: the database of a node in which any cell holds anything."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from fuzz import engines
from fuzz.shelf import Shelf
from offset.base.faults import NodeStopped
from offset.store.sqlite.database import Database

TEXT, BLOB, NUMBER, NOTHING = range(4)
_HEAD_BYTES = 2


@functools.cache
def _image() -> bytes:
    """The file of a node that knows people and has something under way."""
    shelf = Shelf(engines.node_rows())
    with closing(shelf._connection) as connection:
        return connection.serialize()


def _open() -> Database:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.deserialize(_image())
    lock: Any = None
    database = Database(Path("node.db"), lock, connection, lambda: 0)
    # A file would get its log now; there is none.
    database._is_settled = True
    return database


@functools.cache
def _cells() -> list[tuple[str, str]]:
    """Table and column of all that is read at the start."""
    database = _open()
    with closing(database._connection) as connection:
        return [
            (table.name, column[1])
            for table in database._statements.tables
            for column in connection.execute(f"PRAGMA table_info({table.name})")
        ]


def _value(kind: int, data: bytes) -> Any:
    return (data.decode(errors="replace"), data, int.from_bytes(data[:8], "big", signed=True), None)[kind]


def stored(data: bytes) -> None:
    """What the rows say is read, and can be written again, or the node says that they are damaged."""
    if len(data) < _HEAD_BYTES:
        return
    table, column = _cells()[data[0] % len(_cells())]
    database = _open()
    with closing(database._connection) as connection:
        try:
            value = _value(data[1] % 4, data[_HEAD_BYTES:])
            connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        except sqlite3.Error:
            return  # sqlite takes no such value there, so it cannot be there
        try:
            records = list(database.load())
        except NodeStopped:
            return
        database.write({record.key(): record for record in records})
        database.flush()
        again = list(database.load())
        assert all(record in again for record in records)


def seeds() -> Iterator[bytes]:
    """Each cell as it is, and some values that are wrong in most."""
    with closing(_open()._connection) as connection:
        found = [
            connection.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()
            for table, column in _cells()
        ]
    for number, row in enumerate(found):
        match row:
            case (str(text),):
                yield bytes([number, TEXT]) + text.encode()
            case (bytes(blob),):
                yield bytes([number, BLOB]) + blob
            case (int(whole),):
                yield bytes([number, NUMBER]) + whole.to_bytes(8, "big", signed=True)
            case _:
                yield bytes([number, NOTHING])
        for wrong in (b"", b"[]", b"{}", b"-1", b"null", b'{"relays":[]}', b"9" * 60):
            yield bytes([number, TEXT]) + wrong
