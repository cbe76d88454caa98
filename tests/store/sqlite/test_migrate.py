"""An old database opens in a newer program."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.core.funder.records import FriendRecord, SentRelays
from offset.store.sqlite.database import Database
from offset.store.sqlite.migrate import FOLDER, format_of, migrate, scripts

KEY = bytes(range(32))
BOB = FriendRecord(bytes(32), "bob; -- 'bob'", True, (), SentRelays())

SECOND = """
-- A comment; with a semicolon.
ALTER TABLE friends ADD COLUMN note TEXT NOT NULL DEFAULT 'a; b';
CREATE TRIGGER notes AFTER UPDATE ON friends BEGIN
    SELECT 1;
    SELECT 2;
END;
-- The end.
"""
THIRD = "UPDATE friends SET note = name;\n"
WRONG = "CREATE TABLE more (name TEXT);\nINSERT INTO nowhere VALUES (1);\n"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The scripts of a newer program, so far the same."""
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder)
    return folder


@pytest.fixture
def old(path: Path) -> Path:
    """A closed database of the first format, with a friend in it."""
    database = Database.open(path, KEY)
    database.write({BOB.key(): BOB})
    database.flush()
    database.close()
    return path


def column(path: Path, query: str) -> list[object]:
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute(query)]
    finally:
        connection.close()


def newest() -> int:
    return len(scripts(FOLDER))


def test_an_old_database_is_brought_to_the_newest_format(old: Path, newer: Path) -> None:
    """All scripts it has not seen run in their order, and the rows are kept."""
    (newer / f"{newest() + 1:04}_notes.sql").write_text(SECOND)
    (newer / f"{newest() + 2:04}_names.sql").write_text(THIRD)
    database = Database.open(old, KEY, migrations=newer)
    assert BOB in list(database.load())
    assert column(old, "PRAGMA user_version") == [newest()]
    database.settle()
    database.close()
    assert column(old, "PRAGMA user_version") == [newest() + 2]
    assert column(old, "SELECT note FROM friends") == [BOB.name]


def test_a_migration_that_fails_leaves_the_old_database(old: Path, newer: Path) -> None:
    """Either all scripts run or none, so the older program can still open the file."""
    (newer / f"{newest() + 1:04}_notes.sql").write_text(SECOND)
    (newer / f"{newest() + 2:04}_wrong.sql").write_text(WRONG)
    with pytest.raises(UserFault, match="no such table: nowhere"):
        Database.open(old, KEY, migrations=newer)
    assert column(old, "PRAGMA user_version") == [newest()]
    assert column(old, "SELECT name FROM sqlite_schema WHERE name IN ('more', 'notes')") == []
    database = Database.open(old, KEY)
    assert BOB in list(database.load())
    database.close()


def test_a_migrated_database_does_not_open_in_the_older_program(old: Path, newer: Path) -> None:
    """The older program says so, instead of writing rows that the newer one does not expect."""
    (newer / f"{newest() + 1:04}_notes.sql").write_text(SECOND)
    database = Database.open(old, KEY, migrations=newer)
    database.settle()
    database.close()
    with pytest.raises(UserFault, match="a newer program wrote"):
        Database.open(old, KEY)


def test_a_new_database_has_the_newest_format_and_says_who_made_it(path: Path) -> None:
    """Format, owner and program stand in the file."""
    assert column(path, "PRAGMA user_version") == [newest()]
    assert column(path, "SELECT value FROM meta WHERE name = 'public_key'") == [KEY]
    assert column(path, "SELECT value FROM meta WHERE name = 'format'") == ["offset node"]
    assert column(path, "SELECT count(*) FROM meta WHERE name IN ('created_by', 'opened_by')") == [2]


def test_every_table_checks_its_types(path: Path) -> None:
    """All tables are STRICT: a number in the place of a key is refused."""
    loose = (
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'"
    )
    assert column(path, loose) == []


def test_migrations_run_only_in_a_transaction(path: Path) -> None:
    """Whoever forgets the transaction is told so, before anything has changed."""
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(AssertionError):
        migrate(connection, FOLDER)
    assert format_of(connection) == newest()
    connection.close()


def test_numbers_have_no_gap(newer: Path) -> None:
    """A script with a wrong number is a fault of ours, found at once."""
    (newer / f"{newest() + 2:04}_later.sql").write_text(SECOND)
    with pytest.raises(AssertionError, match="a gap"):
        scripts(newer)
