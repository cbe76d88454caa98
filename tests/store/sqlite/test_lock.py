"""The lock on a database within one process; what other processes see is in test_database.py."""

import os
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.store.sqlite.lock import Lock


def test_one_holds_it_until_it_is_released(tmp_path: Path) -> None:
    """A second lock is refused, names the process that holds it, and is given after the release."""
    path = tmp_path / "node.db"
    lock = Lock(path)
    with pytest.raises(UserFault, match=f"process {os.getpid()}\\b"):
        Lock(path)
    lock.release()
    Lock(path).release()


def test_databases_are_locked_apart(tmp_path: Path) -> None:
    """The lock of one database says nothing about another one in the same folder."""
    one, other = Lock(tmp_path / "a.db"), Lock(tmp_path / "b.db")
    one.release()
    other.release()


def test_it_lies_beside_the_database_for_the_owner_alone(tmp_path: Path) -> None:
    """The file of the lock is the owner's, does not touch the database, and stays."""
    Lock(tmp_path / "node.db").release()
    (left,) = tmp_path.iterdir()
    assert left.name == "node.db.lock"
    assert left.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Where no file can be made the owner is told of the folder."""
    with pytest.raises(UserFault, match="folder of the database"):
        Lock(tmp_path / "none" / "node.db")
