"""Rows of dealings: each field comes back, what is over is looked up, and a group is written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offset.base.faults import NodeStopped
from offset.base.instants import MINUTE
from offset.base.limits import CANCELED_KEPT_MAX, CANCELED_KEPT_MS, U128_MAX
from offset.core.dealings.records import ENDED, GuestAsk, GuestStage, OwnAsk, OwnStage, Request, RequestState
from offset.store.card.database import CardDatabase
from offset.store.card.dealings import GUEST_ASKS, OWN_ASKS, REQUESTS, DealingKey
from offset.store.card.rows import AddressRow
from support.dealings import ASK, ASK_REQUEST, REQUEST, UNIX, Desk, commit_of, uid
from support.letters import ASK_ID, CALLED_AT, REQUEST_ID
from support.texts import ADDRESS, NODE

INVOICE = Desk().issue()
OWN = OwnAsk(
    ask_id=ASK_ID,
    address=ADDRESS,
    purpose=ASK.purpose,
    payer_name="Alice",
    opt_reply_to=CALLED_AT,
    stage=OwnStage.DELIVERING,
    ask_until=UNIX,
    give_up_until=UNIX + 1,
    invoice=INVOICE,
    commit=commit_of(INVOICE),
    is_collected=True,
    refused=7,
    why="too late",
)
TEXT = OwnAsk(
    ask_id=uid(2),
    address=ADDRESS,
    purpose=None,
    payer_name="",
    opt_reply_to=None,
    stage=OwnStage.DELIVERING,
    ask_until=UNIX,
    commit=commit_of(INVOICE),
)
GUEST = GuestAsk(
    ask=ASK_REQUEST,
    contact=NODE.public_key,
    request_id=REQUEST_ID,
    stage=GuestStage.COMMITTED,
    asked=UNIX,
    currency="FST",
    amount=U128_MAX,
    note="Lunch",
    decimals=2,
    invoice=INVOICE,
    commit=commit_of(INVOICE),
    is_touched=True,
    is_complete=True,
    refused=3,
    at=UNIX + 5,
)
BARE = GuestAsk(
    ask=replace(ASK, ask_id=uid(3)),
    contact=None,
    request_id=uid(0),
    stage=GuestStage.OPENING,
    asked=UNIX + 1,
    currency="FST",
    amount=5,
    note="",
    decimals=None,
)
FREE = Request(
    request_id=uid(9), currency="EUR", amount=None, decimals=None, note="", valid_until=5, is_once=False
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[CardDatabase]:
    with closing(CardDatabase(tmp_path / "card.db")) as database:
        yield database


def put(books: CardDatabase, *rows: OwnAsk | GuestAsk | Request) -> None:
    store = books.dealings()
    changes: dict[DealingKey, Any] = {}
    for row in rows:
        match row:
            case OwnAsk():
                changes[OWN_ASKS, row.ask_id] = row
            case GuestAsk():
                changes[GUEST_ASKS, row.ask_id] = row
            case Request():
                changes[REQUESTS, row.request_id] = row
    store.write(changes)
    store.flush()
    store.close()


def test_rows_are_found_again(tmp_path: Path) -> None:
    """Every field, whether it is set or not, is there at the next start."""
    path = tmp_path / "card.db"
    with closing(CardDatabase(path)) as books:
        put(books, OWN, TEXT, GUEST, BARE, REQUEST, FREE)
        books.put_address(AddressRow(0, "Bakery", "anyone"))
        books.put_address(AddressRow(0, "Bakery", "requests"))
    with closing(CardDatabase(path)) as books:
        rows = books.dealings().load()
        assert {row.ask_id: row for row in rows.own_asks} == {ASK_ID: OWN, uid(2): TEXT}
        assert rows.guest_asks == [GUEST, BARE]
        assert rows.requests == [REQUEST, FREE]
        assert books.dealings().newest_requests(1) == [FREE]
        assert books.dealings().request(REQUEST_ID) == REQUEST
        assert books.dealings().request(uid(7)) is None
        assert books.addresses() == [AddressRow(0, "Bakery", "requests")]


def test_a_row_changes_and_goes(books: CardDatabase) -> None:
    """The later row stands in the place of the earlier one; None removes it. A request keeps its place."""
    put(books, OWN, REQUEST, FREE)
    put(books, replace(OWN, stage=OwnStage.DELIVERED), replace(REQUEST, note="Dinner"))
    store = books.dealings()
    assert store.load().own_asks == [replace(OWN, stage=OwnStage.DELIVERED)]
    assert [row.note for row in store.load().requests] == ["Dinner", ""]
    store.write({(OWN_ASKS, ASK_ID): None})
    store.flush()
    assert store.load().own_asks == []


@pytest.mark.parametrize("stage", GuestStage)
def test_what_is_over_is_looked_up(books: CardDatabase, stage: GuestStage) -> None:
    """A question that has ended is not loaded, but found by its id and its invoice; any other is loaded."""
    put(books, replace(GUEST, stage=stage))
    with closing(books.past()) as past:
        found = replace(GUEST, stage=stage) if stage in ENDED else None
        assert past.guest_ask(GUEST.ask_id) == past.guest_invoice(INVOICE.invoice_id) == found
        assert past.guest_ask(uid(8)) is None
    assert len(books.dealings().load().guest_asks) == (0 if stage in ENDED else 1)


@pytest.mark.parametrize("state", RequestState)
def test_requests_that_are_not_open(books: CardDatabase, state: RequestState) -> None:
    """They are looked up, and not loaded."""
    row = replace(REQUEST, state=state, taken_by=ASK_ID if state is RequestState.TAKEN else None)
    put(books, row)
    is_open = state is RequestState.OPEN
    with closing(books.past()) as past:
        assert past.request(REQUEST_ID) == (None if is_open else row)
        assert past.request(uid(8)) is None
    assert books.dealings().load().requests == ([row] if is_open else [])


def test_a_group_is_whole_or_nothing(books: CardDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fails between two rows: neither of them is there, and the next group is written."""
    store = books.dealings()
    write = store._database.write

    def fail(statement: str, *values: Any) -> None:
        if "guest_asks" in statement:
            raise NodeStopped("the disk is full")
        write(statement, *values)

    monkeypatch.setattr(store._database, "write", fail)
    store.write({(OWN_ASKS, ASK_ID): OWN, (GUEST_ASKS, ASK_ID): GUEST})
    with pytest.raises(NodeStopped):
        store.flush()
    monkeypatch.undo()
    assert store.load().own_asks == []
    put(books, OWN)
    assert store.load().own_asks == [OWN]


