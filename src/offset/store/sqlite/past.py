"""Looking up what is over in a database: the history, and the ids that were used."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from offset.base.faults import NodeStopped
from offset.base.ids import PublicKey
from offset.core.funder.collects import CollectRecord
from offset.core.funder.records import HistoryRecord, UsedKey, UsedRecord
from offset.core.funder.state.past import Noted
from offset.store.schema.tables import TABLES, EntityTable
from offset.store.sqlite.errors import DAMAGED, UNREADABLE, sentence

R = TypeVar("R")


def _table(name: str) -> EntityTable:
    (table,) = [table for table in TABLES if table.name == name]
    assert isinstance(table, EntityTable)
    return table


_HISTORY, _USED = _table(HistoryRecord.TABLE), _table(UsedRecord.TABLE)
assert _HISTORY.stamp is not None
_CELLS = ", ".join(column.name for column in (*_HISTORY.columns, _HISTORY.stamp))


def select_noted(which: str) -> str:
    """The question for rows of the history, which `read_noted` reads."""
    return f"SELECT {_CELLS} FROM history {which}"


def read_noted(cells: tuple[Any, ...]) -> Noted:
    """A row of the history. Raises what UNREADABLE names."""
    *row, time = cells
    return Noted(_HISTORY.from_row(*row), time)


_COLLECTS = _table(CollectRecord.TABLE)
_LAST_COLLECT = "SELECT ifnull(max(number), 0) FROM collects WHERE friend = ?"
_KEPT_CELLS = ", ".join(column.name for column in _COLLECTS.columns)
_KEPT = f"SELECT {_KEPT_CELLS} FROM collects WHERE friend = ? ORDER BY number"
_NEWEST = select_noted("WHERE number < ? ORDER BY number DESC LIMIT ?")
_OLDEST = select_noted("WHERE number > ? ORDER BY number LIMIT ?")
_LAST = (
    "SELECT max((SELECT ifnull(max(number), 0) FROM history), value) FROM meta WHERE name = 'history_pruned'"
)
_IS_USED = "SELECT EXISTS (SELECT 1 FROM used_ids WHERE kind = ? AND id = ?)"
_BEYOND_ALL = 2**63 - 1


class DiskPast:
    """The past in a database (offset.core.funder.state.past.Past): each look is one read by primary key."""

    def __init__(self, path: Path, look: Callable[[], sqlite3.Connection]) -> None:
        """`look` gives the connection to read from."""
        self._path, self._look = path, look

    def last_number(self) -> int:
        """The highest number that a row of the history ever had. Raises NodeStopped."""
        found = self._read(_LAST, ())
        if not found:
            raise NodeStopped(f"trouble with the database {self._path}: a row of meta is missing, {DAMAGED}")
        return int(found[0][0])

    def is_used(self, key: UsedKey) -> bool:
        """Whether an invoice or payment with this id is over. Raises NodeStopped."""
        return bool(self._read(_IS_USED, _USED.key_row(key))[0][0])

    def last_collect(self, friend: PublicKey) -> int:
        """The number of the last collect that is kept for this friend; 0 if there is none. Raises NodeStopped."""
        return int(self._read(_LAST_COLLECT, (friend,))[0][0])

    def collects(self, friend: PublicKey) -> list[CollectRecord]:
        """All that are kept for this friend, the oldest first. Raises NodeStopped."""
        return self._records("collects", _COLLECTS.from_row, self._read(_KEPT, (friend,)))

    def newest(self, before: int | None, limit: int) -> list[Noted]:
        """The last rows of the history, or of those below `before`; the newest first. Raises NodeStopped."""
        return self._page(_NEWEST, _BEYOND_ALL if before is None else before, limit)

    def oldest(self, after: int, limit: int) -> list[Noted]:
        """The first rows of the history above `after`; the oldest first. Raises NodeStopped."""
        return self._page(_OLDEST, after, limit)

    def _page(self, question: str, number: int, limit: int) -> list[Noted]:
        return self._records("history", lambda *row: read_noted(row), self._read(question, (number, limit)))

    def _records(self, table: str, read: Callable[..., R], rows: list[Any]) -> list[R]:
        try:
            return [read(*row) for row in rows]
        except UNREADABLE as error:
            raise NodeStopped(
                f"trouble with the database {self._path}: a row of {table} cannot be read, {DAMAGED}"
            ) from error

    def _read(self, question: str, cells: tuple[Any, ...]) -> list[Any]:
        try:
            return self._look().execute(question, cells).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise NodeStopped(sentence(self._path, error)) from error
