"""What to execute so that a database holds some changes, and what to ask for its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Protocol

from offset.core.funder.records import Changes, Key, Record
from offset.store.schema.rows import Row
from offset.store.schema.tables import TABLES, EntityTable, ListTable, Table

Statement = tuple[str, list[Row]]
"""What to execute for each of some rows."""
Now = Callable[[], int]
"""The time of day, in ms since 1970."""


class TableStatements(Protocol):
    """The statements of one table."""

    name: str
    is_list: bool
    """Whether all rows together are one record."""
    is_past: bool
    """Whether a node looks its rows up, and does not load them."""
    select: str
    """Gives all rows, in the order in which `read` wants them."""

    def put(self, records: list[Any]) -> list[Statement]:
        """What writes these records, over older ones with the same keys."""
        ...

    def drop(self, keys: list[Key], /) -> list[Statement]:
        """What deletes the rows with these keys, as far as there are any."""
        ...

    def read(self, found: Iterable[Row]) -> Iterator[Record]:
        """The records in what `select` gave."""
        ...


class EntityStatements:
    """Those of a table with one record in each row."""

    is_list = False

    def __init__(self, table: EntityTable, now: Now) -> None:
        """`now` gives the stamp of a row that is new, if the table has one."""
        self.name, self.is_past = table.name, table.is_past
        self._to_row, self._key_row, self._from_row = table.to_row, table.key_row, table.from_row
        self._now = now if table.stamp else None
        key, read = [column.name for column in table.key], [column.name for column in table.columns]
        every = [*read, table.stamp.name] if table.stamp else read
        changed = ", ".join(f"{column} = excluded.{column}" for column in read[len(key) :])
        action = f"UPDATE SET {changed}" if changed else "NOTHING"
        self._put = f"INSERT INTO {self.name} ({', '.join(every)}) VALUES ({', '.join('?' * len(every))})"
        if not table.is_appended:
            self._put += f" ON CONFLICT ({', '.join(key)}) DO {action}"
        self._delete = f"DELETE FROM {self.name} WHERE {' AND '.join(f'{column} = ?' for column in key)}"
        self.select = f"SELECT {', '.join(read)} FROM {self.name} ORDER BY {', '.join(key)}"

    def put(self, records: list[Any]) -> list[Statement]:
        """One upsert; a row that is only appended is an error if there is one with its key."""
        rows = list(map(self._to_row, records))
        if self._now is not None:
            rows = [(*row, self._now()) for row in rows]
        return [(self._put, rows)]

    def drop(self, keys: list[Key]) -> list[Statement]:
        """One delete."""
        return [(self._delete, list(map(self._key_row, keys)))]

    def read(self, found: Iterable[Row]) -> Iterator[Record]:
        """One record from each row."""
        for row in found:
            yield self._from_row(*row)


class ListStatements:
    """Those of a table that is one list."""

    is_list, is_past = True, False

    def __init__(self, table: ListTable) -> None:
        self.name = table.name
        self._table = table
        columns = ", ".join(column.name for column in table.columns)
        position = table.position.name
        self._clear = f"DELETE FROM {self.name}"
        marks = ", ".join("?" * (1 + len(table.columns)))
        self._insert = f"INSERT INTO {self.name} ({position}, {columns}) VALUES ({marks})"
        self.select = f"SELECT {columns} FROM {self.name} ORDER BY {position}"

    def put(self, records: list[Any]) -> list[Statement]:
        """The old list goes, the new one comes."""
        (record,) = records
        return [(self._clear, [()]), (self._insert, self._table.to_rows(record))]

    def drop(self, _keys: list[Key]) -> list[Statement]:
        """An empty list."""
        return [(self._clear, [()])]

    def read(self, found: Iterable[Row]) -> Iterator[Record]:
        """One record, even if the list is empty."""
        yield self._table.from_rows(found)


class Statements:
    """The statements of all tables."""

    def __init__(self, now: Now) -> None:
        """`now` stamps the history."""
        self.tables: tuple[TableStatements, ...] = tuple(_statements_of(table, now) for table in TABLES)
        """In the order in which a state is restored."""
        self._by_key = {table.key_class: made for table, made in zip(TABLES, self.tables, strict=True)}

    def writing(self, changes: Changes) -> list[Statement]:
        """What makes these changes, a few statements for each table."""
        puts: dict[type[Key], list[Record]] = {}
        drops: dict[type[Key], list[Key]] = {}
        for key, record in changes.items():
            if record is None:
                drops.setdefault(type(key), []).append(key)
            else:
                puts.setdefault(type(key), []).append(record)
        found: list[Statement] = []
        for kind, keys in drops.items():
            found += self._by_key[kind].drop(keys)
        for kind, records in puts.items():
            found += self._by_key[kind].put(records)
        return found


@lru_cache(maxsize=8)
def statements(now: Now) -> Statements:
    """Those that stamp by this clock; they know nothing of a database, so all databases share them."""
    return Statements(now)


def _statements_of(table: Table, now: Now) -> TableStatements:
    return ListStatements(table) if isinstance(table, ListTable) else EntityStatements(table, now)
