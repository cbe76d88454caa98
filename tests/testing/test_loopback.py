"""Apps with the SDK reach the nodes of a virtual network over loopback."""

from __future__ import annotations

import pytest

from offset.app import CannotConnect, Disconnected, NoRoute, NotEnoughCredit, connect
from offset.testing import ALL, FriendNetwork, identity, reachable, story

SHOP, CUSTOMER = identity("shop"), identity("customer")


@story
async def test_a_sale() -> None:
    """Two apps with the SDK: a route is found, the payment passes three real nodes, and all balances move."""
    network = FriendNetwork(["alice", "bob", "carol"])
    async with (
        reachable(network) as tickets,
        connect(tickets["carol"], None, SHOP) as shop,
        connect(tickets["alice"], None, CUSTOMER) as customer,
    ):
        invoice = await shop.seller.create_invoice("FST", 20)
        payment = await customer.buyer.pay(invoice)
        await shop.seller.commit(invoice, payment.commit)
        receipt = await payment.receipt(10, lambda receipt: None)
        assert (receipt.invoice_id, receipt.total_dest_payment) == (invoice.invoice_id, 20)
    network.world.run_for(1000)
    assert network.balance("alice", "bob") == (-21, 0, 0)
    assert network.balance("bob", "carol") == (-20, 0, 0)
    assert network.balance("carol", "bob") == (20, 0, 0)


@story
async def test_credit_that_is_missing() -> None:
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
async def test_what_apps_may_do() -> None:
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
