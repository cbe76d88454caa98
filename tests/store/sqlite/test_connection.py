"""Files and transactions of a database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.store.sqlite.connection import connect, make_file, remove_file, transaction


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with one empty table."""
    make_file(tmp_path / "x.db")
    with closing(connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        yield connection


def rows(connection: sqlite3.Connection) -> list[int]:
    return [x for (x,) in connection.execute("SELECT x FROM t")]


def test_a_transaction_is_kept_whole(connection: sqlite3.Connection) -> None:
    """What was done inside is there afterwards."""
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO t VALUES (2)")
    assert rows(connection) == [1, 2]
    assert not connection.in_transaction


def test_a_transaction_that_fails_leaves_nothing(connection: sqlite3.Connection) -> None:
    """An exception of any kind inside undoes all, is raised on, and the next transaction is not in its way."""

    def interrupted() -> None:
        with transaction(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert rows(connection) == []
    with transaction(connection):
        connection.execute("INSERT INTO t VALUES (3)")
    assert rows(connection) == [3]


def test_a_file_is_made_once(tmp_path: Path) -> None:
    """A new file is the owner's alone; one that is there stays as it is."""
    path = tmp_path / "x.db"
    make_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"mine")
    with pytest.raises(UserFault, match="exists already"):
        make_file(path)
    assert path.read_bytes() == b"mine"


def test_nothing_is_made_by_connecting(tmp_path: Path) -> None:
    """To connect to a file that is not there is an error, and makes none; a name with odd characters is a name."""
    with pytest.raises(sqlite3.OperationalError):
        connect(tmp_path / "none.db")
    odd = tmp_path / "a?mode=memory#b%20.db"
    make_file(odd)
    with closing(connect(odd)) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert odd.stat().st_size > 0
    assert sorted(tmp_path.iterdir()) == [odd]


def test_all_files_are_removed(tmp_path: Path) -> None:
    """The file goes with what sqlite puts beside it, whether all of it is there or not."""
    for suffix in ("", "-wal"):
        (tmp_path / f"x.db{suffix}").touch()
    (tmp_path / "y.db").touch()
    remove_file(tmp_path / "x.db")
    assert [path.name for path in tmp_path.iterdir()] == ["y.db"]
