"""What a node lists for its apps: payments, invoices, and the history of the disk."""

from offset.base.limits import QUERY_ROWS_MAX
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord
from offset.core.funder.state.past import RowsPast
from offset.core.funder.state.state import FunderState
from offset.engine.node_queries import NodeQueries
from offset.engine.surface import Woken
from offset.testing import ALL, CURRENCY, FriendNetwork, VirtualApp
from offset.wire.app import (
    AckClosePayment,
    AddInvoice,
    AppPermissions,
    CancelInvoice,
    CreatePayment,
    PaymentStatusCanceled,
    ReportMutations,
    RequestClosePayment,
    ResponseClosePayment,
)
from offset.wire.extension import (
    HistoryAfter,
    HistoryBefore,
    HistoryRow,
    HistoryRows,
    InvoiceRow,
    InvoicesAbove,
    Listing,
    Page,
    PaymentsAbove,
    Query,
)

KEY = b"k" * 32


def look(listing: Listing, limit: int, count: int = 5) -> tuple[list[int], bool]:
    """The numbers of the rows that a node with so many rows lists, and whether there are no more."""
    rows = [
        HistoryRecord(number, HistoryKind.PAID, bytes(16), CURRENCY, 7, KEY, b"receipt")
        for number in range(1, count + 1)
    ]
    queries = NodeQueries(FunderState(KEY), RowsPast({row.key(): row for row in rows}), list)
    page = queries.look(Query(bytes(16), listing, limit))()
    assert isinstance(page.rows, HistoryRows)
    return [row.number for row in page.rows.rows], page.is_last


def test_the_history_from_both_ends() -> None:
    """Newest first, or oldest first; whoever goes on with the last number gets the rest."""
    assert look(HistoryBefore(0), 3) == ([5, 4, 3], False)
    assert look(HistoryBefore(3), 3) == ([2, 1], True)
    assert look(HistoryAfter(0), 3) == ([1, 2, 3], False)
    assert look(HistoryAfter(3), 2) == ([4, 5], True)
    assert look(HistoryAfter(5), 2) == ([], True)


def test_an_answer_is_bounded() -> None:
    """An app that asks for more gets as much as one answer has."""
    numbers, is_last = look(HistoryAfter(0), 60_000, QUERY_ROWS_MAX + 1)
    assert (len(numbers), is_last) == (QUERY_ROWS_MAX, False)


# In a node


def ask(app: VirtualApp, query_id: bytes, listing: Listing) -> Page:
    """The answer of a node."""
    app.engine.query(Query(query_id, listing, 10))
    app.host.feed(Woken())
    extra = app.wait_for(
        ReportMutations,
        lambda message: (
            message.opt_extra is not None
            and message.opt_extra.opt_page is not None
            and message.opt_extra.opt_page.query_id == query_id
        ),
    ).opt_extra
    assert extra is not None
    assert extra.opt_page is not None
    return extra.opt_page


def test_only_whoever_asks_is_told() -> None:
    """An app is told what it asked for, as it stands after what it did before; no other app hears of it."""
    net = FriendNetwork(["alice"])
    app, other = net.apps["alice"], net.add_app("alice", "other")
    assert other.wait_ready().answers_queries
    app.post(AddInvoice(b"i" * 32, CURRENCY, 20))
    rows = ask(app, b"1" * 16, InvoicesAbove(b"")).rows.rows
    assert rows == (InvoiceRow(b"i" * 32, CURRENCY, 20, 0, False),)
    app.post(CancelInvoice(b"i" * 32))
    assert ask(app, b"2" * 16, InvoicesAbove(b"")).rows.rows == ()
    # Nobody has touched it.
    assert ask(app, b"3" * 16, HistoryBefore(0)).rows.rows == ()
    key = net.key("alice")
    app.post(CreatePayment(b"p" * 16, b"j" * 32, CURRENCY, 5, key))
    (payment,) = ask(app, b"4" * 16, PaymentsAbove(b"")).rows.rows
    assert payment.payment_id == b"p" * 16
    app.post(RequestClosePayment(b"p" * 16))
    closed = app.wait_for(ResponseClosePayment).status
    assert isinstance(closed, PaymentStatusCanceled)
    app.post(AckClosePayment(b"p" * 16, closed.ack_uid))
    (row,) = ask(app, b"5" * 16, HistoryBefore(0)).rows.rows
    assert row == HistoryRow(1, 0, "unpaid", b"p" * 16, CURRENCY, 5, key, b"")
    assert all(
        message.opt_extra is None or message.opt_extra.opt_page is None
        for message in other.heard(ReportMutations)
    )


def test_what_an_app_may_not_see_costs_it_its_line() -> None:
    """An app with the permission to sell does not see payments."""
    net = FriendNetwork(["alice"])
    net.trusted = AppPermissions(routes=True, buyer=False, seller=True, config=False)
    shop = net.add_app("alice", "shop")
    shop.wait_ready()
    shop.engine.query(Query(b"1" * 16, PaymentsAbove(b""), 10))
    shop.host.feed(Woken())
    net.world.run_until(shop.is_over)
    net.trusted = ALL
