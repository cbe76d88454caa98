"""Paying, on good and bad days of the node and the wallet: nothing is lost, nothing is paid twice or called so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.app import Rate
from offset.base.ids import Uid
from offset.store.card.rows import PurchaseRow
from offset.testing import (
    FRIEND,
    FakeNode,
    Rule,
    commit_for,
    follow,
    follow_and_hang_up,
    hang_up,
    identity,
    ignore,
    in_turn,
    invoice,
    receipt_for,
    route,
    serving,
    story,
)
from offset.testing.rules import ACK_OF_CANCEL
from offset.wallet import carrying
from offset.wallet.clerk import Clerk, Clerks
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.whys import unpack_why
from offset.wire import app
from offset.wire.common import COMMIT, RECEIPT
from offset.wire.index import MultiRoute
from offset.wire.text_values import PaymentRequest
from offset.wire.texts import write_text
from support.clerks import PATIENCE_S, Pages, clerk_of, new_purchase, shop, stage_of
from support.letters import REQUEST_ID
from support.texts import ADDRESS

LUNCH = invoice(50)
BOB = FRIEND.public_key


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(carrying, "PAUSE_MS_MIN", 10)
    monkeypatch.setattr(carrying, "PAUSE_MS_LONGEST", 50)


def collect(fake: FakeNode, row: PurchaseRow) -> None:
    """The seller uses the commit."""
    assert row.payment_id is not None
    payment_id = row.payment_id
    fake.do(lambda: fake.collected(payment_id))


async def hold(clerk: Clerk, id: str = "one") -> PurchaseRow:
    """A payment that is frozen on the way."""
    await clerk.paying.begin(new_purchase(clerk, LUNCH, id))
    await clerk.paying.confirm(id, 5)
    return await stage_of(clerk, id, "held")


@story
async def test_from_price_to_receipt(tmp_path: Path) -> None:
    """Each stage is in the books, and the node forgets the payment only after that."""
    pages = Pages()
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path, pages=pages) as clerk:
        row = await clerk.paying.begin(new_purchase(clerk, LUNCH))
        assert row.stage == "priced"
        assert not fake.requests
        await clerk.paying.confirm("one", 5)
        row = await stage_of(clerk, "one", "held")
        assert row.commit == COMMIT.encode(commit_for(LUNCH))
        assert (row.fees, [part.cost for part in row.parts]) == (0, [50])
        await clerk.paying.hand_out("one")
        collect(fake, row)
        row = await stage_of(clerk, "one", "done")
        assert row.receipt == RECEIPT.encode(receipt_for(LUNCH))
        assert clerk.paying.open_rows() == []
        await acknowledged(clerk, "one")
        assert not fake.payments
    assert ("purchase", "one") in pages.heard


async def acknowledged(clerk: Clerk, id: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not (await clerk.paying.get(id)).is_acked:
            await asyncio.sleep(0.005)


@story
async def test_a_double_click_pays_once(tmp_path: Path) -> None:
    """Two yes at once, and a later one, are one payment; so are two requests with one key."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        begun = [clerk.paying.begin(new_purchase(clerk, LUNCH)) for _ in range(2)]
        first, second = await asyncio.gather(*begun)
        assert first == second
        await asyncio.gather(clerk.paying.confirm("one", 5), clerk.paying.confirm("one", 5))
        await stage_of(clerk, "one", "held")
        assert (await clerk.paying.confirm("one", 5)).stage == "held"
        assert len(fake.asked_for(app.CreatePayment)) == 1


@story
async def test_one_key_for_two_things(tmp_path: Path) -> None:
    """The same key with another body is refused, and changes nothing."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        with pytest.raises(Refusal) as refused:
            await clerk.paying.begin(new_purchase(clerk, invoice(60, name="dinner"), body_hash=b"other"))
        assert refused.value.kind == "other-body"
        assert (await clerk.paying.get("one")).amount == 50


@story
async def test_two_tabs(tmp_path: Path) -> None:
    """Both tabs show the price; of two yes to one invoice only one is carried out."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        for id in ("one", "two"):
            await clerk.paying.begin(new_purchase(clerk, LUNCH, id))
        done = await asyncio.gather(
            clerk.paying.confirm("one", 5), clerk.paying.confirm("two", 5), return_exceptions=True
        )
        assert [isinstance(one, Refusal) for one in done] == [False, True]
        assert "twice" in str(done[1])
        await stage_of(clerk, "one", "held")
        assert len(fake.asked_for(app.CreatePayment)) == 1


