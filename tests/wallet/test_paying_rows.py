"""What is written down while a payment begins, and when: nothing leaves before its row, nor where that fails."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from offset.app.payment.attempts import Attempts
from offset.base.faults import NodeStopped
from offset.store.card.database import CardDatabase
from offset.store.card.rows import PurchaseRow
from offset.testing import invoice, serving, story
from offset.wallet import carrying
from offset.wire import app
from support.clerks import PATIENCE_S, clerk_of, new_purchase, shop, stage_of

LUNCH = invoice(50)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(carrying, "PAUSE_MS_MIN", 10)
    monkeypatch.setattr(carrying, "PAUSE_MS_LONGEST", 50)


@story
async def test_nothing_leaves_before_the_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways are looked for while it is written down; the first row that names a payment has its parts as well."""
    rows: list[PurchaseRow] = []
    go_on = threading.Event()
    put = CardDatabase.put_purchase

    def slow(self: CardDatabase, row: PurchaseRow) -> None:
        rows.append(row)
        if row.stage == "sending" and row.payment_id is None:
            go_on.wait()
        put(self, row)

    monkeypatch.setattr(CardDatabase, "put_purchase", slow)
    is_found = asyncio.Event()
    tell = Attempts._tell

    async def found(*of: Any) -> None:
        is_found.set()
        await tell(*of)

    monkeypatch.setattr(Attempts, "_tell", found)
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        yes = asyncio.create_task(clerk.paying.confirm("one", 5))
        async with asyncio.timeout(PATIENCE_S):
            await is_found.wait()
        assert not yes.done()
        assert fake.asked_for(app.CreatePayment) == []
        go_on.set()
        assert (await yes).stage == "sending"
        await stage_of(clerk, "one", "held")
    (first, *_) = [row for row in rows if row.payment_id is not None]
    assert (first.stage, first.fees, [part.amount for part in first.parts]) == ("sending", 0, [50])


@story
async def test_a_yes_that_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, nothing was sent for it, and what was begun for it does not end the payment of a second yes."""
    # Longer than a second yes takes.
    monkeypatch.setattr(carrying, "PAUSE_MS_MIN", 500)
    monkeypatch.setattr(carrying, "PAUSE_MS_LONGEST", 500)
    is_full = True
    go_on = threading.Event()
    put = CardDatabase.put_purchase

    def full(self: CardDatabase, row: PurchaseRow) -> None:
        if is_full and row.stage == "sending":
            raise NodeStopped("the disk is full")
        if row.payment_id is not None:
            go_on.wait()
        put(self, row)

    monkeypatch.setattr(CardDatabase, "put_purchase", full)
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        with pytest.raises(NodeStopped, match="disk is full"):
            await clerk.paying.confirm("one", 5)
        assert (await clerk.paying.get("one")).stage == "priced"
        is_full = False
        await clerk.paying.confirm("one", 5)
        # Only the errand of the second one is left, which waits for the disk.
        async with asyncio.timeout(PATIENCE_S):
            while len(clerk.paying._errands._tasks) > 1:
                await asyncio.sleep(0.005)
        go_on.set()
        await stage_of(clerk, "one", "held")
        assert len(fake.asked_for(app.CreatePayment)) == 1


@pytest.mark.parametrize("broken", range(1, 6))
@story
async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """One write of the books fails, whichever: nothing is paid twice, and the payment comes to an end all the same."""
    writes = 0
    put = CardDatabase.put_purchase

    def full(self: CardDatabase, row: PurchaseRow) -> None:
        nonlocal writes
        writes += 1
        if writes == 1 + broken:
            raise NodeStopped("the disk is full")
        put(self, row)

    monkeypatch.setattr(CardDatabase, "put_purchase", full)
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        try:
            await clerk.paying.confirm("one", 5)
        except NodeStopped:
            assert (await clerk.paying.get("one")).stage == "priced"
            await clerk.paying.confirm("one", 5)
        row = await stage_of(clerk, "one", "held", "failed")
        if row.stage == "held":
            try:
                await clerk.paying.hand_out("one")
            except NodeStopped:
                assert (await clerk.paying.get("one")).handed is None
                await clerk.paying.hand_out("one")
            payment_id = row.payment_id
            assert payment_id is not None
            fake.do(lambda: fake.collected(payment_id))
            await stage_of(clerk, "one", "done")
        assert len(fake.asked_for(app.CreatePayment)) <= 1
