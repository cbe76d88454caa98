"""Tokens and their budgets, without a server."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from offset.base.ids import Currency, InvoiceId, PublicKey
from offset.base.limits import WALLET_TOKENS_MAX
from offset.store.card.rows import PurchaseRow
from offset.store.wallet.database import WalletDatabase
from offset.testing import story
from offset.wallet.refusals import Refusal
from offset.wallet.tokens import DAY_MS, Tokens, check_wish, left
from offset.wallet.values.parts import time_of
from offset.wallet.values.tokens import Budget, NewToken

NOW = 1_800_000_000_000
CARD = "card"


def _budget(amount: int = 100, period: Any = "day", most: str | None = None) -> Budget:
    return Budget(card=CARD, currency="FST", amount=str(amount), period=period, most=most)


def _row(
    id: str = "a", stage: str = "sending", amount: int = 40, fees_max: int = 5, **more: Any
) -> PurchaseRow:
    fields: dict[str, Any] = {
        "id": id,
        "body_hash": b"",
        "invoice": b"",
        "invoice_id": InvoiceId(bytes(32)),
        "seller": PublicKey(bytes(32)),
        "currency": Currency("FST"),
        "amount": amount,
        "name": "",
        "note": "",
        "stage": stage,
        "fees_max": fees_max,
        "made": NOW,
        "changed": NOW,
        **more,
    }
    return PurchaseRow(**fields)


@pytest.mark.parametrize(
    "row, spent",
    [
        (_row(), 45),
        (_row(stage="held"), 45),
        (_row(stage="stopping"), 45),
        (_row(stage="not-known"), 45),
        (_row(stage="done", fees=2), 42),
        (_row(stage="done"), 45),
        (_row(stage="failed"), 0),
        (_row(stage="stopped"), 0),
        (_row(stage="priced"), 0),
        (_row(currency=Currency("GOLD")), 0),
        (_row(stage="done", fees=0, changed=NOW - DAY_MS + 1), 40),
        (_row(stage="done", fees=0, changed=NOW - DAY_MS), 0),
        (_row(stage="held", changed=NOW - 9 * DAY_MS), 45),
    ],
)
def test_what_fills_a_budget(row: PurchaseRow, spent: int) -> None:
    """What may be paid and what was paid in its time, fees included; nothing that came back."""
    assert left(_budget(), [row], NOW) == 100 - spent


def test_a_budget_for_ever_never_fills_anew() -> None:
    """What was paid long ago counts too, and what is left is never below 0."""
    old = _row(stage="done", amount=90, fees=0, changed=NOW - 400 * DAY_MS)
    assert left(_budget(period="ever"), [old], NOW) == 10
    assert left(_budget(period="month"), [old], NOW) == 100
    assert left(_budget(period="ever"), [old, _row()], NOW) == 0


@story
async def test_a_payment_keeps_all_its_budgets(tmp_path: Path) -> None:
    """Each of them has to have room, for the most that the way may cost; without a budget nothing is paid."""
    with closing(WalletDatabase(tmp_path / "wallet.db")) as database:
        wish = NewToken(
            name="bot", rights=("pay",), budgets=(_budget(100), _budget(150, "week"), _budget(500, most="60"))
        )
        _, grant = await Tokens(database).make(wish)
    row = _row(stage="priced", amount=55)
    grant.check(CARD, row, 5, [row], NOW)
    with pytest.raises(Refusal) as refused:
        grant.check(CARD, row, 6, [row], NOW)
    assert refused.value.problem.most == "60"
    grant.check(CARD, row, 0, [_row("b", amount=45, fees_max=0)], NOW)
    with pytest.raises(Refusal, match="has 54 left"):
        grant.check(CARD, row, 0, [_row("b", amount=46, fees_max=0)], NOW)
    with pytest.raises(Refusal, match="no budget"):
        grant.check("other", row, 0, [], NOW)
    with pytest.raises(Refusal, match="no budget for GOLD"):
        grant.check(CARD, _row(currency=Currency("GOLD")), 0, [], NOW)


@story
async def test_tokens_last_and_their_secrets_do_not(tmp_path: Path) -> None:
    """After the next start the secret opens what it did, though it stands nowhere; removed it opens nothing."""
    path = tmp_path / "wallet.db"
    with closing(WalletDatabase(path)) as database:
        tokens = Tokens(database)
        wish = NewToken(name="bot", rights=("pay", "see"), cards=(CARD,), budgets=(_budget(),))
        secret, grant = await tokens.make(wish)
        _, late = await tokens.make(NewToken(name="late", rights=("see",), expires=time_of(0)))
    assert secret.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with closing(WalletDatabase(path)) as database:
        tokens = Tokens(database)
        assert tokens.of_secret(secret) == grant
        assert grant.rights == ("see", "pay")
        assert [found.id for found in tokens.all()] == [grant.id, late.id]
        assert tokens.of_secret(f"{secret}x") is None
        await tokens.remove(grant.id)
        assert tokens.of_secret(secret) is None
        with pytest.raises(Refusal, match="no such token"):
            await tokens.remove(grant.id)
    with closing(WalletDatabase(path)) as database:
        assert Tokens(database).of_secret(secret) is None


@story
async def test_tokens_are_bounded(tmp_path: Path) -> None:
    """A wallet has at most WALLET_TOKENS_MAX of them."""
    with closing(WalletDatabase(tmp_path / "wallet.db")) as database:
        tokens = Tokens(database)
        wish = NewToken(name="bot", rights=("see",))
        for _ in range(WALLET_TOKENS_MAX):
            await tokens.make(wish)
        with pytest.raises(Refusal, match="at most"):
            await tokens.make(wish)


@pytest.mark.parametrize(
    "wish",
    [
        NewToken(name="two\nlines", rights=("see",)),
        NewToken(name="bot", rights=("pay",)),
        NewToken(name="bot", rights=("see",), budgets=(_budget(),)),
        NewToken(name="bot", rights=("see",), cards=("other",)),
        NewToken(name="bot", rights=("pay",), cards=("second",), budgets=(_budget(),)),
        NewToken(name="bot", rights=("see",), expires=time_of(0)),
        NewToken(
            name="bot",
            rights=("pay",),
            budgets=(Budget(card=CARD, currency="FST", amount=str(2**128), period="day"),),
        ),
    ],
)
def test_a_token_that_cannot_be(wish: NewToken) -> None:
    """It is refused with a sentence before anything is asked."""
    with pytest.raises(Exception, match=r"\w+ \w+"):
        check_wish(wish, {CARD, "second"})
    check_wish(NewToken(name="bot", rights=("pay",), budgets=(_budget(),)), {CARD})