@story
async def test_never_twice(tmp_path: Path) -> None:
    """While it is held, and once it is paid, the same invoice is refused; after a failure it is not."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.results = [app.FAILURE] * 20
        await clerk.paying.begin(new_purchase(clerk, LUNCH, "zero"))
        await clerk.paying.confirm("zero", 5)
        row = await stage_of(clerk, "zero", "failed")
        assert unpack_why(row.why).kind == "cancelled"  # type: ignore[union-attr]
        fake.results = []
        row = await hold(clerk)
        with pytest.raises(Refusal, match="look at what is held") as held:
            await clerk.paying.begin(new_purchase(clerk, LUNCH, "two"))
        assert held.value.problem.cause == "held"
        await clerk.paying.hand_out("one")
        collect(fake, row)
        await stage_of(clerk, "one", "done")
        with pytest.raises(Refusal, match="paid this already"):
            await clerk.paying.begin(new_purchase(clerk, LUNCH, "two"))


@story
async def test_with_two_cards(tmp_path: Path) -> None:
    """What one card holds is not paid with the other: of two yes at once only one is carried out."""
    clerks = Clerks(Pages(), cards=lambda: [(name, name.upper(), tmp_path / name) for name in "ab"])
    for name in "ab":
        (tmp_path / name).mkdir()
    async with (
        serving(shop()) as left,
        serving(shop()) as right,
        clerk_of(left.ticket, tmp_path / "a", beside=clerks, id="a") as one,
        clerk_of(right.ticket, tmp_path / "b", beside=clerks, id="b") as two,
    ):
        for clerk in (one, two):
            await clerk.paying.begin(new_purchase(clerk, LUNCH))
        done = await asyncio.gather(
            one.paying.confirm("one", 5), two.paying.confirm("one", 5), return_exceptions=True
        )
        assert [isinstance(answer, Refusal) for answer in done] == [False, True]
        assert "with your card A: look at" in str(done[1])
        await stage_of(one, "one", "held")
        assert right.asked_for(app.CreatePayment) == []


@story
async def test_a_closed_card_holds_it(tmp_path: Path) -> None:
    """Its books say so, and it is named; what ended there, or was never said yes to, is in nobody's way."""
    cards = Clerks(Pages(), cards=lambda: [(name, name.upper(), tmp_path / name) for name in "abc"])
    for name in "ab":
        (tmp_path / name).mkdir()
    request = PaymentRequest(ADDRESS, REQUEST_ID, "Lunch", 0, "FST", 2, 50)
    dinner, supper = invoice(50, name="dinner"), invoice(50, name="supper")
    async with serving(shop()) as left, clerk_of(left.ticket, tmp_path / "a", beside=cards, id="a") as one:
        await one.paying.begin(new_purchase(one, dinner, "two"))
        asked = replace(new_purchase(one, supper, row_id(b"3" * 16)), stage="held", asked=write_text(request))
        await one.books.do(lambda books: books.put_purchase(asked))
        await one.paying.begin(new_purchase(one, LUNCH))
        await one.paying.confirm("one", 5)
        await stage_of(one, "one", "held")
    async with serving(shop()) as right, clerk_of(right.ticket, tmp_path / "b", beside=cards, id="b") as two:
        with pytest.raises(Refusal, match="with your card A, which is closed: open it and look at what"):
            await two.paying.begin(new_purchase(two, LUNCH))
        again = replace(new_purchase(two, invoice(50, name="tea"), row_id(b"4" * 16)), asked=asked.asked)
        with pytest.raises(Refusal, match="with your card A, which is closed"):
            await two.paying.begin(again)
        await two.paying.begin(new_purchase(two, dinner, "two"))
        await two.paying.confirm("two", 5)
        await stage_of(two, "two", "held")


@pytest.mark.parametrize("is_same", [True, False], ids=["with another label", "another request"])
@story
async def test_a_request_is_not_paid_beside_itself(tmp_path: Path, is_same: bool) -> None:
    """Its text changes with the label and the relays of its owner; the request is the same."""
    one = PaymentRequest(ADDRESS, REQUEST_ID, "Lunch", 0, "FST", 2, 50)
    number = REQUEST_ID if is_same else Uid(bytes(16))
    other = replace(one, pay_to=replace(ADDRESS, label="Bob"), request_id=number)
    dinner = invoice(50, name="dinner")
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        first = replace(
            new_purchase(clerk, LUNCH, row_id(b"1" * 16)),
            stage="held",
            asked=write_text(one),
            handed=1,
            commit=COMMIT.encode(commit_for(LUNCH)),
        )
        second = replace(new_purchase(clerk, dinner, row_id(b"2" * 16)), asked=write_text(other))
        for row in (first, second):
            await clerk.books.do(lambda books, row=row: books.put_purchase(row))
        if is_same:
            with pytest.raises(Refusal, match="being paid already"):
                await clerk.paying.confirm(second.id, 0)
        else:
            assert (await clerk.paying.confirm(second.id, 0)).stage == "sending"


