"""Tests of the shop, without a node: `python examples/test_shop.py`, or with pytest."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import shop

from offset.app import Disconnected, InvoiceFile, connect, format_commit, parse_invoice
from offset.testing import (
    APP,
    FRIEND,
    NODE,
    FakeNode,
    FriendNetwork,
    commit_for,
    hang_up,
    identity,
    reachable,
    serving,
    story,
)
from offset.wire.app import CommitInvoice
from offset.wire.files import Ticket, format_identity, format_ticket


@contextlib.contextmanager
def shop_folder(ticket: Ticket) -> Iterator[None]:
    """A folder with the files of the shop, in which it runs."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("shop.ident").write_text(format_identity(APP))
        Path("node.ticket").write_text(format_ticket(ticket))
        yield


async def invoice_of_the_shop() -> InvoiceFile:
    """What a customer reads, once it is there."""
    while not (path := Path("shop1.invoice")).exists() or not path.read_text():
        await asyncio.sleep(0.01)
    return parse_invoice(path.read_text())


async def sell() -> None:
    """Run the shop."""
    await shop.sell("shop.ident", "node.ticket", "FST", "20")


@story
async def test_a_customer_pays() -> None:
    """The shop collects with the commit that the customer puts into its folder."""
    async with serving() as node, asyncio.TaskGroup() as group:
        with shop_folder(node.ticket):
            selling = group.create_task(sell())
            invoice = await invoice_of_the_shop()
            node.do(lambda: node.freeze(20))
            Path("shop1.commit").write_text(format_commit(commit_for(invoice, NODE)))
            await selling
        assert len(node.asked_for(CommitInvoice)) == 1
        (balance,) = node.view.friends[FRIEND.public_key].channel_status.currency_reports
        assert balance.balance.balance == 20


@story
async def test_the_node_hangs_up_just_then() -> None:
    """A shop whose node goes away while it collects must not say that it has sold."""
    node = FakeNode()
    node.script[CommitInvoice] = hang_up
    async with serving(node):
        with shop_folder(node.ticket):
            selling = asyncio.create_task(sell())
            invoice = await invoice_of_the_shop()
            node.do(lambda: node.freeze(20))
            Path("shop1.commit").write_text(format_commit(commit_for(invoice, NODE)))
            try:
                await selling
            except Disconnected:
                return
    raise AssertionError("the shop did not notice")


@story
async def test_a_real_payment() -> None:
    """Three real nodes in this process: the customer pays over bob, and alice's credits are with the shop."""
    network = FriendNetwork(["alice", "bob", "shop"])
    async with (
        reachable(network) as tickets,
        connect(tickets["alice"], None, identity("alice's app")) as alice,
    ):
        with shop_folder(tickets["shop"]):
            selling = asyncio.create_task(sell())
            payment = await alice.buyer.pay(await invoice_of_the_shop())
            Path("shop1.commit").write_text(format_commit(payment.commit))
            await selling
        await payment.receipt(10, lambda receipt: None)
    network.world.run_for(1000)
    assert network.balance("shop", "bob") == (20, 0, 0)
    assert network.balance("alice", "bob") == (-21, 0, 0)


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"{name}: passed")
