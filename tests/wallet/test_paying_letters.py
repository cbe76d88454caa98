"""What the owner of an address says of a payment, and what it is worth: only the own node ends what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.faults import NodeStopped
from offset.base.ids import InvoiceId, PaymentId
from offset.store.card.rows import PurchaseRow
from offset.testing import FRIEND, FakeNode, invoice, serving, story
from offset.testing.rules import ACK_OF_CANCEL
from offset.wallet import carrying
from offset.wallet.clerk import Clerk
from offset.wallet.letter_words import why_refused, why_waiting
from offset.wallet.purchases import ask_id_of
from offset.wallet.refusals import Refusal
from offset.wallet.whys import unpack_why
from offset.wire import app
from offset.wire.mailbox import RefusalCode
from offset.wire.text_files import from_file
from offset.wire.text_values import INVOICE
from offset.wire.texts import write_text
from support.clerks import PATIENCE_S, clerk_of, new_purchase, shop, stage_of
from support.texts import ADDRESS, VALUES

LUNCH = invoice(50)
ID = base64url.encode(b"\x07" * 16)
BOB = FRIEND.public_key
NONE_YET = InvoiceId(bytes(32))
EXPIRED = why_refused(RefusalCode.EXPIRED, "", None)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(carrying, "PAUSE_MS_MIN", 10)
    monkeypatch.setattr(carrying, "PAUSE_MS_LONGEST", 50)


def asked_for(clerk: Clerk, id: str = ID, text: str | None = None) -> PurchaseRow:
    """A purchase at an address, whose owner has not answered."""
    row = new_purchase(clerk, LUNCH, id, id.encode())
    return replace(
        row,
        stage="asking",
        asked=text or write_text(ADDRESS),
        invoice_id=NONE_YET,
        seller=ADDRESS.mailbox,
        until=clerk.now() + 60_000,
    )


async def price(clerk: Clerk, id: str = ID, until: int = 60_000) -> PurchaseRow:
    return await clerk.paying.price(id, from_file(LUNCH), clerk.now() + until)


async def hold(clerk: Clerk) -> tuple[PurchaseRow, PaymentId]:
    """A payment that is frozen on the way."""
    await clerk.paying.begin(asked_for(clerk))
    await price(clerk)
    await clerk.paying.confirm(ID, 5)
    row = await stage_of(clerk, ID, "held")
    assert row.payment_id is not None
    return row, row.payment_id


def let_go(fake: FakeNode, payment_id: PaymentId) -> None:
    """The seller has withdrawn, and all is back."""

    def cancel() -> None:
        payment = fake.payments[payment_id]
        payment.status = app.PaymentStatusCanceled(ACK_OF_CANCEL)
        payment.open.clear()
        if payment.asker is not None:
            fake.tell(payment.asker, app.ResponseClosePayment(payment_id, payment.status))

    fake.do(cancel)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.005)


def sentence_of(row: PurchaseRow) -> str:
    why = unpack_why(row.why)
    assert why is not None
    return why.sentence


def hold_back(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[PurchaseRow, asyncio.Future[None]]]:
    """The letter with a commit is written together with its purchase, when the test says so."""
    given: list[tuple[PurchaseRow, asyncio.Future[None]]] = []

    def with_letter(row: PurchaseRow) -> asyncio.Future[None]:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        given.append((row, written))
        return written

    monkeypatch.setattr(clerk.paying, "_with_letter", with_letter)
    return given


@story
async def test_stopped_at_the_moment_at_which_its_commit_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner may have it, and the row says so: that the node forgets it proves nothing then."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        given = hold_back(clerk, monkeypatch)
        await clerk.paying.begin(asked_for(clerk))
        await price(clerk)
        await clerk.paying.confirm(ID, 5)
        await until(lambda: bool(given))
        stop = asyncio.create_task(clerk.paying.stop_one(ID))
        await until(lambda: ID not in clerk.paying._errands)
        assert not stop.done()
        ((held, written),) = given
        written.set_result(None)
        row = await stop
        assert (held.stage, held.handed is not None) == ("held", True)
        assert (row.stage, row.commit, row.handed) == ("stopping", held.commit, held.handed)


@story
async def test_a_letter_that_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The purchase is as it was, and its commit is asked for once more."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        given = hold_back(clerk, monkeypatch)
        await clerk.paying.begin(asked_for(clerk))
        await price(clerk)
        await clerk.paying.confirm(ID, 5)
        await until(lambda: bool(given))
        given[0][1].set_exception(NodeStopped("the letters of the card stopped"))
        await until(lambda: len(given) == 2)
        assert (await clerk.paying.get(ID)).stage == "sending"
        given[1][1].set_result(None)
        assert (await stage_of(clerk, ID, "held")).commit == given[0][0].commit
        assert len(fake.asked_for(app.CreatePayment)) == 1


@story
async def test_from_the_question_to_the_receipt(tmp_path: Path) -> None:
    """The invoice takes the place of what was asked for; that the commit may be out is noted with it."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await clerk.paying.begin(asked_for(clerk))
        assert (row.stage, ask_id_of(row)) == ("asking", b"\x07" * 16)
        with pytest.raises(Refusal, match="price is not known yet"):
            await clerk.paying.confirm(ID, 5)
        row = await price(clerk)
        assert (row.stage, row.invoice_id, row.seller) == ("priced", LUNCH.invoice_id, LUNCH.dest_public_key)
        assert INVOICE.decode(row.invoice).dest_payment == 50
        # An answer that comes again changes nothing.
        assert await price(clerk, until=1) == row
        await clerk.paying.confirm(ID, 5)
        held = await stage_of(clerk, ID, "held")
        assert held.handed is not None
        assert (await clerk.paying.delivered(ID)).stage == "delivered"
        with pytest.raises(Refusal, match="cannot be stopped any more"):
            await clerk.paying.stop_one(ID)
        assert held.payment_id is not None
        payment_id = held.payment_id
        fake.do(lambda: fake.collected(payment_id))
        assert (await stage_of(clerk, ID, "done")).receipt is not None


