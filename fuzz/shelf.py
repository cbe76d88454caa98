"""A store in memory: the tables and statements of the real one, without its file, its log and its lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from offset.core.funder.records import Changes, Record
from offset.store.sqlite.migrate import FOLDER, migrate
from offset.store.sqlite.statements import Statements


class Shelf:
    """Rows that are written and read as a node does it."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.execute("PRAGMA foreign_keys = OFF")
        self._connection.execute("BEGIN")
        migrate(self._connection, FOLDER)
        self._connection.execute("COMMIT")
        self._statements = Statements(lambda: 0)
        self.write({record.key(): record for record in records})

    def write(self, changes: Changes) -> None:
        """What cannot be written is a finding: the node would stop."""
        self._connection.execute("BEGIN")
        for sql, rows in self._statements.writing(changes):
            self._connection.executemany(sql, rows)
        self._connection.execute("COMMIT")

    def load(self) -> list[Record]:
        """What cannot be read is a finding: the node would never start again."""
        return [
            record
            for table in self._statements.tables
            for record in table.read(self._connection.execute(table.select))
        ]

    def close(self) -> None:
        self._connection.close()
