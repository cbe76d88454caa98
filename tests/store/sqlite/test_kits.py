"""Kits made from a database, and a database made from a kit."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from offset.base.credits import Rate
from offset.base.faults import UserFault
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.records import (
    OWN,
    ConfigRecord,
    FriendRecord,
    IndexServersRecord,
    NodeRecord,
    PendingRecord,
    Queue,
    QueuedRecord,
    RelaysRecord,
    SentRelays,
)
from offset.store.schema.kits import FORMAT, Kit
from offset.store.sqlite import kits
from offset.store.sqlite.backup import backup
from offset.store.sqlite.database import Database
from offset.store.sqlite.kits import make_from_kit, read_content, restore_with_kit
from offset.store.sqlite.restored import kit_of
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.friend import CollectOp, FriendsRoute, RequestOp

KEY = bytes(range(32))
BOB = b"\x01" * 32
RELAYS = RelaysRecord((NamedRelayAddress(b"\x07" * 32, "relay:1", "home"),))
SERVERS = IndexServersRecord((NamedIndexServerAddress(b"\x08" * 32, "index:1", "index"),))
FRIEND = FriendRecord(BOB, "bob", True, (), SentRelays((), None))
CONFIG = ConfigRecord(BOB, "FST", Rate(1, 2), 2**100, True)
COLLECT = CollectOp(b"\x02" * 16, b"\x03" * 32, b"\x04" * 32)
WAITING = QueuedRecord(BOB, 1, Queue.BACKWARD, "FST", COLLECT, OWN)
REQUEST = RequestOp(COLLECT.request_id, bytes(32), FriendsRoute(()), 2**90, 2**90, bytes(32), 5)
PENDING = PendingRecord(BOB, "FST", False, REQUEST, None, OWN)
HIGHEST = NodeRecord(KEY, 1_800_000_000)
REVOKED = RevokedRecord(bytes([7]) * 32, bytes(64))
ROWS = (RELAYS, SERVERS, FRIEND, CONFIG, WAITING, PENDING, HIGHEST, REVOKED)


@pytest.fixture
def kit(database: Database, path: Path) -> Kit:
    """A kit of a node with a friend, for whom a collect waits."""
    database.write({row.key(): row for row in ROWS})
    database.flush()
    return Kit(FORMAT, 3, 3000, read_content(path, KEY))


def test_what_is_durable(database: Database, path: Path, kit: Kit) -> None:
    """The group under way is not in a kit, and the node is not held up."""
    content = kit.content
    assert (content.relays, content.index_servers) == (RELAYS.relays, SERVERS.servers)
    assert [(friend.name, friend.currencies[0].remote_max_debt) for friend in content.friends] == [
        ("bob", 2**100)
    ]
    assert [(waiting.collect, waiting.amount) for waiting in content.collects] == [(COLLECT, 2**90 + 5)]
    assert [item.public_key for item in content.revoked] == [REVOKED.public_key]
    database.write({FRIEND.key(): None})
    assert read_content(path, KEY) == content
    database.flush()
    assert read_content(path, KEY).friends == ()


def test_a_database_from_a_kit(path: Path, kit: Kit) -> None:
    """It has the settings and the mark, and keeps the kit for later."""
    target = path.with_name("new.db")
    make_from_kit(target, kit, 1234)
    assert [file.name for file in path.parent.iterdir() if not file.name.startswith("node.db")] == ["new.db"]
    with closing(sqlite3.connect(target)) as connection:
        assert kit_of(connection) == kit
    with closing(Database.open(target, KEY)) as database:
        assert database.is_restored
        found = list(database.load())
    friend = msgspec.structs.replace(FRIEND, sent_relays=SentRelays(), has_told=False)
    waiting = msgspec.structs.replace(WAITING, number=0)
    assert found == [RELAYS, SERVERS, friend, CONFIG, waiting, REVOKED, HIGHEST]


def test_a_database_from_a_copy_and_a_kit(path: Path, kit: Kit) -> None:
    """What the copy has stays, what the kit says of settings counts, and the kit is kept."""
    copy, target = path.with_name("copy.db"), path.with_name("new.db")
    backup(path, copy)
    friend = msgspec.structs.replace(kit.content.friends[0], name="robert")
    newer = msgspec.structs.replace(kit, content=msgspec.structs.replace(kit.content, friends=(friend,)))
    restore_with_kit(target, [copy.read_bytes()], newer, 1234)
    with closing(sqlite3.connect(target)) as connection:
        assert kit_of(connection) == newer
    with closing(Database.open(target, KEY)) as database:
        assert database.is_restored
        found = list(database.load())
    assert msgspec.structs.replace(FRIEND, name="robert", has_told=False) in found
    assert HIGHEST in found
    assert WAITING in found
    assert PENDING in found


def test_a_copy_of_an_earlier_friendship(path: Path, kit: Kit) -> None:
    """The friends have removed and added each other again since: the old channel goes, and the friend shows the new."""
    friend = msgspec.structs.replace(kit.content.friends[0], floor=FRIEND.floor + 1)
    later = msgspec.structs.replace(
        kit, content=msgspec.structs.replace(kit.content, friends=(friend,), collects=())
    )
    copy, target = path.with_name("copy.db"), path.with_name("new.db")
    backup(path, copy)
    restore_with_kit(target, [copy.read_bytes()], later, 1234)
    with closing(Database.open(target, KEY)) as database:
        found = list(database.load())
    assert not any(isinstance(row, PendingRecord | QueuedRecord) for row in found)
    assert [row.floor for row in found if isinstance(row, FriendRecord)] == [FRIEND.floor + 1]


def test_a_database_that_was_not_made_from_a_kit(database: Database, path: Path) -> None:
    """There is none in it."""
    with closing(sqlite3.connect(path)) as connection:
        assert kit_of(connection) is None


def test_what_fails_leaves_nothing(path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database without its rows, not under another name either."""

    def fail(*_: object) -> None:
        raise UserFault("the disk is full")

    monkeypatch.setattr(kits, "records_of", fail)
    with pytest.raises(UserFault, match="full"):
        make_from_kit(path.with_name("new.db"), kit, 1)
    assert [file.name for file in path.parent.iterdir() if not file.name.startswith("node.db")] == []


def test_a_database_that_cannot_be_read(path: Path) -> None:
    """A sentence, for the log."""
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(UserFault, match="trouble with the database"):
        read_content(path, KEY)
