"""A copy of a database, also while a node works with it."""

import os
import stat
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.core.funder.records import FriendRecord, SentRelays
from offset.store.sqlite.backup import backup
from offset.store.sqlite.database import Database

KEY = bytes(range(32))


def friend(number: int) -> FriendRecord:
    return FriendRecord(bytes([number]) * 32, "bob", True, (), SentRelays())


def names(path: Path) -> list[bytes]:
    database = Database.open(path, KEY)
    try:
        return [record.public_key for record in database.load() if isinstance(record, FriendRecord)]
    finally:
        database.close()


def test_a_backup_holds_what_was_flushed_while_the_node_goes_on(database: Database, path: Path) -> None:
    """The copy opens with the rows flushed so far, without the group under way; the node notices nothing."""
    target = path.with_name("backup.db")
    database.write({friend(1).key(): friend(1)})
    database.flush()
    database.write({friend(2).key(): friend(2)})
    backup(path, target)
    assert names(target) == [friend(1).public_key]
    database.flush()
    database.close()
    assert names(path) == [friend(1).public_key, friend(2).public_key]


def test_a_backup_is_one_file_for_the_owner(path: Path) -> None:
    """No log lies beside it, and nobody else can read it."""
    target = path.with_name("backup.db")
    old = os.umask(0)
    try:
        backup(path, target)
    finally:
        os.umask(old)
    assert [file.name for file in path.parent.iterdir() if file.name.startswith("backup")] == ["backup.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_backup_overwrites_nothing(path: Path) -> None:
    """Where a file is, no backup goes, and it stays as it was."""
    target = path.with_name("backup.db")
    target.write_text("precious")
    with pytest.raises(UserFault, match="exists already; choose another name"):
        backup(path, target)
    assert target.read_text() == "precious"


def test_there_is_no_backup_of_a_damaged_database(path: Path) -> None:
    """A copy that would not open is not kept."""
    with path.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(os.urandom(4096 * 4))
    target = path.with_name("backup.db")
    with pytest.raises(UserFault, match="damaged"):
        backup(path, target)
    assert not target.exists()


def test_there_is_no_backup_of_a_file_that_sqlite_cannot_read(path: Path) -> None:
    """A file that only begins like a database ends in a sentence, not in an error of sqlite."""
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    target = path.with_name("backup.db")
    with pytest.raises(UserFault, match="trouble with the database"):
        backup(path, target)
    assert not target.exists()


def test_there_is_no_backup_of_what_is_not_there(path: Path) -> None:
    """A wrong name makes no file."""
    target = path.with_name("backup.db")
    with pytest.raises(UserFault, match="there is no database"):
        backup(path.with_name("other.db"), target)
    assert not target.exists()
