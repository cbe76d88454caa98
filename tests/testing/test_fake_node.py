"""The fake node as an author of an app uses it: its friends, balances, limits and permissions, and payments."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from offset.app import (
    Disconnected,
    NoAnswer,
    NoRoute,
    NotEnoughCredit,
    NotPermitted,
    NotTrusted,
    PaymentCanceled,
    PaymentRefused,
    PaymentUnfinished,
    PaymentUnknown,
    Refused,
    connect,
)
from offset.base.credits import Rate
from offset.sim.physics.host import Host
from offset.testing import (
    APP,
    FRIEND,
    NODE,
    ROUTE,
    STRANGER,
    CalmWorld,
    FakeNode,
    VirtualApp,
    commit_for,
    connected,
    identity,
    in_thread,
    invoice,
    node_report,
    receipt_for,
    serving,
    story,
)
from offset.wire.app import FAILURE, AddInvoice, AppPermissions, Complete, EnableFriend
from offset.wire.index import MultiRoute
from offset.wire.report import ChannelConsistent

SELLING = AppPermissions(routes=False, buyer=False, seller=True, config=False)
CAROL = identity("carol").public_key


def can_pay() -> FakeNode:
    """A node that finds a route to the seller and may owe its friend enough."""
    fake = FakeNode()
    fake.routes = [(MultiRoute((ROUTE,)),)]
    return fake


def balances(fake: FakeNode, key: bytes = FRIEND.public_key) -> dict[str, tuple[int, int, int]]:
    """What the report says about the balances with a friend."""
    status = fake.view.friends[key].channel_status
    assert isinstance(status, ChannelConsistent)
    return {
        report.currency: (
            report.balance.balance,
            report.balance.local_pending_debt,
            report.balance.remote_pending_debt,
        )
        for report in status.currency_reports
    }


@story
async def test_friends_balances_and_limits_reach_the_app() -> None:
    """What a test sets is in the report of an app that is connected, and of one that comes later."""
    async with connected() as (fake, node):

        def change() -> None:
            fake.add_friend(CAROL, "carol")
            fake.set_balance(-20, 3, 4)
            fake.set_balance(5, currency="EUR")
            fake.set_limits(CAROL, "FST", remote_max_debt=70, rate=Rate(0, 2), is_open=True)
            fake.set_online(FRIEND.public_key, False)

        fake.do(change)
        await node.report.wait_until(lambda report: not report.friends[FRIEND.public_key].liveness, 5)
        async with connect(fake.ticket, None, APP) as later:
            for each in (node, later):
                assert dict(each.report.friends) == fake.view.friends
        assert balances(fake) == {"FST": (-20, 3, 4), "EUR": (5, 0, 0)}
        assert balances(fake, CAROL) == {"FST": (0, 0, 0)}
        carol = node.report.friends[CAROL]
        assert (carol.name, carol.liveness, carol.status) == ("carol", True, True)
        (config,) = carol.currency_configs
        assert (config.remote_max_debt, config.rate, config.is_open) == (70, Rate(0, 2), True)


@story
async def test_permissions_are_those_of_the_next_connection() -> None:
    """An app may do what the test says; others are turned away."""
    fake = FakeNode()
    async with serving(fake):
        fake.trusted = {APP.public_key: SELLING}
        async with connect(fake.ticket, None, APP) as node:
            await node.seller.create_invoice("FST", 1)
            with pytest.raises(NotPermitted):
                await node.buyer.pay(invoice())
        with pytest.raises(NotTrusted):
            async with connect(fake.ticket, None, STRANGER):
                pass
        fake.trusted = {}
        with pytest.raises(NotTrusted):
            async with connect(fake.ticket, None, APP):
                pass


@story
async def test_a_payment_succeeds() -> None:
    """The buyer gets a commit, and a receipt once the seller has collected."""
    async with connected(can_pay()) as (fake, node):
        payment = await node.buyer.pay(invoice())
        assert payment.commit == commit_for(invoice())
        (payment_id,) = fake.payments
        fake.do(lambda: fake.collected(payment_id))
        assert await payment.receipt(5, lambda receipt: None) == receipt_for(invoice())
        assert fake.payments == {}


@story
async def test_a_payment_fails() -> None:
    """Without a route, and where every part of it fails, the SDK says so."""
    async with connected(can_pay()) as (fake, node):
        fake.results = [FAILURE] * 64
        with pytest.raises(PaymentRefused):
            await node.buyer.pay(invoice())
        fake.routes = [()]
        with pytest.raises((NoRoute, NotEnoughCredit)):
            await node.buyer.pay(invoice(name="dinner"))


@story
async def test_a_payment_hangs_and_arrives_after_all() -> None:
    """A part that is not answered leaves the payment unfinished; once it arrives the payment can be resumed."""
    async with connected(can_pay()) as (fake, node):
        fake.results = [None]
        begun: list[bytes] = []
        for timeout_s in (0.3, 3, 30):
            # On a busy machine a short time is over before the way is known.
            with pytest.raises((PaymentUnfinished, NoAnswer)):
                await node.buyer.pay(
                    invoice(), timeout_s=timeout_s, began=lambda payment_id, _: begun.append(payment_id)
                )
            if begun:
                break
        fake.do(lambda: fake.arrive(begun[0], Complete(commit_for(invoice()))))
        payment = await node.buyer.resume(invoice(), begun[0])
        assert payment.commit == commit_for(invoice())


@story
async def test_a_payment_is_lost() -> None:
    """A node that forgot a payment says that it does not know it."""
    async with connected(can_pay()) as (fake, node):
        begun: list[bytes] = []
        await node.buyer.pay(invoice(), began=lambda payment_id, _: begun.append(payment_id))
        fake.do(lambda: fake.lose(begun[0]))
        with pytest.raises((PaymentUnknown, PaymentCanceled)):
            await node.buyer.resume(invoice(), begun[0])


@story
async def test_a_sale() -> None:
    """What a buyer has frozen is collected with a commit; an invoice that is not open cannot be collected."""
    async with connected() as (fake, node):
        asked = await node.seller.create_invoice("FST", 30)
        assert list(fake.invoices) == [asked.invoice_id]
        assert fake.asked_for(AddInvoice) == [AddInvoice(asked.invoice_id, "FST", 30)]
        fake.do(lambda: fake.freeze(30))
        commit = commit_for(asked, NODE)
        await node.seller.commit(asked, commit)
        assert balances(fake) == {"FST": (30, 0, 0)}
        with pytest.raises(Refused):
            await node.seller.commit(asked, commit)


@story
async def test_withdrawn_invoices() -> None:
    """As at a node of this program: what a buyer had frozen something for is history, and its id is not taken again."""
    async with connected() as (fake, node):
        untouched, touched = [await node.seller.create_invoice("FST", 30) for _ in range(2)]
        fake.frozen[touched.invoice_id] = 10
        for asked in (untouched, touched):
            await node.seller.cancel(asked)
        assert [(row.kind, row.id) for row in fake.history] == [("withdrawn", touched.invoice_id)]
        await node.seller.open_invoice(untouched)
        with pytest.raises(Refused, match="used before"):
            await node.seller.open_invoice(touched)
        assert list(fake.invoices) == [untouched.invoice_id]


def test_in_a_thread() -> None:
    """What a test does to a node in another thread is done there, and is done when `do` returns."""
    seen: list[Any] = []
    with in_thread() as fake:
        fake.do(lambda: seen.append(threading.get_ident()))
        fake.do(lambda: fake.set_balance(7))
        assert balances(fake) == {"FST": (7, 0, 0)}
    assert seen[0] != threading.get_ident()


def test_a_node_that_is_not_served_says_so() -> None:
    """Nothing can be done to a node that nobody runs; before it runs, a test just sets what it wants."""
    fake = FakeNode()
    fake.set_balance(7)
    assert balances(fake) == {"FST": (7, 0, 0)}
    with pytest.raises(AssertionError, match="nobody serves"):
        fake.do(lambda: None)


def test_in_memory() -> None:
    """The same node is an engine for a host of the simulator: no socket, no thread."""
    world, fake = CalmWorld(), FakeNode()

    def make(host: Host) -> FakeNode:
        return fake

    world.add("node", make, {"apps": "node:1"})
    app = VirtualApp(world, "shop", NODE.public_key, "node:1", APP)
    assert app.wait_ready().report == fake.view.snapshot()
    app.ask(EnableFriend(FRIEND.public_key))
    assert fake.requests == [EnableFriend(FRIEND.public_key)]


@story
async def test_a_node_that_can_leave_its_report_out() -> None:
    """An app that needs none is told what comes of its requests, and nothing else; another one gets the report."""
    fake = FakeNode()
    fake.report_is_optional = True
    async with (
        serving(fake),
        connect(fake.ticket, None, APP) as looking,
        connect(fake.ticket, None, APP, report=False) as acting,
    ):
        assert looking.report.snapshot() == node_report()
        await acting.friends.disable(FRIEND.public_key)
        await looking.report.wait_until(lambda report: not report.friends[FRIEND.public_key].status, 20)
        assert fake.reports_sent == 1
        fake.do(fake.hangup_all)
        with pytest.raises(Disconnected):
            await acting.friends.enable(FRIEND.public_key)
        assert (fake.undecided, fake.reportless) == (set(), set())
