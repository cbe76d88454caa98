"""What the fake node lists of a payment on its way, and to whom."""

from offset.base.ids import Conn
from offset.testing import APP, ROUTE, FakeNode, connected, invoice, story
from offset.testing.listings import answer_query
from offset.wire.app import AppPermissions
from offset.wire.extension import PaymentsAbove, Query
from offset.wire.index import MultiRoute


@story
async def test_the_stages_of_a_payment() -> None:
    """It says what a node of this program would say."""
    fake = FakeNode()
    fake.routes = [(MultiRoute((ROUTE,)),)]
    async with connected(fake) as (_, node):

        async def stage() -> tuple[str, bool, int, int]:
            (row,) = await node.payments()
            return row.stage, row.has_commit, len(row.held), len(row.lost)

        payment = (await node.buyer.pay(invoice())).payment_id
        assert await stage() == ("new", True, 1, 0)
        await node.buyer.has_commit(payment, 5)
        fake.payments[payment].is_closed = True
        assert await stage() == ("in progress", True, 1, 0)
        fake.do(lambda: fake.lose_channel(payment, 52))
        assert await stage() == ("lost", True, 0, 1)
        fake.do(lambda: fake.collected(payment))
        assert await stage() == ("success", True, 0, 1)


@story
async def test_whoever_may_not_see_it_is_hung_up_on() -> None:
    """The SDK does not ask for it; whoever does loses the line, as at a node."""
    seller = AppPermissions(routes=False, buyer=False, seller=True, config=False)
    async with connected(FakeNode(trusted={APP.public_key: seller})) as (fake, _):
        (conn,) = fake.conns
        query = Query(bytes(16), PaymentsAbove(b""), 1)
        fake.do(lambda: answer_query(fake, conn, query))
        assert fake.conns == {}
        # Nobody is there any more.
        fake.do(lambda: answer_query(fake, Conn(conn), query))
