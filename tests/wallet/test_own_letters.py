"""What letters follow from the rows of purchases, and that a start mends what a crash left between two books."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import InvoiceId
from offset.core.dealings.effects import Place, Waiting
from offset.core.dealings.records import OwnStage
from offset.store.card.database import CardDatabase
from offset.store.card.rows import PurchaseRow
from offset.testing import commit_for, invoice, serving, story
from offset.testing.fake_node import FakeNode
from offset.wallet.clerk import Clerk
from offset.wallet.letter_words import why_waiting
from offset.wallet.own_letters import Act, OwnLetters
from offset.wallet.whys import unpack_why
from offset.wire.common import COMMIT
from offset.wire.letters_signing import origin_buffer
from offset.wire.mailbox import NOBODY_ASKED, OpenPurpose, RequestPurpose
from offset.wire.text_files import from_file
from offset.wire.text_values import INVOICE, InvoiceOrigin, PaymentRequest
from offset.wire.texts import write_text
from support.clerks import clerk_of, new_purchase, stage_of
from support.dealings import UNIX, Desk
from support.letters import ASK_ID
from support.texts import ADDRESS, MAILBOX, VALUES

LUNCH = invoice(50)
ID = base64url.encode(ASK_ID)


def _nothing(*_: object) -> None:
    """No letter is written with a purchase."""


def letters_of(clerk: Clerk, desk: Desk) -> OwnLetters:
    """Those of a card, whose dealings are on this desk."""

    def do(act: Act) -> None:
        step = act(desk.machine, desk.now)
        if step is not None:
            desk.take(step)

    return OwnLetters(clerk.books, clerk.paying, lambda: UNIX + desk.now, do, _nothing)


def row_of(clerk: Clerk, stage: str, **more: object) -> PurchaseRow:
    """A purchase at an address."""
    row = replace(
        new_purchase(clerk, LUNCH, ID),
        stage=stage,
        asked=write_text(ADDRESS),
        note="Lunch",
        payer="Ann",
        until=UNIX + 90_000,
    )
    return replace(row, **more)  # type: ignore[arg-type]


def held(clerk: Clerk) -> PurchaseRow:
    return row_of(clerk, "held", commit=COMMIT.encode(commit_for(LUNCH)), handed=1)


@story
async def test_letters_follow_rows(tmp_path: Path) -> None:
    """Asked once, given up with or without credits that may be frozen, forgotten once it is paid; else nothing."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        desk = Desk()
        own = letters_of(clerk, desk)
        for _ in range(2):
            own.tell(row_of(clerk, "asking"))
        ask = desk.books.own[ASK_ID]
        assert (ask.purpose, ask.payer_name, ask.ask_until) == (
            OpenPurpose("FST", 50, "Lunch"),
            "Ann",
            UNIX + 90_000,
        )
        assert len([effect for effect in desk.effects if isinstance(effect, Place)]) == 1
        for stage in ("priced", "sending", "delivered", "not-known"):
            own.tell(row_of(clerk, stage))
        assert desk.books.own[ASK_ID] == ask
        own.tell(row_of(clerk, "stopping"))
        given_up = desk.books.own[ASK_ID]
        assert (given_up.stage, given_up.give_up_until) == (OwnStage.GIVING_UP, None)
        own.tell(row_of(clerk, "stopped"))
        assert desk.books.own[ASK_ID].give_up_until is not None
        own.tell(row_of(clerk, "done"))
        assert desk.books.own == {}


@story
async def test_a_request_is_asked_for_by_its_id(tmp_path: Path) -> None:
    """Its note is the owner's own, so ours stays at home."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        desk = Desk()
        request = VALUES["request"]
        assert isinstance(request, PaymentRequest)
        letters_of(clerk, desk).tell(row_of(clerk, "asking", asked=write_text(request)))
        ask = desk.books.own[ASK_ID]
        assert (ask.address, ask.purpose) == (request.pay_to, RequestPurpose(request.request_id, 50, ""))


@story
async def test_the_commit_of_an_invoice_that_names_its_mailbox(tmp_path: Path) -> None:
    """It is handed over though nobody was asked; one that names none goes by hand, and makes no letter."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        desk = Desk()
        own = letters_of(clerk, desk)
        bare = replace(held(clerk), asked=None)
        own.tell(bare)
        assert desk.books.own == {}
        origin = InvoiceOrigin(ADDRESS, NOBODY_ASKED, UNIX, 60_000, MAILBOX.sign(b""))
        text = from_file(LUNCH)
        origin = replace(origin, signature=MAILBOX.sign(origin_buffer(text, origin)))
        own.tell(replace(bare, invoice=INVOICE.encode(replace(text, opt_origin=origin))))
        ask = desk.books.own[ASK_ID]
        assert (ask.stage, ask.purpose, ask.commit) == (OwnStage.DELIVERING, None, commit_for(LUNCH))


@pytest.mark.parametrize("is_closed", [False, True], ids=["refused", "closed"])
@story
async def test_a_commit_that_its_owner_does_not_take(tmp_path: Path, is_closed: bool) -> None:
    """It is of another invoice, says the owner, or nobody answers: it stays held, and nothing is called paid or not."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.books.do(lambda books: books.put_purchase(held(clerk)))
        await letters_of(clerk, Desk()).take(Waiting(ASK_ID, is_closed))
        row = await clerk.paying.get(ID)
        why = unpack_why(row.why)
        assert why is not None
        assert (row.stage, why) == ("held", why_waiting(is_closed=is_closed, has_commit=True))
        assert why.sentence.endswith("Do not pay again.")


@story
async def test_a_start_mends_what_a_crash_left(tmp_path: Path) -> None:
    """A question whose purchase was never written is forgotten; one of a purchase that has ended is given up."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        desk = Desk()
        own = letters_of(clerk, desk)
        own.tell(row_of(clerk, "asking"))
        await own.tell_all(desk.machine)
        assert desk.books.own == {}
        own.tell(row_of(clerk, "asking"))
        await clerk.books.do(lambda books: books.put_purchase(row_of(clerk, "failed")))
        await own.tell_all(desk.machine)
        assert desk.books.own[ASK_ID].stage is OwnStage.GIVING_UP


@story
async def test_a_start_goes_on_with_what_the_letters_missed(tmp_path: Path) -> None:
    """The purchase was written, and the crash came before its letters: it is asked for, or delivered, now."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        desk = Desk()
        own = letters_of(clerk, desk)
        await clerk.books.do(lambda books: books.put_purchase(row_of(clerk, "asking")))
        await own.tell_all(desk.machine)
        assert desk.books.own[ASK_ID].stage is OwnStage.ASKING
        await own.tell_all(desk.machine)
        assert len(desk.books.own) == 1


@story
async def test_one_question_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked, and the purchase says why: it has failed."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:

        def refuse(_: Act) -> None:
            raise UserFault("1000 payments wait for wallets of others")

        own = OwnLetters(clerk.books, clerk.paying, clerk.now, refuse, _nothing)
        row = row_of(clerk, "asking", invoice_id=InvoiceId(bytes(32)))
        await clerk.books.do(lambda books: CardDatabase.put_purchase(books, row))
        own.tell(row)
        failed = await stage_of(clerk, ID, "failed")
        assert failed.why is not None
        assert "Nobody was asked: 1000 payments wait" in failed.why
