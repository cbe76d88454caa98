"""Rows for tests of a card's books."""

from __future__ import annotations

from typing import Any

from offset.base.ids import Currency, InvoiceId, PublicKey
from offset.store.card.rows import Move, PurchaseRow, SaleRow

FST, EUR = Currency("FST"), Currency("EUR")
DANA, EMIL = PublicKey(b"d" * 32), PublicKey(b"e" * 32)
NAMES = {DANA: "Dana", EMIL: "Emil"}
NOON = 1_777_809_600_000
"""On 3 May 2026, UTC."""
DAY = 86_400_000


def purchase(id: str = "p", **more: Any) -> PurchaseRow:
    """A payment of 20 FST for lunch."""
    values: dict[str, Any] = {
        "id": id,
        "body_hash": b"h",
        "invoice": b"packed",
        "invoice_id": InvoiceId(b"i" * 32),
        "seller": PublicKey(b"s" * 32),
        "currency": FST,
        "amount": 20,
        "name": "Bob's bakery",
        "note": "Lunch",
        "stage": "priced",
        "made": NOON,
        "changed": NOON,
    }
    return PurchaseRow(**values | more)


def sale(id: str = "s", **more: Any) -> SaleRow:
    """An invoice over 20 FST."""
    values: dict[str, Any] = {
        "id": id,
        "request": f"of {id}",
        "body_hash": b"h",
        "invoice": b"packed",
        "invoice_id": InvoiceId(id.encode().ljust(32, b"i")),
        "currency": FST,
        "amount": 20,
        "note": "Bread",
        "stage": "open",
        "made": NOON,
        "changed": NOON,
    }
    return SaleRow(**values | more)


class Ledger:
    """Makes moves whose balances and totals follow from each other."""

    def __init__(self) -> None:
        self.balances: dict[tuple[PublicKey, Currency], int] = {}
        self.at = NOON

    def move(
        self,
        delta: int,
        friend: PublicKey = DANA,
        cause: str = "passing",
        currency: Currency = FST,
        **more: Any,
    ) -> Move:
        """The next one."""
        key = friend, currency
        self.balances[key] = self.balances.get(key, 0) + delta
        total = sum(balance for (_, other), balance in self.balances.items() if other == currency)
        return Move(
            at=self.at,
            cause=cause,
            currency=currency,
            friend=friend,
            friend_name=NAMES[friend],
            delta=delta,
            balance=self.balances[key],
            total=total,
            **more,
        )
