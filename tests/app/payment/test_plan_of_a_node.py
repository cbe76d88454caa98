"""Which routes a payment tries, and what is said when there are none."""

import pytest

from app.payment.paying import (
    BOB,
    CAROL,
    INVOICE,
    ONE,
    VIA_BOB,
    VIA_CAROL,
    VIA_DAVE,
    kinds_of,
    part_over,
    parts_of,
)
from offset.app import NoIndexServer, NoRoute, NotEnoughCredit, Rate, TooExpensive
from offset.testing import (
    SELLER,
    FakeNode,
    connected,
    consistent,
    friend_report,
    identity,
    node_report,
    route,
    story,
)
from offset.wire import app
from offset.wire.index import Edge, MultiRoute, RequestRoutes
from support.ours import OPEN


@story
async def test_no_route() -> None:
    """When nothing leads to the seller that is said, and no payment begins."""
    async with connected() as (fake, node):
        with pytest.raises(NoRoute, match="no chain of friends"):
            await node.buyer.pay(INVOICE)
        assert set(kinds_of(fake)) == {"RequestRoutes"}


@pytest.mark.parametrize(
    "friends, reason",
    [
        ({}, "no friend of this node uses FST with it; agree on that"),
        ({"bob": (True, "EUR")}, "no friend of this node uses FST with it; agree on that"),
        ({"bob": (False, "FST"), "ann": (False, "FST")}, r"are offline \(ann, bob\); try again when one"),
        (
            {"bob": (False, "FST"), "ann": (True, "FST")},
            "knows no way between the seller and this node in either direction",
        ),
    ],
)
@story
async def test_what_is_in_the_way(friends: dict[str, tuple[bool, str]], reason: str) -> None:
    """When there is no route, the sentence says whether our own friends are the reason, and what can be done."""
    reports = {
        identity(name).public_key: friend_report(
            name,
            consistent(**{currency: (0, 0, 0)}),
            online=online,
            configs=(OPEN,) if currency == "FST" else (),
        )
        for name, (online, currency) in friends.items()
    }
    async with connected(FakeNode(node_report(reports))) as (_, node):
        with pytest.raises(NoRoute, match=reason):
            await node.buyer.pay(INVOICE)


@story
async def test_not_enough_credit() -> None:
    """When less would find its way, the buyer is told how much."""
    opened = node_report({BOB: friend_report(configs=(OPEN,))})
    async with connected(FakeNode(opened)) as (fake, node):
        small = (MultiRoute((route(BOB, capacity=30),)),)
        fake.routes = [(), small]
        with pytest.raises(
            NotEnoughCredit, match=r"do not carry 50 FST now, but 30 FST at most: .* smaller invoice"
        ):
            await node.buyer.pay(INVOICE)
        assert [asked.capacity for asked in fake.asked_for(RequestRoutes)] == [50, 1]


@story
async def test_routes_that_carry_too_little() -> None:
    """Routes that a server offers though they carry too little are not tried."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, capacity=49),)), MultiRoute(()))]
        with pytest.raises(NotEnoughCredit, match="49 FST at most"):
            await node.buyer.pay(INVOICE)
        assert set(kinds_of(fake)) == {"RequestRoutes"}


@story
async def test_too_expensive() -> None:
    """Fees above the buyer's limit are not paid; another multi-route below it is taken."""
    dear = MultiRoute((route(BOB, CAROL, rate=Rate(0, 9)),))
    cheap = MultiRoute((route(BOB, rate=Rate(0, 2)),))
    async with connected() as (fake, node):
        fake.routes = [(dear,)]
        with pytest.raises(TooExpensive, match="cost 9 FST in fees, more than the 5 allowed"):
            await node.buyer.pay(INVOICE, fees_max=5)
        assert set(kinds_of(fake)) == {"RequestRoutes"}
        fake.routes = [(dear, cheap)]
        assert (await node.buyer.pay(INVOICE, fees_max=5)).fees == 2


@story
async def test_no_index_server() -> None:
    """Without anybody to ask for routes the payment does not begin."""
    async with connected(FakeNode(node_report(index_servers=(), connected=None))) as (_, node):
        with pytest.raises(NoIndexServer):
            await node.buyer.pay(INVOICE)


@story
async def test_new_routes() -> None:
    """When all that was offered has failed, new routes are asked for, without an edge of the one that failed."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_CAROL,)),), (MultiRoute((VIA_CAROL,)), MultiRoute((VIA_DAVE,)))]
        fake.results = [app.FAILURE]
        await node.buyer.pay(INVOICE)
        assert [asked.opt_exclude for asked in fake.asked_for(RequestRoutes)] == [None, Edge(BOB, CAROL)]
        assert parts_of(fake) == [part_over(VIA_CAROL, 50), part_over(VIA_DAVE, 50)]


@story
async def test_same_route_again() -> None:
    """In the end a route that failed is tried once more: what was in its way may be gone."""
    async with connected() as (fake, node):
        fake.routes = [ONE, (), ONE]
        fake.results = [app.FAILURE]
        await node.buyer.pay(INVOICE)
        assert [asked.opt_exclude for asked in fake.asked_for(RequestRoutes)] == [
            None,
            Edge(BOB, SELLER.public_key),
            None,
        ]
        assert parts_of(fake) == [part_over(VIA_BOB, 50)] * 2
