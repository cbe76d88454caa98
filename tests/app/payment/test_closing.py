"""How payments end: the receipt, or the news that nothing was paid."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from app.payment.paying import INVOICE, ONE
from offset.app import Node, PaymentCanceled, PaymentUnknown
from offset.app.errors import NoAnswer
from offset.app.payment import closing
from offset.testing import FakeNode, connected, receipt_for, story
from offset.wire import app


async def _paid(fake: FakeNode, node: Node) -> bytes:
    fake.routes = [ONE]
    return (await node.buyer.pay(INVOICE)).payment_id


@story
async def test_receipt() -> None:
    """The receipt comes when the seller collects; it is stored before the node may forget the payment."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        payment = await node.buyer.pay(INVOICE)
        stored: list[Any] = []

        def store(receipt: Any) -> None:
            assert payment.payment_id in fake.payments
            stored.append(receipt)

        waiting = asyncio.create_task(payment.receipt(20, store))
        while not fake.asked_for(app.RequestClosePayment):
            await asyncio.sleep(0)
        assert not waiting.done()
        fake.do(lambda: fake.collected(payment.payment_id))
        assert await waiting == receipt_for(INVOICE)
        assert stored == [receipt_for(INVOICE)]
        assert fake.payments == {}


PART = replace(receipt_for(INVOICE), is_complete=False)


@pytest.mark.parametrize(
    "later, receipt",
    [
        (app.PaymentStatusSuccess(receipt_for(INVOICE), b"a" * 16), receipt_for(INVOICE)),
        (app.PaymentStatusSuccess(PART, b"a" * 16), PART),
        (app.PAYMENT_NOT_FOUND, PART),
        (None, PART),
    ],
    ids=["comes", "does not come", "another app acknowledged", "no answer"],
)
@story
async def test_d28_receipt_of_the_whole(later: Any, receipt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt of a part may come first; that of the whole is waited for a little."""
    statuses = iter([app.PaymentStatusSuccess(PART, b"a" * 16)])

    def close(fake: FakeNode, conn: int, message: Any) -> None:
        status = next(statuses, later)
        if status is not None:
            fake.tell(conn, app.ResponseClosePayment(message.app_request.payment_id, status))

    if later is None or later == app.PaymentStatusSuccess(PART, b"a" * 16):
        monkeypatch.setattr(closing, "WHOLE_S", 0.3)
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        fake.script[app.RequestClosePayment] = close
        status = await node.buyer.ended(payment_id, 20)
        assert isinstance(status, app.PaymentStatusSuccess)
        assert status.receipt == receipt


@story
async def test_receipt_that_cannot_be_stored() -> None:
    """If the receipt cannot be stored the node keeps it, and gives it again."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        fake.do(lambda: fake.collected(payment_id))
        with pytest.raises(ZeroDivisionError):
            await node.buyer.receipt(payment_id, 20, lambda receipt: 1 // 0 and None)
        assert await node.buyer.receipt(payment_id, 20) == receipt_for(INVOICE)


@story
async def test_several_ask() -> None:
    """Several may wait for the end of one payment, and all are told."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        waiting = [asyncio.create_task(node.buyer.ended(payment_id, 20)) for _ in range(3)]
        while len(fake.asked_for(app.RequestClosePayment)) < 3:
            await asyncio.sleep(0)
        fake.do(lambda: fake.collected(payment_id))
        statuses = await asyncio.gather(*waiting)
        assert all(isinstance(status, app.PaymentStatusSuccess) for status in statuses)


@story
async def test_not_collected_yet() -> None:
    """While the seller has not collected, asking ends with the time."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        with pytest.raises(NoAnswer):
            await node.buyer.receipt(payment_id, 0.05)
        assert payment_id in fake.payments


@story
async def test_unknown_payment() -> None:
    """A payment that the node does not know is said to be unknown."""
    async with connected() as (_, node):
        with pytest.raises(PaymentUnknown):
            await node.buyer.receipt(b"x" * 16, 20)


@story
async def test_canceled_payment() -> None:
    """A payment that was given back is said to be cancelled, and then forgotten."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        fake.payments[payment_id].open.clear()
        with pytest.raises(PaymentCanceled, match="nothing was paid"):
            await node.buyer.receipt(payment_id, 20)
        assert fake.payments == {}
