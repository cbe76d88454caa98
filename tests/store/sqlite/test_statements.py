"""Rows come back as they were written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import (
    Changes,
    HistoryRecord,
    IndexServersRecord,
    Key,
    Record,
    RelaysKey,
    RelaysRecord,
)
from offset.store.sqlite import migrate
from offset.store.sqlite.connection import connect, make_file, transaction
from offset.store.sqlite.statements import Statements
from support.records import RECORDS

ALL_RECORDS = st.one_of([made for kind, made in RECORDS.items() if kind is not HistoryRecord])
"""But for those that are only appended."""
LISTS = (RelaysRecord, IndexServersRecord)


class Rows:
    """The tables of a database without the rest of it: quick enough for thousands of examples."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.time = 0
        self.statements = Statements(lambda: self.time)

    def write(self, changes: Changes) -> None:
        for statement, rows in self.statements.writing(changes):
            self.connection.executemany(statement, rows)

    def load(self) -> dict[Key, Record]:
        """What is there, but for the two lists when they are empty."""
        found: dict[Key, Record] = {}
        for table in self.statements.tables:
            for record in table.read(self.connection.execute(table.select)):
                assert record.key() not in found
                found[record.key()] = record
        return {
            key: record
            for key, record in found.items()
            if record not in (RelaysRecord(()), IndexServersRecord(()))
        }


@contextmanager
def empty_rows() -> Iterator[Rows]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.db"
        make_file(path)
        connection = connect(path)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        with transaction(connection):
            migrate.migrate(connection, migrate.FOLDER)
        yield Rows(connection)
        connection.close()


def changes_of(*found: Record) -> Changes:
    return {record.key(): record for record in found}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_comes_back_as_it_was_written(kind: type[Record]) -> None:
    """A row of each kind, with extreme numbers and odd texts, is the same record again, to the type."""
    with empty_rows() as rows:

        @given(RECORDS[kind])
        def check(record: Record) -> None:
            rows.write(changes_of(record))
            found = rows.load().get(record.key())
            if kind in LISTS and found is None:
                found = kind(())
            assert found == record
            assert repr(found) == repr(record)
            rows.write({record.key(): None})

        check()


@given(
    st.lists(st.dictionaries(st.integers(0, 9), st.none() | ALL_RECORDS, max_size=6), max_size=6), st.data()
)
def test_the_tables_are_a_dict_of_rows(groups: list[dict[int, Any]], data: st.DataObject) -> None:
    """Puts and drops, of new rows and over old ones, leave what they leave in a dict; the later one wins."""
    with empty_rows() as rows:
        model: dict[Key, Record] = {}
        for group in groups:
            changes = changes_of(*[record for record in group.values() if record is not None])
            for key in list(model)[: list(group.values()).count(None)]:
                changes[key] = None
            if changes and data.draw(st.booleans()):
                changes[next(iter(changes))] = None
            rows.write(changes)
            for key, record in changes.items():
                model.pop(key, None)
                if record not in (None, RelaysRecord(()), IndexServersRecord(())):
                    model[key] = record
            assert rows.load() == model


@given(RECORDS[RelaysRecord], RECORDS[RelaysRecord])
def test_a_list_keeps_its_order_and_replaces_the_former_one(
    first: RelaysRecord, second: RelaysRecord
) -> None:
    """The relays are those written last, in the order of the owner."""
    with empty_rows() as rows:
        rows.write(changes_of(first))
        rows.write(changes_of(second))
        assert rows.load().get(RelaysKey(), RelaysRecord(())) == second


def test_a_row_of_the_history_is_never_written_over() -> None:
    """It keeps its time, and a second row with its number is refused, whatever is in it."""
    with empty_rows() as rows:
        first = HistoryRecord(1, HistoryKind.PAID, bytes(16), "FST1", 7, bytes(32), b"a part")
        rows.time = 1_700_000_000_000
        rows.write(changes_of(first))
        rows.time += 5000
        for second in (first, msgspec.structs.replace(first, amount=1)):
            with pytest.raises(sqlite3.IntegrityError):
                rows.write(changes_of(second))
        same_payment = msgspec.structs.replace(first, number=2, amount=0)
        rows.write(changes_of(same_payment))
        assert rows.load() == changes_of(first, same_payment)
        events = rows.connection.execute("SELECT number, utc, kind, amount FROM events").fetchall()
        assert events == [(1, "2023-11-14 22:13:20", "paid", "7"), (2, "2023-11-14 22:13:25", "paid", "0")]
