"""The history of a card, read over a connection of its own, so that a thread can do it while others write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from offset.base.ids import Currency, PublicKey
from offset.base.instants import Millis
from offset.store.card.rows import HistoryRow
from offset.store.sqlite.small import SmallReader

PAID, RECEIVED = "paid", "received"
"""The causes of moves of a purchase that is done, and of a sale whose commit the node took; of others it is as written:
nothing is called paid before the own node says so."""

_SHOWN = f"""
SELECT moves.id, moves.at,
    CASE WHEN purchases.id IS NOT NULL THEN '{PAID}' WHEN sales.id IS NOT NULL THEN '{RECEIVED}'
         ELSE moves.cause END AS cause,
    moves.currency, moves.friend, moves.friend_name, moves.delta, moves.balance, moves.total, moves.fees,
    purchases.id AS purchase, sales.id AS sale,
    coalesce(purchases.name, sales.payer, '') AS name, coalesce(purchases.note, sales.note, '') AS note,
    purchases.amount AS amount
FROM moves
LEFT JOIN purchases ON purchases.id = moves.purchase AND purchases.stage = 'done'
LEFT JOIN sales ON sales.id = moves.sale AND sales.stage IN ('committed', 'collected')
"""
_SELECT = f"SELECT {', '.join(HistoryRow.__struct_fields__)} FROM ({_SHOWN})"


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of the history are wanted."""

    words: str = ""
    """In the name of a friend or a payee, in a note; or the amount, to the credit."""
    since: Millis | None = None
    until: Millis | None = None
    """Before this moment."""
    currency: Currency | None = None
    before: int | None = None
    """Rows with lower ids."""

    def where(self) -> tuple[str, list[Any]]:
        """The condition, and its values."""
        parts: list[str] = []
        values: list[Any] = []
        for word in self.words.split():
            like = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            columns = ("friend_name", "name", "note")
            likes = " OR ".join(f"{column} LIKE ? ESCAPE '\\'" for column in columns)
            parts.append(f"({likes} OR delta IN (?, '-' || ?) OR amount = ? OR currency = ?)")
            values += [*[like] * len(columns), word, word, word, word]
        for condition, value in (
            ("at >= ?", self.since),
            ("at < ?", self.until),
            ("currency = ?", self.currency),
            ("id < ?", self.before),
        ):
            if value is not None:
                parts.append(condition)
                values.append(value)
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def read_history(reader: SmallReader, search: Search, count: int) -> list[HistoryRow]:
    """The newest rows that are wanted, newest first, `count` of them at most."""
    where, values = search.where()
    found = reader.rows(f"{_SELECT} {where} ORDER BY id DESC LIMIT ?", *values, count)
    return [_row(cells) for cells in found]


def each_row(reader: SmallReader, search: Search) -> Iterator[HistoryRow]:
    """All rows that are wanted, oldest first."""
    where, values = search.where()
    for cells in reader.rows(f"{_SELECT} {where} ORDER BY id", *values):
        yield _row(cells)


def read_days(reader: SmallReader, currency: Currency) -> list[tuple[str, int]]:
    """Day and balance at its end, oldest first; days without a change are left out."""
    return [
        (day, int(balance))
        for day, balance in reader.rows(
            "SELECT day, balance FROM days WHERE currency = ? ORDER BY day", currency
        )
    ]


def sums_of_moves(reader: SmallReader) -> dict[tuple[PublicKey, Currency], int]:
    """All moves with each friend together, by currency: what stands in the ledgers."""
    sums: dict[tuple[PublicKey, Currency], int] = {}
    for friend, currency, delta in reader.rows(
        "SELECT friend, currency, delta FROM moves WHERE friend IS NOT NULL UNION ALL "
        "SELECT passed.friend, moves.currency, passed.delta FROM passed JOIN moves ON moves.id = passed.move"
    ):
        key = PublicKey(friend), Currency(currency)
        sums[key] = sums.get(key, 0) + int(delta)
    return sums


def _row(cells: tuple[Any, ...]) -> HistoryRow:
    values = dict(zip(HistoryRow.__struct_fields__, cells, strict=True))
    for name in ("delta", "balance", "total", "fees"):
        values[name] = None if values[name] is None else int(values[name])
    return HistoryRow(**values)
