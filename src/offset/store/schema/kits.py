"""A kit: what a node knows that its friends cannot tell it, in a few KiB (docs/manual/copies.md).

Names, relays, limits and rates are only in our own rows. Balances are not in a kit: friends tell them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

import msgspec

from offset.base.credits import Amount, Rate
from offset.base.faults import UserFault
from offset.base.ids import Currency, PublicKey, RequestId
from offset.base.limits import KIT_BYTES_MAX, KIT_COLLECTS_MAX, KIT_SMALL_BYTES
from offset.core.funder.lost_keys import RevokedKey, RevokedRecord
from offset.core.funder.records import (
    OWN,
    ChannelKey,
    ChannelRecord,
    ConfigRecord,
    CreditKey,
    FriendKey,
    FriendRecord,
    IndexServersRecord,
    Key,
    Mark,
    NodeKey,
    NodeRecord,
    PendingKey,
    Queue,
    QueuedKey,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.friend import CollectOp
from offset.wire.report import MoveTokenHashedReport
from offset.wire.revocations import Revocation

FORMAT = 1


class KitCurrency(msgspec.Struct, frozen=True):
    """What the owner set for a friend and currency."""

    currency: Currency
    rate: Rate
    remote_max_debt: Amount
    is_open: bool


class KitFriend(msgspec.Struct, frozen=True):
    """A friend, and how far the channel was."""

    public_key: PublicKey
    name: str
    is_enabled: bool
    relays: tuple[RelayAddress, ...]
    currencies: tuple[KitCurrency, ...]
    mark: Mark | None
    """Of its last message that we hold; None before its first one."""
    token: MoveTokenHashedReport | None = None
    """That message's signature under all balances. A large kit has none."""
    floor: int = 0
    """The life of our last message that it has answered."""


class KitCollect(msgspec.Struct, frozen=True):
    """An answer that waits for a friend, and is worth its credits."""

    friend: PublicKey
    currency: Currency
    amount: Amount
    """Frozen for it, fees included."""
    collect: CollectOp


class KitContent(msgspec.Struct, frozen=True):
    """What a kit holds, without when it was made."""

    public_key: PublicKey
    """The node."""
    relays: tuple[NamedRelayAddress, ...]
    index_servers: tuple[NamedIndexServerAddress, ...]
    friends: tuple[KitFriend, ...]
    collects: tuple[KitCollect, ...]
    """The largest first, KIT_COLLECTS_MAX at most."""
    highest_life: int = 0
    """The highest life in which the node ever signed."""
    revoked: tuple[Revocation, ...] = ()
    """Keys that their owners have revoked: they stay disabled, whatever database comes of it."""


class Kit(msgspec.Struct, frozen=True):
    """A kit."""

    format: int
    generation: int
    """Higher than that of each kit that the node made before."""
    time: int
    """When it was made, in ms since 1970."""
    content: KitContent


class _Head(msgspec.Struct):
    format: int


_decode_head = msgspec.json.Decoder(_Head).decode
_decode = msgspec.json.Decoder(Kit).decode
_encode = msgspec.json.Encoder().encode


def kit_bytes(kit: Kit) -> bytes:
    """JSON, with bytes in base64, compressed."""
    return zlib.compress(_encode(kit))


def read_kit(data: bytes) -> Kit:
    """What `kit_bytes` made. Raises UserFault, whose sentence begins as in "a kit of a newer program"."""
    text = kit_text(data)
    try:
        found = _decode_head(text).format
        if found > FORMAT:
            raise UserFault(
                f"a kit of a newer program (format {found}, this one knows {FORMAT}); use that one"
            )
        return _decode(text)
    except (msgspec.MsgspecError, ValueError):
        raise UserFault("damaged: use another kit") from None


def kit_text(data: bytes) -> bytes:
    """The JSON of a kit. Raises UserFault."""
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, KIT_BYTES_MAX)
    except zlib.error:
        raise UserFault("damaged: use another kit") from None
    if not unpacking.eof:
        raise UserFault("damaged: use another kit")
    return text


def content_of(
    node: PublicKey,
    records: Iterable[Record],
    amounts: Mapping[tuple[PublicKey, Currency, RequestId], Amount],
) -> KitContent:
    """What a kit of these rows holds. `amounts`: what is frozen for each request of a friend that has a collect."""
    relays: tuple[NamedRelayAddress, ...] = ()
    servers: tuple[NamedIndexServerAddress, ...] = ()
    friends: list[FriendRecord] = []
    configs: dict[PublicKey, list[KitCurrency]] = {}
    channels: dict[PublicKey, ChannelRecord] = {}
    collects: list[KitCollect] = []
    highest_life = 0
    revoked: list[Revocation] = []
    for record in records:
        match record:
            case NodeRecord():
                highest_life = record.highest_life
            case RevokedRecord():
                revoked.append(Revocation(record.public_key, record.signature))
            case RelaysRecord():
                relays = record.relays
            case IndexServersRecord():
                servers = record.servers
            case FriendRecord():
                friends.append(record)
            case ConfigRecord():
                set_for = KitCurrency(record.currency, record.rate, record.remote_max_debt, record.is_open)
                configs.setdefault(record.friend, []).append(set_for)
            case ChannelRecord():
                channels[record.friend] = record
            case QueuedRecord(operation=CollectOp() as collect, queue=Queue.BACKWARD):
                amount = amounts.get((record.friend, record.currency, collect.request_id), 0)
                collects.append(KitCollect(record.friend, record.currency, amount, collect))
            case _:
                pass
    collects.sort(key=lambda waiting: (-waiting.amount, waiting.collect.request_id))
    content = KitContent(
        node,
        relays,
        servers,
        tuple(
            [_friend(row, configs.get(row.public_key, ()), channels.get(row.public_key)) for row in friends]
        ),
        tuple(collects[:KIT_COLLECTS_MAX]),
        highest_life,
        tuple(revoked),
    )
    if len(zlib.compress(_encode(content))) <= KIT_SMALL_BYTES:
        return content
    bare = tuple([msgspec.structs.replace(friend, token=None) for friend in content.friends])
    return msgspec.structs.replace(content, friends=bare)


