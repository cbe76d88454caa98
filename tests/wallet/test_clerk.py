"""Clerks of several cards, with real nodes: a payment from a over b to c, and what each of them writes down."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.store.card.reading import Search, each_row, sums_of_moves
from offset.store.card.rows import HistoryRow
from offset.testing import CURRENCY, FriendNetwork, identity, reachable, serving, story
from offset.wallet.books import open_books
from offset.wallet.clerk import Clerk, Clerks
from offset.wallet.refusals import Refusal
from offset.wire.common import COMMIT
from offset.wire.files import Ticket
from offset.wire.text_values import INVOICE
from support.clerks import PATIENCE_S, Pages, clerk_of, new_purchase, sale_in, stage_of


async def sell(clerk: Clerk, amount: int, request: str = "sale") -> tuple[str, object]:
    row = await clerk.receiving.begin(request, b"", CURRENCY, amount, "Bread", None)
    return row.id, INVOICE.decode(row.invoice).file()


async def pay(buyer: Clerk, seller: Clerk, amount: int, id: str = "one") -> None:
    """From the invoice to the receipt, with the commit handed over by hand."""
    sale, invoice = await sell(seller, amount, f"sale {id}")
    await buyer.paying.begin(replace(new_purchase(buyer, invoice, id), name="Cleo", note="Lunch"))  # type: ignore[arg-type]
    await buyer.paying.confirm(id, 100)
    row = await stage_of(buyer, id, "held", "failed")
    assert row.stage == "held", row.why
    row = await buyer.paying.hand_out(id)
    assert row.commit is not None
    await seller.receiving.take(sale, COMMIT.decode(row.commit))
    await sale_in(seller, sale, "collected")
    await stage_of(buyer, id, "done")


async def history_of(clerk: Clerk, total: int) -> list[HistoryRow]:
    """All rows, once the newest has this total."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await clerk.books.read(lambda reader: list(each_row(reader, Search())))
            if rows and rows[-1].total == total:
                return rows
            await asyncio.sleep(0.005)


async def adds_up(clerk: Clerk) -> None:
    """The moves with each friend are what the node reports."""
    sums = await clerk.books.read(sums_of_moves)
    truth: dict[tuple[PublicKey, str], int] = {}
    for key, friend in clerk.card.report.friends.items():
        for one in friend.channel_status.currency_reports:  # type: ignore[union-attr]
            truth[key, one.currency] = one.balance.balance
    assert {key: one for key, one in sums.items() if one} == {key: one for key, one in truth.items() if one}


class Cards:
    """The clerks of a network, each in a folder of its own."""

    def __init__(self, stack: AsyncExitStack, tickets: dict[str, Ticket], folder: Path) -> None:
        self._stack, self._tickets, self._folder = stack, tickets, folder

    async def open(self, name: str) -> Clerk:
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        app = identity(f"app of {name}")
        return await self._stack.enter_async_context(clerk_of(self._tickets[name], folder, app=app))


@story
async def test_a_payment_in_three_books(tmp_path: Path) -> None:
    """The buyer paid, the seller was paid, and the one between earned; all moves add up to the ledgers."""
    async with AsyncExitStack() as stack:
        tickets = await stack.enter_async_context(reachable(FriendNetwork(["a", "b", "c"])))
        cards = Cards(stack, tickets, tmp_path)
        a, b, c = [await cards.open(name) for name in "abc"]
        await pay(a, c, 20)
        (paid,) = await history_of(a, -21)
        assert (paid.cause, paid.delta, paid.balance, paid.fees) == ("paid", -21, -21, 1)
        assert (paid.friend_name, paid.name, paid.note, paid.purchase) == ("b", "Cleo", "Lunch", "one")
        (received,) = await history_of(c, 20)
        assert (received.cause, received.delta, received.friend_name, received.note) == (
            "received",
            20,
            "b",
            "Bread",
        )
        (passed,) = await history_of(b, 1)
        assert (passed.cause, passed.delta, passed.friend) == ("passing", 1, None)
        for clerk in (a, b, c):
            await adds_up(clerk)


