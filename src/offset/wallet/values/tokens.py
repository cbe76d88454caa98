"""Tokens: what a program may do without its owner."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from offset.wallet.values.parts import AmountText, Body, CurrencyText, IdText, NameText, Time, Value

TokenRight = Literal["see", "receive", "pay"]
Period = Literal["day", "week", "month", "ever"]
"""Within any 24 hours, 7 days or 30 days; or in all."""


class Budget(Body):
    """How much may be paid from a card in a currency, fees included."""

    card: IdText
    currency: CurrencyText
    amount: AmountText
    period: Period
    most: AmountText | None = None
    """At most so much in one payment; None: as much as the budget has left."""


class BudgetLeft(Value):
    """A budget, and what is left of it now."""

    card: IdText
    currency: CurrencyText
    amount: AmountText
    period: Period
    most: AmountText | None
    left: AmountText | None
    """None while the card is closed, so that its books cannot be read."""


class NewToken(Body):
    """What a program is to be allowed."""

    name: NameText
    """Which program it is, for you."""
    rights: Annotated[tuple[TokenRight, ...], Meta(min_length=1, max_length=3)]
    cards: Annotated[tuple[IdText, ...], Meta(min_length=1)] | None = None
    """Of which cards; None: of all, those too that are made later."""
    budgets: Annotated[tuple[Budget, ...], Meta(max_length=64)] = msgspec.field(default=())
    """Who may pay, pays from cards and in currencies with a budget only."""
    expires: Time | None = None


class Token(Value):
    """A token, without its secret, which is told once and kept nowhere."""

    id: IdText
    name: NameText
    rights: tuple[TokenRight, ...]
    cards: tuple[IdText, ...] | None
    budgets: tuple[BudgetLeft, ...]
    expires: Time | None
    made: Time
    seen: Time | None
    """When it asked for something last, since the wallet was started."""


class MadeToken(Value):
    """A token that was just made."""

    secret: str
    """Sent as `Authorization: Bearer <secret>`; told this once."""
    token: Token