@story
async def test_why_it_cannot_be_paid(tmp_path: Path) -> None:
    """No way, and fees above the limit: nothing is begun, and the row says what helps."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.routes = [(MultiRoute((route(BOB, identity("carol").public_key, rate=Rate(0, 9)),)),)]
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        await clerk.paying.confirm("one", 5)
        why = unpack_why((await stage_of(clerk, "one", "failed")).why)
        assert why is not None
        assert (why.kind, why.remedies[0].action, why.remedies[0].amount) == ("fees", "allow-fees", "9")
        assert not fake.payments
        with pytest.raises(Refusal, match="has ended"):
            await clerk.paying.confirm("one", 50)


@pytest.mark.parametrize("bad", [hang_up, follow_and_hang_up], ids=lambda rule: rule.__name__)
@pytest.mark.parametrize(
    "kind", [app.CreatePayment, app.CreateTransaction, app.RequestClosePayment, app.AckClosePayment]
)
@story
async def test_the_line_is_lost(tmp_path: Path, kind: type, bad: Rule) -> None:
    """Whatever the node was asked when the line was lost: it is asked again, and the payment ends once."""
    node = shop()
    node.script[kind] = in_turn(bad, follow)
    async with serving(node) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        await clerk.paying.confirm("one", 5)
        row = await stage_of(clerk, "one", "held", "failed")
        if row.stage == "held":
            await clerk.paying.hand_out("one")
            collect(fake, row)
            row = await stage_of(clerk, "one", "done")
        else:
            # It was created, or not, but nothing was sent for it.
            assert kind in (app.CreatePayment, app.CreateTransaction)
        await acknowledged(clerk, "one")
        assert not fake.payments


@story
async def test_killed_while_it_is_sent(tmp_path: Path) -> None:
    """The next start asks what became of it, and sends nothing again."""
    async with serving(shop()) as fake:
        fake.results = [None]
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            await clerk.paying.begin(new_purchase(clerk, LUNCH))
            await clerk.paying.confirm("one", 5)
            async with asyncio.timeout(PATIENCE_S):
                while not fake.asked_for(app.CreateTransaction):
                    await asyncio.sleep(0.005)
        (payment_id,) = fake.payments
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            fake.do(lambda: fake.arrive(payment_id, app.Complete(commit_for(LUNCH))))
            row = await stage_of(clerk, "one", "held")
            assert [part.cost for part in row.parts] == [50]
            assert len(fake.asked_for(app.CreatePayment)) == 1


@story
async def test_killed_before_anything_was_sent(tmp_path: Path) -> None:
    """A yes of an earlier day is not carried out by itself."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = new_purchase(clerk, LUNCH)
            await clerk.books.do(lambda books: books.put_purchase(replace(row, stage="sending", fees_max=5)))
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            why = unpack_why((await stage_of(clerk, "one", "failed")).why)
            assert why is not None
            assert "Nothing was sent" in why.sentence
            assert not fake.asked_for(app.CreatePayment)


@story
async def test_killed_while_it_is_held(tmp_path: Path) -> None:
    """The seller collects while the wallet is closed; the next start finds the receipt."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await hold(clerk)
            await clerk.paying.hand_out("one")
        collect(fake, row)
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await stage_of(clerk, "one", "done")
            assert row.receipt is not None


@story
async def test_killed_before_the_node_was_told_of_the_end(tmp_path: Path) -> None:
    """The end is in the books, and the node is told at the next start, so that it keeps nothing for ever."""
    async with serving(shop()) as fake:
        fake.script[app.AckClosePayment] = ignore
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await hold(clerk)
            await clerk.paying.hand_out("one")
            collect(fake, row)
            await stage_of(clerk, "one", "done")
        assert fake.payments
        del fake.script[app.AckClosePayment]
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            await acknowledged(clerk, "one")
            assert not fake.payments


@story
async def test_the_seller_gives_it_back(tmp_path: Path) -> None:
    """When the node says that all came back it has failed, and may be paid anew."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await hold(clerk)
        await clerk.paying.hand_out("one")
        give_back(fake, row)
        row = await stage_of(clerk, "one", "failed")
        assert (await hold(clerk, "two")).stage == "held"


