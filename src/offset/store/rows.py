"""How each record lies in its table, and how it is read back.

Numbers that may exceed 64 bits are decimal texts, lists and messages are JSON: msgspec writes it many times faster
than the wire codec writes its bytes, and a person can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from offset.base.credits import Rate
from offset.base.ids import PUBLIC_KEY_BYTES
from offset.core.funder.records import (
    Changes,
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    HistoryRecord,
    IndexServersRecord,
    InvoiceRecord,
    PartRecord,
    PaymentRecord,
    PendingRecord,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
    TransactionRecord,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, Receipt, RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    Operation,
    RequestOp,
    ResetTerms,
    ResponseOp,
)
from offset.wire.report import MoveTokenHashedReport

Row = tuple[Any, ...]
Statement = tuple[str, list[Row]]
"""What to execute for each of some rows."""
Now = Callable[[], int]
"""The time of day, in ms since 1970."""


class Table(Protocol):
    """Rows of one kind of record."""

    name: str
    select: str

    def put(self, records: list[Any]) -> list[Statement]:
        """What writes these records, over older ones with the same keys."""
        ...

    def drop(self, keys: list[Row]) -> list[Statement]:
        """What deletes the rows with these keys, as far as there are any."""
        ...

    def read(self, rows: Iterator[Row]) -> Iterator[Record]:
        """The records in what `select` gave."""
        ...


class Entities:
    """A table with one record in each row. `keys` stand first; `lasting` columns stay as they were written first."""

    def __init__(
        self,
        name: str,
        keys: tuple[str, ...],
        columns: tuple[str, ...],
        to_row: Callable[[Any], Row],
        from_row: Callable[..., Record],
        lasting: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self._to_row, self._from_row = to_row, from_row
        names = (*keys, *columns, *lasting)
        marks = ", ".join("?" * len(names))
        changed = ", ".join(f"{column} = excluded.{column}" for column in columns)
        self._upsert = (
            f"INSERT INTO {name} ({', '.join(names)}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}"
        )
        self._delete = f"DELETE FROM {name} WHERE {' AND '.join(f'{key} = ?' for key in keys)}"
        self.select = f"SELECT {', '.join((*keys, *columns))} FROM {name} ORDER BY {', '.join(keys)}"

    def put(self, records: list[Any]) -> list[Statement]:
        """One upsert."""
        return [(self._upsert, list(map(self._to_row, records)))]

    def drop(self, keys: list[Row]) -> list[Statement]:
        """One delete."""
        return [(self._delete, keys)]

    def read(self, rows: Iterator[Row]) -> Iterator[Record]:
        """One record from each row."""
        for row in rows:
            yield self._from_row(*row)


class Addresses:
    """A table that is one record: a list of named addresses, in the order of the owner."""

    def __init__(self, name: str, record: Callable[[tuple[Any, ...]], Record], address: type[Any]) -> None:
        self.name = name
        self._record, self._address = record, address
        self._clear = f"DELETE FROM {name}"
        self._insert = f"INSERT INTO {name} (position, public_key, address, name) VALUES (?, ?, ?, ?)"
        self.select = f"SELECT public_key, address, name FROM {name} ORDER BY position"

    def put(self, records: list[Any]) -> list[Statement]:
        """The old list goes, the new one comes."""
        ((addresses,),) = map(msgspec.structs.astuple, records)
        rows = [(place, item.public_key, item.address, item.name) for place, item in enumerate(addresses, 1)]
        return [(self._clear, [()]), (self._insert, rows)]

    def drop(self, keys: list[Row]) -> list[Statement]:
        """An empty list."""
        return [(self._clear, [()])]

    def read(self, rows: Iterator[Row]) -> Iterator[Record]:
        """One record, even if the list is empty."""
        yield self._record(tuple([self._address(*row) for row in rows]))


def make_tables(now: Now) -> dict[str, Table]:
    """All tables by name, in the order in which a state is restored. `now` stamps the history."""
    history = Entities(
        "history",
        ("kind", "id"),
        ("currency", "amount", "peer", "detail"),
        lambda record: (*_history_row(record), now()),
        _history,
        lasting=("time",),
    )
    return {table.name: table for table in (*_TABLES, history)}


def statements(tables: dict[str, Table], changes: Changes) -> list[Statement]:
    """What makes these changes, a few statements for each table."""
    puts: dict[str, list[Any]] = {}
    drops: dict[str, list[Row]] = {}
    for key, record in changes.items():
        if record is None:
            drops.setdefault(key[0], []).append(key[1:])
        else:
            puts.setdefault(key[0], []).append(record)
    found: list[Statement] = []
    for name, keys in drops.items():
        found += tables[name].drop(keys)
    for name, records in puts.items():
        found += tables[name].put(records)
    return found


# JSON

_encode = msgspec.json.Encoder().encode


def _text(value: Any) -> str:
    return _encode(value).decode()


def _optional_text(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()


def _reader(cls: Any) -> Callable[[str], Any]:
    return msgspec.json.Decoder(cls).decode


def _optional(read: Callable[[str], Any]) -> Callable[[str | None], Any]:
    return lambda text: None if text is None else read(text)


_read_currencies = _reader(tuple[str, ...])
_read_relays = _reader(tuple[RelayAddress, ...])
_read_sent_relays = _reader(SentRelays)
_read_parts = _reader(tuple[PartRecord, ...])
_read_report = _optional(_reader(MoveTokenHashedReport))
_read_terms = _optional(_reader(ResetTerms))
_read_response = _optional(_reader(ResponseOp))
_read_receipt = _optional(_reader(Receipt))

_OPERATIONS = {cls.__struct_fields__: _reader(cls) for cls in (RequestOp, ResponseOp, CancelOp, CollectOp)}
_read_fields = _reader(dict[str, msgspec.Raw])


class _Group(msgspec.Struct):
    currency: str
    operations: tuple[msgspec.Raw, ...]


class _Token(msgspec.Struct):
    """A move token whose operations are still JSON."""

    old_token: bytes
    currencies_operations: tuple[_Group, ...]
    opt_local_relays: tuple[RelayAddress, ...] | None
    opt_active_currencies: tuple[str, ...] | None
    info_hash: bytes
    rand_nonce: bytes
    new_token: bytes


_read_token = _reader(_Token)


def _operation(text: Any) -> Operation:
    """An operation, which is known by its fields."""
    operation: Operation = _OPERATIONS[tuple(_read_fields(text))](text)
    return operation


def _move_token(text: str | None) -> MoveToken | None:
    if text is None:
        return None
    token = _read_token(text)
    groups = tuple(
        CurrencyOperations(group.currency, tuple(_operation(raw) for raw in group.operations))
        for group in token.currencies_operations
    )
    return MoveToken(
        token.old_token,
        groups,
        token.opt_local_relays,
        token.opt_active_currencies,
        token.info_hash,
        token.rand_nonce,
        token.new_token,
    )


# Friends


def _friend_row(record: FriendRecord) -> Row:
    return (
        record.public_key,
        record.name,
        record.is_enabled,
        _text(record.remote_relays),
        _text(record.sent_relays),
    )


def _friend(public_key: bytes, name: str, is_enabled: int, relays: str, sent: str) -> FriendRecord:
    return FriendRecord(public_key, name, bool(is_enabled), _read_relays(relays), _read_sent_relays(sent))


def _config_row(record: ConfigRecord) -> Row:
    rate = record.rate
    limit = str(record.remote_max_debt)
    return record.friend, record.currency, rate.mul, rate.add, limit, record.is_open


def _config(friend: bytes, currency: str, mul: int, add: int, limit: str, is_open: int) -> ConfigRecord:
    return ConfigRecord(friend, currency, Rate(mul, add), int(limit), bool(is_open))


# Channels


def _channel_row(record: ChannelRecord) -> Row:
    return (
        record.friend,
        _optional_text(record.outgoing),
        _optional_text(record.incoming),
        str(record.inconsistency_counter),
        str(record.move_token_counter),
        _text(record.local_currencies),
        _text(record.remote_currencies),
        _optional_text(record.local_terms),
        _optional_text(record.remote_terms),
        record.reset_wish,
        _optional_text(record.former_terms),
    )


def _channel(
    friend: bytes,
    outgoing: str | None,
    incoming: str | None,
    inconsistency_counter: str,
    move_token_counter: str,
    local_currencies: str,
    remote_currencies: str,
    local_terms: str | None,
    remote_terms: str | None,
    reset_wish: bytes | None,
    former_terms: str | None,
) -> ChannelRecord:
    return ChannelRecord(
        friend,
        _move_token(outgoing),
        _read_report(incoming),
        int(inconsistency_counter),
        int(move_token_counter),
        _read_currencies(local_currencies),
        _read_currencies(remote_currencies),
        _read_terms(local_terms),
        _read_terms(remote_terms),
        reset_wish,
        _read_terms(former_terms),
    )


def _credit_row(record: CreditRecord) -> Row:
    return (
        record.friend,
        record.currency,
        str(record.balance),
        str(record.local_pending_debt),
        str(record.remote_pending_debt),
    )


def _credit(friend: bytes, currency: str, balance: str, local_debt: str, remote_debt: str) -> CreditRecord:
    return CreditRecord(friend, currency, int(balance), int(local_debt), int(remote_debt))


def _pending_row(record: PendingRecord) -> Row:
    request = record.request
    return (
        record.friend,
        record.currency,
        record.is_local,
        request.request_id,
        request.src_hashed_lock,
        b"".join(request.route.public_keys),
        str(request.dest_payment),
        str(request.total_dest_payment),
        request.invoice_id,
        str(request.left_fees),
        _optional_text(record.response),
        record.origin,
    )


def _pending(
    friend: bytes,
    currency: str,
    is_local: int,
    request_id: bytes,
    src_hashed_lock: bytes,
    route: bytes,
    dest_payment: str,
    total_dest_payment: str,
    invoice_id: bytes,
    left_fees: str,
    response: str | None,
    origin: bytes,
) -> PendingRecord:
    keys = [route[start : start + PUBLIC_KEY_BYTES] for start in range(0, len(route), PUBLIC_KEY_BYTES)]
    request = RequestOp(
        request_id,
        src_hashed_lock,
        FriendsRoute(tuple(keys)),
        int(dest_payment),
        int(total_dest_payment),
        invoice_id,
        int(left_fees),
    )
    return PendingRecord(friend, currency, bool(is_local), request, _read_response(response), origin)


def _queued_row(record: QueuedRecord) -> Row:
    operation = _text(record.operation)
    return record.friend, record.number, record.queue, record.currency, operation, record.origin


def _queued(
    friend: bytes, number: int, queue: int, currency: str, operation: str, origin: bytes
) -> QueuedRecord:
    return QueuedRecord(friend, number, queue, currency, _operation(operation), origin)


# Sellers and buyers


def _invoice_row(record: InvoiceRecord) -> Row:
    return (
        record.invoice_id,
        record.currency,
        str(record.total_dest_payment),
        record.dest_plain_lock,
        record.src_hashed_lock,
        _text(record.parts),
    )


def _invoice(
    invoice_id: bytes, currency: str, total: str, plain_lock: bytes, hashed_lock: bytes | None, parts: str
) -> InvoiceRecord:
    return InvoiceRecord(invoice_id, currency, int(total), plain_lock, hashed_lock, _read_parts(parts))


def _payment_row(record: PaymentRecord) -> Row:
    return (
        record.payment_id,
        record.invoice_id,
        record.currency,
        str(record.total_dest_payment),
        record.dest_public_key,
        record.src_plain_lock,
        record.stage,
        record.open_transactions,
        _optional_text(record.receipt),
        record.ack_uid,
    )


def _payment(
    payment_id: bytes,
    invoice_id: bytes,
    currency: str,
    total: str,
    dest_public_key: bytes,
    src_plain_lock: bytes,
    stage: str,
    open_transactions: int,
    receipt: str | None,
    ack_uid: bytes | None,
) -> PaymentRecord:
    return PaymentRecord(
        payment_id,
        invoice_id,
        currency,
        int(total),
        dest_public_key,
        src_plain_lock,
        stage,
        open_transactions,
        _read_receipt(receipt),
        ack_uid,
    )


def _transaction_row(record: TransactionRecord) -> Row:
    return (
        record.request_id,
        record.payment_id,
        record.friend,
        str(record.dest_payment),
        str(record.fees),
        _optional_text(record.response),
    )


def _transaction(
    request_id: bytes, payment_id: bytes, friend: bytes, dest_payment: str, fees: str, response: str | None
) -> TransactionRecord:
    return TransactionRecord(
        request_id, payment_id, friend, int(dest_payment), int(fees), _read_response(response)
    )


def _history_row(record: HistoryRecord) -> Row:
    return record.kind, record.id, record.currency, str(record.amount), record.peer, record.detail


def _history(kind: str, id: bytes, currency: str, amount: str, peer: bytes, detail: bytes) -> HistoryRecord:
    return HistoryRecord(kind, id, currency, int(amount), peer, detail)


_TABLES: tuple[Table, ...] = (
    Addresses("relays", RelaysRecord, NamedRelayAddress),
    Addresses("index_servers", IndexServersRecord, NamedIndexServerAddress),
    Entities(
        "friends",
        ("public_key",),
        ("name", "is_enabled", "remote_relays", "sent_relays"),
        _friend_row,
        _friend,
    ),
    Entities(
        "configs",
        ("friend", "currency"),
        ("rate_mul", "rate_add", "remote_max_debt", "is_open"),
        _config_row,
        _config,
    ),
    Entities("channels", ("friend",), ChannelRecord.__struct_fields__[1:], _channel_row, _channel),
    Entities("credits", ("friend", "currency"), CreditRecord.__struct_fields__[2:], _credit_row, _credit),
    Entities(
        "pending",
        ("friend", "currency", "is_local", "request_id"),
        (*RequestOp.__struct_fields__[1:], "response", "origin"),
        _pending_row,
        _pending,
    ),
    Entities("queued", ("friend", "number"), QueuedRecord.__struct_fields__[2:], _queued_row, _queued),
    Entities("invoices", ("invoice_id",), InvoiceRecord.__struct_fields__[1:], _invoice_row, _invoice),
    Entities("payments", ("payment_id",), PaymentRecord.__struct_fields__[1:], _payment_row, _payment),
    Entities(
        "transactions",
        ("request_id",),
        TransactionRecord.__struct_fields__[1:],
        _transaction_row,
        _transaction,
    ),
)
