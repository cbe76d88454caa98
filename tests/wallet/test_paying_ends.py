"""How payments end on the worst days of the node: lost channels, acknowledgements of others, receipts of a part."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.app.node import Node
from offset.base.ids import PaymentId
from offset.store.card.database import CardDatabase
from offset.store.card.rows import PartRow, PurchaseRow
from offset.testing import (
    CURRENCY,
    FRIEND,
    SELLER,
    FakeNode,
    commit_for,
    invoice,
    receipt_for,
    serving,
    story,
)
from offset.testing.fake_node import ACK_OF_SUCCESS
from offset.testing.rules import ACK_OF_CANCEL
from offset.wallet import carrying
from offset.wallet.clerk import Clerk
from offset.wallet.letter_words import why_refused
from offset.wallet.refusals import Refusal
from offset.wallet.whys import unpack_why
from offset.wire import app
from offset.wire.common import RECEIPT
from offset.wire.mailbox import RefusalCode
from support.clerks import PATIENCE_S, clerk_of, new_purchase, shop, stage_of

LUNCH = invoice(50)
BOB = FRIEND.public_key


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(carrying, "PAUSE_MS_MIN", 10)
    monkeypatch.setattr(carrying, "PAUSE_MS_LONGEST", 50)


async def hold(clerk: Clerk) -> tuple[PurchaseRow, PaymentId]:
    """A payment that is frozen on the way."""
    await clerk.paying.begin(new_purchase(clerk, LUNCH))
    await clerk.paying.confirm("one", 5)
    row = await stage_of(clerk, "one", "held")
    assert row.payment_id is not None
    return row, row.payment_id


async def sent(fake: FakeNode, clerk: Clerk) -> PaymentId:
    """A payment whose part is under way."""
    fake.results = [None]
    await clerk.paying.begin(new_purchase(clerk, LUNCH))
    await clerk.paying.confirm("one", 5)
    await until(lambda: bool(fake.asked_for(app.CreateTransaction)))
    (payment_id,) = fake.payments
    return payment_id


async def until(is_so: Callable[[], bool]) -> None:
    """Return once it is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.005)


def sentence_of(row: PurchaseRow) -> str:
    """Why it is as it is."""
    why = unpack_why(row.why)
    assert why is not None
    return why.sentence


@pytest.mark.parametrize("is_shown", [False, True], ids=["kept", "shown"])
@story
async def test_the_channel_was_lost(tmp_path: Path, is_shown: bool) -> None:
    """A friend has the credits and may claim them: not known, and who may claim what is said."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            _, payment_id = await hold(clerk)
            if is_shown:
                await clerk.paying.hand_out("one")
            await until(lambda: fake.payments[payment_id].is_closed)
            fake.do(lambda: fake.lose_channel(payment_id, 50))
            row = await stage_of(clerk, "one", "not-known", "failed")
            assert row.stage == "not-known"
            assert "50 FST were given to the friend" in sentence_of(row)
            with pytest.raises(Refusal, match="no commit to show"):
                await clerk.paying.hand_out("one")
        # Another program lets the node forget it: that proves nothing.
        fake.lose(payment_id)
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            asked = len(fake.asked_for(app.RequestClosePayment))
            await until(lambda: len(fake.asked_for(app.RequestClosePayment)) > asked + 1)
            row = await clerk.paying.get("one")
            assert row.stage == "not-known"
            assert "50 FST were given to the friend" in sentence_of(row)


@story
async def test_the_channel_was_lost_before_the_commit_came(tmp_path: Path) -> None:
    """The node tells of the loss when it is asked for the commit."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            payment_id = await sent(fake, clerk)
        fake.do(lambda: fake.lose_channel(payment_id, 50))
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await stage_of(clerk, "one", "not-known", "failed")
            assert row.stage == "not-known"


