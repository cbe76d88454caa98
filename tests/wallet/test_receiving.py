"""Being paid, on good and bad days: the node is asked until it answers, and nothing is called collected before."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from offset.base.faults import NodeStopped, UserFault
from offset.base.ids import Conn, Currency
from offset.store.card.database import CardDatabase
from offset.store.card.rows import SaleRow
from offset.testing import (
    APP,
    CURRENCY,
    FRIEND,
    NODE,
    FakeNode,
    Rule,
    commit_for,
    consistent,
    follow,
    follow_and_hang_up,
    hang_up,
    identity,
    ignore,
    in_turn,
    refuse,
    refuse_because,
    serving,
    story,
)
from offset.testing.fake_core import FakeCore
from offset.wallet import receiving
from offset.wallet.clerk import Clerk
from offset.wallet.refusals import Refusal
from offset.wallet.sales import invoice_of
from offset.wallet.whys import unpack_why
from offset.wire import app
from offset.wire.app import AppPermissions
from offset.wire.common import Commit
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.friend import CurrencyBalance
from offset.wire.report import ChannelInconsistent, SetChannelStatus
from support.clerks import PATIENCE_S, clerk_of, sale_in


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(receiving, "PAUSE_MS_MIN", 10)
    monkeypatch.setattr(receiving, "PAUSE_MS_LONGEST", 50)


def till() -> FakeNode:
    """A node of ours, which says why it refuses; its friend has frozen 20 for it."""
    node = FakeNode()
    node.view.take_extra(Extra((), NetworkStatus(1, (), ())))
    node.freeze(20)
    return node


async def ask(clerk: Clerk, request: str = "one", amount: int = 20, body: bytes = b"body") -> SaleRow:
    return await clerk.receiving.begin(request, body, CURRENCY, amount, "Bread", 2)


def word_of(row: SaleRow) -> Commit:
    """The commit of a buyer."""
    return commit_for(invoice_of(row), NODE)


@story
async def test_from_request_to_credits(tmp_path: Path) -> None:
    """Open once the node has it, collected once the credits stand in the ledger."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        assert row.stage == "open"
        assert list(fake.invoices) == [row.invoice_id]
        taken = await clerk.receiving.take(row.id, word_of(row))
        assert taken.stage in ("committed", "collected")
        assert (await sale_in(clerk, row.id, "collected")).why is None
        assert clerk.receiving.unsettled_rows() == []
        assert (await clerk.receiving.take(row.id, word_of(row))).stage == "collected"
        assert len(fake.asked_for(app.CommitInvoice)) == 1


@story
async def test_nothing_is_free(tmp_path: Path) -> None:
    """An invoice over 0 credits is collected as soon as the node has taken its commit."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk, amount=0)
        assert (await clerk.receiving.take(row.id, word_of(row))).stage == "collected"


@story
async def test_one_key(tmp_path: Path) -> None:
    """A repetition finds the same invoice; another body with the same key is refused."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        first, second = await asyncio.gather(ask(clerk), ask(clerk))
        assert first == second
        assert len(fake.asked_for(app.AddInvoice)) == 1
        with pytest.raises(Refusal) as refused:
            await ask(clerk, amount=30, body=b"other")
        assert refused.value.kind == "other-body"


