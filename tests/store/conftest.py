"""A node's database in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from offset.store.sqlite import connection
from offset.store.sqlite.database import Database, create

KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a new, empty database of the node `KEY`."""
    path = tmp_path / "node.db"
    create(path, KEY)
    return path


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """The same, open."""
    database = Database.open(path, KEY)
    database.settle()
    yield database
    database.close()


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening is quick, and the log is folded into the file all the time."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)
