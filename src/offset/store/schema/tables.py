"""The tables of a node, in the order in which a state is restored."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from offset.core.funder.record_kinds import PAST, RECORDS
from offset.core.funder.records import HistoryRecord, Record
from offset.store.schema.columns import Column, ColumnForm, ColumnKind, columns_of, fields_of, item_columns_of
from offset.store.schema.rows import Row, row_reader, row_writer


class EntityTable:
    """A table with one record in each row. The columns of the primary key come first.

    `stamp` is one more column after all others, if there is one: the time of day in ms since 1970 at which the row was
    written. No record has it.
    """

    def __init__(self, kind: type[Record], stamp: Column | None = None) -> None:
        self.name, self.key_class = kind.TABLE, kind.KEY
        self.columns = columns_of(kind)
        self.key = self.columns[: len(kind.KEY.__struct_fields__)]
        self.stamp = stamp
        self.is_appended = kind is HistoryRecord
        """Whether a row is written once and never again."""
        self.is_past = kind in PAST
        """Whether a node looks its rows up, and does not load them."""
        assert [column.name for column in self.key] == list(kind.KEY.__struct_fields__), "the key comes first"
        self.to_row = row_writer(self.columns)
        """The row of a record, without the stamp."""
        self.key_row = row_writer(item_columns_of(kind.KEY))
        """The cells of a key."""
        self.from_row = row_reader(kind, self.columns)
        """The record whose row has these cells."""


class ListTable:
    """A table that is one record: a list of named addresses in the order of the owner, numbered from 1."""

    def __init__(self, kind: type[Record]) -> None:
        self.name, self.key_class = kind.TABLE, kind.KEY
        ((_, hint),) = fields_of(kind)
        item = get_args(hint)[0]
        self.position = Column("position", (), ColumnForm(ColumnKind.INTEGER), is_optional=False)
        self.columns = item_columns_of(item)
        self._kind = kind
        self._to_row = row_writer(self.columns)
        self._from_row = row_reader(item, self.columns)

    def to_rows(self, record: Any) -> list[Row]:
        """The rows of a list, each with its position."""
        (items,) = msgspec.structs.astuple(record)
        return [(place, *self._to_row(item)) for place, item in enumerate(items, 1)]

    def from_rows(self, rows: Iterable[Row]) -> Record:
        """The list whose rows are these, without their positions and in their order; perhaps an empty one."""
        return self._kind(tuple([self._from_row(*row) for row in rows]))


Table = EntityTable | ListTable


def _table(kind: type[Record]) -> Table:
    if not kind.KEY.__struct_fields__:
        return ListTable(kind)
    return EntityTable(kind, _TIME if kind is HistoryRecord else None)


_TIME = Column("time", (), ColumnForm(ColumnKind.INTEGER), is_optional=False)

TABLES: tuple[Table, ...] = tuple(_table(kind) for kind in RECORDS)
"""All tables, in the order of their records."""
