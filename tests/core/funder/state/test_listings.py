"""Payments and invoices page by page."""

from offset.core.funder.state.listings import invoice_rows, payment_rows
from offset.wire import app
from offset.wire.extension import HeldCredits, InvoiceRow, LostCredits, PaymentRow
from support.ledger import FST, World


def world() -> World:
    """Who has promised 100 over m, with 3 of fees, so that b has it waiting."""
    made = World("amb")
    made.chain()
    return made


def test_what_is_held_and_what_is_lost() -> None:
    """A payment says over whom it is under way; when the channel is lost it says who may claim it."""
    net = world()
    payment_id, _, commit = net.promise("amb", 100, 3)
    buyer, hop, seller = net["a"], net["m"].key, net["b"].key
    row = PaymentRow(
        payment_id, commit.invoice_id, FST, 100, seller, "in progress", True, (HeldCredits(hop, 103),), ()
    )
    assert payment_rows(buyer.state, b"", 10) == ((row,), True)
    net.control("a", app.RemoveFriend(hop))
    ((lost,), _) = payment_rows(buyer.state, b"", 10)
    assert (lost.stage, lost.held, lost.lost) == ("lost", (), (LostCredits(hop, 103),))


def test_what_buyers_have_frozen() -> None:
    """An invoice says how much waits for it, and whether somebody may have a commit for it."""
    net = world()
    whole = net.promise("amb", 100, 3)[2].invoice_id
    part = net.invoice("b", 100)
    net.part(net.payment("a", "b", part, 100), "amb", 60)
    net.settle()
    free = net.invoice("b", 0)
    rows, _ = invoice_rows(net["b"].state, b"", 10)
    assert set(rows) == {
        InvoiceRow(whole, FST, 100, 100, True),
        InvoiceRow(part, FST, 100, 60, False),
        InvoiceRow(free, FST, 0, 0, False),
    }


def test_pages_are_whole_together() -> None:
    """However they are cut, all rows come once and in the order of their ids."""
    net = world()
    for _ in range(7):
        net.payment("a", "b", net.invoice("b", 1), 1)
    for of, state in ((payment_rows, net["a"].state), (invoice_rows, net["b"].state)):
        ids: list[bytes] = []
        every = [row_id(row) for row in of(state, b"", 100)[0]]
        is_last = False
        while not is_last:
            rows, is_last = of(state, ids[-1] if ids else b"", 3)
            ids += [row_id(row) for row in rows]
        assert ids == every == sorted(every)
        assert len(every) == 7


def row_id(row: PaymentRow | InvoiceRow) -> bytes:
    """What names a row."""
    return row.payment_id if isinstance(row, PaymentRow) else row.invoice_id
