"""`card.db`: what is written. One writer; each method is durable when it returns, and raises NodeStopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from offset.base.credits import Balance
from offset.base.faults import UserFault
from offset.base.ids import Currency, PublicKey
from offset.base.instants import Millis
from offset.store.card.dealings import DealingsStore, StoredPast
from offset.store.card.rows import AddressRow, Contact, Move, PartRow, PurchaseRow, SaleRow
from offset.store.sqlite.small import Kind, SmallDatabase, SmallReader

CARD = Kind("a card of a wallet", 0x4F465343, Path(__file__).parent / "migrations")
"""Marked "OFSC"."""
PASSING = "passing"
"""The cause of moves that no payment of the owner explains."""

Row = TypeVar("Row", PurchaseRow, SaleRow)

_NUMBERS = {"amount", "fees_max", "fees"}
"""Texts of digits in the database."""
_COLUMNS = {"commit": "commit_packed", "receipt": "receipt_packed"}
"""Columns whose names SQL does not take."""
_PARTS = msgspec.json.Encoder()
_READ_PARTS = msgspec.json.Decoder(tuple[tuple[bytes, str, str], ...])


def day_of(at: Millis) -> str:
    """The day of a moment, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


def _cell(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _NUMBERS:
        return str(value)
    if name == "is_acked":
        return int(value)
    if name == "parts":
        return _PARTS.encode([(part.friend, str(part.amount), str(part.fee)) for part in value]).decode()
    return value


def _value(name: str, cell: Any) -> Any:
    if cell is None:
        return None
    if name in _NUMBERS:
        return int(cell)
    if name == "is_acked":
        return bool(cell)
    if name == "parts":
        return tuple(
            PartRow(PublicKey(friend), int(amount), int(fee))
            for friend, amount, fee in _READ_PARTS.decode(cell)
        )
    return cell


class CardDatabase:
    """The books of one card. For one thread at a time; `reader` gives others a connection of their own."""

    def __init__(self, path: Path) -> None:
        """Open them, or make them. Raises UserFault."""
        self._database = SmallDatabase(path, CARD)
        self._path = path

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def rest(self) -> None:
        """Give back the memory until the books are used again."""
        self._database.rest()

    def reader(self) -> SmallReader:
        """One more connection, only for reading, for another thread; the caller closes it."""
        return self._database.reader()

    def past(self) -> StoredPast:
        """The rows of its letters that are over, for another thread; the caller closes it."""
        return StoredPast(self._database.reader)

    def group(self) -> AbstractContextManager[None]:
        """All that is written inside becomes durable together, or nothing of it. Raises NodeStopped."""
        return self._database.group()

    def dealings(self) -> DealingsStore:
        """The rows of its letters."""
        return DealingsStore(self._database)

    # Whose books these are

    def claim(self, node: PublicKey) -> bool:
        """These are the books of this node's card; whether they are new. Raises UserFault if they are another's."""
        found = self._database.rows("SELECT value FROM meta WHERE name = 'node'")
        if not found:
            self._database.write("INSERT INTO meta (name, value) VALUES ('node', ?)", node)
            return True
        if found != [(node,)]:
            raise UserFault(
                f"the books {self._path} are those of the card of another node; move the file away to begin new ones"
            )
        return False

    # Purchases and sales

    def put_purchase(self, row: PurchaseRow) -> None:
        """A new purchase, or what changed of one."""
        self._put("purchases", row)

    def put_sale(self, row: SaleRow) -> None:
        """A new sale, or what changed of one."""
        self._put("sales", row)

    def note_commit(self, row: SaleRow) -> None:
        """The commit of this sale, unless it has one, or is not open any more."""
        self._database.write(
            "UPDATE sales SET commit_packed = ?, why = ?, changed = ? "
            "WHERE id = ? AND stage = 'open' AND commit_packed IS NULL",
            row.commit,
            row.why,
            row.changed,
            row.id,
        )

    def remove_sale(self, id: str) -> None:
        """Forget a sale that the node did not take."""
        self._database.write("DELETE FROM sales WHERE id = ?", id)

    def _put(self, table: str, row: PurchaseRow | SaleRow) -> None:
        names = row.__struct_fields__
        columns = [_COLUMNS.get(name, name) for name in names]
        changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column != "id")
        self._database.write(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
            f"ON CONFLICT (id) DO UPDATE SET {changed}",
            *[_cell(name, getattr(row, name)) for name in names],
        )

    def purchase(self, id: str) -> PurchaseRow | None:
        """The purchase with this id."""
        return next(iter(self._find("purchases", PurchaseRow, "id = ?", id)), None)

    def sale(self, id: str) -> SaleRow | None:
        """The sale with this id."""
        return next(iter(self._find("sales", SaleRow, "id = ?", id)), None)

    def sale_of(self, request: str) -> SaleRow | None:
        """The sale that a request made."""
        return next(iter(self._find("sales", SaleRow, "request = ?", request)), None)

    def purchases_of(self, invoice_id: bytes) -> list[PurchaseRow]:
        """All purchases of an invoice, oldest first."""
        return self._find("purchases", PurchaseRow, "invoice_id = ?", invoice_id)

    def purchases_in(self, stages: Iterable[str]) -> list[PurchaseRow]:
        """All purchases in one of these stages, oldest first."""
        return self._in("purchases", PurchaseRow, stages)

    def purchases_by(self, token: str) -> list[PurchaseRow]:
        """All purchases that a program has begun, oldest first."""
        return self._find("purchases", PurchaseRow, "token = ?", token)

    def unacknowledged(self, ends: Iterable[str]) -> list[PurchaseRow]:
        """Those that have come to one of these ends, which the node may still keep."""
        wanted = tuple(ends)
        return self._find(
            "purchases",
            PurchaseRow,
            f"stage IN ({', '.join('?' * len(wanted))}) AND payment_id IS NOT NULL AND NOT is_acked",
            *wanted,
        )

    def sales_in(self, stages: Iterable[str]) -> list[SaleRow]:
        """All sales in one of these stages, oldest first."""
        return self._in("sales", SaleRow, stages)

    def newest_purchases(self, count: int) -> list[PurchaseRow]:
        """The last ones, newest first."""
        return self._find("purchases", PurchaseRow, "1", order=f"position DESC LIMIT {int(count)}")

    def newest_sales(self, count: int) -> list[SaleRow]:
        """The last ones, newest first, without those for which a guest has asked and that nobody has paid."""
        shown = "ask_id IS NULL OR commit_packed IS NOT NULL"
        return self._find("sales", SaleRow, shown, order=f"position DESC LIMIT {int(count)}")

    def sales_of(self, request_id: bytes, count: int) -> list[SaleRow]:
        """The last ones that answered a request and were paid, or may have been, newest first."""
        return self._find(
            "sales",
            SaleRow,
            "request_id = ? AND commit_packed IS NOT NULL",
            request_id,
            order=f"position DESC LIMIT {int(count)}",
        )

    def _in(self, table: str, cls: type[Row], stages: Iterable[str]) -> list[Row]:
        wanted = tuple(stages)
        return self._find(table, cls, f"stage IN ({', '.join('?' * len(wanted))})", *wanted)

    def _find(
        self, table: str, cls: type[Row], where: str, *values: Any, order: str = "position"
    ) -> list[Row]:
        names = cls.__struct_fields__
        columns = ", ".join(_COLUMNS.get(name, name) for name in names)
        found = self._database.rows(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}", *values)
        return [
            cls(**{name: _value(name, cell) for name, cell in zip(names, row, strict=True)}) for row in found
        ]

    # Mailboxes and requests

    def addresses(self) -> list[AddressRow]:
        """All, by number."""
        found = self._database.rows("SELECT number, label, open_to FROM addresses ORDER BY number")
        return [AddressRow(*cells) for cells in found]

    def put_address(self, row: AddressRow) -> None:
        """A new one, or what changed of one."""
        self._database.write(
            "INSERT INTO addresses (number, label, open_to) VALUES (?, ?, ?) "
            "ON CONFLICT (number) DO UPDATE SET label = excluded.label, open_to = excluded.open_to",
            row.number,
            row.label,
            row.open_to,
        )

    # Moves

    def balances(self) -> dict[tuple[PublicKey, Currency], Balance]:
        """What each friend owed when it was looked at last."""
        return {
            (PublicKey(friend), Currency(currency)): int(balance)
            for friend, currency, balance in self._database.rows(
                "SELECT friend, currency, balance FROM balances"
            )
        }

    def explained(
        self, purchases: Iterable[str], sales: Iterable[str]
    ) -> list[tuple[str, PublicKey, Balance]]:
        """Which moves are said to be of these purchases and sales: id, friend, delta."""
        found = []
        for column, ids in (("purchase", tuple(purchases)), ("sale", tuple(sales))):
            found += self._database.rows(
                f"SELECT {column}, friend, delta FROM moves WHERE {column} IN ({', '.join('?' * len(ids))})",
                *ids,
            )
        return [(id, PublicKey(friend), int(delta)) for id, friend, delta in found]

    def add_moves(
        self, moves: Iterable[Move], balances: Mapping[tuple[PublicKey, Currency], Balance | None]
    ) -> None:
        """These happened, in this order; `balances` are what stands there now, None for what is there no more.

        Payments of others that pass one after another on one day are one row.
        """
        with self._database.group():
            for move in moves:
                if move.cause == PASSING and move.purchase is None and move.sale is None:
                    self._pass(move)
                else:
                    self._insert(move, move.friend, move.friend_name)
                self._database.write(
                    "INSERT INTO days (currency, day, balance) VALUES (?, ?, ?) "
                    "ON CONFLICT (currency, day) DO UPDATE SET balance = excluded.balance",
                    move.currency,
                    day_of(move.at),
                    str(move.total),
                )
            for (friend, currency), balance in balances.items():
                if balance is None:
                    self._database.write(
                        "DELETE FROM balances WHERE friend = ? AND currency = ?", friend, currency
                    )
                else:
                    self._database.write(
                        "INSERT INTO balances (friend, currency, balance) VALUES (?, ?, ?) "
                        "ON CONFLICT (friend, currency) DO UPDATE SET balance = excluded.balance",
                        friend,
                        currency,
                        str(balance),
                    )

    def _insert(self, move: Move, friend: PublicKey | None, friend_name: str | None) -> None:
        self._database.write(
            "INSERT INTO moves (at, cause, currency, friend, friend_name, delta, balance, total, fees, purchase, sale) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            move.at,
            move.cause,
            move.currency,
            friend,
            friend_name,
            str(move.delta),
            str(move.balance if friend is not None else move.total),
            str(move.total),
            None if move.fees is None else str(move.fees),
            move.purchase,
            move.sale,
        )

    def _pass(self, move: Move) -> None:
        last = self._database.rows(
            "SELECT id, at, cause, purchase, sale, delta FROM moves WHERE currency = ? ORDER BY id DESC LIMIT 1",
            move.currency,
        )
        if last and last[0][2:5] == (PASSING, None, None) and day_of(last[0][1]) == day_of(move.at):
            id, delta = last[0][0], int(last[0][5]) + move.delta
            self._database.write(
                "UPDATE moves SET at = ?, delta = ?, balance = ?, total = ? WHERE id = ?",
                move.at,
                str(delta),
                str(move.total),
                str(move.total),
                id,
            )
        else:
            self._insert(move, None, None)
            ((id,),) = self._database.rows("SELECT last_insert_rowid()")
        before = self._database.rows(
            "SELECT delta FROM passed WHERE move = ? AND friend = ?", id, move.friend
        )
        self._database.write(
            "INSERT INTO passed (move, friend, delta) VALUES (?, ?, ?) "
            "ON CONFLICT (move, friend) DO UPDATE SET delta = excluded.delta",
            id,
            move.friend,
            str(move.delta + (int(before[0][0]) if before else 0)),
        )

    # People

    def contacts(self) -> list[Contact]:
        """All, by name."""
        return [
            Contact(PublicKey(key), name, note)
            for key, name, note in self._database.rows(
                "SELECT key, name, note FROM contacts ORDER BY name, key"
            )
        ]

    def put_contact(self, contact: Contact) -> None:
        """Call a node so."""
        self._database.write(
            "INSERT INTO contacts (key, name, note) VALUES (?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET name = excluded.name, note = excluded.note",
            contact.key,
            contact.name,
            contact.note,
        )
