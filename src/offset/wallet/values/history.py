"""What happened, with the balance after each row."""

from __future__ import annotations

from typing import Literal

from offset.wallet.values.parts import (
    AmountText,
    BalanceText,
    CurrencyText,
    IdText,
    KeyText,
    Time,
    Value,
)

Cause = Literal["paid", "received", "passing", "away", "reset", "removed", "begin"]
"""You paid; you were paid; payments of others, with what you earned by them; while the wallet was closed; numbers of
a friend were accepted; a friend was removed; what stood there when the wallet met the card."""


class HistoryRow(Value):
    """One change of a balance."""

    id: int
    """Rises by one from row to row of a card."""
    at: Time
    cause: Cause
    currency: CurrencyText
    friend: KeyText | None
    """None where several friends are in it."""
    friend_name: str | None
    delta: BalanceText
    """Above 0 you have more."""
    balance: BalanceText
    """With the friend, after it; the total where several are in it."""
    total: BalanceText
    """Over all friends, after it."""
    fees: AmountText | None
    """Paid for the way, or earned by passing."""
    name: str
    """Who was paid or paid, as you call it."""
    note: str
    purchase: IdText | None
    sale: IdText | None


class HistoryPage(Value):
    """Some rows, newest first."""

    rows: tuple[HistoryRow, ...]
    after: int | None
    """Ask for the next page with this; None on the last one."""


class ChartPoint(Value):
    """How it stood at the end of a day."""

    day: str
    """As in 2026-05-03, in UTC."""
    balance: BalanceText
