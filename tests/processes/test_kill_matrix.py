"""Cells of the kill matrix with real programs: alice pays dora over bob and carol, and somebody is killed just then.

No program has a hook for it. A program that is frozen (SIGSTOP) takes nothing: what its friend says to it, as that
friend's own report tells, was sent and is not taken. All cells, in a virtual world: tests/engine/test_kill_matrix.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from offset.app import connect_files
from offset.base.credits import Amount
from offset.programs.offset.network import DemoNode
from offset.wire.report import ChannelConsistent, FriendReport
from support.commands import Done
from support.network import CURRENCY, Papers, TestNetwork, can_pay, eventually, has_way, running, settled

NAMES = ("alice", "bob", "carol", "dora")
LINKS = tuple(pairwise(NAMES))
AMOUNT, FEE = 10, 1
PAID = [-AMOUNT - 2 * FEE, FEE, FEE, AMOUNT]
CANCELED = [0, 0, 0, 0]
LIMIT = 2**40


class View(NamedTuple):
    """How one node sees one friend."""

    asked: Amount
    """What it has frozen."""
    was_asked: Amount
    """What the friend has frozen."""
    tokens: int
    """The count that the friend's last move token bears."""


async def _look(node: DemoNode, friend: str) -> View:
    async with connect_files(node.app_ident, node.ticket) as app:
        found: FriendReport = next(each for each in app.report.friends.values() if each.name == friend)
    status, last = found.channel_status, found.opt_last_incoming_move_token
    assert isinstance(status, ChannelConsistent)
    balance = next(each.balance for each in status.currency_reports if each.currency == CURRENCY)
    tokens = 0 if last is None else last.token_info.counters.move_token_counter
    return View(balance.local_pending_debt, balance.remote_pending_debt, tokens)


class Row:
    """alice — bob — carol — dora; bob and carol take 1 FST for what they pass on."""

    def __init__(self, network: TestNetwork) -> None:
        self.network = network
        network.add_relay("relay")
        network.add_index_servers("index")
        self.nodes = dict(zip(NAMES, network.add_nodes(*NAMES), strict=True))
        for left, right in LINKS:
            network.befriend(self.nodes[left], self.nodes[right], CURRENCY, limit=LIMIT)
            self._charge(left, right)
            self._charge(right, left)

    def _charge(self, name: str, friend: str) -> None:
        about = ("-n", friend, "-c", CURRENCY, "-m", "0", "-a", str(FEE))
        self.nodes[name].ctl("config", "set-currency-rate", *about)

    def pay(self, folder: Path) -> None:
        """A payment goes through."""
        papers = Papers(folder)
        papers.ask(self.nodes["dora"], AMOUNT)
        papers.pay(self.nodes["alice"])
        papers.collect(self.nodes["dora"])
        assert papers.end(self.nodes["alice"]).status == 0

    def look(self, name: str, friend: str) -> View:
        """How a node sees a friend."""
        return asyncio.run(_look(self.nodes[name], friend))

    def is_ready(self) -> bool:
        """Whether all friends are online, and the index server knows the way."""
        pairs = [pair for left, right in LINKS for pair in ((left, right), (right, left))]
        is_linked = all(can_pay(self.nodes[name], self.nodes[friend]) for name, friend in pairs)
        return is_linked and has_way(self.nodes["alice"], self.nodes["dora"], AMOUNT, 2 * FEE)

    def await_token(self, name: str, friend: str) -> None:
        """Wait until the last word of all that the two have heard came to this one."""
        eventually(
            lambda: self.look(name, friend).tokens > self.look(friend, name).tokens,
            f"{name} has the token of {friend}",
        )

    def right_of(self, name: str) -> str:
        """The friend on the side of the seller."""
        return NAMES[NAMES.index(name) + 1]

    def left_of(self, name: str) -> str:
        """The friend on the side of the buyer."""
        return NAMES[NAMES.index(name) - 1]


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Row]:
    """Four friends in a row; each test leaves them running."""
    with running(tmp_path_factory.mktemp("row")) as network:
        yield Row(network)


