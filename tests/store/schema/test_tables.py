"""The tables that follow from the records, and the rows that follow from the tables."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.core.funder.record_kinds import RECORDS
from offset.core.funder.records import Record
from offset.store.schema.columns import Column, ColumnKind
from offset.store.schema.tables import TABLES, EntityTable, ListTable, Table
from offset.store.sqlite.migrate import FOLDER, migrate
from support.records import RECORDS as STRATEGIES

SQLITE_TYPES = {
    ColumnKind.BLOB: "BLOB",
    ColumnKind.TEXT: "TEXT",
    ColumnKind.INTEGER: "INTEGER",
    ColumnKind.BOOL: "INTEGER",
    ColumnKind.DECIMAL: "TEXT",
    ColumnKind.JSON: "TEXT",
}
CELLS: dict[ColumnKind, type] = {
    ColumnKind.BLOB: bytes,
    ColumnKind.TEXT: str,
    ColumnKind.INTEGER: int,
    ColumnKind.BOOL: bool,
    ColumnKind.DECIMAL: str,
    ColumnKind.JSON: str,
}


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        migrate(connection, FOLDER)
        yield connection


def every_column(table: Table) -> tuple[Column, ...]:
    if isinstance(table, ListTable):
        return (table.position, *table.columns)
    return table.columns if table.stamp is None else (*table.columns, table.stamp)


def test_there_is_a_table_for_each_kind_of_record() -> None:
    """In their order, which friends come first in."""
    assert [table.name for table in TABLES] == [kind.TABLE for kind in RECORDS]
    assert [table.key_class for table in TABLES] == [kind.KEY for kind in RECORDS]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_migrations_make_these_tables(database: sqlite3.Connection, table: Table) -> None:
    """Columns, their order, their types, what may be NULL, and the primary key are those of the schema."""
    found = database.execute(f"PRAGMA table_info({table.name})").fetchall()
    key = (table.position,) if isinstance(table, ListTable) else table.key
    assert [(name, kind) for _, name, kind, *_ in found] == [
        (column.name, SQLITE_TYPES[column.form.kind]) for column in every_column(table)
    ]
    assert [name for _, name, *_, place in found if place] == [column.name for column in key]
    is_null = [not is_set and not place for _, _, _, is_set, _, place in found]
    assert is_null == [column.is_optional for column in every_column(table)]


def test_nothing_else_is_a_table(database: sqlite3.Connection) -> None:
    """Beside the records there is only what says whose database this is."""
    found = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    assert {name for (name,) in found} == {"meta"} | {table.name for table in TABLES}


@given(st.one_of([strategy for kind, strategy in STRATEGIES.items() if kind.KEY.__struct_fields__]))
def test_a_row_has_a_cell_for_each_column(record: Any) -> None:
    """Cells are what the kind of their column says, those of the key come first, and they make the record again."""
    (table,) = [table for table in TABLES if table.name == record.TABLE]
    assert isinstance(table, EntityTable)
    row = table.to_row(record)
    assert len(row) == len(table.columns)
    for cell, column in zip(row, table.columns, strict=True):
        assert type(cell) is CELLS[column.form.kind] or (cell is None and column.is_optional)
    assert table.key_row(record.key()) == row[: len(table.key)]
    assert table.from_row(*row) == record


@given(st.one_of([strategy for kind, strategy in STRATEGIES.items() if not kind.KEY.__struct_fields__]))
def test_a_list_is_numbered(record: Any) -> None:
    """The rows of a list say in which order it was, and make it again."""
    (table,) = [table for table in TABLES if table.name == record.TABLE]
    assert isinstance(table, ListTable)
    rows = table.to_rows(record)
    assert [place for place, *_ in rows] == list(range(1, len(rows) + 1))
    assert table.from_rows([row[1:] for row in rows]) == record


def test_a_field_of_a_new_type_finds_its_column() -> None:
    """A record that somebody adds tomorrow needs no line of the store."""

    class Inner(msgspec.Struct, frozen=True):
        amount: int

    kind = msgspec.defstruct(
        "Tomorrow",
        [("friend", bytes), ("total", int), ("inner", tuple[Inner, ...]), ("note", str | None)],
        bases=(Record,),
        frozen=True,
        namespace={"TABLE": "tomorrow", "KEY": RECORDS[4].KEY},
    )
    table = EntityTable(kind)
    record: Any = kind(b"f", 2**200, (Inner(1),), None)
    assert table.to_row(record) == (b"f", str(2**200), '[{"amount":1}]', None)
    assert table.from_row(*table.to_row(record)) == record