@story
async def test_while_the_wallet_was_closed(tmp_path: Path) -> None:
    """The seller collects while the buyer's wallet is closed: the next start closes the gap, and calls it paid."""
    async with AsyncExitStack() as stack:
        tickets = await stack.enter_async_context(reachable(FriendNetwork(["a", "b", "c"])))
        cards = Cards(stack, tickets, tmp_path)
        c = await cards.open("c")
        sale, invoice = await sell(c, 20)
        async with AsyncExitStack() as short:
            a = await Cards(short, tickets, tmp_path).open("a")
            await a.paying.begin(new_purchase(a, invoice))  # type: ignore[arg-type]
            await a.paying.confirm("one", 100)
            await stage_of(a, "one", "held")
            row = await a.paying.hand_out("one")
        assert row.commit is not None
        await c.receiving.take(sale, COMMIT.decode(row.commit))
        await sale_in(c, sale, "collected")
        a = await cards.open("a")
        await stage_of(a, "one", "done")
        (paid,) = await history_of(a, -21)
        assert (paid.cause, paid.delta, paid.fees) == ("paid", -21, 1)
        await adds_up(a)


@story
async def test_two_friends_carry_one_payment(tmp_path: Path) -> None:
    """A payment in two parts is two rows of one purchase."""
    network = FriendNetwork(["a", "b", "c", "d"], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    async with AsyncExitStack() as stack:
        tickets = await stack.enter_async_context(reachable(network))
        cards = Cards(stack, tickets, tmp_path)
        a, d = await cards.open("a"), await cards.open("d")
        await pay(a, d, 1500)
        rows = await history_of(a, -1502)
        assert [(row.cause, row.purchase, row.fees) for row in rows] == [("paid", "one", 1)] * 2
        assert {row.friend_name for row in rows} == {"b", "c"}
        for clerk in (a, d):
            await adds_up(clerk)


@story
async def test_many_payments_both_ways(tmp_path: Path) -> None:
    """Ten at once, in both directions: each is paid once, and nothing is left over in any book."""
    async with AsyncExitStack() as stack:
        tickets = await stack.enter_async_context(reachable(FriendNetwork(["a", "b", "c"])))
        cards = Cards(stack, tickets, tmp_path)
        a, b, c = [await cards.open(name) for name in "abc"]
        await asyncio.gather(
            *[pay(a, c, 10 + n, f"there {n}") for n in range(5)],
            *[pay(c, a, 20 + n, f"back {n}") for n in range(5)],
        )
        await history_of(b, 10)
        # Payments that hide each other in one report have rows of their own a moment after they were called paid.
        async with asyncio.timeout(PATIENCE_S):
            while sums(rows := await history_of(a, 110 - 60 - 5), "paid") != -60 - 5:
                await asyncio.sleep(0.05)
        assert len([row for row in rows if row.cause == "paid"]) == 5
        async with asyncio.timeout(PATIENCE_S):
            while sums(rows := await history_of(a, 110 - 60 - 5), "received") != 110:
                await asyncio.sleep(0.05)
        await history_of(c, 60 - 110 - 5)
        for clerk in (a, b, c):
            await adds_up(clerk)


def sums(rows: list[HistoryRow], cause: str) -> int:
    """What all rows of a cause come to."""
    return sum(row.delta for row in rows if row.cause == cause)


@story
async def test_books_of_another_node(tmp_path: Path) -> None:
    """Books that were begun with another node are left alone, and the reason is kept for whoever asks."""
    books = await open_books(tmp_path)
    await books.do(lambda database: database.claim(PublicKey(b"x" * 32)))
    await books.close()
    async with serving() as fake, clerk_of(fake.ticket, tmp_path) as clerk:
        async with asyncio.timeout(PATIENCE_S):
            while clerk.trouble is None:
                await asyncio.sleep(0.005)
        assert "another node" in clerk.trouble


@story
async def test_books_that_cannot_be_used(tmp_path: Path) -> None:
    """The card does not open, and the sentence says what to do."""
    (tmp_path / "card.db").write_text("nonsense")
    async with serving() as fake:
        with pytest.raises(UserFault):
            async with clerk_of(fake.ticket, tmp_path):
                raise AssertionError("it opened")


@story
async def test_names(tmp_path: Path) -> None:
    """Friends by the name that the node has, others as the owner calls them, over a start too."""
    async with serving() as fake:
        stranger = identity("stranger").public_key
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            assert clerk.name_of(next(iter(clerk.card.report.friends))) == "bob"
            assert clerk.name_of(stranger) is None
            await clerk.call(stranger, "The bakery")
        async with clerk_of(fake.ticket, tmp_path) as clerk:
            assert clerk.name_of(stranger) == "The bakery"


def test_a_closed_card_has_no_clerk() -> None:
    """Whoever asks is told to open it."""
    with pytest.raises(Refusal, match="Open it first"):
        Clerks(Pages()).get("card")
