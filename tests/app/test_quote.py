"""Quotes of a fake node, and the most that can be paid in networks of real ones."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.app import NoIndexServer, NoRoute, NotEnoughCredit, Rate, connect
from offset.app.payment import far_lines
from offset.app.quote import Capacity
from offset.app.why import Cause
from offset.testing import (
    APP,
    CURRENCY,
    FRIEND,
    FakeNode,
    FriendNetwork,
    connected,
    friend_report,
    identity,
    invoice,
    node_report,
    reachable,
    route,
    story,
)
from offset.wire.extension import CreditLine, Extra, FriendCreditLines, NetworkStatus
from offset.wire.index import MultiRoute, RequestRoutes
from support.ours import OPEN

BOB = FRIEND.public_key
OPENED = node_report({BOB: friend_report(configs=(OPEN,))})


@story
async def test_a_quote_names_fees_and_friends() -> None:
    """And nothing but routes is asked of the node: no credits are frozen."""
    async with connected(FakeNode(OPENED)) as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, identity("carol").public_key, rate=Rate(0, 3)),)),)]
        found = await node.buyer.quote(invoice(50))
        assert (found.fees, found.allowed, found.over) == (3, 1 + 2 * 5, (BOB,))
        assert {type(request) for request in fake.requests} == {RequestRoutes}


@story
async def test_a_dear_way_is_quoted_too() -> None:
    """Whatever it costs: the payer sees the price, and what would be paid without asking."""
    async with connected(FakeNode(OPENED)) as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, identity("carol").public_key, rate=Rate(0, 900)),)),)]
        found = await node.buyer.quote(invoice(50))
        assert (found.fees, found.allowed) == (900, 1 + 2 * 5)


@story
async def test_no_way_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error carries the cause, for quotes and payments alike."""
    # As if the index server had been there for long.
    monkeypatch.setattr(far_lines, "KNOWN_S", 0.1)
    async with connected(FakeNode(OPENED)) as (_, node):
        for ask in (node.buyer.quote, node.buyer.pay):
            with pytest.raises(NoRoute) as refused:
                await ask(invoice(50))
            assert refused.value.why is not None
            assert refused.value.why.cause == Cause.NO_WAY


@story
async def test_own_friends_count_more_than_the_index_server() -> None:
    """A way over a friend who is offline, or does not let so much pass, is none, whatever the server says."""
    lines = Extra((FriendCreditLines(BOB, (CreditLine(CURRENCY, 20, True),)),), NetworkStatus(1, (), ()))
    report = node_report({BOB: friend_report(configs=(OPEN,))}, extra=lines)
    async with connected(FakeNode(report)) as (fake, node):
        fake.routes = [(MultiRoute((route(BOB),)),)]
        with pytest.raises(NotEnoughCredit, match="lets 20 FST pass") as short:
            await node.buyer.quote(invoice(50))
        assert short.value.why is not None
        assert (short.value.why.cause, short.value.why.most) == (Cause.OWN_LINES, 20)
        assert (await node.buyer.quote(invoice(20))).over == (BOB,)
        assert (await node.buyer.capacity(CURRENCY, identity("seller").public_key)).most == 20
        fake.do(lambda: fake.set_online(BOB, False))
        await node.report.wait_until(lambda now: not now.friends[BOB].liveness, 10)
        with pytest.raises(NoRoute) as away:
            await node.buyer.quote(invoice(20))
        assert away.value.why is not None
        assert away.value.why.cause == Cause.ALL_CLOSED
        assert (await node.buyer.capacity(CURRENCY, identity("seller").public_key)).most == 0


@story
async def test_capacity_without_a_server() -> None:
    """Nobody can be asked, unless the payee is a friend whose limit is known."""
    bare = FakeNode(node_report({BOB: friend_report(configs=(OPEN,))}, index_servers=()))
    async with connected(bare) as (_, node):
        with pytest.raises(NoIndexServer):
            await node.buyer.capacity(CURRENCY, identity("seller").public_key)


@story
async def test_a_silent_server_ends_in_time() -> None:
    """What was found before it fell silent holds."""
    async with connected(FakeNode(OPENED)) as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, capacity=30),)),), ()]
        found = await node.buyer.capacity(CURRENCY, identity("seller").public_key)
        assert found.most == 30


def network() -> FriendNetwork:
    """a, b, c and d in a row; a friend lets another owe 1000; b takes 1 for each part, and so does c."""
    return FriendNetwork(["a", "b", "c", "d"])


async def capacity(net: FriendNetwork, payer: str, payee: str) -> Capacity:
    async with reachable(net) as tickets, connect(tickets[payer], None, APP) as node:
        return await node.buyer.capacity(CURRENCY, net.key(payee))


@story
async def test_capacity_of_a_network() -> None:
    """Two mediators take 1 each, so 998 of the 1000 that a's friend lets pass can be paid; index servers round."""
    net = network()
    found = await capacity(net, "a", "d")
    assert found.fees == 2
    assert 900 <= found.most <= 998
    direct = await capacity(net, "a", "b")
    assert direct.fees == 0
    assert 900 <= direct.most <= 1000


@story
async def test_capacity_over_two_friends() -> None:
    """Ways over several friends add up."""
    net = FriendNetwork(["a", "b", "c", "d"], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    found = await capacity(net, "a", "d")
    assert 1800 <= found.most <= 1998
    asked = replace(invoice(found.most), dest_public_key=net.key("d"))
    async with reachable(net) as tickets, connect(tickets["a"], None, APP) as node:
        quoted = await node.buyer.quote(asked)
    assert sorted(quoted.over) == sorted((net.key("b"), net.key("c")))


@story
async def test_nobody_leads_there() -> None:
    """No way is a capacity of 0, not an error."""
    net = FriendNetwork(["a", "b", "c"], [("a", "b")])
    assert await capacity(net, "a", "c") == Capacity(0, 0, False)
