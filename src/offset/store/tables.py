"""The tables of a database, and what to execute so that they hold some changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from offset.core.funder.records import Changes, IndexServersRecord, Record, RelaysRecord
from offset.store import rows
from offset.store.rows import Row
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress

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

    def read(self, found: Iterator[Row]) -> Iterator[Record]:
        """The records in what `select` gave."""
        ...


class Entities:
    """A table with one record in each row. Its columns stand in the order of its rows, those of its key first.

    `lasting` columns stay as they were written first, and are not read.
    """

    def __init__(
        self,
        name: str,
        keys: str,
        columns: str,
        to_row: Callable[[Any], Row],
        from_row: Callable[..., Record],
        lasting: str = "",
    ) -> None:
        self.name = name
        self._to_row, self._from_row = to_row, from_row
        key, changing = keys.split(), columns.split()
        every = [*key, *changing, *lasting.split()]
        marks = ", ".join("?" for _ in every)
        changed = ", ".join(f"{column} = excluded.{column}" for column in changing)
        self._upsert = (
            f"INSERT INTO {name} ({', '.join(every)}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
        )
        self._delete = f"DELETE FROM {name} WHERE {' AND '.join(f'{column} = ?' for column in key)}"
        self.select = f"SELECT {', '.join(key + changing)} FROM {name} ORDER BY {', '.join(key)}"

    def put(self, records: list[Any]) -> list[Statement]:
        """One upsert."""
        return [(self._upsert, list(map(self._to_row, records)))]

    def drop(self, keys: list[Row]) -> list[Statement]:
        """One delete."""
        return [(self._delete, keys)]

    def read(self, found: Iterator[Row]) -> Iterator[Record]:
        """One record from each row."""
        for row in found:
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
        listed = [
            (place, item.public_key, item.address, item.name) for place, item in enumerate(addresses, 1)
        ]
        return [(self._clear, [()]), (self._insert, listed)]

    def drop(self, _keys: list[Row]) -> list[Statement]:
        """An empty list."""
        return [(self._clear, [()])]

    def read(self, found: Iterator[Row]) -> Iterator[Record]:
        """One record, even if the list is empty."""
        yield self._record(tuple([self._address(*row) for row in found]))


def make_tables(now: Now) -> dict[str, Table]:
    """All tables by name, in the order in which a state is restored. `now` stamps the history."""
    history = Entities(
        "history",
        "kind id",
        "currency amount peer detail",
        lambda record: (*rows.history_row(record), now()),
        rows.read_history,
        lasting="time",
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


_TABLES: tuple[Table, ...] = (
    Addresses("relays", RelaysRecord, NamedRelayAddress),
    Addresses("index_servers", IndexServersRecord, NamedIndexServerAddress),
    Entities(
        "friends",
        "public_key",
        "name is_enabled remote_relays sent_relays",
        rows.friend_row,
        rows.read_friend,
    ),
    Entities(
        "configs",
        "friend currency",
        "rate_mul rate_add remote_max_debt is_open",
        rows.config_row,
        rows.read_config,
    ),
    Entities(
        "channels",
        "friend",
        "outgoing incoming inconsistency_counter move_token_counter local_currencies remote_currencies "
        "local_terms remote_terms reset_wish former_terms",
        rows.channel_row,
        rows.read_channel,
    ),
    Entities(
        "credits",
        "friend currency",
        "balance local_pending_debt remote_pending_debt",
        rows.credit_row,
        rows.read_credit,
    ),
    Entities(
        "pending",
        "friend currency is_local request_id",
        "src_hashed_lock route dest_payment total_dest_payment invoice_id left_fees response origin",
        rows.pending_row,
        rows.read_pending,
    ),
    Entities(
        "queued",
        "friend number",
        "queue currency operation origin",
        rows.queued_row,
        rows.read_queued,
    ),
    Entities(
        "invoices",
        "invoice_id",
        "currency total_dest_payment dest_plain_lock src_hashed_lock parts",
        rows.invoice_row,
        rows.read_invoice,
    ),
    Entities(
        "payments",
        "payment_id",
        "invoice_id currency total_dest_payment dest_public_key src_plain_lock stage open_transactions "
        "receipt ack_uid",
        rows.payment_row,
        rows.read_payment,
    ),
    Entities(
        "transactions",
        "request_id",
        "payment_id friend dest_payment fees response",
        rows.transaction_row,
        rows.read_transaction,
    ),
)
