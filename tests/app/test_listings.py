"""What a node lists, as the SDK gives it to apps."""

import pytest

from offset.app import NotOffered, NotPermitted, UserFault
from offset.base.ids import InvoiceId, PaymentId
from offset.base.limits import QUERY_ROWS_MAX
from offset.testing import APP, FRIEND, FakeNode, connected, story
from offset.wire.app import AddInvoice, AppPermissions, CreatePayment
from offset.wire.extension import HistoryRow


def row(number: int) -> HistoryRow:
    """A row of the history."""
    return HistoryRow(number, 1, "paid", bytes(16), "FST", 5, FRIEND.public_key, b"")


@story
async def test_all_pages() -> None:
    """Without a limit all rows come, however many pages that takes; with one, as many as wanted."""
    async with connected() as (fake, node):
        count = 2 * QUERY_ROWS_MAX + 3
        fake.history = [row(number) for number in range(1, count + 1)]
        for number in range(count):
            invoice_id, payment_id = number.to_bytes(32), number.to_bytes(16)
            fake.invoices[invoice_id] = AddInvoice(invoice_id, "FST", 5)
        assert await node.history(limit=None) == fake.history[::-1]
        assert await node.history(after=0, limit=None) == fake.history
        assert await node.history() == fake.history[:-101:-1]
        assert await node.history(after=count) == []
        assert [found.number for found in await node.history(before=3)] == [2, 1]
        assert await node.history(before=1) == await node.history(before=0) == []
        invoices = await node.invoices()
        assert [found.invoice_id for found in invoices] == sorted(fake.invoices)
        few = await node.invoices(after=InvoiceId((6).to_bytes(32)), limit=2)
        assert [int.from_bytes(found.invoice_id) for found in few] == [7, 8]
        await node._session.ask(CreatePayment(payment_id, invoice_id, "FST", 5, FRIEND.public_key))
        assert [found.payment_id for found in await node.payments()] == [payment_id]
        assert await node.payments(after=PaymentId(payment_id)) == []


@story
async def test_the_history_has_two_ends() -> None:
    """It is read from one of them."""
    async with connected() as (_, node):
        with pytest.raises(UserFault, match="not both"):
            await node.history(after=1, before=5)


@story
async def test_a_node_that_does_not_list_is_not_asked() -> None:
    """One of the reference would not understand the question."""
    fake = FakeNode()
    fake.answers_queries = False
    async with connected(fake) as (_, node):
        for look in (node.payments, node.invoices, node.history):
            with pytest.raises(NotOffered, match="does not list its payments, invoices and history"):
                await look()
        # Nor is its line lost: nothing was said.
        await node.seller.create_invoice("FST", 5)


@story
async def test_what_an_app_may_see() -> None:
    """What it lacks is said, and nothing is asked."""
    seller = AppPermissions(routes=False, buyer=False, seller=True, config=False)
    async with connected(FakeNode(trusted={APP.public_key: seller})) as (_, node):
        assert await node.invoices() == []
        with pytest.raises(NotPermitted, match="the permission 'buyer'"):
            await node.payments()
        with pytest.raises(NotPermitted, match="the permission 'buyer' and 'seller', or 'config' of"):
            await node.history()
