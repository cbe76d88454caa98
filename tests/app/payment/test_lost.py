"""Payments of which parts are lost with the channel to a friend: what their app is told."""

import asyncio

import pytest

from app.payment.paying import INVOICE, ONE
from offset.app import Node, PaymentLost
from offset.app.errors import NoAnswer
from offset.app.payment.lost import payment_lost
from offset.testing import FakeNode, connected, receipt_for, story
from offset.wire import app
from offset.wire.extension import LostPayment


async def _paid(fake: FakeNode, node: Node) -> bytes:
    fake.routes = [ONE]
    return (await node.buyer.pay(INVOICE)).payment_id


@story
async def test_a_payment_that_nobody_can_prove() -> None:
    """After a commit, and a lost channel, whoever waits is told to whom the credits were given; it can be forgotten."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        waiting = asyncio.create_task(node.buyer.receipt(payment_id, 20))
        while not fake.asked_for(app.RequestClosePayment):
            await asyncio.sleep(0)
        fake.do(lambda: fake.lose_channel(payment_id, 52))
        with pytest.raises(
            PaymentLost,
            match="52 FST were given to the friend 'bob' and the channel was lost: the friend may still claim them, "
            "and nobody can prove whether the payment was paid",
        ) as raised:
            await waiting
        with pytest.raises(PaymentLost):
            await node.buyer.resume(INVOICE, payment_id)
        assert list(node.report.lost_payments) == [payment_id]
        await node.buyer.acknowledge(payment_id, raised.value.ack_uid)
        assert fake.payments == {}
        assert node.report.lost_payments == {}


@story
async def test_a_part_is_lost_while_others_are_under_way() -> None:
    """What is lost is told at once, and the rest is waited for: it may yet prove the whole."""
    async with connected() as (fake, node):
        payment_id = await _paid(fake, node)
        fake.do(lambda: fake.lose_channel(payment_id, 20, is_all=False))
        with pytest.raises(NoAnswer):
            await node.buyer.receipt(payment_id, 0.05)
        assert [lost.opt_ack_uid for lost in node.report.lost_payments.values()] == [None]
        fake.do(lambda: fake.collected(payment_id))
        assert await node.buyer.receipt(payment_id, 20) == receipt_for(INVOICE)


def test_a_node_that_lost_its_books() -> None:
    """It knows of no friend to whom credits were given, but it has not forgotten the payment."""
    lost = LostPayment(bytes(16), "FST", (), bytes(16))
    assert not lost.is_forgotten
    assert LostPayment(bytes(16), "", (), None).is_forgotten
    assert str(payment_lost(None, lost)) == (
        "the node has lost its books while it was under way, and nobody can prove whether the payment was paid"
    )
