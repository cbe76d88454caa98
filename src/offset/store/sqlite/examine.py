"""All that is wrong with a database, for its owner; nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from offset.base.faults import NodeStopped
from offset.base.ids import PublicKey
from offset.core.funder.records import Record
from offset.core.funder.state.state import FunderState
from offset.store.sqlite.checks import check_header, check_marks
from offset.store.sqlite.errors import UNREADABLE, sentence
from offset.store.sqlite.statements import Statements, TableStatements

_FAULTS_TOLD = 100
"""How many faults of its own kind sqlite tells."""


def faults_of(path: Path) -> list[str]:
    """A sentence for each fault of the database at `path`, also while a node works with it.

    Looked at are the file as sqlite sees it, every row, and whether the rows fit together. A value that became
    another possible value cannot be noticed. Raises UserFault when this is no database of a node at all.
    """
    check_header(path)
    found: list[str] = []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as connection:
            check_marks(path, connection)
            found += _faults_of_the_file(connection)
            rows: list[Record] = []
            for table in Statements(lambda: 0).tables:
                try:
                    _read(connection, table, rows, found)
                except (sqlite3.Error, UnicodeDecodeError) as error:
                    found.append(f"the table {table.name} cannot be read to its end: {error}")
            found += _misfits(rows)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        found.append(sentence(path, error))
    return found


def _faults_of_the_file(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_FAULTS_TOLD})"):
        if line != "ok":
            yield from (part for part in str(line).splitlines() if not part.startswith("***"))


def _read(
    connection: sqlite3.Connection, table: TableStatements, rows: list[Record], found: list[str]
) -> None:
    """Read a table, and tell each row that cannot be read by its place in the order of its key."""
    cursor = connection.execute(table.select)
    if table.is_list:
        try:
            rows += table.read(cursor)
        except UNREADABLE as error:
            found.append(f"the list {table.name} cannot be read: {error}")
        return
    for place, row in enumerate(cursor, 1):
        try:
            records = list(table.read([row]))
            if not table.is_past:
                rows += records
        except UNREADABLE as error:
            found.append(f"row {place} of {table.name} cannot be read: {error}")


def _misfits(rows: list[Record]) -> Iterator[str]:
    """Restore a state from the rows, and leave out those that do not fit."""
    state = FunderState(PublicKey(b""))
    for row in rows:
        try:
            state.restore([row])
        except NodeStopped:
            yield f"a row of {row.TABLE} belongs to a friend or currency that is not there"
