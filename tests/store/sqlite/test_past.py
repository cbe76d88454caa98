"""The past of a node is read from its file, and found also while a group is being made durable."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from offset.base.faults import NodeStopped
from offset.core.funder.collects import CollectRecord
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import Changes, HistoryRecord, Record, UsedKey, UsedRecord
from offset.core.funder.state.past import Noted
from offset.store.sqlite.database import Database
from offset.wire.friend import CollectOp

KEY = bytes(range(32))
USED = UsedRecord(UsedKind.INVOICE, bytes(32))


def row(number: int) -> HistoryRecord:
    return HistoryRecord(
        number, HistoryKind.RECEIVED, number.to_bytes(32, "big"), "FST", 2**100, KEY, b"commit"
    )


def changes_of(*records: Record) -> Changes:
    return {record.key(): record for record in records}


@pytest.fixture
def times() -> list[int]:
    """The time of day, which a test may change."""
    return [1000]


@pytest.fixture
def filled(path: Path, times: list[int]) -> Path:
    """The file with five rows of history, one for each second, and a used id."""
    with closing(Database.open(path, KEY, now=lambda: times[0])) as database:
        for number in range(1, 6):
            times[0] = 1000 * number
            database.write(changes_of(row(number)))
        database.write(changes_of(USED))
        database.flush()
    return path


def collect(friend: bytes, number: int, slot: int) -> CollectRecord:
    op = CollectOp(number.to_bytes(16, "big"), bytes(32), bytes([number]) * 32)
    return CollectRecord(friend, slot, number, "FST", op, None)


def test_collects_of_a_friend(filled: Path) -> None:
    """By friend, the oldest first, wherever they lie; a later one takes the place of another."""
    other = bytes([9]) * 32
    with closing(Database.open(filled, KEY)) as database:
        assert (database.past.last_collect(KEY), database.past.collects(KEY)) == (0, [])
        kept = [collect(KEY, 1, 1), collect(KEY, 2, 2), collect(KEY, 3, 0), collect(other, 1, 1)]
        database.write(changes_of(*kept))
        database.write(changes_of(collect(KEY, 4, 1)))
        database.flush()
    with closing(Database.open(filled, KEY)) as database:
        assert database.past.last_collect(KEY) == 4
        assert database.past.collects(KEY) == [kept[1], kept[2], collect(KEY, 4, 1)]
        assert database.past.collects(other) == kept[3:]
        assert not any(isinstance(record, CollectRecord) for record in database.load())


def test_pages(filled: Path) -> None:
    """From either end, and on from the last number that was seen; before anything is written and after."""
    with closing(Database.open(filled, KEY)) as database:
        for _ in range(2):
            past = database.past
            assert past.last_number() == 5
            assert past.newest(None, 2) == [Noted(row(5), 5000), Noted(row(4), 4000)]
            assert past.newest(4, 2) == [Noted(row(3), 3000), Noted(row(2), 2000)]
            assert past.newest(1, 9) == []
            assert past.oldest(0, 2) == [Noted(row(1), 1000), Noted(row(2), 2000)]
            assert past.oldest(3, 9) == [Noted(row(4), 4000), Noted(row(5), 5000)]
            database.settle()


def test_a_node_does_not_load_its_past(filled: Path) -> None:
    """However much of it there is."""
    with closing(Database.open(filled, KEY)) as database:
        assert not any(isinstance(record, HistoryRecord | UsedRecord) for record in database.load())


def test_used_ids(filled: Path) -> None:
    """By kind and id, exactly."""
    with closing(Database.open(filled, KEY)) as database:
        for _ in range(2):
            assert database.past.is_used(USED.key())
            assert not database.past.is_used(UsedKey(UsedKind.PAYMENT, USED.id))
            assert not database.past.is_used(UsedKey(UsedKind.INVOICE, USED.id[1:] + b"\1"))
            database.settle()


def test_what_is_not_durable_is_not_past_yet(filled: Path) -> None:
    """While a group is being written and flushed the past is what was durable before, and nobody waits."""
    with closing(Database.open(filled, KEY)) as database:
        database.settle()
        payment = UsedRecord(UsedKind.PAYMENT, bytes(16))
        database.write(changes_of(row(6), payment))
        assert database.past.last_number() == 5
        assert not database.past.is_used(payment.key())
        database.flush()
        assert database.past.last_number() == 6
        assert database.past.is_used(payment.key())


def test_looking_leaves_no_lock_behind(filled: Path) -> None:
    """After any number of looks the log can be folded into the file."""
    with closing(Database.open(filled, KEY)) as database:
        database.settle()
        database.write(changes_of(row(6)))
        database.flush()
        assert len(database.past.newest(None, 3)) == 3
        with closing(sqlite3.connect(filled)) as other:
            is_blocked, _, _ = other.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
        assert not is_blocked


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE history SET kind = 'eaten'",
        "UPDATE history SET amount = 'many'",
        "DROP TABLE history",
    ],
)
def test_a_damaged_history_stops_the_node_with_one_sentence(filled: Path, damage: str) -> None:
    """It says what to do."""
    with closing(sqlite3.connect(filled)) as person:
        person.execute("DROP VIEW events")
        person.execute(damage)
        person.commit()
    with closing(Database.open(filled, KEY)) as database, pytest.raises(NodeStopped) as stopped:
        database.past.newest(None, 9)
    assert "stmgr check-db" in str(stopped.value)
    assert "\n" not in str(stopped.value)