@story
async def test_the_node_does_not_open_it(tmp_path: Path) -> None:
    """The reason is told, and no row is left."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.script[app.AddInvoice] = in_turn(refuse_because("too many are open"), follow)
        with pytest.raises(UserFault, match="too many are open"):
            await ask(clerk)
        assert clerk.receiving.unsettled_rows() == []
        assert (await ask(clerk)).stage == "open"


@story
async def test_a_token_without_the_right(tmp_path: Path) -> None:
    """A node that does not let this wallet sell: one sentence, no row."""
    node = till()
    node.trusted = {APP.public_key: AppPermissions(routes=True, buyer=True, seller=False, config=True)}
    async with serving(node) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        with pytest.raises(UserFault, match="permission 'seller'"):
            await ask(clerk)
        assert clerk.receiving.unsettled_rows() == []


@pytest.mark.parametrize("bad", [hang_up, follow_and_hang_up], ids=lambda rule: rule.__name__)
@story
async def test_the_line_is_lost_while_it_is_opened(tmp_path: Path, bad: Rule) -> None:
    """Nobody was told of it, so it is withdrawn, and the same request opens another one."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.script[app.AddInvoice] = in_turn(bad, follow)
        with pytest.raises(Refusal) as refused:
            await ask(clerk)
        assert refused.value.kind == "no-answer"
        async with asyncio.timeout(PATIENCE_S):
            while clerk.receiving.unsettled_rows():
                await asyncio.sleep(0.005)
        assert not fake.invoices
        row = await ask(clerk)
        assert list(fake.invoices) == [row.invoice_id]


@pytest.mark.parametrize("bad", [hang_up, follow_and_hang_up], ids=lambda rule: rule.__name__)
@story
async def test_the_line_is_lost_while_it_is_collected(tmp_path: Path, bad: Rule) -> None:
    """The node is asked again; if it took the commit the first time its history says so."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[app.CommitInvoice] = in_turn(
            bad, follow if bad is hang_up else refuse_because("collected before")
        )
        with pytest.raises(Refusal, match="not answered"):
            await clerk.receiving.take(row.id, word_of(row))
        await sale_in(clerk, row.id, "collected")


@story
async def test_killed_while_it_is_collected(tmp_path: Path) -> None:
    """The next start asks again with the commit that was written down."""
    async with serving(till()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await ask(clerk)
            fake.script[app.CommitInvoice] = ignore
            taking = asyncio.create_task(clerk.receiving.take(row.id, word_of(row)))
            async with asyncio.timeout(PATIENCE_S):
                while not fake.asked_for(app.CommitInvoice):
                    await asyncio.sleep(0.005)
            taking.cancel()
        del fake.script[app.CommitInvoice]
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            await sale_in(clerk, row.id, "collected")
        asked = fake.asked_for(app.CommitInvoice)
        assert len(asked) > 1
        assert len({one.commit for one in asked}) == 1


@pytest.mark.parametrize("what", ["take", "cancel"])
@story
async def test_who_asked_has_left(tmp_path: Path, what: str) -> None:
    """As when the mailbox is started anew: the wallet asks the node again by itself, without a start of the card."""
    kind = app.CommitInvoice if what == "take" else app.CancelInvoice
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[kind] = in_turn(ignore, follow)
        receiving = clerk.receiving
        job = receiving.take(row.id, word_of(row)) if what == "take" else receiving.cancel(row.id)
        asking = asyncio.create_task(job)
        async with asyncio.timeout(PATIENCE_S):
            while not fake.asked_for(kind):
                await asyncio.sleep(0.005)
        asking.cancel()
        await asyncio.wait([asking])
        await sale_in(clerk, row.id, "collected" if what == "take" else "canceled")
        assert len(fake.asked_for(kind)) == 2


@story
async def test_the_node_cannot_say(tmp_path: Path) -> None:
    """Asked again it refuses, and its history has nothing: credits of others that come prove nothing."""
    async with serving(till()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await ask(clerk)
            fake.script[app.CommitInvoice] = in_turn(
                cut_off_after_others_have_paid, refuse_because("there is nothing to collect")
            )
            with pytest.raises(Refusal):
                await clerk.receiving.take(row.id, word_of(row))
            row = await sale_in(clerk, row.id, "not-known")
            assert "Compare what your friends owe" in sentence_of(row)
            fake.do(lambda: fake.set_balance(200))
            async with asyncio.timeout(PATIENCE_S):
                while clerk.historian.totals.get(CURRENCY) != 200:
                    await asyncio.sleep(0.005)
            # What the moves start would be done by now.
            await clerk.receiving.stop()
            assert (await clerk.receiving.get(row.id)).stage == "not-known"
        fake.note("received", row.invoice_id, CURRENCY, 20, NODE.public_key, b"")
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            await sale_in(clerk, row.id, "collected")


def cut_off_after_others_have_paid(fake: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """The request is lost, and as much as it is about has come of a payment that only passes."""
    fake.invoices.clear()
    fake.change_friend(FRIEND.public_key, SetChannelStatus(consistent(**{CURRENCY: (20, 0, 0)})))
    fake.hangup(conn)


def sentence_of(row: SaleRow) -> str:
    why = unpack_why(row.why)
    assert why is not None
    return why.sentence


@pytest.mark.parametrize("kind", ["received", "withdrawn"])
@story
async def test_another_program_ended_it(tmp_path: Path, kind: str) -> None:
    """Whether it is collected or withdrawn then, the history of the node says."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        first, second = await ask(clerk), await ask(clerk, "two")
        fake.script[app.CancelInvoice] = in_turn(hang_up, refuse_because("not open"))
        fake.script[app.CommitInvoice] = refuse_because("there is nothing to collect")
        for row in (first, second):
            fake.invoices.pop(row.invoice_id)
            fake.note(kind, row.invoice_id, CURRENCY, 20, NODE.public_key, b"")
        fake.do(lambda: fake.set_balance(40 if kind == "received" else 0))
        assert (await clerk.receiving.cancel(first.id)).stage == "canceling"
        end = "collected" if kind == "received" else "canceled"
        await sale_in(clerk, first.id, end)
        if kind == "received":
            await clerk.receiving.take(second.id, word_of(second))
        else:
            with pytest.raises(Refusal, match="Nothing was collected"):
                await clerk.receiving.take(second.id, word_of(second))
        await sale_in(clerk, second.id, end)