class Deal:
    """One payment, and the blow that it gets."""

    def __init__(self, row: Row, folder: Path, pool: ThreadPoolExecutor) -> None:
        self.row, self.papers, self._pool = row, Papers(folder), pool
        eventually(row.is_ready, "all friends are there")
        self.alice, self.dora = row.nodes["alice"], row.nodes["dora"]
        self.before = settled(*row.nodes.values())
        about = ("-c", CURRENCY, "-a", str(AMOUNT), "-i", str(self.papers.invoice))
        self.dora.ctl("seller", "create-invoice", *about)
        self._paying: Future[Done]

    def begin(self) -> None:
        """Alice pays; this goes on while others are frozen."""
        self._paying = self._pool.submit(self.papers.try_to_pay, self.alice, "--timeout", "40")

    def promise(self) -> None:
        """Alice pays and has the commit; everybody has the token that a collect or cancel needs."""
        self.begin()
        assert self._paying.result().status == 0
        for left, right in LINKS:
            self.row.await_token(right, left)

    def collect(self) -> None:
        """Dora has the commit, and collects."""
        papers = self.papers
        self.dora.ctl("seller", "commit-invoice", "-i", str(papers.invoice), "-c", str(papers.commit))

    def cancel(self) -> None:
        """Dora does not want the payment."""
        self.dora.ctl("seller", "cancel-invoice", "-i", str(self.papers.invoice))

    def strike(self, victim: str, *frozen: str) -> None:
        """Kill a program, and let those who are frozen go on without it; then it comes back."""
        network = self.row.network
        network.kill(victim)
        for name in frozen:
            if name != victim:
                network.thaw(name)
        network.restart(victim)

    def finish(self) -> bool:
        """Alice's payment comes to an end. Returns whether there is a commit for dora."""
        is_promised = self._paying.result().status == 0
        if is_promised:
            self.collect()
        else:
            self.cancel()
        return is_promised

    def assert_ended(self, *, is_paid: bool) -> None:
        """Both sides know the same end, and the credits moved, or did not."""
        ended = self.papers.end(self.alice)
        words = "Payment succeeded. Saving receipt to file.\n" if is_paid else "Payment was canceled.\n"
        assert ended.stdout == words, ended
        after = settled(*self.row.nodes.values())
        moved = [now - then for then, now in zip(self.before, after, strict=True)]
        assert moved == (PAID if is_paid else CANCELED)
        if is_paid:
            assert self.papers.verify().status == 0


@pytest.fixture
def tokens(row: Row, tmp_path: Path) -> None:
    """A payment has just gone through: its collects left the tokens where the next requests need them."""
    eventually(row.is_ready, "all friends are there")
    (tmp_path / "before").mkdir()
    row.pay(tmp_path / "before")
    for left, right in LINKS:
        row.await_token(left, right)


@pytest.fixture
def deal(row: Row, tmp_path: Path) -> Iterator[Deal]:
    """A payment of alice to dora."""
    with ThreadPoolExecutor(1) as pool:
        yield Deal(row, tmp_path, pool)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("receiver, victim", [("bob", "alice"), ("dora", "dora")])
def test_request(row: Row, deal: Deal, receiver: str, victim: str) -> None:
    """Sent and not taken: whoever of its sender and receiver is killed, the payment ends alike for both sides."""
    sender = row.left_of(receiver)
    row.network.freeze(receiver)
    deal.begin()
    eventually(lambda: row.look(sender, receiver).asked, f"{sender} asked {receiver}")
    deal.strike(victim, receiver)
    is_paid = deal.finish()
    assert is_paid or victim != "dora"
    deal.assert_ended(is_paid=is_paid)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("receiver, victim", [("carol", "dora"), ("alice", "alice")])
def test_response(row: Row, deal: Deal, receiver: str, victim: str) -> None:
    """A promise that is sent and not taken is not lost with its sender or receiver."""
    sender = row.right_of(receiver)
    row.network.freeze("dora")
    deal.begin()
    eventually(lambda: row.look("carol", "dora").asked, "carol asked dora")
    row.network.freeze(receiver)
    before = 0 if sender == "dora" else row.look(sender, row.right_of(sender)).tokens

    def has_promised() -> bool:
        if sender == "dora":
            return row.look("dora", "carol").was_asked > 0
        return row.look(sender, row.right_of(sender)).tokens > before  # what it took it passed on at once

    row.network.thaw("dora")
    eventually(has_promised, f"{sender} said the promise to {receiver}")
    deal.strike(victim, receiver)
    is_paid = deal.finish()
    assert is_paid is (victim != "alice"), "only the app of a killed node loses the commit"
    deal.assert_ended(is_paid=is_paid)


@pytest.mark.parametrize("receiver, victim", [("carol", "carol"), ("bob", "carol"), ("alice", "alice")])
def test_collect(row: Row, deal: Deal, receiver: str, victim: str) -> None:
    """When the seller has the commit it is paid, whoever is killed before the collect is taken."""
    sender = row.right_of(receiver)
    deal.promise()
    row.network.freeze(receiver)
    deal.collect()
    eventually(lambda: not row.look(sender, receiver).was_asked, f"{sender} collected from {receiver}")
    deal.strike(victim, receiver)
    deal.assert_ended(is_paid=True)


def test_cancel(row: Row, deal: Deal) -> None:
    """What the seller does not want any more is cancelled for all, though carol is killed before she knows."""
    deal.promise()
    row.network.freeze("carol")
    deal.cancel()
    eventually(lambda: not row.look("dora", "carol").was_asked, "dora let carol go")
    deal.strike("carol")
    deal.assert_ended(is_paid=False)


@pytest.mark.parametrize("frozen", ["relay", "bob"])
def test_cut(row: Row, deal: Deal, frozen: str) -> None:
    """A collect survives its line: the relay is killed before carol has the collect of dora, or after."""
    deal.promise()
    row.network.freeze(frozen)
    deal.collect()
    if frozen == "relay":
        eventually(lambda: not row.look("dora", "carol").was_asked, "dora collected")
        assert row.look("carol", "dora").asked, "carol has not taken it"
    else:
        eventually(lambda: not row.look("carol", "dora").asked, "carol has taken the collect of dora")
    deal.strike("relay", frozen)
    deal.assert_ended(is_paid=True)
