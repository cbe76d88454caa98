"""Books that an older program wrote: opened by this one, with everything that stood in them.

A new format gets a new file beside this one; this one is never made anew.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from offset.base.ids import PublicKey
from offset.store.card.database import CardDatabase
from offset.store.card.reading import Search, read_days, read_history, sums_of_moves
from offset.store.card.rows import Contact, PartRow
from store.card.books import DANA, EMIL, FST

OLD = Path(__file__).with_name("old_card.sql")
FORMAT_3 = Path(__file__).with_name("old_card_3.sql")


def test_format_1(tmp_path: Path) -> None:
    """A purchase, a sale, moves, what passed, balances, days and a contact."""
    path = tmp_path / "card.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(OLD.read_text("utf-8"))
    with closing(CardDatabase(path)) as books:
        assert not books.claim(PublicKey(b"n" * 32))
        purchase = books.purchase("p")
        assert purchase is not None
        assert (purchase.stage, purchase.fees, purchase.parts) == ("done", 1, (PartRow(DANA, 20, 1),))
        assert (purchase.commit, purchase.receipt, purchase.is_acked) == (b"c", b"r", True)
        sale = books.sale("s")
        assert sale is not None
        assert (sale.stage, sale.amount) == ("collected", 20)
        assert books.contacts() == [Contact(EMIL, "Emil", "from work")]
        assert books.balances() == {(DANA, FST): -24, (EMIL, FST): 24}
        with closing(books.reader()) as reader:
            rows = read_history(reader, Search(), 9)
            assert [(row.cause, row.delta, row.total) for row in rows] == [
                ("passing", 1, 0),
                ("received", 20, -1),
                ("paid", -21, -21),
            ]
            assert sums_of_moves(reader) == books.balances()
            assert read_days(reader, FST) == [("2026-05-03", 0)]


def test_format_3(tmp_path: Path) -> None:
    """Before letters: purchases were of invoices, sales of the owner, and nothing is asked or requested."""
    path = tmp_path / "card.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(FORMAT_3.read_text("utf-8"))
    with closing(CardDatabase(path)) as books:
        purchase, sale = books.purchase("p"), books.sale("s")
        assert purchase is not None
        assert (purchase.stage, purchase.token, purchase.asked, purchase.payer) == (
            "done",
            "program",
            None,
            "",
        )
        assert sale is not None
        assert (sale.stage, sale.ask_id, sale.payer, sale.request_id) == ("collected", None, "", None)
        assert books.newest_sales(5) == [sale]
        assert books.dealings().load() == ([], [], [])
        assert books.addresses() == []
        assert books.balances() == {(DANA, FST): -21}
    assert path.with_name("card.db.format-3").exists()
