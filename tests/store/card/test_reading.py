"""The history as it is shown: causes, search, pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offset.store.card.database import CardDatabase
from offset.store.card.reading import Search, each_row, read_days, read_history
from store.card.books import DANA, DAY, EMIL, EUR, FST, NOON, Ledger, purchase, sale


@pytest.fixture
def books(tmp_path: Path) -> Iterator[CardDatabase]:
    """A payment of 20 and 1 fee over Dana, a sale of 20 over Emil a day later, 5 EUR that passed, one still held."""
    ledger = Ledger()
    with closing(CardDatabase(tmp_path / "card.db")) as database:
        database.put_purchase(purchase(stage="done"))
        database.put_purchase(purchase("held", stage="held", note="100% _secret_"))
        database.put_sale(sale(stage="committed"))
        database.add_moves([ledger.move(-21, purchase="p", fees=1)], {})
        ledger.at += DAY
        database.add_moves([ledger.move(20, EMIL, sale="s"), ledger.move(5, EMIL, currency=EUR)], {})
        database.add_moves([ledger.move(-3, cause="away", purchase="held")], {})
        yield database


def found(books: CardDatabase, **search: object) -> list[int]:
    """The deltas of what is found, newest first."""
    with closing(books.reader()) as reader:
        return [row.delta for row in read_history(reader, Search(**search), 100)]  # type: ignore[arg-type]


def test_causes(books: CardDatabase) -> None:
    """Paid and received are only what the own node has called so; else the row says what is known."""
    with closing(books.reader()) as reader:
        rows = list(each_row(reader, Search()))
    assert [(row.cause, row.name, row.note, row.purchase, row.sale) for row in rows] == [
        ("paid", "Bob's bakery", "Lunch", "p", None),
        ("received", "", "Bread", None, "s"),
        ("passing", "", "", None, None),
        ("away", "", "", None, None),
    ]
    books.put_purchase(purchase("held", stage="done"))
    with closing(books.reader()) as reader:
        assert read_history(reader, Search(), 1)[0].cause == "paid"


@pytest.mark.parametrize(
    "words, deltas",
    [
        ("bakery", [-21]),
        ("LUNCH", [-21]),
        ("bread", [20]),
        ("emil", [20]),
        ("dana", [-3, -21]),
        ("dana lunch", [-21]),
        ("dana bread", []),
        ("20", [20, -21]),
        ("21", [-21]),
        ("EUR", [5]),
        ("100%", []),
        ("%", []),
        ("_unch", []),
        ("'; DROP TABLE moves", []),
        ("", [-3, 5, 20, -21]),
    ],
)
def test_words(books: CardDatabase, words: str, deltas: list[int]) -> None:
    """Each word must be in a name or a note, or be the amount; the signs of SQL mean themselves."""
    assert found(books, words=words) == deltas


def test_notes_of_what_is_held_are_found_once_it_is_paid(books: CardDatabase) -> None:
    """What is searched is what is shown; the signs of LIKE mean themselves."""
    assert found(books, words="_secret_") == []
    books.put_purchase(purchase("held", stage="done", note="100% _secret_"))
    assert found(books, words="_secret_ 100%") == [-3]
    assert found(books, words="%secret") == []


def test_times_and_currencies(books: CardDatabase) -> None:
    """From a moment on, up to another one, in one currency."""
    assert found(books, since=NOON + 1) == [-3, 5, 20]
    assert found(books, until=NOON + 1) == [-21]
    assert found(books, currency=EUR) == [5]


def test_a_clock_that_goes_back(books: CardDatabase) -> None:
    """Rows stay in the order in which things happened, and the balance of a day is that of its last row."""
    ledger = Ledger()
    ledger.at = NOON - 400 * DAY
    books.add_moves([ledger.move(7)], {})
    assert found(books)[0] == 7
    with closing(books.reader()) as reader:
        assert read_days(reader, FST)[0] == ("2025-03-29", 7)


def test_pages(books: CardDatabase) -> None:
    """One after another gives everything once."""
    with closing(books.reader()) as reader:
        seen, before = [], None
        while page := read_history(reader, Search(before=before), 3):
            seen += [row.delta for row in page]
            before = page[-1].id
    assert seen == [-3, 5, 20, -21]


def test_reading_beside_writing(books: CardDatabase) -> None:
    """A reader sees what is durable, while the writer goes on."""
    ledger = Ledger()
    with closing(books.reader()) as reader:
        rows = each_row(reader, Search())
        next(rows)
        books.add_moves([ledger.move(1, DANA)], {})
        assert len(list(rows)) == 3
        assert len(list(each_row(reader, Search()))) == 5
