"""A database that was moved away does not start; what is restored from its copy does."""

from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import UserFault
from offset.store.sqlite.backup import backup
from offset.store.sqlite.database import Database
from offset.store.sqlite.restored import restore
from offset.store.sqlite.retired import retire

KEY = bytes(range(32))
NOW = 1_796_000_000_000


def test_it_does_not_start(path: Path) -> None:
    """The sentence says since when, where the node is now, and what to do if that is not so."""
    retire(path, NOW)
    with pytest.raises(UserFault, match=r"moved away on 30 November 2026 .*restored.*stmgr claim -d"):
        Database.open(path, KEY)


def test_only_once_and_only_at_rest(path: Path) -> None:
    """A node that runs is not retired under its hands, and the day of the move stays what it was."""
    with closing(Database.open(path, KEY)), pytest.raises(UserFault, match="works with the database"):
        retire(path, NOW)
    Database.open(path, KEY).close()
    retire(path, NOW)
    with pytest.raises(UserFault, match="30 November 2026"):
        retire(path, NOW + 10**9)


def test_its_copy_goes_on_elsewhere(path: Path, tmp_path: Path) -> None:
    """The copy bears the mark, what is restored from it does not."""
    retire(path, NOW)
    copy, other = tmp_path / "copy.db", tmp_path / "other.db"
    backup(path, copy)
    restore(other, [copy.read_bytes()], KEY, NOW + 1000)
    with closing(Database.open(other, KEY)) as database:
        assert database.is_restored


def test_what_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="there is no database"):
        retire(tmp_path / "nothing.db", NOW)
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(b"something else")
    with pytest.raises(UserFault, match="not the database of a node"):
        retire(foreign, NOW)
