"""What becomes of failures: other routes, another payment, or an end that leaves nothing behind."""

import re
from typing import Any

import pytest

from app.payment.paying import (
    BOB,
    CAROL,
    DAVE,
    INVOICE,
    ONE,
    VIA_BOB,
    VIA_CAROL,
    VIA_DAVE,
    kinds_of,
    part_over,
    parts_of,
    pay_too_long,
)
from offset.app import PaymentCanceled, PaymentRefused, Rate
from offset.app.errors import NoAnswer
from offset.app.payment import attempts
from offset.testing import FakeNode, commit_for, connected, receipt_for, route, story
from offset.wire import app
from offset.wire.index import MultiRoute, RequestRoutes


@story
async def test_05_d14_early_failure() -> None:
    """A failure that comes before anything else, even the acknowledgement, is not lost."""

    def fail(fake: FakeNode, conn: int, message: Any) -> None:
        fake.tell(conn, app.TransactionResult(message.app_request.request_id, app.FAILURE))
        fake.ack(message)

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreateTransaction] = fail
        with pytest.raises(PaymentRefused):
            await node.buyer.pay(INVOICE)


@story
async def test_next_multi_route() -> None:
    """After a failure the next multi-route is tried, in a new payment, once the old one is cancelled and forgotten."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_BOB,)), MultiRoute((VIA_CAROL,)))]
        fake.results = [app.FAILURE]
        payment = await node.buyer.pay(INVOICE)
        assert kinds_of(fake) == [
            "RequestRoutes",
            *("CreatePayment", "CreateTransaction", "RequestClosePayment", "AckClosePayment"),
            *("CreatePayment", "CreateTransaction"),
        ]
        first, second = fake.asked_for(app.CreatePayment)
        assert first.payment_id != second.payment_id == payment.payment_id
        assert parts_of(fake) == [part_over(VIA_BOB, 50), part_over(VIA_CAROL, 50)]
        assert list(fake.payments) == [payment.payment_id]


@story
async def test_always_refused() -> None:
    """A payment that fails on every route ends, after a few attempts, with nothing left in the node."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_BOB,)), MultiRoute((VIA_CAROL,)), MultiRoute((VIA_DAVE,)))]
        fake.results = [app.FAILURE] * 100
        with pytest.raises(PaymentRefused, match="refused on all routes") as caught:
            await node.buyer.pay(INVOICE)
        assert caught.value.payment_id is None
        assert fake.payments == {}
        assert 3 <= len(parts_of(fake)) <= attempts.ATTEMPTS_MAX


@story
async def test_last_one_is_kept() -> None:
    """If it is wanted, the last payment that was cancelled stays in the node, and can be asked for by its id."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.FAILURE] * 100
        begun: list[bytes] = []
        with pytest.raises(PaymentRefused) as caught:
            await node.buyer.pay(
                INVOICE, began=lambda payment_id, fees: begun.append(payment_id), keep_canceled=True
            )
        assert list(fake.payments) == [begun[-1]] == [caught.value.payment_id]
        with pytest.raises(PaymentCanceled):
            await node.buyer.receipt(begun[-1], 20)
        assert fake.payments == {}


@story
async def test_missing_part_takes_another_way() -> None:
    """When a part fails and others have arrived, what is missing goes another way in the same payment."""
    async with connected() as (fake, node):
        divided = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
        fake.routes = [divided, (MultiRoute((route(BOB, rate=Rate(0, 1)),)),)]
        part = app.Complete(commit_for(INVOICE))
        fake.results = [app.FAILURE, app.SUCCESS, part]
        payment = await node.buyer.pay(INVOICE)
        assert len(fake.payments) == 1
        assert "RequestClosePayment" not in kinds_of(fake)
        (first, second, third) = parts_of(fake)
        assert first[1] + second[1] == 50
        assert third == part_over(VIA_BOB, first[1], 1)
        assert payment.fees == 1
        assert fake.asked_for(RequestRoutes)[1].capacity == first[1]


@story
async def test_no_time() -> None:
    """Without time nothing begins."""
    async with connected() as (fake, node):
        with pytest.raises(NoAnswer):
            await node.buyer.pay(INVOICE, timeout_s=0)
        assert fake.requests == []


@story
async def test_payment_that_did_not_begin() -> None:
    """A node that refuses to open the payment is found out when it is closed."""

    def fail(fake: FakeNode, conn: int, message: Any) -> None:
        fake.ack(message)
        fake.tell(conn, app.TransactionResult(message.app_request.request_id, app.FAILURE))

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreatePayment] = lambda fake, conn, message: fake.ack(message)
        fake.script[app.CreateTransaction] = fail
        with pytest.raises(PaymentRefused, match="did not begin the payment"):
            await node.buyer.pay(INVOICE)


@pytest.mark.parametrize(
    "status, reason",
    [
        (None, "did not say how it ended"),
        (app.PaymentStatusSuccess(receipt_for(INVOICE), b"a" * 16), "calls it paid"),
    ],
)
@story
async def test_end_that_nobody_understands(status: Any, reason: str) -> None:
    """When all parts failed and the node does not say that the payment is cancelled, it is not tried again."""

    def close(fake: FakeNode, conn: int, message: Any) -> None:
        if status is not None:
            fake.tell(conn, app.ResponseClosePayment(message.app_request.payment_id, status))

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.FAILURE]
        fake.script[app.RequestClosePayment] = close
        assert re.search(reason, str(await pay_too_long(fake, node, 0.5)))
        assert len(parts_of(fake)) == 1
