"""What the history of a node proves of an invoice or a payment."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from offset.app import connect
from offset.app.node import Node
from offset.base.ids import PaymentId
from offset.base.limits import QUERY_ROWS_MAX
from offset.testing import APP, CURRENCY, NODE, FakeNode, invoice, receipt_for, refuse_because, serving, story
from offset.wallet.endings import end_of_invoice, end_of_payment, withdraw_untouched
from offset.wire import app
from offset.wire.common import RECEIPT
from offset.wire.extension import Extra, NetworkStatus
from support.clerks import PATIENCE_S

LUNCH = invoice(50)
OURS = replace(LUNCH, dest_public_key=NODE.public_key)
PAID = PaymentId(b"p" * 16)
RECEIPT_BYTES = RECEIPT.encode(receipt_for(LUNCH))


def note(fake: FakeNode, kind: str, id: bytes, detail: bytes = b"") -> None:
    """The node has written that down."""
    fake.note(kind, id, CURRENCY, 50, NODE.public_key, detail)


@story
async def test_invoices() -> None:
    """Open as long as the node lists it; then what its history says, however many rows came after."""
    async with serving(FakeNode()) as fake, connect(fake.ticket, None, APP) as node:
        id = LUNCH.invoice_id
        assert await end_of_invoice(node, id) is None
        fake.invoices[id] = app.AddInvoice(id, CURRENCY, 50)
        assert await end_of_invoice(node, id) == "open"
        del fake.invoices[id]
        note(fake, "withdrawn", id)
        for _ in range(QUERY_ROWS_MAX + 1):
            note(fake, "received", b"another")
        assert await end_of_invoice(node, id) == "withdrawn"


@story
async def test_an_invoice_that_nobody_touched() -> None:
    """A node that takes its id once more never promised anything for it; it is withdrawn again."""
    async with serving(FakeNode()) as fake, connect(fake.ticket, None, APP) as node:
        assert not await withdraw_untouched(node, OURS)
        assert fake.requests == []
        fake.do(lambda: fake.change(extra=Extra((), NetworkStatus(1, (), ()))))
        await settled(node)
        assert await withdraw_untouched(node, OURS)
        assert not fake.invoices
        assert not fake.history
        note(fake, "withdrawn", OURS.invoice_id)
        assert not await withdraw_untouched(node, OURS)
        fake.history.clear()
        fake.script[app.CancelInvoice] = refuse_because("not open")
        assert not await withdraw_untouched(node, OURS)


async def settled(node: Node) -> None:
    """The node says that it tells its status, so that it is one of this program."""
    async with asyncio.timeout(PATIENCE_S):
        while not node.report.tells_refusals:
            await asyncio.sleep(0.005)


@story
async def test_payments() -> None:
    """The receipt of the whole counts more than that of a part; a lost part proves nothing."""
    async with serving(FakeNode()) as fake, connect(fake.ticket, None, APP) as node:
        note(fake, "lost part", PAID)
        assert await end_of_payment(node, PAID) is None
        note(fake, "unproved", PAID)
        assert await end_of_payment(node, PAID) == "unproved"
        note(fake, "unpaid", PAID)
        assert await end_of_payment(node, PAID) == "unpaid"
        note(fake, "proof", PAID, RECEIPT_BYTES)
        assert await end_of_payment(node, PAID) == receipt_for(LUNCH)


@story
async def test_a_node_that_lists_nothing() -> None:
    """Nothing is proved."""
    node = FakeNode()
    node.answers_queries = False
    async with serving(node) as fake, connect(fake.ticket, None, APP) as session:
        assert await end_of_invoice(session, LUNCH.invoice_id) is None
        assert await end_of_payment(session, PAID) is None
