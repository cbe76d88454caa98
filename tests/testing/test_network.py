"""The virtual network of real nodes: by itself, and as apps reach it over loopback."""

from __future__ import annotations

import pytest

from offset.app import CannotConnect, Disconnected, NoRoute, NotEnoughCredit, connect
from offset.sim.physics.violation import Violation
from offset.testing import ALL, FriendNetwork, identity, reachable, story
from offset.wire.app import DisableFriend

SHOP, CUSTOMER = identity("shop"), identity("customer")


def test_friends_in_a_row_can_pay() -> None:
    """Neighbours are friends, without debt; who is not a friend is not in the report."""
    network = FriendNetwork(["alice", "bob", "carol"], limit=70)
    for name, other in (("alice", "bob"), ("bob", "alice"), ("bob", "carol"), ("carol", "bob")):
        assert network.can_pay(name, other)
        assert network.balance(name, other) == (0, 0, 0)
    assert not network.can_pay("alice", "carol")
    network.apps["alice"].ask(DisableFriend(network.key("bob")))
    network.world.run_until(lambda: not network.can_pay("bob", "alice"))


def test_links_are_those_that_were_given() -> None:
    """A triangle, in another currency, without an index server."""
    links = [("a", "b"), ("b", "c"), ("c", "a")]
    network = FriendNetwork("abc", links, currency="EUR", has_index=False)
    assert all(network.can_pay(name, other) for name, other in links)
    assert network.apps["a"].report().connected_server is None
    assert "index" not in network.world.hosts


def test_a_node_that_crashed_lives_on() -> None:
    """It starts from what was durable, and its friends meet it again."""
    network = FriendNetwork("ab")
    network.crash("a")
    network.world.run_until(lambda: network.can_pay("a", "b") and network.can_pay("b", "a"))


def test_what_does_not_come_is_an_error() -> None:
    """Whoever waits for something that does not happen is told so."""
    network = FriendNetwork("ab", has_index=False)
    network.stop("b")
    with pytest.raises(Violation, match="did not come"):
        network.world.run_until(lambda: network.can_pay("b", "a") and network.can_pay("a", "b"), 1000)


@story
async def test_a_sale_over_loopback() -> None:
    """Two apps with the SDK: a route is found, the payment passes three real nodes, and all balances move."""
    network = FriendNetwork(["alice", "bob", "carol"])
    async with (
        reachable(network) as tickets,
        connect(tickets["carol"], None, SHOP) as shop,
        connect(tickets["alice"], None, CUSTOMER) as customer,
    ):
        invoice = await shop.seller.create_invoice("FST", 20)
        payment = await customer.buyer.pay(invoice)
        assert await shop.seller.commit(invoice, payment.commit)
        receipt = await payment.receipt(10, lambda receipt: None)
        assert (receipt.invoice_id, receipt.total_dest_payment) == (invoice.invoice_id, 20)
    network.world.run_for(1000)
    assert network.balance("alice", "bob") == (-21, 0, 0)
    assert network.balance("bob", "carol") == (-20, 0, 0)
    assert network.balance("carol", "bob") == (20, 0, 0)


@story
async def test_credit_that_is_missing_over_loopback() -> None:
    """Real nodes refuse what goes beyond their limits."""
    network = FriendNetwork(["alice", "bob"], limit=10)
    async with (
        reachable(network) as tickets,
        connect(tickets["bob"], None, SHOP) as shop,
        connect(tickets["alice"], None, CUSTOMER) as customer,
    ):
        invoice = await shop.seller.create_invoice("FST", 11)
        with pytest.raises((NoRoute, NotEnoughCredit)):
            await customer.buyer.pay(invoice)


@story
async def test_a_node_that_dies_under_an_app() -> None:
    """The app loses its connection, and finds everything again when the node is back."""
    network = FriendNetwork(["alice", "bob"])
    async with reachable(network) as tickets:
        async with connect(tickets["bob"], None, SHOP) as shop:
            await shop.seller.create_invoice("FST", 5)
            network.crash("bob")
            with pytest.raises(Disconnected):
                await shop.seller.create_invoice("FST", 5)
        async with connect(tickets["bob"], None, SHOP) as shop:
            await shop.report.wait_until(lambda report: report.friends[network.key("alice")].liveness, 20)
            await shop.seller.create_invoice("FST", 5)


@story
async def test_a_node_that_stops_under_an_idle_app() -> None:
    """The app hears of it though it sends nothing; other nodes see their friend go."""
    network = FriendNetwork(["alice", "bob"])
    async with (
        reachable(network) as tickets,
        connect(tickets["alice"], None, SHOP) as alice,
        connect(tickets["bob"], None, SHOP) as bob,
    ):
        network.stop("bob")
        with pytest.raises(Disconnected):
            await bob.report.wait_until(lambda report: False, 10)
        await alice.report.wait_until(lambda report: not report.friends[network.key("bob")].liveness, 10)
        with pytest.raises(CannotConnect):
            async with connect(tickets["bob"], None, SHOP):
                pass


@story
async def test_what_apps_may_do_over_loopback() -> None:
    """As everywhere, it is the node that decides; and a report may be long."""
    network = FriendNetwork(["alice"])
    assert network.trusted == ALL
    async with reachable(network) as tickets, connect(tickets["alice"], None, SHOP) as node:
        assert node.permissions == ALL
        for number in range(60):
            name = f"friend {number}" * 8
            await node.friends.add(identity(str(number)).public_key, [], name)
    async with reachable(network) as tickets, connect(tickets["alice"], None, CUSTOMER) as node:
        assert len(node.report.friends) == 60