@story
async def test_refused_with_a_channel_lost(tmp_path: Path) -> None:
    """Nothing was paid, says the node; why it was refused is told, and what a friend may claim all the same."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        fake.do(lambda: fake.lose_channel(payment_id, 50, is_all=False))
        why = why_refused(RefusalCode.STOPPED, "", None)
        assert (await clerk.paying.refused("one", why)).stage == "stopping"

        def give_back() -> None:
            payment = fake.payments[payment_id]
            payment.status = app.PaymentStatusCanceled(ACK_OF_CANCEL)
            if payment.asker is not None:
                fake.tell(payment.asker, app.ResponseClosePayment(payment_id, payment.status))

        fake.do(give_back)
        row = await stage_of(clerk, "one", "stopped", "failed", "not-known")
        assert row.stage == "stopped"
        assert sentence_of(row).startswith("Whoever is to be paid has stopped it; 50 FST were given to")
        assert sentence_of(row).endswith("the friend may still claim them.")


@pytest.mark.parametrize("kind", ["paid", "unpaid", "unproved"])
@story
async def test_another_program_has_acknowledged_its_end(tmp_path: Path, kind: str) -> None:
    """The node has forgotten the payment, and its history says how it ended."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            _, payment_id = await hold(clerk)
            await clerk.paying.hand_out("one")
        fake.lose(payment_id)
        proof = RECEIPT.encode(receipt_for(LUNCH))
        detail = proof if kind == "paid" else b""
        fake.note(kind, payment_id, CURRENCY, 50, SELLER.public_key, detail)
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await stage_of(clerk, "one", "done", "failed", "not-known")
        ends = {"paid": ("done", proof), "unpaid": ("failed", None), "unproved": ("not-known", None)}
        assert (row.stage, row.receipt) == ends[kind]


@story
async def test_shown_while_the_node_is_found_to_have_lost_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit goes out at the moment at which the wallet would call it unpaid: it must not."""
    writing, go_on = threading.Event(), threading.Event()
    put, find = CardDatabase.put_purchase, carrying.end_of_payment

    def slow(self: CardDatabase, row: PurchaseRow) -> None:
        if row.handed is not None and not writing.is_set():
            writing.set()
            assert go_on.wait(PATIENCE_S)
        put(self, row)

    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        await until(lambda: fake.payments[payment_id].is_closed)
        monkeypatch.setattr(CardDatabase, "put_purchase", slow)
        showing: list[asyncio.Task[PurchaseRow]] = []

        async def shown_meanwhile(node: Node, id: PaymentId) -> object:
            found = await find(node, id)
            if not showing:
                showing.append(asyncio.create_task(clerk.paying.hand_out("one")))
                await until(writing.is_set)
                asyncio.get_running_loop().call_later(0.05, go_on.set)
            return found

        monkeypatch.setattr(carrying, "end_of_payment", shown_meanwhile)
        fake.lose(payment_id)
        fake.do(fake.hangup_all)
        row = await stage_of(clerk, "one", "failed", "not-known")
        assert (await showing[0]).handed is not None
        assert row.stage == "not-known"


@story
async def test_a_receipt_of_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paid it is; the node keeps it until the receipt that proves the whole has come."""
    monkeypatch.setattr("offset.app.payment.closing.WHOLE_S", 0.01)
    part, whole = replace(receipt_for(LUNCH), is_complete=False), receipt_for(LUNCH)
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        _, payment_id = await hold(clerk)
        await clerk.paying.hand_out("one")
        payment = fake.payments[payment_id]
        payment.status = app.PaymentStatusSuccess(part, ACK_OF_SUCCESS)
        fake.do(fake.hangup_all)
        row = await stage_of(clerk, "one", "done")
        assert row.receipt == RECEIPT.encode(part)
        asked = len(fake.asked_for(app.RequestClosePayment))
        await until(lambda: len(fake.asked_for(app.RequestClosePayment)) > asked + 3)
        assert payment_id in fake.payments
        payment.status = app.PaymentStatusSuccess(whole, ACK_OF_SUCCESS)
        await until(lambda: payment_id not in fake.payments)
        assert (await clerk.paying.get("one")).receipt == RECEIPT.encode(whole)


@story
async def test_fees_that_nobody_tells(tmp_path: Path) -> None:
    """A part came back, another was sent, and the wallet was killed: what the way cost is not known, and not told."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            payment_id = await sent(fake, clerk)
            row = await clerk.paying.get("one")
            assert row.fees == 0
            twice = replace(row, parts=(*row.parts, PartRow(BOB, 50, 4)))
            await clerk.books.do(lambda books: books.put_purchase(twice))
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            fake.do(lambda: fake.arrive(payment_id, app.Complete(commit_for(LUNCH))))
            assert (await stage_of(clerk, "one", "held")).fees is None
