"""Small databases: made for one pair of eyes, grown by scripts, durable write by write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import NodeStopped, UserFault
from offset.store.sqlite.small import Kind, SmallDatabase


@pytest.fixture
def kind(tmp_path: Path) -> Kind:
    """A kind with one script so far."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text("CREATE TABLE notes (text TEXT PRIMARY KEY) STRICT;\n")
    return Kind("a test", 0x54455354, folder)


def test_what_was_written_is_there_again(tmp_path: Path, kind: Kind) -> None:
    """A file is made for the owner only, and each write is found by the next opening."""
    path = tmp_path / "some.db"
    with closing(SmallDatabase(path, kind)) as database:
        database.write("INSERT INTO notes VALUES (?)", "one")
    assert path.stat().st_mode & 0o777 == 0o600
    with closing(SmallDatabase(path, kind)) as database:
        assert database.rows("SELECT text FROM notes") == [("one",)]


def test_a_group_is_written_whole_or_not_at_all(tmp_path: Path, kind: Kind) -> None:
    """What fails takes with it all that was written in its group."""
    with closing(SmallDatabase(tmp_path / "some.db", kind)) as database:
        database.write("INSERT INTO notes VALUES (?)", "one")

        def write_both() -> None:
            with database.group():
                database.write("INSERT INTO notes VALUES (?)", "two")
                database.write("INSERT INTO notes VALUES (?)", "one")

        with pytest.raises(NodeStopped, match="trouble with the database"):
            write_both()
        assert database.rows("SELECT text FROM notes") == [("one",)]


def test_a_group_inside_of_another_one_is_a_part_of_it(tmp_path: Path, kind: Kind) -> None:
    """It is durable when the outer one is, and goes with it when that fails."""
    with closing(SmallDatabase(tmp_path / "some.db", kind)) as database:

        def write(second: str) -> None:
            with database.group():
                with database.group():
                    database.write("INSERT INTO notes VALUES (?)", "one")
                with closing(database.reader()) as reader:
                    assert list(reader.rows("SELECT text FROM notes")) == []
                database.write("INSERT INTO notes VALUES (?)", second)

        with pytest.raises(NodeStopped):
            write("one")
        assert database.rows("SELECT text FROM notes") == []
        write("two")
        assert database.rows("SELECT text FROM notes ORDER BY text") == [("one",), ("two",)]


def test_one_that_rests_goes_on_when_it_is_used(tmp_path: Path, kind: Kind) -> None:
    """It lets go of its log, and the next statement, group or reader finds all that was written."""
    path = tmp_path / "some.db"
    log = path.with_name("some.db-wal")
    with closing(SmallDatabase(path, kind)) as database:
        database.write("INSERT INTO notes VALUES (?)", "one")
        assert log.exists()
        database.rest()
        database.rest()
        assert not log.exists()
        with closing(database.reader()) as reader:
            assert list(reader.rows("SELECT text FROM notes")) == [("one",)]
        with database.group():
            database.write("INSERT INTO notes VALUES (?)", "two")
            # A group under way is not broken off.
            database.rest()
            database.write("INSERT INTO notes VALUES (?)", "three")
        database.rest()
        assert len(database.rows("SELECT text FROM notes")) == 3
        database.rest()
    with pytest.raises(NodeStopped, match="closed"):
        database.rows("SELECT text FROM notes")


def test_one_whose_file_went_while_it_rested_says_so(tmp_path: Path, kind: Kind) -> None:
    """No empty file takes the place of the one that is gone."""
    path = tmp_path / "some.db"
    with closing(SmallDatabase(path, kind)) as database:
        database.rest()
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(NodeStopped, match=r"some\.db"):
            database.rows("SELECT text FROM notes")
    assert not path.exists()


def test_a_reader_beside_it_sees_what_is_durable(tmp_path: Path, kind: Kind) -> None:
    """Another connection reads what was committed, and cannot write."""
    with (
        closing(SmallDatabase(tmp_path / "some.db", kind)) as database,
        closing(database.reader()) as reader,
    ):
        database.write("INSERT INTO notes VALUES (?)", "one")
        assert list(reader.rows("SELECT text FROM notes")) == [("one",)]
        with pytest.raises(NodeStopped):
            list(reader.rows("DELETE FROM notes"))


def test_a_new_format_leaves_a_copy_of_the_old(tmp_path: Path, kind: Kind) -> None:
    """Before a script runs on a file that is in use, the file is copied; an older program then refuses the new one."""
    path = tmp_path / "some.db"
    with closing(SmallDatabase(path, kind)) as database:
        database.write("INSERT INTO notes VALUES (?)", "one")
    (kind.migrations / "0002_more.sql").write_text("CREATE TABLE more (number INTEGER) STRICT;\n")
    with closing(SmallDatabase(path, kind)) as database:
        assert database.rows("SELECT * FROM more") == []
    with closing(sqlite3.connect(tmp_path / "some.db.format-1")) as copy:
        assert copy.execute("SELECT text FROM notes").fetchall() == [("one",)]
    (kind.migrations / "0002_more.sql").unlink()
    with pytest.raises(UserFault, match="a newer program wrote"):
        SmallDatabase(path, kind)


def test_a_script_that_fails_changes_nothing(tmp_path: Path, kind: Kind) -> None:
    """The file is as it was, and a file that was just being made is gone."""
    path = tmp_path / "some.db"
    (kind.migrations / "0002_more.sql").write_text("CREATE NONSENSE;\n")
    with pytest.raises(UserFault, match="format 2"):
        SmallDatabase(path, kind)
    assert not path.exists()


def test_a_foreign_file_is_refused(tmp_path: Path, kind: Kind) -> None:
    """A database of another kind, and a file that is none, are left alone."""
    path = tmp_path / "some.db"
    with closing(SmallDatabase(path, kind)):
        pass
    with pytest.raises(UserFault, match="is not the database of another"):
        SmallDatabase(path, Kind("another", 1, kind.migrations))
    path.write_text("words" * 100)
    with pytest.raises(UserFault, match=r"some\.db"):
        SmallDatabase(path, kind)
    assert path.read_text() == "words" * 100
