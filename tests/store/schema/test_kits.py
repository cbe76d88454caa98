"""What a kit holds, and how it is written."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.faults import UserFault
from offset.base.limits import (
    ADDRESS_BYTES_MAX,
    CURRENCY_BYTES_MAX,
    FRIEND_CURRENCIES_MAX,
    FRIEND_RELAYS_MAX,
    FRIENDS_MAX,
    INDEX_SERVERS_MAX,
    KIT_BYTES_MAX,
    KIT_COLLECTS_MAX,
    NAME_BYTES_MAX,
    NODE_RELAYS_MAX,
    U64_MAX,
    U128_MAX,
)
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.records import (
    OWN,
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    IndexServersRecord,
    Mark,
    NodeRecord,
    Queue,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
)
from offset.store.schema.kits import (
    FORMAT,
    Kit,
    KitCollect,
    KitContent,
    KitCurrency,
    KitFriend,
    content_of,
    kit_bytes,
    kit_text,
    left_behind,
    read_kit,
    records_of,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.friend import CancelOp, CollectOp
from offset.wire.report import CountersInfo, McInfo, MoveTokenHashedReport, TokenInfo

NODE, BOB, CARL = (bytes([number]) * 32 for number in (9, 1, 2))
RELAY = RelayAddress(b"\x07" * 32, "relay:1")
RELAYS = RelaysRecord((NamedRelayAddress(RELAY.public_key, RELAY.address, "home"),))
SERVERS = IndexServersRecord((NamedIndexServerAddress(b"\x08" * 32, "index:1", "index"),))
LIFE = 1_800_000_000
FRIEND_BOB = FriendRecord(BOB, "bob \u202e", True, (RELAY,), SentRelays((), ()), LIFE, LIFE)
FRIEND_CARL = FriendRecord(CARL, "carl", False, (), SentRelays(), LIFE + 5)
HIGHEST = NodeRecord(NODE, LIFE + 7)
CONFIG = ConfigRecord(BOB, "FST", Rate(3, 4), U128_MAX, True)


def channel(friend: bytes, counters: CountersInfo | None) -> ChannelRecord:
    """A channel, whose last message of the friend has these counters."""
    incoming = None
    if counters is not None:
        info = TokenInfo(McInfo(friend, NODE, ()), counters)
        incoming = MoveTokenHashedReport(bytes(32), info, bytes(16), bytes(64))
    return ChannelRecord(friend, None, incoming, 5, 77, (), (), None, None, None, None)


def collect(number: int) -> QueuedRecord:
    """A collect that waits for bob."""
    operation = CollectOp(number.to_bytes(16), b"\x03" * 32, b"\x04" * 32)
    return QueuedRecord(BOB, number, Queue.BACKWARD, "FST", operation, OWN)


def kit(content: KitContent) -> Kit:
    """A kit that holds it."""
    return Kit(FORMAT, 1_796_000_000, 1_796_000_000_000, content)


WAITING = msgspec.structs.replace(collect(1), number=0)
SOME = [
    RELAYS,
    SERVERS,
    FRIEND_BOB,
    FRIEND_CARL,
    CONFIG,
    channel(BOB, CountersInfo(2, 2**127)),
    collect(1),
    HIGHEST,
]


def test_there_and_back() -> None:
    """All numbers and names, however large and odd."""
    content = content_of(NODE, SOME, {(BOB, "FST", (1).to_bytes(16)): U128_MAX})
    assert read_kit(kit_bytes(kit(content))) == kit(content)
    assert content.friends[0].mark == Mark(2, 2**127)
    assert content.friends[1].mark is None
    assert content.collects[0].amount == U128_MAX


def test_the_rows_of_a_kit() -> None:
    """Settings are what they were; nothing is claimed of channels, nor of what friends know of our relays."""
    rows = records_of(content_of(NODE, SOME, {}), {})
    assert rows == [
        RELAYS,
        SERVERS,
        HIGHEST,
        msgspec.structs.replace(FRIEND_BOB, sent_relays=SentRelays(), life=0, mark=Mark(2, 2**127)),
        CONFIG,
        msgspec.structs.replace(FRIEND_CARL, life=0),
        WAITING,
    ]


def test_the_rows_of_a_kit_over_older_ones() -> None:
    """Its settings count; what friends know of our relays is still true of a friend that is there."""
    content = content_of(NODE, SOME, {})
    bobby = msgspec.structs.replace(FRIEND_BOB, name="bobby")
    older = [bobby, channel(BOB, CountersInfo(2, 5)), NodeRecord(NODE, LIFE + 9)]
    bob = msgspec.structs.replace(FRIEND_BOB, life=0, mark=Mark(2, 2**127))
    carl = msgspec.structs.replace(FRIEND_CARL, life=0)
    assert records_of(content, {row.key(): row for row in older}) == [
        RELAYS,
        SERVERS,
        NodeRecord(NODE, LIFE + 9),
        bob,
        CONFIG,
        carl,
        WAITING,
    ]


def test_a_collect_of_a_kit_waits_again() -> None:
    """Behind what waits in the copy, and not twice."""
    content = content_of(NODE, SOME, {})
    answer = QueuedRecord(BOB, 7, Queue.BACKWARD, "FST", CancelOp(bytes(16)), OWN)
    rows = records_of(content, {answer.key(): answer})
    assert rows[-1] == msgspec.structs.replace(WAITING, number=8)
    again = msgspec.structs.replace(WAITING, number=3)
    assert not any(isinstance(row, QueuedRecord) for row in records_of(content, {again.key(): again}))


def test_revoked_keys() -> None:
    """They are in the kit, and such a friend comes back disabled, be it that only the copy knows of it."""
    gone = RevokedRecord(CARL, bytes(64))
    content = content_of(NODE, [*SOME, gone], {})
    assert read_kit(kit_bytes(kit(content))) == kit(content)
    assert gone in records_of(content, {})
    known = RevokedRecord(BOB, bytes(64))
    for kept, rows in ((content_of(NODE, [*SOME, known], {}), {}), (content, {known.key(): known})):
        friends = [row for row in records_of(kept, rows) if isinstance(row, FriendRecord)]
        assert [row.is_enabled for row in friends] == [False, False]


def test_a_kit_of_a_later_friendship() -> None:
    """Its numbers are lower, for the friends removed and added each other again, and yet it is the newer one."""
    earlier = [msgspec.structs.replace(FRIEND_BOB, floor=LIFE - 1), channel(BOB, CountersInfo(2, 2**127 + 1))]
    content = content_of(NODE, SOME, {})
    assert content.friends[0].floor == LIFE
    assert HIGHEST in records_of(content, {row.key(): row for row in earlier})


def test_a_friend_that_is_not_in_the_kit() -> None:
    """It was removed since the copy was made, so it comes back disabled, with what was between the two."""
    gone = FriendRecord(b"\x05" * 32, "dora", True, (), SentRelays(), LIFE, LIFE)
    content = content_of(NODE, SOME, {})
    records = records_of(content, {gone.key(): gone})
    assert msgspec.structs.replace(gone, is_enabled=False) in records
    assert gone.key() not in left_behind(content, {gone.key(): gone})


def test_channels_of_an_earlier_life_are_left_behind() -> None:
    """Their numbers may be of an earlier friendship; those of others stay."""
    content = content_of(NODE, SOME, {})
    own = (channel(BOB, CountersInfo(2, 50)), collect(1), CreditRecord(BOB, "FST", 5, 0, 0))
    others = (channel(CARL, None), FRIEND_CARL)
    earlier = msgspec.structs.replace(FRIEND_BOB, floor=LIFE - 1)
    rows = {row.key(): row for row in (earlier, CONFIG, *own, *others)}
    assert left_behind(content, rows) == [row.key() for row in own]
    # Its collects are those of the kit, whatever waits in the copy under their names.
    written = {row.key(): row for row in records_of(content, rows)}
    assert [row.operation for row in written.values() if isinstance(row, QueuedRecord)] == [
        waiting.collect for waiting in content.collects
    ]
    rows[FRIEND_BOB.key()] = FRIEND_BOB
    assert left_behind(content, rows) == []


def test_a_kit_of_a_restored_node() -> None:
    """Until its friends tell, the kit that it was restored from says the newest marks."""
    waiting = msgspec.structs.replace(FRIEND_BOB, mark=Mark(2, 9))
    cases = ((None, Mark(2, 9)), (CountersInfo(2, 8), Mark(2, 9)), (CountersInfo(3, 0), Mark(3, 0)))
    for counters, mark in cases:
        assert content_of(NODE, [waiting, channel(BOB, counters)], {}).friends[0].mark == mark


@pytest.mark.parametrize("counters", [CountersInfo(3, 0), CountersInfo(2, 2**127 + 1)])
def test_a_kit_that_is_older(counters: CountersInfo) -> None:
    """Its settings would undo newer ones."""
    newer = channel(BOB, counters)
    with pytest.raises(UserFault, match="the kit is older than the copy"):
        records_of(content_of(NODE, SOME, {}), {FRIEND_BOB.key(): FRIEND_BOB, newer.key(): newer})
    heard = channel(CARL, CountersInfo(0, 0))
    later = msgspec.structs.replace(FRIEND_BOB, floor=LIFE + 1)
    with pytest.raises(UserFault, match="the kit is older than the copy"):
        records_of(content_of(NODE, SOME, {}), {later.key(): later})
    with pytest.raises(UserFault, match="the kit is older than the copy"):
        records_of(content_of(NODE, SOME, {}), {heard.key(): heard})


def test_the_mark_is_that_of_the_friends_message() -> None:
    """Not of our own last one, which the friend may never have heard."""
    content = content_of(NODE, [FRIEND_BOB, channel(BOB, None)], {})
    assert content.friends[0].mark is None


def test_the_last_tokens_of_friends() -> None:
    """They are in a kit, which they may not make larger than 64 KiB: then there are none, and all else is."""
    heard = channel(BOB, CountersInfo(2, 5))
    assert content_of(NODE, [FRIEND_BOB, heard], {}).friends[0].token == heard.incoming
    chance = SeededEntropy("kits")
    rows: list[Record] = []
    for _ in range(600):
        key = chance.bytes(32)
        tokens = channel(key, CountersInfo(0, 7))
        incoming = msgspec.structs.replace(
            tokens.incoming,
            prefix_hash=chance.bytes(32),
            rand_nonce=chance.bytes(16),
            new_token=chance.bytes(64),
        )
        rows += [
            FriendRecord(key, "x", True, (), SentRelays()),
            msgspec.structs.replace(tokens, incoming=incoming),
        ]
    content = content_of(NODE, rows, {})
    assert {friend.token for friend in content.friends} == {None}
    assert {friend.mark for friend in content.friends} == {Mark(0, 7)}
    assert len(kit_bytes(kit(content_of(NODE, rows[:300], {})))) < 2**16 - 56
    assert None not in [friend.token for friend in content_of(NODE, rows[:300], {}).friends]


def test_the_largest_collects() -> None:
    """KIT_COLLECTS_MAX of them, and no other answers."""
    count = KIT_COLLECTS_MAX + 3
    cancel = QueuedRecord(BOB, count, Queue.BACKWARD, "FST", CancelOp(bytes(16)), OWN)
    amounts = {(BOB, "FST", number.to_bytes(16)): number for number in range(count)}
    content = content_of(NODE, [*map(collect, range(count)), cancel], amounts)
    assert [waiting.amount for waiting in content.collects] == list(range(count - 1, 2, -1))


def test_a_newer_program() -> None:
    """It is named, whatever else is in the kit."""
    data = zlib.compress(msgspec.json.encode({"format": FORMAT + 1, "new": True}))
    with pytest.raises(UserFault, match="a kit of a newer program"):
        read_kit(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        kit_bytes(kit(content_of(NODE, SOME, {})))[:-5],
        zlib.compress(b"[]"),
        zlib.compress(b'{"format": 1}'),
        zlib.compress(b'{"format": 1, "generation": 1, "time": 1, "content": {"public_key": "?"}}'),
        zlib.compress(b"\xff"),
    ],
)
def test_damaged(data: bytes) -> None:
    """A sentence, whatever it is."""
    with pytest.raises(UserFault, match="damaged"):
        read_kit(data)


def test_a_kit_is_bounded() -> None:
    """However small it is packed."""
    with pytest.raises(UserFault, match="damaged"):
        kit_text(zlib.compress(bytes(KIT_BYTES_MAX + 1)))


def test_the_largest_kit_fits() -> None:
    """As much of everything as a node may have, all of it as long as it may be."""

    def size(value: object) -> int:
        return len(msgspec.json.encode(value)) + 1

    address = "h" * ADDRESS_BYTES_MAX
    friend = KitFriend(
        BOB,
        "n" * NAME_BYTES_MAX,
        False,
        (RelayAddress(BOB, address),) * FRIEND_RELAYS_MAX,
        (),
        Mark(U64_MAX, U128_MAX),
    )
    currency = KitCurrency("c" * CURRENCY_BYTES_MAX, Rate(2**32 - 1, 2**32 - 1), U128_MAX, False)
    waiting = KitCollect(BOB, currency.currency, U128_MAX, CollectOp(bytes(16), bytes(32), bytes(32)))
    server = NamedIndexServerAddress(BOB, address, "n" * NAME_BYTES_MAX)
    whole = FRIENDS_MAX * size(friend) + FRIEND_CURRENCIES_MAX * size(currency)
    whole += KIT_COLLECTS_MAX * size(waiting) + (INDEX_SERVERS_MAX + NODE_RELAYS_MAX) * size(server)
    assert whole + 1000 < KIT_BYTES_MAX