@story
async def test_withdrawn_at_a_node_that_does_not_tell(tmp_path: Path) -> None:
    """Once a commit was used there, its acknowledgement does not say that the credits went back."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.answers_queries = False
        row = await ask(clerk)
        fake.script[app.CommitInvoice] = refuse
        assert (await clerk.receiving.take(row.id, word_of(row))).stage == "not-known"
        row = await clerk.receiving.cancel(row.id)
        assert row.stage == "not-known"
        assert "does not say whether it withdrew" in sentence_of(row)


@story
async def test_credits_that_are_still_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node has taken the commit, and a friend that is online keeps the credits: not collected yet."""
    monkeypatch.setattr(receiving, "CREDITS_S", 0.01)
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[app.CommitInvoice] = refuse
        assert (await clerk.receiving.take(row.id, word_of(row))).stage == "committed"
        await asyncio.sleep(0.1)
        assert (await clerk.receiving.get(row.id)).stage == "committed"
        fake.do(lambda: fake.set_balance(0))
        await sale_in(clerk, row.id, "collected")


@story
async def test_the_channel_was_lost_before_the_credits_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is frozen then, and it is not collected all the same: not known, now and after a start."""
    monkeypatch.setattr(receiving, "CREDITS_S", 0.01)
    async with serving(till()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await ask(clerk)
            fake.script[app.CommitInvoice] = refuse
            assert (await clerk.receiving.take(row.id, word_of(row))).stage == "committed"
            apart = SetChannelStatus(ChannelInconsistent((CurrencyBalance(CURRENCY, 0),), None))
            fake.do(lambda: fake.change_friend(FRIEND.public_key, apart))
            row = await sale_in(clerk, row.id, "not-known")
            assert "Settle the books with them" in sentence_of(row)
            assert (await clerk.receiving.take(row.id, word_of(row))).stage == "not-known"
            with pytest.raises(Refusal, match="cannot be withdrawn"):
                await clerk.receiving.cancel(row.id)
        # Its history has the commit, which does not say that the credits came.
        fake.note("received", row.invoice_id, CURRENCY, 20, NODE.public_key, b"")
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            assert row.id not in clerk.receiving._errands
            assert (await clerk.receiving.get(row.id)).stage == "not-known"


@story
async def test_commits_that_do_not_fit(tmp_path: Path) -> None:
    """Of another invoice, of another amount, signed by somebody else: refused, and the request stays open."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row, other = await ask(clerk), await ask(clerk, "two")
        for commit, sentence in (
            (word_of(other), "the commit of another invoice"),
            (commit_for(invoice_of(row), identity("thief")), "not signed by the node"),
        ):
            with pytest.raises(UserFault, match=sentence):
                await clerk.receiving.take(row.id, commit)
        fake.script[app.CommitInvoice] = in_turn(refuse_because("parts are gone"), follow)
        with pytest.raises(Refusal, match="Nothing was collected"):
            await clerk.receiving.take(row.id, word_of(row))
        assert (await clerk.receiving.get(row.id)).commit is None
        await clerk.receiving.take(row.id, word_of(row))
        await sale_in(clerk, row.id, "collected")


