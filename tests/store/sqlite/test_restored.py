"""A database made from a copy."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from offset.base.faults import UserFault
from offset.core.funder.records import FriendRecord, NodeRecord, SentRelays
from offset.core.funder.twin import Twin
from offset.store.sqlite.backup import backup
from offset.store.sqlite.database import Database
from offset.store.sqlite.restored import claim, restore
from offset.store.sqlite.retired import retire

KEY = bytes(range(32))
FRIEND = FriendRecord(b"\x01" * 32, "bob", True, (), SentRelays(), 1_800_000_000, 1_800_000_000)
AWAITED = msgspec.structs.replace(FRIEND, life=0, has_told=False)
"""As it comes out of a copy: a life is to begin, and it has not told yet."""


@pytest.fixture
def copy(database: Database, path: Path) -> bytes:
    """The bytes of a copy."""
    database.write({FRIEND.key(): FRIEND})
    database.flush()
    target = path.with_name("copy.db")
    backup(path, target)
    data = target.read_bytes()
    target.unlink()
    return data


def left(path: Path) -> set[str]:
    """The files beside the first database."""
    return {file.name for file in path.parent.iterdir() if not file.name.startswith("node.db")}


def test_it_has_the_rows_and_the_mark(copy: bytes, path: Path) -> None:
    """The node of the copy opens it, and knows for good that it was restored; the first one does not."""
    target = path.with_name("new.db")
    old = os.umask(0)
    try:
        restore(target, [copy[:5000], copy[5000:]], KEY, 1234)
    finally:
        os.umask(old)
    assert left(path) == {"new.db"}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    for _ in range(2):
        with closing(Database.open(target, KEY)) as database:
            assert database.is_restored
            assert AWAITED in list(database.load())
            database.settle()
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'restored'").fetchone() == (1234,)


def test_a_database_that_was_not_restored(database: Database) -> None:
    """A new one has no mark."""
    assert not database.is_restored


def test_a_copy_of_a_restored_database_is_marked(copy: bytes, path: Path) -> None:
    """It may be restored again, and the mark is the newest."""
    first, second = path.with_name("first.db"), path.with_name("second.db")
    restore(first, [copy], KEY, 1)
    restore(second, [first.read_bytes()], KEY, 2)
    with closing(sqlite3.connect(second)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'restored'").fetchone() == (2,)


def test_nothing_is_overwritten(copy: bytes, path: Path) -> None:
    """Where a file is, it stays."""
    target = path.with_name("new.db")
    target.write_text("precious")
    with pytest.raises(UserFault, match="exists already"):
        restore(target, [copy], KEY, 1)
    assert target.read_text() == "precious"
    assert left(path) == {"new.db"}


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda copy: b"", "is empty"),
        (lambda copy: b"{}", "JSON database"),
        (lambda copy: copy[:16] + bytes(6000), "trouble with the database"),
        (lambda copy: copy[: len(copy) // 2], "damaged"),
    ],
)
def test_what_is_no_sound_copy_leaves_no_file(change, reason: str, copy: bytes, path: Path) -> None:
    """A sentence says what it is."""
    with pytest.raises(UserFault, match=reason):
        restore(path.with_name("new.db"), [change(copy)], KEY, 1)
    assert left(path) == set()


def test_the_copy_of_another_node(copy: bytes, path: Path) -> None:
    """It belongs to another identity."""
    with pytest.raises(UserFault, match="belongs to another identity"):
        restore(path.with_name("new.db"), [copy], bytes(32), 1)
    assert left(path) == set()


def test_a_copy_that_turns_out_to_be_forged_at_its_end(copy: bytes, path: Path) -> None:
    """What came before is not kept, not under another name either."""

    def pieces() -> Iterator[bytes]:
        yield copy
        assert left(path) == {"new.db", *[name for name in left(path) if name.endswith(".part")]}
        assert path.with_name("new.db").read_bytes() == b""
        raise UserFault("it is forged")

    with pytest.raises(UserFault, match="forged"):
        restore(path.with_name("new.db"), pieces(), KEY, 1)
    assert left(path) == set()


STOPPED = NodeRecord(KEY, 1_700_000_000, Twin(FRIEND.public_key, 15, 1_800_000_500, 14, 1_800_000_000, ()))


def test_a_node_that_was_stopped_is_claimed(database: Database, path: Path) -> None:
    """It is marked as one of a copy, and its next life is above the time at which the other copy signed."""
    database.write({FRIEND.key(): FRIEND, STOPPED.key(): STOPPED})
    database.flush()
    database.close()
    claim(path, KEY, 1234)
    with closing(Database.open(path, KEY)) as claimed:
        assert claimed.is_restored
        rows = list(claimed.load())
    assert AWAITED in rows
    assert NodeRecord(KEY, 1_800_000_500, None) in rows
    with pytest.raises(UserFault, match="nothing stopped the node"):
        claim(path, KEY, 1235)


def test_a_node_that_was_moved_away_is_claimed(path: Path) -> None:
    """If it was never started elsewhere it may go on here."""
    retire(path, 1000)
    claim(path, KEY, 1234)
    with closing(Database.open(path, KEY)) as claimed:
        assert claimed.is_restored


def test_what_cannot_be_claimed(database: Database, path: Path) -> None:
    """A database in use, one that nothing holds up, or that of somebody else: it stays as it is."""
    with pytest.raises(UserFault, match="works with the database"):
        claim(path, KEY, 1)
    database.close()
    before = path.read_bytes()
    with pytest.raises(UserFault, match="nothing stopped the node"):
        claim(path, KEY, 1)
    with pytest.raises(UserFault, match="belongs to another identity"):
        claim(path, bytes(32), 1)
    assert path.read_bytes() == before
