"""Prices for pages: when they are asked again, what else is held, and what can be paid where nobody can be asked."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from offset.app import Rate
from offset.testing import (
    FRIEND,
    FakeNode,
    friend_report,
    identity,
    invoice,
    node_report,
    route,
    serving,
    story,
)
from offset.wallet import quoting
from offset.wallet.quoting import capacity, check_not_paid, check_payable, quote
from offset.wallet.refusals import Refusal
from offset.wire.index import MultiRoute
from offset.wire.text_files import from_file
from offset.wire.text_values import InvoiceText
from support.clerks import clerk_of, new_purchase, stage_of
from support.ours import OPEN
from support.texts import signed

BOB = FRIEND.public_key
CAROL = identity("carol").public_key


def node(fees: int = 0, **more: object) -> FakeNode:
    """With one friend; the way to the seller costs so much."""
    made = FakeNode(node_report({BOB: friend_report(configs=(OPEN,))}, **more))  # type: ignore[arg-type]
    made.routes = [(MultiRoute((route(BOB, CAROL, rate=Rate(0, fees)),)),)]
    return made


@pytest.mark.parametrize(
    "amount, fees, percent, asks",
    [
        (100, 3, 3, False),
        (100, 4, 3, True),
        (10, 1, 3, False),
        (10, 2, 3, True),
        (100, 1, 0, False),
        (100, 2, 0, True),
    ],
)
@story
async def test_high_fees_are_asked_again(
    tmp_path: Path, amount: int, fees: int, percent: int, asks: bool
) -> None:
    """Above the share that the owner has set, but never for one credit."""
    async with serving(node(fees)) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        found = await quote(clerk, from_file(invoice(amount)), percent, is_own=False)
        assert (found.fees, found.total, found.asks_again) == (str(fees), str(amount + fees), asks)


@story
async def test_as_much_to_the_same_seller(tmp_path: Path) -> None:
    """A payment that is held is named, so that nobody pays the same lunch twice with two invoices."""
    async with serving(node()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, invoice(50)))
        await clerk.paying.confirm("one", 5)
        await stage_of(clerk, "one", "held")
        again = from_file(invoice(50, name="lunch again"))
        assert (await quote(clerk, again, 3, is_own=False)).earlier == ("one",)
        other = from_file(invoice(51, name="dinner"))
        assert (await quote(clerk, other, 3, is_own=False)).earlier == ()


@story
async def test_nobody_can_be_asked(tmp_path: Path) -> None:
    """No price, and the remedy is to add an index server; what own friends let pass is shown all the same."""
    bare = FakeNode(node_report({BOB: friend_report(configs=(OPEN,))}, index_servers=(), connected=None))
    async with serving(bare) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        found = await quote(clerk, from_file(invoice(50)), 3, is_own=False)
        assert found.fees is None
        assert found.why is not None
        assert (found.why.kind, found.why.remedies[0].action) == ("no-server", "add-server")
        most = await capacity(clerk, invoice().currency, CAROL)
        assert most.most is None
        assert most.why is not None
        assert most.why.kind == "no-server"
        # A node of the reference does not tell what its friends let pass.
        assert [line.can_send for line in most.own_lines] == [None]


@story
async def test_a_clock_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invoice seems to be over: the clock is named, and once it is right again the invoice can be paid."""
    async with serving(node()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        lunch = signed(from_file(invoice(50)))
        assert lunch.opt_origin is not None
        issued_s, within_s = lunch.opt_origin.issued / 1000, lunch.opt_origin.pay_within / 1000
        for seconds, is_over in (
            (issued_s, False),
            (issued_s + within_s + 1, True),
            (issued_s - 86400, False),
        ):
            monkeypatch.setattr(quoting, "time", SimpleNamespace(time=lambda seconds=seconds: seconds))
            if is_over:
                with pytest.raises(Refusal, match="By the clock of this computer") as refused:
                    check_payable(clerk, lunch, None)
                assert refused.value.problem.cause == "expired"
            else:
                check_payable(clerk, lunch, None)


@story
async def test_what_was_paid_has_no_price(tmp_path: Path) -> None:
    """Whoever scans it again is told that it is paid; what is held is named beside its price."""
    async with serving(node()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        lunch = from_file(invoice(50))
        await clerk.paying.begin(new_purchase(clerk, invoice(50)))
        await clerk.paying.confirm("one", 5)
        row = await stage_of(clerk, "one", "held")
        await check_not_paid(clerk, lunch)
        fake.do(lambda: fake.collected(row.payment_id))  # type: ignore[arg-type]
        await stage_of(clerk, "one", "done")
        with pytest.raises(Refusal, match="paid this already") as refused:
            await check_not_paid(clerk, lunch)
        assert refused.value.problem.cause == "paid"


@story
async def test_what_nobody_can_pay(tmp_path: Path) -> None:
    """An own invoice, one over nothing, and another amount than the invoice asks for."""
    async with serving(node()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        own = InvoiceText(b"i" * 32, "FST", clerk.card.report.public_key, 5)  # type: ignore[arg-type]
        for asked, amount, cause in (
            (own, None, "own-invoice"),
            (from_file(invoice(0)), None, "amount"),
            (from_file(invoice(50)), 49, "amount"),
        ):
            with pytest.raises(Refusal) as refused:
                check_payable(clerk, asked, amount)
            assert refused.value.problem.cause == cause
        check_payable(clerk, from_file(invoice(50)), 50)
