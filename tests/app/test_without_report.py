"""Apps that only act: connected without a report, to nodes that leave it out and to those that send it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from offset.app import Node, NoReport, PaymentLost, Refused, UserFault, connect
from offset.base import base64url
from offset.base.credits import Rate
from offset.base.ids import PublicKey
from offset.engine import node as engine_node
from offset.engine.report_pieces import ReportPieces
from offset.testing import (
    APP,
    FRIEND,
    NODE,
    ROUTE,
    FakeNode,
    FriendNetwork,
    commit_for,
    identity,
    invoice,
    node_report,
    reachable,
    refuse,
    refuse_because,
    serving,
    story,
)
from offset.wire import app
from offset.wire.index import MultiRoute
from support.ours import OURS

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
ASKED = invoice(seller=NODE)

Act = Callable[[Node], Awaitable[object]]


@asynccontextmanager
async def acting(*, is_left_out: bool = True, is_ours: bool = True) -> AsyncIterator[tuple[FakeNode, Node]]:
    """An app without a report at a node that leaves it out, or sends it all the same."""
    fake = FakeNode(node_report(extra=OURS if is_ours else None))
    fake.report_is_optional = is_left_out
    async with serving(fake), connect(fake.ticket, None, APP, report=False) as node:
        yield fake, node


@story
@pytest.mark.parametrize("is_left_out", [True, False])
async def test_everything_but_looking_works(*, is_left_out: bool) -> None:
    """Friends are named by their keys; what was asked for is done when the call returns."""
    async with acting(is_left_out=is_left_out) as (fake, node):
        assert node.public_key == NODE.public_key
        friends = node.friends
        await friends.rename(base64url.encode(BOB), "bert")
        await friends.set_max_debt(BOB, "EUR", 5)
        await friends.set_rate(BOB, "EUR", Rate(1, 2))
        await friends.open_currency(BOB, "EUR")
        await friends.close_currency(BOB, "EUR")
        await friends.disable(BOB)
        await friends.add(CAROL, (), "carol")
        await node.relays.add(CAROL, "r.example.org:1", "r")
        await node.relays.remove(CAROL)
        await node.index_servers.add(CAROL, "i.example.org:1", "i")
        await node.index_servers.remove(CAROL)
        assert await node.routes.find("FST", 1, CAROL) == ()
        await node.seller.open_invoice(ASKED)
        await node.seller.commit(ASKED, commit_for(ASKED, NODE))
        assert fake.view.friends[BOB].name == "bert"
        assert not fake.view.friends[BOB].status
        assert (fake.view.friends[CAROL].name, fake.invoices) == ("carol", {})
        assert bool(fake.reportless) is is_left_out


@story
@pytest.mark.parametrize("is_left_out", [True, False])
async def test_looking_is_refused_at_every_node(*, is_left_out: bool) -> None:
    """Also where the report was sent: an app that leans on it would fail at the next node."""
    looks: list[Act] = [
        lambda node: node.buyer.pay(invoice()),
        lambda node: node.buyer.quote(invoice()),
        lambda node: node.buyer.capacity("FST", CAROL),
        lambda node: node.friends.reset(BOB),
        lambda node: node.friends.enable("bob"),
    ]
    async with acting(is_left_out=is_left_out) as (fake, node):
        for look in looks:
            with pytest.raises(NoReport, match="report=True"):
                await look(node)
        with pytest.raises(NoReport):
            _ = node.report
        with pytest.raises(NoReport):
            node.friends.report(BOB)
        assert fake.requests == []


@story
async def test_a_refusal_is_told() -> None:
    """A node that leaves its report out tells why it refuses; an acknowledgement without a reason means done."""
    async with acting() as (fake, node):
        fake.script[app.EnableFriend] = refuse_because("there is no such friend")
        with pytest.raises(Refused, match="no such friend"):
            await node.friends.enable(CAROL)
        await node.friends.disable(BOB)


@story
async def test_a_node_of_the_reference_is_judged_by_its_report() -> None:
    """It sends the report, which is taken silently: what it shows is compared, for the node tells no refusals."""
    async with acting(is_left_out=False, is_ours=False) as (fake, node):
        fake.script[app.DisableFriend] = refuse
        with pytest.raises(Refused, match="did not disable"):
            await node.friends.disable(BOB)
        with pytest.raises(UserFault, match="no friend with the public key"):
            await node.friends.disable(CAROL)
        fake.script[app.CommitInvoice] = refuse
        await node.seller.open_invoice(ASKED)
        with pytest.raises(Refused, match="nothing to collect"):
            await node.seller.commit(ASKED, commit_for(ASKED, NODE))


@story
async def test_a_lost_payment_is_told() -> None:
    """Whoever waits for the end of a payment hears that nobody can prove it, and to whom credits were given."""
    async with acting() as (fake, node), connect(fake.ticket, None, APP) as other:
        fake.routes = [(MultiRoute((ROUTE,)),)]
        payment_id = (await other.buyer.pay(invoice())).payment_id
        fake.do(lambda: fake.lose_channel(payment_id, 50))
        given = f"50 FST were given to the friend with the public key {base64url.encode(BOB)} and the channel was lost"
        with pytest.raises(PaymentLost, match=given) as raised:
            await node.buyer.ended(payment_id, 10)
        with pytest.raises(PaymentLost, match=given):
            await node.buyer.resume(invoice(), payment_id)
        await node.buyer.acknowledge(payment_id, raised.value.ack_uid)
        assert fake.payments == {}


@story
async def test_a_real_node_leaves_a_long_report_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app of another kind at the same node is told all; this one acts, is refused, and looks at listings."""
    monkeypatch.setattr(engine_node, "ReportPieces", lambda state, _: ReportPieces(state, 0))
    network = FriendNetwork(["alice", "bob"])
    bob, stranger = network.key("bob"), PublicKey(b"s" * 32)
    async with (
        reachable(network) as tickets,
        connect(tickets["alice"], None, identity("owner")) as looking,
        connect(tickets["alice"], None, identity("owner"), report=False) as node,
    ):
        await node.friends.rename(bob, "bert")
        await looking.report.wait_until(lambda report: report.friends[bob].name == "bert", 20)
        with pytest.raises(Refused, match="no such friend"):
            await node.friends.rename(stranger, "joe")
        made = await node.seller.create_invoice("FST", 5)
        assert [row.invoice_id for row in await node.invoices()] == [made.invoice_id]
        await node.seller.cancel(made)
        assert await node.invoices() == []
        await looking.friends.rename(bob, "bob")
