"""Tokens of programs, and the budgets of those that may pay.

No token grants trust, accepts terms, changes relays, makes tokens or gives out keys: these want a session. A budget is
filled by the rows of purchases: the amount and the most fees of one that is open, held and stopping ones too, and what
was paid once it is done. So nothing that crashes can be spent twice, and what came back is free again.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from typing import NamedTuple, get_args

import msgspec

from offset.base.credits import Amount
from offset.base.instants import SECOND, Millis
from offset.base.limits import WALLET_TOKENS_MAX
from offset.base.names import check_currency
from offset.store.card.rows import PurchaseRow
from offset.store.wallet.database import TokenRow, WalletDatabase
from offset.wallet.purchases import OPEN
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.values.parts import amount_of, checked_name
from offset.wallet.values.tokens import Budget, NewToken, Period, TokenRight

SECRET_BYTES = 32
ID_BYTES = 9
DAY_MS: Millis = 24 * 60 * 60 * SECOND
PERIODS: dict[Period, Millis | None] = {"day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS, "ever": None}


class Grant(NamedTuple):
    """What a program may do."""

    id: str
    name: str
    rights: tuple[TokenRight, ...]
    cards: tuple[str, ...] | None
    budgets: tuple[Budget, ...]
    expires: Millis | None
    made: Millis

    def is_over(self, now: Millis) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= now

    def budgets_of(self, card: str, currency: str) -> list[Budget]:
        """Those that a payment from this card in this currency has to keep; none: it may pay nothing."""
        return [budget for budget in self.budgets if (budget.card, budget.currency) == (card, currency)]

    def check(
        self, card: str, row: PurchaseRow, fees_max: Amount, earlier: list[PurchaseRow], now: Millis
    ) -> None:
        """Raise Refusal if this payment is more than the program may make; `earlier` are all that it has begun."""
        budgets = self.budgets_of(card, row.currency)
        if not budgets:
            raise Refusal(
                "no-right", f"This token has no budget for {row.currency} on this card.", cause="budget"
            )
        cost = row.amount + fees_max
        for budget in budgets:
            room = left(budget, [other for other in earlier if other.id != row.id], now)
            if budget.most is not None:
                room = min(room, amount_of(budget.most))
            if cost > room:
                raise Refusal(
                    "no-right",
                    f"This payment may cost {cost} {row.currency} with its fees, and the budget of this token has "
                    f"{room} left for it.",
                    cause="budget",
                    most=room,
                )


def left(budget: Budget, purchases: list[PurchaseRow], now: Millis) -> Amount:
    """What a budget has left, when its program has begun these purchases."""
    span = PERIODS[budget.period]
    since = None if span is None else now - span
    spent = 0
    for row in purchases:
        if row.currency != budget.currency:
            continue
        if row.stage in OPEN:
            spent += row.amount + (row.fees_max or 0)
        elif row.stage == "done" and (since is None or row.changed > since):
            spent += row.amount + (row.fees if row.fees is not None else row.fees_max or 0)
    return max(0, amount_of(budget.amount) - spent)


class Tokens:
    """The tokens of a wallet."""

    def __init__(self, database: WalletDatabase) -> None:
        self._database = database
        self._grants = {row.hash: _grant(row) for row in database.tokens()}
        self._writing = asyncio.Lock()

    def all(self) -> list[Grant]:
        """All of them, oldest first."""
        return list(self._grants.values())

    def of_secret(self, secret: str) -> Grant | None:
        """What whoever knows this secret may do, if its time is not over."""
        grant = self._grants.get(_hash(secret))
        return None if grant is None or grant.is_over(now_ms()) else grant

    async def make(self, wish: NewToken) -> tuple[str, Grant]:
        """A new token, and its secret, which is kept nowhere. Raises Refusal; whoever calls has asked the owner."""
        async with self._writing:
            if len(self._grants) >= WALLET_TOKENS_MAX:
                sentence = f"A wallet has at most {WALLET_TOKENS_MAX} tokens. Remove one first."
                raise Refusal("refused", sentence)
            secret = f"offset_{secrets.token_urlsafe(SECRET_BYTES)}"
            row = TokenRow(
                id=row_id(os.urandom(ID_BYTES)),
                name=checked_name(wish.name),
                hash=_hash(secret),
                rights=[right for right in get_args(TokenRight) if right in wish.rights],
                cards=None if wish.cards is None else list(wish.cards),
                budgets=[msgspec.to_builtins(budget) for budget in wish.budgets],
                expires=None if wish.expires is None else int(wish.expires.timestamp() * 1000),
                made=now_ms(),
            )
            await asyncio.to_thread(self._database.add_token, row)
            grant = self._grants[row.hash] = _grant(row)
            return secret, grant

    async def remove(self, id: str) -> None:
        """Let its program do nothing any more. Raises Refusal."""
        async with self._writing:
            found = [digest for digest, grant in self._grants.items() if grant.id == id]
            if not found:
                raise Refusal("not-found", "There is no such token.")
            await asyncio.to_thread(self._database.remove_token, id)
            del self._grants[found[0]]


def check_wish(wish: NewToken, cards: set[str]) -> None:
    """Raise Refusal or UserFault unless such a token can be; `cards` are those of the wallet."""
    checked_name(wish.name)
    named = {budget.card for budget in wish.budgets} | set(wish.cards or ())
    if not named <= cards:
        raise Refusal("refused", "One of the cards that are named is not in this wallet.")
    for budget in wish.budgets:
        check_currency(budget.currency)
        amount_of(budget.amount)
        if wish.cards is not None and budget.card not in wish.cards:
            raise Refusal("refused", "A budget is for a card that the token does not have.")
    if ("pay" in wish.rights) != bool(wish.budgets):
        raise Refusal("refused", "A token that may pay needs budgets, and only such a one has them.")
    if wish.expires is not None and wish.expires.timestamp() <= time.time():
        raise Refusal("refused", "The token would be over already: name a later time.")


def now_ms() -> Millis:
    """The time of day, in ms since 1970."""
    return time.time_ns() // 1_000_000


def _grant(row: TokenRow) -> Grant:
    return Grant(
        row.id,
        row.name,
        msgspec.convert(row.rights, tuple[TokenRight, ...]),
        None if row.cards is None else tuple(row.cards),
        msgspec.convert(row.budgets, tuple[Budget, ...]),
        row.expires,
        row.made,
    )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
