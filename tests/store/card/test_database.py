"""What a card's books keep over a start, and that nothing of a group is kept without the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base.faults import NodeStopped, UserFault
from offset.base.ids import PaymentId, PublicKey
from offset.base.limits import U128_MAX
from offset.store.card.database import CARD, CardDatabase
from offset.store.card.reading import Search, read_days, read_history, sums_of_moves
from offset.store.card.rows import Contact, PartRow
from offset.store.sqlite.migrate import scripts
from store.card.books import DANA, DAY, EMIL, EUR, FST, Ledger, purchase, sale


@pytest.fixture
def books(tmp_path: Path) -> Iterator[CardDatabase]:
    with closing(CardDatabase(tmp_path / "card.db")) as database:
        yield database


def test_rows_are_found_again(tmp_path: Path) -> None:
    """Every field, the largest amounts too, is there at the next start."""
    whole = purchase(
        stage="held",
        amount=U128_MAX,
        fees_max=U128_MAX,
        fees=7,
        payment_id=PaymentId(b"p" * 16),
        parts=(PartRow(DANA, U128_MAX, 7), PartRow(EMIL, 0, 0)),
        commit=b"c",
        receipt=b"r",
        handed=5,
        why="{}",
    )
    sold = sale(amount=U128_MAX, commit=b"c", why="{}")
    path = tmp_path / "card.db"
    with closing(CardDatabase(path)) as database:
        database.put_purchase(purchase())
        database.put_purchase(whole)
        database.put_sale(sold)
        database.put_contact(Contact(DANA, "Dana", "from work"))
        database.put_contact(Contact(DANA, "Dana B.", "from work"))
    with closing(CardDatabase(path)) as database:
        assert database.purchase("p") == whole
        assert database.sale("s") == database.sale_of("of s") == sold
        assert (database.purchase("x"), database.sale("x")) == (None, None)
        assert database.contacts() == [Contact(DANA, "Dana B.", "from work")]
    assert path.stat().st_mode & 0o077 == 0


def test_finding(books: CardDatabase) -> None:
    """By invoice and stage, in the order in which they were begun; a changed row keeps its place."""
    for id in "abc":
        books.put_purchase(purchase(id, stage="failed"))
    books.put_purchase(purchase("a", stage="held"))
    assert [row.id for row in books.purchases_of(purchase().invoice_id)] == ["a", "b", "c"]
    assert books.purchases_of(b"x" * 32) == []
    assert [row.id for row in books.purchases_in(("held", "sending"))] == ["a"]
    assert books.unacknowledged(("failed",)) == []
    lost = purchase("c", stage="failed", payment_id=PaymentId(b"p" * 16))
    books.put_purchase(lost)
    assert books.unacknowledged(("failed",)) == [lost]
    books.put_purchase(replace(lost, is_acked=True))
    assert books.unacknowledged(("failed",)) == []
    assert [row.id for row in books.newest_purchases(2)] == ["c", "b"]
    books.put_sale(sale("s"))
    books.put_sale(sale("t", stage="committed"))
    assert [row.id for row in books.sales_in(("committed",))] == ["t"]
    assert [row.id for row in books.newest_sales(9)] == ["t", "s"]
    books.remove_sale("s")
    assert [row.id for row in books.newest_sales(9)] == ["t"]


def test_one_sale_per_invoice(books: CardDatabase) -> None:
    """Two sales never share an invoice."""
    books.put_sale(sale("s"))
    with pytest.raises(NodeStopped):
        books.put_sale(sale("t", invoice_id=sale("s").invoice_id))


def test_payments_of_others_are_one_row_a_day(books: CardDatabase) -> None:
    """As long as nothing else comes between; what each friend had of it is kept beside it."""
    ledger = Ledger()
    first = [ledger.move(-20, EMIL), ledger.move(21, DANA), ledger.move(-5, DANA), ledger.move(6, EMIL)]
    own = [ledger.move(-7, DANA, "passing", purchase="p")]
    later = [ledger.move(3, DANA)]
    ledger.at += DAY
    next_day = [ledger.move(4, EMIL), ledger.move(9, EMIL, currency=EUR)]
    for moves in (first[:1], first[1:], own, later, next_day):
        books.add_moves(moves, dict(ledger.balances))
    with closing(books.reader()) as reader:
        rows = read_history(reader, Search(), 100)
        assert [(row.currency, row.delta, row.total, row.friend) for row in reversed(rows)] == [
            (FST, 2, 2, None),
            (FST, -7, -5, DANA),
            (FST, 3, -2, None),
            (FST, 4, 2, None),
            (EUR, 9, 9, None),
        ]
        assert sums_of_moves(reader) == ledger.balances == books.balances()
        assert read_days(reader, FST) == [("2026-05-03", -2), ("2026-05-04", 2)]


def test_balances_that_are_gone(books: CardDatabase) -> None:
    """A friend that was removed has no balance any more."""
    ledger = Ledger()
    books.add_moves([ledger.move(5)], {(DANA, FST): 5})
    books.add_moves([ledger.move(-5, cause="removed")], {(DANA, FST): None})
    assert books.balances() == {}


def test_a_group_is_whole_or_nothing(books: CardDatabase) -> None:
    """If one row of a group cannot be written, none is."""
    ledger = Ledger()
    with pytest.raises(AttributeError):
        books.add_moves([ledger.move(5), None], {})  # type: ignore[list-item]
    with closing(books.reader()) as reader:
        assert read_history(reader, Search(), 9) == []


def test_what_is_explained(books: CardDatabase) -> None:
    """The parts of purchases and sales that were seen in the ledgers."""
    ledger = Ledger()
    books.add_moves([ledger.move(-21, purchase="p"), ledger.move(8, EMIL, sale="s"), ledger.move(1)], {})
    assert books.explained(["p"], ["s"]) == [("p", DANA, -21), ("s", EMIL, 8)]
    assert books.explained([], []) == []


def test_whose_books(tmp_path: Path, books: CardDatabase) -> None:
    """Books belong to the node that they were begun with."""
    assert books.claim(PublicKey(b"n" * 32))
    assert not books.claim(PublicKey(b"n" * 32))
    with pytest.raises(UserFault, match="another node"):
        books.claim(PublicKey(b"o" * 32))


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """The file of a newer program stays as it is."""
    path = tmp_path / "card.db"
    CardDatabase(path).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute(f"PRAGMA user_version = {len(scripts(CARD.migrations)) + 1}")
        raw.commit()
    before = path.read_bytes()
    with pytest.raises(UserFault, match="a newer program wrote"):
        CardDatabase(path)
    assert path.read_bytes() == before


def test_another_database_is_refused(tmp_path: Path) -> None:
    """A file that is no card's is not touched."""
    path = tmp_path / "card.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE other (x)")
        raw.commit()
    with pytest.raises(UserFault, match="not the database of a card"):
        CardDatabase(path)