def give_back(fake: FakeNode, row: PurchaseRow) -> None:
    """The seller cancels its invoice."""

    def act() -> None:
        assert row.payment_id is not None
        payment = fake.payments[row.payment_id]
        payment.open.clear()
        payment.status = app.PaymentStatusCanceled(ACK_OF_CANCEL)
        if payment.asker is not None:
            fake.tell(payment.asker, app.ResponseClosePayment(row.payment_id, payment.status))

    fake.do(act)


@pytest.mark.parametrize("is_shown", [False, True], ids=["kept", "shown"])
@story
async def test_the_node_has_lost_it(tmp_path: Path, is_shown: bool) -> None:
    """A commit that was shown may have been used: that is not known. One that nobody saw was not."""
    async with serving(shop()) as fake:
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await hold(clerk)
            if is_shown:
                await clerk.paying.hand_out("one")
        assert row.payment_id is not None
        fake.lose(row.payment_id)
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            row = await stage_of(clerk, "one", "not-known", "failed")
            assert row.stage == ("not-known" if is_shown else "failed")
            again = new_purchase(clerk, LUNCH, "two")
            if is_shown:
                with pytest.raises(Refusal, match="twice"):
                    await clerk.paying.begin(again)
                with pytest.raises(Refusal, match="no commit to show"):
                    await clerk.paying.hand_out("one")
            else:
                assert (await clerk.paying.begin(again)).stage == "priced"


@story
async def test_stop_before_the_yes(tmp_path: Path) -> None:
    """Nothing was asked of the node."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        assert (await clerk.paying.stop_one("one")).stage == "stopped"
        assert not fake.requests


@story
async def test_stop_while_it_is_sent(tmp_path: Path) -> None:
    """It is stopping until the own node says that all came back; a second payment is refused until then."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        fake.results = [None]
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        await clerk.paying.confirm("one", 5)
        async with asyncio.timeout(PATIENCE_S):
            while not fake.payments or not next(iter(fake.payments.values())).open:
                await asyncio.sleep(0.005)
        assert (await clerk.paying.stop_one("one")).stage == "stopping"
        with pytest.raises(Refusal, match="twice"):
            await clerk.paying.begin(new_purchase(clerk, LUNCH, "two"))
        (payment_id,) = fake.payments

        def fail() -> None:
            payment = fake.payments[payment_id]
            fake.arrive(payment_id, app.FAILURE)
            payment.open.clear()

        fake.do(fail)
        assert (await stage_of(clerk, "one", "stopped")).commit is None


@story
async def test_stop_and_deliver_after_all(tmp_path: Path) -> None:
    """After Stop no commit is shown; if the person wants, it is shown again."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await hold(clerk)
        assert (await clerk.paying.stop_one("one")).stage == "stopping"
        with pytest.raises(Refusal, match="no commit to show"):
            await clerk.paying.hand_out("one")
        assert (await clerk.paying.deliver_after_all("one")).stage == "held"
        await clerk.paying.hand_out("one")
        collect(fake, row)
        await stage_of(clerk, "one", "done")
        assert (await clerk.paying.stop_one("one")).stage == "done"


@story
async def test_paid_after_stop(tmp_path: Path) -> None:
    """Whoever saw the commit may collect after Stop: then it is paid, and is called so."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        row = await hold(clerk)
        await clerk.paying.hand_out("one")
        await clerk.paying.stop_one("one")
        collect(fake, row)
        await stage_of(clerk, "one", "done")


@story
async def test_the_node_is_away(tmp_path: Path) -> None:
    """A yes is refused, and the price stays."""
    async with serving(shop()) as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        await clerk.paying.begin(new_purchase(clerk, LUNCH))
        fake.trusted = {}
        fake.do(fake.hangup_all)
        async with asyncio.timeout(PATIENCE_S):
            while clerk.report() is None or _is_there(clerk):
                await asyncio.sleep(0.005)
        with pytest.raises(Refusal) as refused:
            await clerk.paying.confirm("one", 5)
        assert refused.value.kind == "node-down"
        assert (await clerk.paying.get("one")).stage == "priced"


def _is_there(clerk: Clerk) -> bool:
    try:
        return clerk.card.node is not None
    except Refusal:
        return False
