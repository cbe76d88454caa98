"""A commit is written to both of its tables at once, or to none, and whoever waits for it learns which."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.faults import NodeStopped
from offset.core.dealings.records import GuestAsk, GuestStage, OwnAsk, OwnStage
from offset.store.card.database import CardDatabase
from offset.store.card.dealings import GUEST_ASKS, OWN_ASKS, DealingKey
from offset.store.card.rows import PurchaseRow, SaleRow
from offset.testing import story
from offset.wallet.letter_rows import LetterRows
from offset.wire.common import COMMIT
from offset.wire.text_values import INVOICE, InvoiceText
from support.dealings import ASK_REQUEST, UNIX, Desk, commit_of
from support.letters import ASK_ID, REQUEST_ID
from support.texts import ADDRESS, NODE

ISSUED = Desk().issue()
COMMIT_OF_IT = commit_of(ISSUED)
TEXT = InvoiceText(ISSUED.invoice_id, "FST", NODE.public_key, 20, "", None)
OWN = OwnAsk(
    ask_id=ASK_ID,
    address=ADDRESS,
    purpose=None,
    payer_name="",
    opt_reply_to=None,
    stage=OwnStage.DELIVERING,
    ask_until=UNIX,
    commit=COMMIT_OF_IT,
)
GUEST = GuestAsk(
    ask=ASK_REQUEST,
    contact=None,
    request_id=REQUEST_ID,
    stage=GuestStage.COMMITTED,
    asked=UNIX,
    currency="FST",
    amount=20,
    note="",
    decimals=None,
    invoice=ISSUED,
    commit=COMMIT_OF_IT,
)
PURCHASE = PurchaseRow(
    id=base64url.encode(ASK_ID),
    body_hash=b"body",
    invoice=INVOICE.encode(TEXT),
    invoice_id=TEXT.invoice_id,
    seller=TEXT.dest_public_key,
    currency="FST",
    amount=20,
    name="",
    note="",
    stage="held",
    commit=COMMIT.encode(COMMIT_OF_IT),
    handed=UNIX,
    made=UNIX,
    changed=UNIX,
)
SALE = SaleRow(
    id=base64url.encode(TEXT.invoice_id),
    request="one",
    body_hash=b"body",
    invoice=INVOICE.encode(TEXT),
    invoice_id=TEXT.invoice_id,
    currency="FST",
    amount=20,
    note="",
    stage="open",
    made=UNIX,
    changed=UNIX,
)
NOTED = replace(SALE, commit=COMMIT.encode(COMMIT_OF_IT), changed=UNIX + 1)
OURS: dict[DealingKey, OwnAsk | GuestAsk | None] = {(OWN_ASKS, ASK_ID): OWN}
THEIRS: dict[DealingKey, OwnAsk | GuestAsk | None] = {(GUEST_ASKS, GUEST.ask_id): GUEST}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[CardDatabase]:
    with closing(CardDatabase(tmp_path / "card.db")) as database:
        yield database


def nothing(_: GuestAsk) -> SaleRow | None:
    return None


@story
async def test_a_purchase_and_its_letter(books: CardDatabase) -> None:
    """They are durable together; that is told in the loop's own time."""
    rows = LetterRows(books, nothing)
    written = rows.beside(PURCHASE)
    rows.write(OURS)
    assert not written.done()
    await asyncio.to_thread(rows.flush)
    await written
    assert books.purchase(PURCHASE.id) == PURCHASE
    assert books.dealings().load().own_asks == [OWN]


@story
async def test_a_sale_and_the_question_of_its_guest(books: CardDatabase) -> None:
    """One that is open gets the commit; one that somebody ended meanwhile stays as it is."""
    asked: list[GuestAsk] = []

    def note(ask: GuestAsk) -> SaleRow | None:
        asked.append(ask)
        return NOTED

    for stage, commit in (("open", NOTED.commit), ("canceling", None)):
        books.put_sale(replace(SALE, stage=stage))
        rows = LetterRows(books, note)
        rows.write(THEIRS)
        await asyncio.to_thread(rows.flush)
        found = books.sale(SALE.id)
        assert found is not None
        assert (found.stage, found.commit) == (stage, commit)
        (ask,) = books.dealings().load().guest_asks
        assert ask.commit == COMMIT_OF_IT
    # Of a question that has its commit only.
    rows.write({(GUEST_ASKS, GUEST.ask_id): replace(GUEST, stage=GuestStage.ISSUED, commit=None)})
    assert asked == [GUEST, GUEST]


@story
async def test_what_cannot_be_written(books: CardDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of both is there, and whoever waits hears why."""

    def full(*_: object) -> None:
        raise NodeStopped("the disk is full")

    rows = LetterRows(books, nothing)
    written = rows.beside(PURCHASE)
    rows.write(OURS)
    with monkeypatch.context() as patch:
        patch.setattr("offset.store.card.dealings.DealingsStore.flush", full)
        with pytest.raises(NodeStopped):
            await asyncio.to_thread(rows.flush)
    with pytest.raises(NodeStopped, match="disk is full"):
        await written
    assert books.purchase(PURCHASE.id) is None
    assert books.dealings().load().own_asks == []


@story
async def test_nobody_waits_for_letters_that_have_stopped(books: CardDatabase) -> None:
    """Neither who came before they stopped, nor who comes after."""
    rows = LetterRows(books, nothing)
    before = rows.beside(PURCHASE)
    rows.close()
    for written in (before, rows.beside(PURCHASE)):
        with pytest.raises(NodeStopped, match="stopped before this was written down"):
            await written
    assert books.purchase(PURCHASE.id) is None


@story
async def test_who_waits_may_leave(books: CardDatabase) -> None:
    """What was given is written all the same."""
    rows = LetterRows(books, nothing)
    rows.beside(PURCHASE).cancel()
    rows.write(OURS)
    await asyncio.to_thread(rows.flush)
    await asyncio.sleep(0)
    assert books.purchase(PURCHASE.id) == PURCHASE
