"""What a payment may cost when its owner sets no limit."""

from typing import Any

import pytest

from app.payment.paying import BOB, CAROL, DAVE
from offset.app import PaymentRefused, PaymentUnfinished, Rate, TooExpensive
from offset.app.payment.fees import fees_allowed
from offset.base.limits import FEES_PER_MEDIATOR_MAX, FEES_PERCENT_MAX, ROUTE_KEYS_MAX
from offset.core.index.split import Part
from offset.testing import (
    FakeNode,
    commit_for,
    connected,
    identity,
    invoice,
    route,
    story,
)
from offset.wire import app
from offset.wire.index import MultiRoute

MANY = tuple(identity(str(number)).public_key for number in range(ROUTE_KEYS_MAX - 2))


def part(*through: bytes) -> Part:
    """A part over these mediators."""
    return Part(0, route(*through).route, 0, 0)  # type: ignore[arg-type]


def test_the_limit() -> None:
    """A share of the amount and some credits for each mediator; however many parts, no more than of one route."""
    assert fees_allowed(1000, [part(BOB)]) == 10 * FEES_PERCENT_MAX + FEES_PER_MEDIATOR_MAX
    assert fees_allowed(0, [part(BOB, CAROL), part(DAVE)]) == 3 * FEES_PER_MEDIATOR_MAX
    assert fees_allowed(0, [part()]) == 0
    assert fees_allowed(0, [part(*MANY)] * 9) == len(MANY) * FEES_PER_MEDIATOR_MAX


@pytest.mark.parametrize("amount", [0, 50, 10_000])
@story
async def test_rates_of_an_index_server_are_not_believed(amount: int) -> None:
    """Without a limit of the owner, what is allowed for the amount is paid, and not one credit more."""
    allowed = amount * FEES_PERCENT_MAX // 100 + FEES_PER_MEDIATOR_MAX
    async with connected() as (fake, node):
        asked = invoice(amount)
        offer(fake, allowed + 1)
        limit = (
            f"cost {allowed + 1} FST in fees, more than the {allowed} allowed unless you set another limit"
        )
        with pytest.raises(TooExpensive, match=limit) as caught:
            await node.buyer.pay(asked)
        assert (caught.value.fees, caught.value.allowed) == (allowed + 1, allowed)
        assert not fake.asked_for(app.CreatePayment)
        assert (await node.buyer.pay(asked, fees_max=allowed + 1)).fees == allowed + 1
        offer(fake, allowed)
        assert (await node.buyer.pay(asked)).fees == allowed


def offer(fake: FakeNode, fees: int) -> None:
    """The index server names one route, with these fees."""
    fake.routes = [(MultiRoute((route(BOB, rate=Rate(0, fees), capacity=10**10),)),)]


@story
async def test_parts_that_have_arrived_count() -> None:
    """What replaces a failed part may cost what the others leave of the limit of the whole payment."""
    divided = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
    allowed = 1 + 3 * FEES_PER_MEDIATOR_MAX
    async with connected() as (fake, node):
        for fees, is_paid in ((allowed, True), (allowed + 1, False)):
            fake.routes = [divided, (MultiRoute((route(BOB, rate=Rate(0, fees)),)),)]
            fake.results = [app.FAILURE, app.SUCCESS]
            if is_paid:
                fake.results.append(app.Complete(commit_for(invoice(50))))
                assert (await node.buyer.pay(invoice(50))).fees == fees
            else:
                with pytest.raises(PaymentUnfinished, match="a part of it found no way"):
                    await node.buyer.pay(invoice(50))


@pytest.mark.parametrize("rate, works_at", [(2, 4), (1, 4), (0, 2), (0, 4)])
@story
async def test_04_r3_a_rate_that_was_named_too_low_is_overcome(rate: int, works_at: int) -> None:
    """When nothing else helps the fees are doubled, and doubled again."""

    def take(fake: FakeNode, conn: int, message: Any) -> None:
        fake.results = [] if message.app_request.fees >= works_at else [app.FAILURE]
        del fake.script[app.CreateTransaction]
        fake._take(conn, message)
        fake.script[app.CreateTransaction] = take

    async with connected() as (fake, node):
        offer(fake, rate)
        fake.script[app.CreateTransaction] = take
        assert (await node.buyer.pay(invoice(50))).fees == works_at


@story
async def test_raised_fees_have_the_same_limit() -> None:
    """Fees are not raised beyond what is allowed, nor beyond what the route carries, nor where nobody mediates."""
    async with connected() as (fake, node):
        for found, tried in (
            (route(BOB, rate=Rate(0, 3)), [3, 3, 6]),
            (route(BOB, rate=Rate(0, 1), capacity=52), [1, 1, 2]),
            (route(), [0, 0]),
        ):
            fake.routes, fake.results = [(MultiRoute((found,)),)], [app.FAILURE] * 100
            fake.requests.clear()
            with pytest.raises(PaymentRefused):
                await node.buyer.pay(invoice(50))
            assert [part.fees for part in fake.asked_for(app.CreateTransaction)] == tried
