"""A database that an older program wrote holds what it held, and is written as that program wrote it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from offset.core.funder.collects import CollectRecord
from offset.core.funder.history_kinds import UsedKind
from offset.core.funder.lost_keys import RevokedRecord, SuccessorRecord
from offset.core.funder.record_kinds import RECORDS
from offset.core.funder.records import NodeRecord, UsedKey, UsedRecord, WithdrawnRecord
from offset.core.funder.strays import StrayRecord
from offset.store.schema.tables import TABLES, EntityTable
from offset.store.sqlite.database import Database, create
from store.old_records import NODE, OLD_RECORDS, TIME, of

LATER = {StrayRecord, CollectRecord, UsedRecord, WithdrawnRecord, SuccessorRecord, RevokedRecord, NodeRecord}
"""Kinds of records that came after that program."""
USED = (
    (UsedKind.PAYMENT, of(16, 91)),
    (UsedKind.INVOICE, of(32, 92)),
    (UsedKind.PAYMENT, of(16, 93)),
    (UsedKind.INVOICE, of(32, 94)),
)
"""Ids of the history in it."""
DUMP = Path(__file__).parents[1] / "old_database.sql"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The file that the old program left."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text("utf-8"))
    return path


def cells(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that stands in the tables, with the types of sqlite."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in TABLES:
            if table.name in {kind.TABLE for kind in LATER}:
                continue
            names = [column.name for column in table.columns]
            if isinstance(table, EntityTable) and table.stamp is not None:
                names.append(table.stamp.name)
            wanted = ", ".join(f"{name}, typeof({name})" for name in names)
            found[table.name] = connection.execute(
                f"SELECT {wanted} FROM {table.name} ORDER BY {names[0]}, {names[1]}, {names[2]}"
            ).fetchall()
    return found


def test_every_kind_of_record_is_in_it() -> None:
    assert [kind for kind in RECORDS if any(type(record) is kind for record in OLD_RECORDS)] == [
        kind for kind in RECORDS if kind not in LATER
    ]


def test_an_old_database_holds_what_it_held(old: Path) -> None:
    """Each record comes back as it was given to the old program, and in the same order; the history is numbered, and
    the ids in it are used."""
    with closing(Database.open(old, NODE)) as database:
        past = database.past.oldest(0, 100)
        found = [*database.load(), *[noted.row for noted in past]]
        used = [database.past.is_used(UsedKey(kind, ident)) for kind, ident in USED]
    assert {noted.time for noted in past} == {TIME}
    assert all(used)
    for record, expected in zip(found, OLD_RECORDS, strict=True):
        assert type(record) is type(expected)
        assert record == expected


def test_what_is_written_today_is_what_was_written_then(old: Path, tmp_path: Path) -> None:
    """Cell by cell, types included, once the old file has the newest format."""
    with closing(Database.open(old, NODE)) as database:
        database.settle()
    path = tmp_path / "new.db"
    create(path, NODE)
    with closing(Database.open(path, NODE, now=lambda: TIME)) as database:
        database.write({record.key(): record for record in OLD_RECORDS})
        database.flush()
    assert cells(path) == cells(old)


def test_dropped_rows_of_an_old_database_are_gone(old: Path) -> None:
    """The keys that records say today are those of the rows that were written then."""
    with closing(Database.open(old, NODE)) as database:
        database.write({record.key(): None for record in OLD_RECORDS})
        database.flush()
    assert not any(cells(old).values())
