"""Commits that guests bring by letter: written down with the letter, used once they are durable."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.core.dealings.records import GuestAsk, GuestStage
from offset.store.card.database import CardDatabase
from offset.store.card.rows import SaleRow
from offset.testing import CURRENCY, NODE, FakeNode, commit_for, serving, story
from offset.wallet.clerk import Clerk
from offset.wallet.refusals import Refusal
from offset.wallet.sales import invoice_of
from offset.wire import app
from offset.wire.common import COMMIT, Commit
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.mailbox import NOBODY_ASKED
from support.clerks import clerk_of, sale_in
from support.dealings import ASK, UNIX, Desk


def till() -> FakeNode:
    """A node of ours, whose friend has frozen 20 for it."""
    node = FakeNode()
    node.view.take_extra(Extra((), NetworkStatus(1, (), ())))
    node.freeze(20)
    return node


async def ask(clerk: Clerk, request: str = "one") -> SaleRow:
    return await clerk.receiving.begin(request, b"body", CURRENCY, 20, "Bread", 2)


def word_of(row: SaleRow) -> Commit:
    """The commit of a buyer."""
    return commit_for(invoice_of(row), NODE)


def question_of(row: SaleRow, commit: Commit) -> GuestAsk:
    """The question that the sale answers, once its guest has brought the commit."""
    return GuestAsk(
        ask=ASK,
        contact=None,
        request_id=NOBODY_ASKED,
        stage=GuestStage.COMMITTED,
        asked=UNIX,
        currency=CURRENCY,
        amount=20,
        note="Bread",
        decimals=2,
        invoice=replace(Desk().issue(), invoice_id=row.invoice_id),
        commit=commit,
    )


@pytest.mark.parametrize("is_noted", [True, False])
@story
async def test_a_commit_that_is_written_down_with_its_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_noted: bool
) -> None:
    """It is not written once more; who brings it by hand waits for a row of its own. What is collected is said once."""
    stages: list[tuple[str, bool]] = []
    put = CardDatabase.put_sale

    def watched(self: CardDatabase, row: SaleRow) -> None:
        stages.append((row.stage, row.commit is not None))
        put(self, row)

    monkeypatch.setattr(CardDatabase, "put_sale", watched)
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        commit = word_of(row)
        noted = clerk.receiving.note(question_of(row, commit))
        assert noted is not None
        assert noted == replace(row, commit=COMMIT.encode(commit), changed=noted.changed)
        stages.clear()
        await clerk.receiving.take(row.id, commit, is_noted=is_noted)
        await sale_in(clerk, row.id, "collected")
        begun = [] if is_noted else [("open", True)]
        assert stages == [*begun, ("committed", True), ("collected", True)]


@story
async def test_a_commit_that_take_has_to_write_down(tmp_path: Path) -> None:
    """While something is done to any sale, where this one is not open, and where it was changed since."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        receiving, row = clerk.receiving, await ask(clerk)
        question = question_of(row, word_of(row))
        async with receiving._turn:
            assert receiving.note(question) is None
        assert receiving.note(question) is not None
        await receiving.cancel(row.id)
        assert receiving.note(question) is None
        with pytest.raises(Refusal, match="withdrawn this request"):
            await receiving.take(row.id, word_of(row), is_noted=True)
        assert fake.asked_for(app.CommitInvoice) == []
