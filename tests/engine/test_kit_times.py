"""When a kit is due."""

from __future__ import annotations

import pytest

from offset.base.credits import Rate
from offset.base.limits import (
    KIT_COLLECT_MS,
    KIT_PAUSE_MS,
    KIT_SETTINGS_MS,
    KIT_TOKENS,
    KIT_TOKENS_MS,
)
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.records import (
    OWN,
    ChannelKey,
    ConfigRecord,
    FriendRecord,
    HistoryKey,
    IndexServersRecord,
    Queue,
    QueuedKey,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
)
from offset.engine.kit_times import KitTimes
from offset.wire.friend import CancelOp, CollectOp, Operation

BOB = b"\x01" * 32
COLLECT = CollectOp(b"\x02" * 16, b"\x03" * 32, b"\x04" * 32)
LATER = 1_000_000


def queued(number: int, operation: Operation = COLLECT) -> QueuedRecord:
    """Something that waits for bob."""
    return QueuedRecord(BOB, number, Queue.BACKWARD, "FST", operation, OWN)


@pytest.fixture
def times() -> KitTimes:
    """A kit was just written."""
    times = KitTimes(0)
    times.begin(0)
    return times


def test_one_soon_after_the_start() -> None:
    """What changed before may be in no kit."""
    assert KitTimes(7).due() == 7 + KIT_SETTINGS_MS


@pytest.mark.parametrize(
    "record",
    [
        FriendRecord(BOB, "bob", True, (), SentRelays()),
        ConfigRecord(BOB, "FST", Rate(0, 1), 5, True),
        RelaysRecord(()),
        IndexServersRecord(()),
        RevokedRecord(BOB, bytes(64)),
    ],
)
@pytest.mark.parametrize("is_gone", [False, True])
def test_settings(times: KitTimes, record: Record, is_gone: bool) -> None:
    """A few seconds after the first of some changes, so that one kit has them all."""
    times.look({record.key(): None if is_gone else record}, LATER)
    times.look({record.key(): record}, LATER + 1000)
    assert times.due() == LATER + KIT_SETTINGS_MS
    times.begin(LATER + KIT_SETTINGS_MS)
    assert times.due() is None


def test_a_collect_that_waits(times: KitTimes) -> None:
    """The first one counts, and only if it waits still when its time has come."""
    times.look({queued(1).key(): queued(1)}, LATER)
    times.look({queued(2).key(): queued(2)}, LATER + 10)
    assert times.due() == LATER + KIT_COLLECT_MS
    times.look({queued(1).key(): None}, LATER + 20)
    assert times.due() == LATER + 10 + KIT_COLLECT_MS
    times.look({QueuedKey(BOB, 2): None}, LATER + 30)
    assert times.due() is None


def test_what_is_not_worth_a_kit(times: KitTimes) -> None:
    """Other answers, and other rows."""
    cancel = queued(1, CancelOp(b"\x02" * 16))
    times.look({cancel.key(): cancel, HistoryKey(1): None}, LATER)
    assert times.due() is None


def test_few_tokens(times: KitTimes) -> None:
    """They get into a kit some minutes after the first of them."""
    for number in range(KIT_TOKENS - 1):
        times.look({ChannelKey(BOB): None}, LATER + number)
    assert times.due() == LATER + KIT_TOKENS_MS


def test_many_tokens(times: KitTimes) -> None:
    """At once, but not more often than once in KIT_PAUSE_MS, however many there are."""
    for _ in range(KIT_TOKENS):
        times.look({ChannelKey(BOB): None}, LATER)
    assert times.due() == LATER
    times.begin(LATER)
    for number in range(KIT_TOKENS * 10):
        times.look({ChannelKey(BOB): None}, LATER + number)
    assert times.due() == LATER + KIT_PAUSE_MS


def test_after_a_failure(times: KitTimes) -> None:
    """It is tried again, not at once, whatever else happens."""
    times.failed(LATER)
    times.look({queued(1).key(): queued(1)}, LATER)
    assert times.due() == LATER + KIT_PAUSE_MS