@story
async def test_withdrawn(tmp_path: Path) -> None:
    """Once the node has let it go; then no commit is taken. What is paid is not withdrawn."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row, paid = await ask(clerk), await ask(clerk, "two")
        assert (await clerk.receiving.cancel(row.id)).stage == "canceled"
        assert (await clerk.receiving.cancel(row.id)).stage == "canceled"
        with pytest.raises(Refusal, match="withdrawn"):
            await clerk.receiving.take(row.id, word_of(row))
        await clerk.receiving.take(paid.id, word_of(paid))
        await sale_in(clerk, paid.id, "collected")
        with pytest.raises(Refusal, match="was paid"):
            await clerk.receiving.cancel(paid.id)


@pytest.mark.parametrize("bad", [hang_up, follow_and_hang_up], ids=lambda rule: rule.__name__)
@story
async def test_the_line_is_lost_while_it_is_withdrawn(tmp_path: Path, bad: Rule) -> None:
    """It is canceling until the node has answered."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.frozen[row.invoice_id] = 20
        fake.script[app.CancelInvoice] = in_turn(bad, strict)
        assert (await clerk.receiving.cancel(row.id)).stage == "canceling"
        await sale_in(clerk, row.id, "canceled")
        assert not fake.invoices


@pytest.mark.parametrize("lost_next", ["cancel", "open", "open and cancel", "nothing"])
@story
async def test_killed_while_what_nobody_touched_is_withdrawn(tmp_path: Path, lost_next: str) -> None:
    """The node has done it, and its history says nothing: it is proved by opening it once more, through all crashes."""
    async with serving(till()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await ask(clerk)
            fake.script[app.CancelInvoice] = in_turn(follow_and_hang_up, ignore)
            assert (await clerk.receiving.cancel(row.id)).stage == "canceling"
            assert not fake.history
            assert not fake.invoices
        lost = {"cancel": app.CancelInvoice, "open": app.AddInvoice}
        for word in lost_next.split(" and ") if lost_next != "nothing" else ():
            # The first cancel of this life is of what is not open.
            first = (refuse_because("not open"),) if word == "cancel" else ()
            fake.script[lost[word]] = in_turn(*first, follow_and_hang_up, strict)
        fake.script.setdefault(app.AddInvoice, strict)
        if "cancel" not in lost_next:
            fake.script[app.CancelInvoice] = strict
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            await sale_in(clerk, row.id, "canceled")
            assert clerk.receiving.unsettled_rows() == []
        assert not fake.history
        assert not fake.invoices


def strict(fake: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    """As a node of this program: an invoice that is open is not opened, and one that is not is not withdrawn."""
    request = message.app_request
    assert isinstance(request, app.AddInvoice | app.CancelInvoice)
    is_open = request.invoice_id in fake.invoices
    if is_open == isinstance(request, app.AddInvoice):
        refuse_because("open" if is_open else "not open")(fake, conn, message)
    else:
        follow(fake, conn, message)


@story
async def test_paid_while_it_is_proved_that_nobody_touched_it(tmp_path: Path) -> None:
    """It is withdrawn again, so the credits go back, and then it has a history."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[app.CancelInvoice] = in_turn(follow_and_hang_up, strict)

        def open_and_freeze(fake: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
            fake.frozen[row.invoice_id] = 20
            follow(fake, conn, message)

        fake.script[app.AddInvoice] = open_and_freeze
        assert (await clerk.receiving.cancel(row.id)).stage == "canceling"
        await sale_in(clerk, row.id, "canceled")
        assert [one.kind for one in fake.history] == ["withdrawn"]


@story
async def test_what_was_committed_is_not_called_untouched(tmp_path: Path) -> None:
    """A commit was used before, so something was promised: a node that knows nothing of it, as after an old backup was
    put in its place, proves nothing."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[app.CommitInvoice] = in_turn(
            cut_off_after_others_have_paid, refuse_because("there is nothing to collect")
        )
        with pytest.raises(Refusal):
            await clerk.receiving.take(row.id, word_of(row))
        await sale_in(clerk, row.id, "not-known")
        fake.script[app.CancelInvoice] = strict
        opened = len(fake.asked_for(app.AddInvoice))
        assert (await clerk.receiving.cancel(row.id)).stage == "not-known"
        assert len(fake.asked_for(app.AddInvoice)) == opened


@story
async def test_another_program_was_faster(tmp_path: Path) -> None:
    """It is not open any more, and the history was pruned: collected or cancelled, the wallet does not know which."""
    async with serving(till()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.invoices.clear()
        fake.script[app.CancelInvoice] = refuse_because("it is not open")
        fake.script[app.AddInvoice] = refuse_because("the invoice was used before")
        row = await clerk.receiving.cancel(row.id)
        assert row.stage == "not-known"
        assert "another program" in unpack_why(row.why).sentence  # type: ignore[union-attr]


@story
async def test_a_node_of_the_reference(tmp_path: Path) -> None:
    """It does not say that it refused. No credits came, so it is not known; when they come it is collected."""
    async with serving(FakeNode()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await ask(clerk)
        fake.script[app.CommitInvoice] = in_turn(refuse, follow)
        row = await clerk.receiving.take(row.id, word_of(row))
        assert row.stage == "not-known"
        assert "Compare what your friends owe" in unpack_why(row.why).sentence  # type: ignore[union-attr]
        fake.do(lambda: fake.freeze(20))
        row = await clerk.receiving.take(row.id, word_of(row))
        assert row.stage in ("committed", "collected")
        await sale_in(clerk, row.id, "collected")


@pytest.mark.parametrize("broken", range(4))
@story
async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """One write fails, whichever: in the end the sale is collected once, and the books say so."""
    writes = 0
    put = CardDatabase.put_sale

    def full(self: CardDatabase, row: SaleRow) -> None:
        nonlocal writes
        writes += 1
        if writes == 1 + broken:
            raise NodeStopped("the disk is full")
        put(self, row)

    monkeypatch.setattr(CardDatabase, "put_sale", full)
    async with serving(till()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            try:
                row = await ask(clerk)
                await clerk.receiving.take(row.id, word_of(row))
            except NodeStopped:
                pass
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            async with asyncio.timeout(PATIENCE_S):
                while any(one.stage == "opening" for one in clerk.receiving.unsettled_rows()):
                    await asyncio.sleep(0.005)
            row = await ask(clerk)
            if row.stage == "open" and row.commit is None:
                await clerk.receiving.take(row.id, word_of(row))
            await sale_in(clerk, row.id, "collected")
        assert FRIEND.public_key in fake.view.friends
        assert Currency(row.currency) == CURRENCY
