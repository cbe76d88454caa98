"""What sqlite complains about is told in words that say what to do."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from offset.store.sqlite.errors import sentence

PATH = Path("node.db")


def error(name: str, text: str = "odd") -> sqlite3.Error:
    """An error of sqlite with this name."""
    made = sqlite3.OperationalError(text)
    made.sqlite_errorname = name
    return made


@pytest.mark.parametrize(
    "name, advice",
    [
        ("SQLITE_FULL", "make room"),
        ("SQLITE_READONLY_DIRECTORY", "permissions"),
        ("SQLITE_CANTOPEN", "permissions"),
        ("SQLITE_BUSY_SNAPSHOT", "close that program"),
        ("SQLITE_LOCKED", "close that program"),
        ("SQLITE_CORRUPT", "restore a backup"),
        ("SQLITE_NOTADB", "restore a backup"),
        ("SQLITE_IOERR_FSYNC", "check it"),
    ],
)
def test_known_errors_come_with_advice(name: str, advice: str) -> None:
    """Each known error, and the finer ones of its kind, names the file and what to do."""
    said = sentence(PATH, error(name))
    assert said.startswith("trouble with the database node.db: ")
    assert advice in said


def test_what_nobody_foresaw_is_passed_on() -> None:
    """Of an unknown error, and of one without a name, the words of sqlite are told."""
    assert sentence(PATH, error("SQLITE_NEW", "odd thing")).endswith(": odd thing")
    assert sentence(PATH, sqlite3.Error("no name")).endswith(": no name")


def test_a_real_error_is_known(tmp_path: Path) -> None:
    """The names are those that sqlite really gives."""
    path = tmp_path / "node.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.Error) as raised:
        sqlite3.connect(path).execute("SELECT * FROM meta")
    assert "it is damaged" in sentence(path, raised.value)


@pytest.mark.parametrize(
    "statement", ["SELECT name FROM nowhere", "SELECT nothing FROM meta", "SELECT CAST(x'ff' AS TEXT)"]
)
def test_what_sqlite_does_not_understand_is_damage(statement: str, path: Path) -> None:
    """We always ask the same, so a table or a column that is not there, or a text that is none, is damage."""
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.Error) as raised:
        connection.execute(statement).fetchall()
    connection.close()
    assert sentence(path, raised.value).startswith(f"trouble with the database {path}: it is damaged; look")


@pytest.mark.parametrize("name", ["SQLITE_IOERR_SHMSIZE", "SQLITE_CANTOPEN"])
@pytest.mark.parametrize("free, said", [(0, "the disk is full; make room"), (2**30, "check ")])
def test_full_disk(name: str, free: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room for the files beside the database sqlite blames the disk; it is said that the disk is full."""
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    assert said in sentence(PATH, error(name))
