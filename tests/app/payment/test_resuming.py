"""Going on with a payment: its commit is had again, whatever became of the app that began it (D-8)."""

from __future__ import annotations

from typing import Any

import pytest

from app.payment.paying import pay_too_long
from offset.app import (
    Disconnected,
    Node,
    PaymentCanceled,
    PaymentCollected,
    PaymentUnfinished,
    PaymentUnknown,
    UserFault,
    connect,
)
from offset.app.payment.open_payment import OpenPayment
from offset.testing import (
    APP,
    FRIEND,
    FakeNode,
    commit_for,
    connected,
    hang_up,
    identity,
    invoice,
    receipt_for,
    route,
    story,
)
from offset.wire import app
from offset.wire.index import MultiRoute

BOB = FRIEND.public_key
ONE = (MultiRoute((route(BOB),)),)
TWO = (MultiRoute((route(BOB, identity("carol").public_key, capacity=40), route(BOB, capacity=30))),)
INVOICE = invoice(50)
DONE = app.Complete(commit_for(INVOICE))


async def _begin(fake: FakeNode, node: Node, results: list[Any], routes: Any = ONE) -> bytes:
    """A payment whose connection breaks once its parts are sent, and before a commit has come; its id."""
    fake.routes = [routes]
    fake.results = [None if result is DONE else result for result in results]
    left = len(routes[0].routes)
    begun: list[bytes] = []

    def take(fake: FakeNode, conn: int, message: Any) -> None:
        nonlocal left
        left -= 1
        rule = fake.script.pop(app.CreateTransaction)
        fake._take(conn, message)
        if left:
            fake.script[app.CreateTransaction] = rule
        else:
            fake.hangup(conn)

    fake.script[app.CreateTransaction] = take
    with pytest.raises(Disconnected):
        await node.buyer.pay(INVOICE, began=lambda payment_id, fees: begun.append(payment_id))
    fake.requests.clear()
    if DONE in results:
        fake.arrive(begun[0], DONE)
    return begun[0]


@story
async def test_05_d8_commit_over_a_new_connection() -> None:
    """A commit that was lost with the connection is had again over the next one, by the payment's id alone."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [DONE])
        async with connect(fake.ticket, None, APP) as again:
            payment = await again.buyer.resume(INVOICE, payment_id)
            assert (payment.commit, payment.payment_id) == (commit_for(INVOICE), payment_id)
            assert (payment.fees, payment.invoice) == (None, INVOICE)
            assert fake.asked_for(app.CreatePayment) == []
            fake.do(lambda: fake.collected(payment_id))
            assert await payment.receipt(20) == receipt_for(INVOICE)


@story
async def test_parts_under_way() -> None:
    """Parts that are still under way are waited for."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [app.SUCCESS, None], TWO)

        def last(fake: FakeNode, conn: int, message: Any) -> None:
            del fake.script[app.CreateTransaction]
            fake._take(conn, message)
            fake.arrive(payment_id, DONE)

        async with connect(fake.ticket, None, APP) as again:
            fake.script[app.CreateTransaction] = last
            assert (await again.buyer.resume(INVOICE, payment_id)).commit == commit_for(INVOICE)


@story
async def test_nothing_new_is_sent() -> None:
    """What is asked for again can freeze nothing: it names no route and no credits."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [app.FAILURE])
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(PaymentCanceled):
                await again.buyer.resume(INVOICE, payment_id)
        asked = fake.asked_for(app.CreateTransaction)
        assert {(part.route.public_keys, part.dest_payment, part.fees) for part in asked} == {((), 0, 0)}
        assert len({part.request_id for part in asked}) == len(asked)


@story
async def test_canceled() -> None:
    """A payment whose parts all failed is said to be cancelled, and the node forgets it."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [app.FAILURE])
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(PaymentCanceled, match="nothing was paid"):
                await again.buyer.resume(INVOICE, payment_id)
            assert fake.payments == {}
            with pytest.raises(PaymentUnknown):
                await again.buyer.resume(INVOICE, payment_id)


@story
async def test_part_of_it() -> None:
    """When only a part arrived and nothing is under way, the payment is closed and left."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [app.SUCCESS, app.FAILURE], TWO)
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(PaymentUnfinished, match="only a part of it arrived") as caught:
                await again.buyer.resume(INVOICE, payment_id)
            assert caught.value.payment_id == payment_id
            assert fake.payments[payment_id].is_closed


@story
async def test_still_under_way() -> None:
    """When the time is over before its parts are answered, that is said; it can be resumed once more."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [None])
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(PaymentUnfinished, match="still under way"):
                await again.buyer.resume(INVOICE, payment_id, timeout_s=0.1)
            fake.do(lambda: fake.arrive(payment_id, DONE))
            assert (await again.buyer.resume(INVOICE, payment_id)).commit == commit_for(INVOICE)


@story
async def test_after_the_time_was_over() -> None:
    """A payment that ended with PaymentUnfinished gives its commit to nobody but who asks for it."""
    async with connected() as (fake, node):
        fake.routes, fake.results = [ONE], [None]
        payment_id = (await pay_too_long(fake, node, 0.1)).payment_id
        assert payment_id is not None
        fake.do(lambda: fake.arrive(payment_id, DONE))
        assert (await node.buyer.resume(INVOICE, payment_id)).commit == commit_for(INVOICE)


@story
async def test_collected_meanwhile() -> None:
    """A payment that the seller has collected needs no commit any more."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [DONE])
        fake.do(lambda: fake.collected(payment_id))
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(PaymentCollected, match="ask for its receipt"):
                await again.buyer.resume(INVOICE, payment_id)
            assert await again.buyer.receipt(payment_id, 20) == receipt_for(INVOICE)


@story
async def test_another_invoice() -> None:
    """A commit is handed out for the invoice that it pays only."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [DONE])
        async with connect(fake.ticket, None, APP) as again:
            with pytest.raises(UserFault, match="another invoice"):
                await again.buyer.resume(invoice(50, name="dinner"), payment_id)


@story
async def test_broken_again() -> None:
    """A connection that breaks while resuming is told, and nothing is lost."""
    async with connected() as (fake, node):
        payment_id = await _begin(fake, node, [DONE])
        async with connect(fake.ticket, None, APP) as again:
            fake.script[app.CreateTransaction] = hang_up
            with pytest.raises(Disconnected):
                await again.buyer.resume(INVOICE, payment_id)
        del fake.script[app.CreateTransaction]
        async with connect(fake.ticket, None, APP) as third:
            assert (await third.buyer.resume(INVOICE, payment_id)).commit == commit_for(INVOICE)


def test_ids_of_parts() -> None:
    """The ids of the parts follow from that of the payment, and those of two payments have nothing in common."""
    first, second = (
        [OpenPayment(None, INVOICE, name * 16, 0.0)._part_id(number) for number in range(64)]  # type: ignore[arg-type]
        for name in (b"a", b"b")
    )
    assert len({*first, *second}) == 128
    assert {len(part) for part in first} == {16}