# What guests have canceled


def canceled(number: int, at: int, **changed: Any) -> GuestAsk:
    """For a moment something was frozen for it; nobody brought a commit."""
    ended = replace(BARE, ask=replace(ASK, ask_id=uid(number)), stage=GuestStage.CANCELED, is_touched=True)
    return replace(ended, at=at, **changed)


def kept(books: CardDatabase, *numbers: int) -> list[int]:
    """Which of these questions are found."""
    with closing(books.past()) as past:
        return [number for number in numbers if past.guest_ask(uid(number)) is not None]


def test_what_was_canceled_goes_after_a_day(books: CardDatabase) -> None:
    """Neither what was paid, nor what had a commit, nor what has not ended."""
    invoice = replace(INVOICE, invoice_id=b"2" * 32)
    put(
        books,
        canceled(1, UNIX),
        canceled(2, UNIX, invoice=invoice, commit=commit_of(invoice)),
        canceled(3, UNIX + MINUTE),
        canceled(4, UNIX, stage=GuestStage.COLLECTED),
        canceled(5, UNIX, stage=GuestStage.CANCELING),
    )
    put(books, canceled(6, UNIX + CANCELED_KEPT_MS - 1))
    assert kept(books, 1, 2, 3, 4, 6) == [1, 2, 3, 4, 6]
    put(books, canceled(7, UNIX + CANCELED_KEPT_MS))
    assert kept(books, 1, 2, 3, 4, 6, 7) == [2, 3, 4, 6, 7]
    assert [row.ask_id for row in books.dealings().load().guest_asks] == [uid(5)]


def test_so_many_that_were_canceled_are_kept(books: CardDatabase) -> None:
    """The oldest go first."""
    numbers = range(1, CANCELED_KEPT_MAX + 1)
    put(books, *[canceled(number, UNIX + number) for number in numbers])
    assert kept(books, *numbers) == list(numbers)
    put(books, canceled(9999, UNIX + 9999), canceled(9998, UNIX + 9998))
    assert kept(books, 1, 2, 3, CANCELED_KEPT_MAX, 9998, 9999) == [3, CANCELED_KEPT_MAX, 9998, 9999]