def _friend(row: FriendRecord, currencies: Iterable[KitCurrency], channel: ChannelRecord | None) -> KitFriend:
    return KitFriend(
        row.public_key,
        row.name,
        row.is_enabled,
        row.remote_relays,
        tuple(currencies),
        _newest(row.mark, None if channel is None else _mark(channel)),
        None if channel is None else channel.incoming,
        row.floor,
    )


def records_of(content: KitContent, rows: Mapping[Key, Record]) -> list[Record]:
    """The rows that a kit sets in a database which holds `rows`: all settings, and friends that are new there.

    Friends that only the database has are disabled. Nothing is claimed of channels. Raises UserFault when `rows` are
    newer than the kit.
    """
    highest = max(content.highest_life, _highest(content.public_key, rows))
    records: list[Record] = [
        RelaysRecord(content.relays),
        IndexServersRecord(content.index_servers),
        NodeRecord(content.public_key, highest),
        *[RevokedRecord(item.public_key, item.signature) for item in content.revoked],
    ]
    revoked = {item.public_key for item in content.revoked}
    revoked |= {key.public_key for key in rows if isinstance(key, RevokedKey)}
    for friend in content.friends:
        key = friend.public_key
        channel, known = rows.get(ChannelKey(key)), rows.get(FriendKey(key))
        sent, floor = SentRelays(), 0
        if isinstance(known, FriendRecord):
            sent, floor = known.sent_relays, known.floor
        mark = _mark(channel) if isinstance(channel, ChannelRecord) else None
        if _age(floor, mark) > _age(friend.floor, friend.mark):
            raise UserFault("the kit is older than the copy: leave it out, or take a newer one")
        records.append(
            FriendRecord(
                key,
                friend.name,
                friend.is_enabled and key not in revoked,
                friend.relays,
                sent,
                floor=friend.floor,
                mark=friend.mark,
            )
        )
        records += [
            ConfigRecord(key, item.currency, item.rate, item.remote_max_debt, item.is_open)
            for item in friend.currencies
        ]
    in_kit = {friend.public_key for friend in content.friends}
    # Removed since the copy was made: whoever wants such a friend back enables it.
    records += [
        msgspec.structs.replace(row, is_enabled=False)
        for row in rows.values()
        if isinstance(row, FriendRecord) and row.public_key not in in_kit
    ]
    gone = dict.fromkeys(left_behind(content, rows))
    left = {place: row for place, row in rows.items() if place not in gone}
    return [*records, *_waiting(content, left)]


def _waiting(content: KitContent, rows: Mapping[Key, Record]) -> list[Record]:
    """The collects of a kit, in the queues of their friends; what is queued there already stays."""
    numbers: dict[PublicKey, int] = {}
    known: set[tuple[PublicKey, Currency, RequestId]] = set()
    for row in rows.values():
        if isinstance(row, QueuedRecord):
            numbers[row.friend] = max(numbers.get(row.friend, 0), row.number + 1)
            if isinstance(row.operation, CollectOp):
                known.add((row.friend, row.currency, row.operation.request_id))
    friends = {friend.public_key for friend in content.friends}
    found: list[Record] = []
    for item in content.collects:
        if item.friend in friends and (item.friend, item.currency, item.collect.request_id) not in known:
            number = numbers.get(item.friend, 0)
            numbers[item.friend] = number + 1
            found.append(QueuedRecord(item.friend, number, Queue.BACKWARD, item.currency, item.collect, OWN))
    return found


def left_behind(content: KitContent, rows: Mapping[Key, Record]) -> list[Key]:
    """The rows of channels that are of an earlier life than the kit knows of: perhaps of an earlier friendship, whose
    numbers say nothing about this one. What stands there now the friend shows.
    """
    floors = {friend.public_key: friend.floor for friend in content.friends}
    earlier = {
        row.public_key
        for row in rows.values()
        if isinstance(row, FriendRecord) and row.floor < floors.get(row.public_key, 0)
    }
    return [
        key
        for key in rows
        if isinstance(key, ChannelKey | CreditKey | PendingKey | QueuedKey) and key.friend in earlier
    ]


def _highest(node: PublicKey, rows: Mapping[Key, Record]) -> int:
    known = rows.get(NodeKey(node))
    return known.highest_life if isinstance(known, NodeRecord) else 0


def _mark(channel: ChannelRecord) -> Mark | None:
    if channel.incoming is None:
        return None
    counters = channel.incoming.token_info.counters
    return Mark(counters.inconsistency_counter, counters.move_token_counter)


def _newest(*marks: Mark | None) -> Mark | None:
    """The newest of these marks of one friendship."""
    known = [mark for mark in marks if mark is not None]
    return max(known, key=lambda mark: _age(0, mark), default=None)


def _age(floor: int, mark: Mark | None) -> tuple[int, int, int]:
    """Of two states of a channel the one with the greater age is newer. A new friendship counts from 0 again."""
    counters = (-1, -1) if mark is None else (mark.inconsistency_counter, mark.move_token_counter)
    return (floor, *counters)
