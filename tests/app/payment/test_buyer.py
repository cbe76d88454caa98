"""Paying: the order of things, and what a payment needs."""

import asyncio

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
)
from offset.app import NotPermitted, Rate
from offset.core.index.split import Part
from offset.testing import APP, SELLER, FakeNode, commit_for, connected, invoice, route, story
from offset.wire import app
from offset.wire.index import MultiRoute


@story
async def test_one_route() -> None:
    """A payment over one route: routes, payment, transaction, commit; nothing is closed before it is needed."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, rate=Rate(0, 3)),)),)]
        payment = await node.buyer.pay(INVOICE)
        assert payment.commit == commit_for(INVOICE)
        assert (payment.fees, payment.invoice) == (3, INVOICE)
        assert kinds_of(fake) == ["RequestRoutes", "CreatePayment", "CreateTransaction"]
        assert fake.requests[1] == app.CreatePayment(
            payment.payment_id, INVOICE.invoice_id, "FST", 50, SELLER.public_key
        )
        assert parts_of(fake) == [part_over(VIA_BOB, 50, 3)]


@story
async def test_told_before_it_begins() -> None:
    """The id of a payment is told before the node hears of it, so that it can be written down."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        begun: list[tuple[bytes, int]] = []

        def began(payment_id: bytes, fees: int) -> None:
            assert kinds_of(fake) == ["RequestRoutes"]
            begun.append((payment_id, fees))

        payment = await node.buyer.pay(INVOICE, began=began)
        assert begun == [(payment.payment_id, 0)]


@story
async def test_its_parts_are_told_before_it_begins_too() -> None:
    """So that one row can hold the id, the fees and the parts; what cannot be written down does not begin."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        told: list[object] = []

        def sends(payment_id: bytes, parts: tuple[Part, ...]) -> None:
            assert kinds_of(fake) == ["RequestRoutes"]
            told.extend((payment_id, [(part.amount, part.fee) for part in parts]))

        payment = await node.buyer.pay(
            INVOICE, began=lambda payment_id, _: told.append(payment_id), sends=sends
        )
        assert told == [payment.payment_id, payment.payment_id, [(50, 0)]]
    async with connected() as (fake, node):
        fake.routes = [ONE]
        with pytest.raises(ZeroDivisionError):
            await node.buyer.pay(INVOICE, sends=lambda payment_id, parts: 1 // 0)
        assert kinds_of(fake) == ["RequestRoutes"]


@story
async def test_began_that_fails() -> None:
    """If the id cannot be written down the payment does not begin."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        with pytest.raises(ZeroDivisionError):
            await node.buyer.pay(INVOICE, began=lambda payment_id, fees: 1 // 0)
        assert kinds_of(fake) == ["RequestRoutes"]


@story
async def test_several_routes() -> None:
    """An amount that no single route carries is divided; the last part to arrive brings the commit."""
    async with connected() as (fake, node):
        parts = (route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))
        fake.routes = [(MultiRoute(parts),)]
        payment = await node.buyer.pay(INVOICE)
        assert payment.commit == commit_for(INVOICE)
        assert len(fake.payments) == 1
        assert sorted(parts_of(fake)) == sorted([part_over(VIA_CAROL, 30), part_over(VIA_DAVE, 20)])


@story
async def test_answer_that_comes_late() -> None:
    """The commit ends the payment, though the answer of another part is still on its way."""
    async with connected() as (fake, node):
        parts = (route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))
        fake.routes = [(MultiRoute(parts),)]
        fake.results = [None, app.Complete(commit_for(INVOICE))]
        assert (await node.buyer.pay(INVOICE)).commit == commit_for(INVOICE)
        assert len(node._session.transactions) == 0


@story
async def test_nothing_to_pay() -> None:
    """An invoice over nothing works from end to end."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        assert (await node.buyer.pay(invoice(0))).commit.dest_payment == 0
        assert parts_of(fake) == [part_over(VIA_BOB, 0)]


@story
async def test_many_payments_at_once() -> None:
    """A hundred payments on one connection do not get in each other's way."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        asked = [invoice(number, name=f"invoice {number}") for number in range(100)]
        payments = await asyncio.gather(*[node.buyer.pay(one) for one in asked])
        assert [payment.commit for payment in payments] == [commit_for(one) for one in asked]
        assert len({payment.payment_id for payment in payments}) == 100


@pytest.mark.parametrize("missing", ["routes", "buyer"])
@story
async def test_permissions(missing: str) -> None:
    """Paying needs the permissions buyer and routes; what is missing is named."""
    allowed = {"routes": True, "buyer": True, "seller": True, "config": True, missing: False}
    trusted = {APP.public_key: app.AppPermissions(**allowed)}
    async with connected(FakeNode(trusted=trusted)) as (fake, node):
        fake.routes = [ONE]
        with pytest.raises(NotPermitted, match=missing):
            await node.buyer.pay(INVOICE)
