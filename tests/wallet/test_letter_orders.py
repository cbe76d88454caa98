"""Orders for guests: what the node did is answered, what it did not answer is asked again, and twice is like once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.ids import InvoiceId
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    NothingFrozen,
    NotOpened,
    Opened,
    OpenInvoice,
    Order,
    OrderId,
    Withdraw,
    Withdrawn,
    WrongCommit,
)
from offset.testing import (
    CURRENCY,
    NODE,
    FakeNode,
    commit_for,
    follow_and_hang_up,
    identity,
    in_turn,
    refuse_because,
    serving,
    story,
)
from offset.wallet import letter_orders, receiving
from offset.wallet.clerk import Clerk
from offset.wallet.letter_orders import Orders
from offset.wire import app
from offset.wire.common import Commit
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.files import InvoiceFile
from support.clerks import PATIENCE_S, clerk_of, sale_in
from support.letters import ASK_ID, REQUEST_ID

NEVER = InvoiceId(b"n" * 32)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    for module in (receiving, letter_orders):
        monkeypatch.setattr(module, "PAUSE_MS_MIN", 10)
        monkeypatch.setattr(module, "PAUSE_MS_LONGEST", 50)


def till() -> FakeNode:
    """A node of ours, which says why it refuses; its friend has frozen 20 for it."""
    node = FakeNode()
    node.view.take_extra(Extra((), NetworkStatus(1, (), ())))
    node.freeze(20)
    return node


async def answer(clerk: Clerk, order: Order) -> Answer:
    """What comes of an order."""
    answered: asyncio.Queue[tuple[OrderId, Answer]] = asyncio.Queue()
    orders = Orders(
        clerk.receiving, SeededEntropy(1), lambda order, answer: answered.put_nowait((order, answer))
    )
    orders.carry_out(order)
    async with asyncio.timeout(PATIENCE_S):
        number, found = await answered.get()
    await orders.stop()
    assert number == order.order
    return found


def opening(number: int = 1) -> OpenInvoice:
    return OpenInvoice(OrderId(number), ASK_ID, REQUEST_ID, CURRENCY, 20, "Bread", 2, "Alice")


async def opened(clerk: Clerk) -> InvoiceFile:
    """The invoice for the question of a guest."""
    found = await answer(clerk, opening())
    assert isinstance(found, Opened)
    assert found.dest_public_key == NODE.public_key
    return InvoiceFile(found.invoice_id, CURRENCY, NODE.public_key, 20)


def collecting(commit: Commit) -> Collect:
    return Collect(OrderId(2), ASK_ID, commit.invoice_id, commit)


@story
async def test_opened_and_collected(tmp_path: Path) -> None:
    """Ordered twice it is one invoice, and one commit; what the guest says stands in the row."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        invoice = await opened(clerk)
        assert await opened(clerk) == invoice
        (row,) = clerk.receiving.unsettled_rows()
        assert (row.ask_id, row.payer, row.request_id) == (ASK_ID, "Alice", REQUEST_ID)
        for _ in range(2):
            assert await answer(clerk, collecting(commit_for(invoice, NODE))) == Collected()
        assert await answer(clerk, Withdraw(OrderId(3), ASK_ID, invoice.invoice_id)) == Collected()
        assert len(fake.asked_for(app.AddInvoice)) == len(fake.asked_for(app.CommitInvoice)) == 1


@story
async def test_withdrawn_without_a_trace(tmp_path: Path) -> None:
    """Nobody paid, so no row is left, and a second order finds nothing to withdraw."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        invoice = await opened(clerk)
        for _ in range(2):
            assert await answer(clerk, Withdraw(OrderId(3), ASK_ID, invoice.invoice_id)) == Withdrawn()
        assert clerk.receiving.unsettled_rows() == []
        assert not await clerk.books.do(lambda books: books.sales_in(("canceled",)))
        assert not fake.invoices
        assert await answer(clerk, collecting(commit_for(invoice, NODE))) == WrongCommit()


@story
async def test_commits_that_are_worth_nothing(tmp_path: Path) -> None:
    """Of another invoice, signed by another node, or for which nothing is frozen."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        invoice = await opened(clerk)
        stranger = commit_for(invoice, identity("stranger"))
        assert await answer(clerk, collecting(stranger)) == WrongCommit()
        other = commit_for(InvoiceFile(NEVER, CURRENCY, NODE.public_key, 20), NODE)
        assert await answer(clerk, collecting(other)) == WrongCommit()
        fake.script[app.CommitInvoice] = refuse_because("nothing is frozen")
        assert await answer(clerk, collecting(commit_for(invoice, NODE))) == NothingFrozen()
        assert [row.stage for row in clerk.receiving.unsettled_rows()] == ["open"]


@story
async def test_the_node_opens_none(tmp_path: Path) -> None:
    """Nothing is left of it, and the guest may be told."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.script[app.AddInvoice] = refuse_because("too many invoices")
        assert await answer(clerk, opening()) == NotOpened()
        assert clerk.receiving.unsettled_rows() == []


@story
async def test_the_answer_of_the_node_is_missed(tmp_path: Path) -> None:
    """It is asked again over the next connection, and the order is answered once it has said so."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        invoice = await opened(clerk)
        fake.script[app.CommitInvoice] = in_turn(follow_and_hang_up, refuse_because("collected before"))
        assert await answer(clerk, collecting(commit_for(invoice, NODE))) == Collected()
        (id,) = {row.id for row in await clerk.books.do(lambda books: books.newest_sales(5))}
        assert (await sale_in(clerk, id, "collected")).why is None
