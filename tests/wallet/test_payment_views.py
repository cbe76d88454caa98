"""Purchases, sales and what is held, as they are answered."""

from __future__ import annotations

from app.payment.test_own_lines import live
from app.payment.test_rooms import friend
from offset.base.ids import Currency, PaymentId, PublicKey
from offset.store.card.rows import PartRow, PurchaseRow, SaleRow
from offset.testing import FRIEND, NODE, invoice
from offset.wallet.payment_views import (
    held_lines,
    invoice_view,
    passing_lines,
    purchase_value,
    sale_value,
)
from offset.wallet.values.parts import key_text
from offset.wire.text_files import from_file
from offset.wire.text_values import INVOICE
from offset.wire.texts import read_text
from support.texts import BARE, signed

BOB = FRIEND.public_key
FST = Currency("FST")
REPORT = live({BOB: friend("bob", 0, 30, 5)})


def purchase(stage: str, **more: object) -> PurchaseRow:
    asked = from_file(invoice(20))
    values: dict[str, object] = {
        "id": "p",
        "body_hash": b"",
        "invoice": INVOICE.encode(asked),
        "invoice_id": asked.invoice_id,
        "seller": asked.dest_public_key,
        "currency": FST,
        "amount": 20,
        "name": "Cleo",
        "note": "Lunch",
        "stage": stage,
        "payment_id": PaymentId(b"p" * 16),
        "parts": (PartRow(BOB, 15, 1), PartRow(BOB, 5, 0)),
        "made": 0,
        "changed": 1500,
    }
    return PurchaseRow(**values | more)  # type: ignore[arg-type]


def test_who_holds_it() -> None:
    """While it is held each friend is named with what it holds; at an end nobody holds anything."""
    (held,) = purchase_value(purchase("held"), REPORT, "Cleo").held
    assert (held.friend, held.name, held.amount) == (key_text(BOB), "bob", "21")
    for stage in ("priced", "done", "failed", "stopped"):
        assert purchase_value(purchase(stage), REPORT, "Cleo").held == ()


def test_fees_of_a_failure() -> None:
    """What was not paid has cost nothing."""
    assert purchase_value(purchase("done", fees=1), None, None).fees == "1"
    assert purchase_value(purchase("failed", fees=1), None, None).fees is None


def test_a_sale_has_its_text_and_file() -> None:
    """Both say the same invoice."""
    asked = from_file(invoice(20, NODE))
    row = SaleRow(
        id="s",
        request="r",
        body_hash=b"",
        invoice=INVOICE.encode(asked),
        invoice_id=asked.invoice_id,
        currency=FST,
        amount=20,
        note="",
        stage="open",
        made=0,
        changed=0,
    )
    value = sale_value(row, REPORT)
    assert read_text(value.text) == read_text(value.file) == asked
    assert value.most is not None
    assert sale_value(row, None).most is None


def test_an_invoice_that_is_signed() -> None:
    """Says until when it is good; nobody is called checked before contacts are compared."""
    view = invoice_view(signed(BARE), name=None, is_own=False)
    assert view.until is not None
    assert (view.decimals, view.note, view.is_checked) == (2, "Lunch", False)
    assert invoice_view(BARE, name="Bob", is_own=True).until is None


def test_held_and_passing() -> None:
    """What is frozen, and the part of it that is for payments of others."""
    lines = held_lines(REPORT)
    assert [(line.out, line.coming) for line in lines] == [("30", "5")]
    assert [line.out for line in passing_lines(lines, [purchase("held")])] == ["9"]
    assert passing_lines(lines, [purchase("held"), purchase("held")]) == ()
    other = purchase("held", parts=(PartRow(PublicKey(b"x" * 32), 15, 1),))
    assert [line.out for line in passing_lines(lines, [other])] == ["30"]