@pytest.mark.parametrize("is_priced", [False, True], ids=["asking", "priced"])
@story
async def test_refused_before_the_yes(tmp_path: Path, is_priced: bool) -> None:
    """Nothing was sent, so it has failed, with the reason of the owner; a yes comes too late."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(asked_for(clerk))
        if is_priced:
            await price(clerk)
        row = await clerk.paying.refused(ID, EXPIRED)
        assert (row.stage, sentence_of(row)) == ("failed", EXPIRED.sentence)
        assert (await price(clerk)).stage == "failed"
        with pytest.raises(Refusal, match="has ended"):
            await clerk.paying.confirm(ID, 5)
        assert not fake.payments


@pytest.mark.parametrize("is_delivered", [False, True], ids=["held", "delivered"])
@pytest.mark.parametrize("is_paid", [False, True], ids=["back", "paid"])
@story
async def test_refused_with_credits_frozen(tmp_path: Path, is_delivered: bool, is_paid: bool) -> None:
    """It is waited for until the own node says how it ended, as paid or as not; the words of the owner stay its own."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        if is_delivered:
            await clerk.paying.delivered(ID)
        row = await clerk.paying.refused(ID, EXPIRED)
        assert (row.stage, row.commit is not None) == ("stopping", True)
        assert [one.stage for one in clerk.paying.open_rows()] == ["stopping"]
        await until(lambda: fake.payments[payment_id].is_closed)
        if is_paid:
            fake.do(lambda: fake.collected(payment_id))
            row = await stage_of(clerk, ID, "done", "stopped")
            assert (row.stage, row.why) == ("done", None)
        else:
            let_go(fake, payment_id)
            row = await stage_of(clerk, ID, "done", "stopped")
            assert (row.stage, sentence_of(row)) == ("stopped", EXPIRED.sentence)


@story
async def test_collected_after_all(tmp_path: Path) -> None:
    """A person has stopped it, and the owner says that it has the commit: only the node can still end it."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        await until(lambda: fake.payments[payment_id].is_closed)
        assert (await clerk.paying.stop_one(ID)).stage == "stopping"
        assert (await clerk.paying.delivered(ID)).stage == "delivered"
        fake.do(lambda: fake.collected(payment_id))
        await stage_of(clerk, ID, "done")
        assert (await clerk.paying.delivered(ID)).stage == "done"
        assert (await clerk.paying.refused(ID, EXPIRED)).stage == "done"


@story
async def test_the_node_has_lost_what_was_handed_over(tmp_path: Path) -> None:
    """Its commit went by letter, so it may have been paid: never called unpaid."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        fake.lose(payment_id)
        fake.do(fake.hangup_all)
        assert (await stage_of(clerk, ID, "not-known", "failed")).stage == "not-known"
        assert (await clerk.paying.refused(ID, EXPIRED)).stage == "not-known"


@story
async def test_another_price_than_was_asked_for(tmp_path: Path) -> None:
    """Nothing is shown to be agreed to: it has failed, and says both amounts."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(replace(asked_for(clerk), amount=40))
        row = await price(clerk)
        assert row.stage == "failed"
        assert "You were asked for 40 FST, and now for 50 FST." in sentence_of(row)


@story
async def test_a_yes_after_its_time(tmp_path: Path) -> None:
    """The invoice is good for a while only."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(asked_for(clerk))
        await price(clerk, until=-1)
        with pytest.raises(Refusal) as refused:
            await clerk.paying.confirm(ID, 5)
        assert refused.value.problem.cause == "expired"
        assert not fake.payments


@story
async def test_a_request_is_not_paid_twice_at_once(tmp_path: Path) -> None:
    """While one payment of it may be paid another one is neither begun nor confirmed; of an address it may be."""
    other, third = base64url.encode(b"\x08" * 16), base64url.encode(b"\x09" * 16)
    request = write_text(VALUES["request"])
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        for id in (ID, other):
            await clerk.paying.begin(asked_for(clerk, id, request))
        await price(clerk)
        await clerk.paying.price(
            other, replace(from_file(LUNCH), invoice_id=InvoiceId(b"o" * 32)), clerk.now() + 60_000
        )
        await clerk.paying.confirm(ID, 5)
        await stage_of(clerk, ID, "held")
        for refused in (clerk.paying.confirm(other, 5), clerk.paying.begin(asked_for(clerk, third, request))):
            with pytest.raises(Refusal, match="Do not pay it twice"):
                await refused
        assert (await clerk.paying.begin(asked_for(clerk, third))).stage == "asking"


@story
async def test_what_it_waits_for(tmp_path: Path) -> None:
    """It is told while it is asked for and while it is held, and not once it has ended."""
    why = why_waiting(is_closed=True, has_commit=False)
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(asked_for(clerk))
        assert sentence_of(await clerk.paying.wait_for(ID, why)) == why.sentence
        assert (await price(clerk)).why is None
        assert (await clerk.paying.wait_for(ID, why)).why is None
        await clerk.paying.stop_one(ID)
        assert (await clerk.paying.wait_for(ID, why)).why is None
