"""What closed cards hold: read from their books, also from old ones; those that cannot be read stop nobody."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.store.card.database import CardDatabase
from offset.store.card.rows import PurchaseRow
from offset.testing import invoice, story
from offset.wallet.books import FILE
from offset.wallet.elsewhere import Claim, OtherCard, claims
from offset.wire.text_files import from_file
from offset.wire.text_values import INVOICE, PaymentRequest
from offset.wire.texts import write_text
from support.letters import REQUEST_ID
from support.texts import ADDRESS

LUNCH, DINNER = invoice(50), invoice(50, name="dinner")
ROW = PurchaseRow(
    id="one",
    body_hash=b"body",
    invoice=INVOICE.encode(from_file(LUNCH)),
    invoice_id=LUNCH.invoice_id,
    seller=LUNCH.dest_public_key,
    currency="FST",
    amount=50,
    name="",
    note="",
    stage="held",
    asked=write_text(PaymentRequest(ADDRESS, REQUEST_ID, "Lunch", 0, "FST", 2, 50)),
    made=1,
    changed=1,
)
OVER = replace(ROW, id="two", invoice_id=DINNER.invoice_id, stage="done")
REQUEST = (ADDRESS.mailbox, REQUEST_ID)


def closed(folder: Path, *rows: PurchaseRow) -> OtherCard:
    """A card with these books, which nobody has open."""
    with closing(CardDatabase(folder / FILE)) as books:
        for row in rows:
            books.put_purchase(row)
    return OtherCard("Far", folder, None)


@story
async def test_open_and_closed(tmp_path: Path) -> None:
    """Both say what they may be paying, by the invoice and by the request; what is over they leave out."""
    card = closed(tmp_path, ROW, OVER)
    assert await claims([card]) == [Claim("Far", True, LUNCH.invoice_id, REQUEST)]
    assert await claims([card._replace(open_rows=[ROW])]) == [Claim("Far", False, LUNCH.invoice_id, REQUEST)]
    assert await claims([card._replace(open_rows=[])]) == []
    assert await claims([OtherCard("New", tmp_path / "none", None)]) == []


@story
async def test_books_of_an_older_format(tmp_path: Path) -> None:
    """Before there were addresses they did not say what was asked for."""
    card = closed(tmp_path, replace(ROW, asked=None))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.executescript("DROP INDEX purchases_by_asked; ALTER TABLE purchases DROP COLUMN asked;")
    assert await claims([card]) == [Claim("Far", True, LUNCH.invoice_id, None)]


@story
async def test_books_that_cannot_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, and the others are looked at all the same."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / FILE).write_bytes(b"no database" * 100)
    (tmp_path / "good").mkdir()
    good = closed(tmp_path / "good", ROW)
    assert len(await claims([OtherCard("Bad", tmp_path / "bad", None), good])) == 1
    assert "whether a closed card holds a payment is not known" in caplog.text
