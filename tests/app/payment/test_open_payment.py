"""Payments that do not finish: they are closed, keep their id, and their commit is given to nobody."""

from typing import Any

import pytest
from msgspec.structs import replace

from app.payment.paying import BOB, CAROL, DAVE, INVOICE, ONE, TWO, parts_of, pay_too_long
from offset.app import Disconnected, PaymentUnfinished
from offset.testing import commit_for, connected, hang_up, ignore, invoice, route, story
from offset.wire import app
from offset.wire.index import MultiRoute


@story
async def test_missing_part_finds_no_way() -> None:
    """When what is missing finds no way, the payment is left open and closed for more: its parts come back later."""
    async with connected() as (fake, node):
        divided = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
        fake.routes = [divided, ()]
        fake.results = [app.FAILURE, app.SUCCESS]
        with pytest.raises(PaymentUnfinished, match="a part of it found no way") as caught:
            await node.buyer.pay(INVOICE)
        (payment_id,) = fake.payments
        assert caught.value.payment_id == payment_id
        assert fake.payments[payment_id].is_closed


@story
async def test_silence() -> None:
    """A part that is never answered ends the attempt when the time is over, with the payment closed for more."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [None]
        unfinished = await pay_too_long(fake, node, 0.1)
        assert "still under way" in str(unfinished)
        (payment_id,) = fake.payments
        assert unfinished.payment_id == payment_id
        assert fake.payments[payment_id].is_closed
        assert len(node._session.transactions) == 0


@pytest.mark.parametrize(
    "results, routes",
    [
        ([None], [ONE]),
        ([app.SUCCESS], [ONE]),
        ([app.FAILURE, app.SUCCESS], [TWO, ()]),
        ([app.Complete(commit_for(invoice(51)))], [ONE]),
    ],
    ids=["silence", "the seller wants more", "a part found no way", "another invoice"],
)
@story
async def test_d23_a_payment_that_failed_is_closed(results: list[Any], routes: list[Any]) -> None:
    """However a payment fails, it takes no more parts, and a commit that comes later is given to nobody."""
    async with connected() as (fake, node):
        fake.routes, fake.results = routes, results
        await pay_too_long(fake, node, 0.2)
        (payment,) = fake.payments.values()
        assert payment.is_closed
        for request_id in payment.open:
            late = app.TransactionResult(request_id, app.Complete(commit_for(INVOICE)))
            fake.do(lambda late=late: [fake.tell(conn, late) for conn in fake.conns])
        assert isinstance(fake.requests[-1], app.RequestClosePayment)
        assert len(node._session.transactions) == 0


@story
async def test_deaf_node() -> None:
    """Even with a node that answers nothing any more, a payment ends in time."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        for kind in (app.CreatePayment, app.CreateTransaction, app.RequestClosePayment):
            fake.script[kind] = ignore
        await pay_too_long(fake, node, 0.1)


@story
async def test_seller_that_wants_more() -> None:
    """All parts arrived and no commit: the seller's invoice is another one; the payment is not repeated."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.SUCCESS]
        with pytest.raises(PaymentUnfinished, match="waits for more"):
            await node.buyer.pay(INVOICE)
        assert len(parts_of(fake)) == 1


@pytest.mark.parametrize(
    "other", [invoice(51), invoice(50, name="dinner"), app.AddInvoice(INVOICE.invoice_id, "EUR", 50)]
)
@story
async def test_05_d20_commit_for_something_else(other: Any) -> None:
    """A commit that is not for this invoice, its amount and its currency is not handed out."""
    wrong = (
        replace(commit_for(INVOICE), currency="EUR")
        if isinstance(other, app.AddInvoice)
        else commit_for(other)
    )
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.Complete(wrong)]
        with pytest.raises(PaymentUnfinished, match="another invoice"):
            await node.buyer.pay(INVOICE)


@story
async def test_lost_connection() -> None:
    """A connection that breaks in the middle ends the payment, which stays in the node under its id."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreateTransaction] = hang_up
        begun: list[bytes] = []
        with pytest.raises(Disconnected):
            await node.buyer.pay(INVOICE, began=lambda payment_id, fees: begun.append(payment_id))
        assert list(fake.payments) == begun
