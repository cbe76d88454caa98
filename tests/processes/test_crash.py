"""Programs that are killed, stopped and started again, in the middle of payments: nothing is lost, nothing stays."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from offset.programs.offset.network import DemoNode
from offset.wire.signing import verify_receipt
from support.commands import one_sentence
from support.network import (
    CURRENCY,
    HOST,
    Chain,
    Papers,
    TestNetwork,
    can_pay,
    eventually,
    friends,
    run,
    running,
    running_chain,
    settled,
    told,
)
from support.network_apps import Deal, Step, shop

CUSTOMERS = 20
LIMIT = 2**100
FEE = 1  # of bob, for each payment


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Three friends in a row, whose programs the tests kill; each test leaves them running."""
    with running_chain(tmp_path_factory.mktemp("town"), CURRENCY, limit=LIMIT) as made:
        yield made


class Strikes:
    """Strikes a program when so many customers have come to some step, and starts it again."""

    def __init__(self, moments: dict[tuple[Step, int], str], strike: Callable[[str], None]) -> None:
        """`moments`: what is struck when."""
        self._moments, self._strike = dict(moments), strike
        self._counts: Counter[Step] = Counter()
        self._tasks: list[asyncio.Task[None]] = []
        self._one_at_a_time = asyncio.Lock()

    def happened(self, step: Step) -> None:
        """A customer has come to this step."""
        self._counts[step] += 1
        victim = self._moments.pop((step, self._counts[step]), None)
        if victim is not None:
            self._tasks.append(asyncio.create_task(self._do(victim)))

    async def _do(self, victim: str) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(self._strike, victim)

    async def all_done(self) -> None:
        """Every strike has happened."""
        await asyncio.gather(*self._tasks)
        assert not self._moments, self._counts


def moments(seed: int, *victims: str) -> dict[tuple[Step, int], str]:
    """When half of the customers have begun, and at two moments of chance; the victims take turns."""
    chance = random.Random(seed)
    chosen: list[tuple[Step, int]] = [
        ("began", CUSTOMERS // 2),
        ("promised", chance.randrange(1, CUSTOMERS)),
        ("collected", chance.randrange(1, CUSTOMERS)),
    ]
    return {moment: victims[number % len(victims)] for number, moment in enumerate(chosen)}


def pay_under_fire(town: Chain, when: dict[tuple[Step, int], str], strike: Callable[[str], None]) -> None:
    """20 customers pay at once, from alice over bob to carol, while programs are struck; all is whole afterwards."""

    async def fight() -> list[Deal]:
        strikes = Strikes(when, strike)
        made = await shop(town.alice, town.carol, CUSTOMERS, CURRENCY, strikes.happened)
        await strikes.all_done()
        return made

    before = settled(*town.nodes)
    made = asyncio.run(fight())
    assert_whole(town, before, made)


def assert_whole(town: Chain, before: list[int], made: list[Deal]) -> None:
    """Both ends agree on what was paid, nothing is frozen, all sums are 0, and all channels are sound."""
    after = settled(*town.nodes)
    paid = [deal for deal in made if deal.is_paid]
    assert len(paid) == CUSTOMERS
    for deal in paid:
        assert deal.receipt is not None
        assert verify_receipt(deal.receipt, deal.invoice.dest_public_key)
        assert deal.receipt.invoice_id == deal.invoice.invoice_id
    amount = sum(deal.invoice.dest_payment for deal in paid)  # no other set of deals gives this sum
    fees = FEE * len(paid)
    assert moved(before, after) == [-amount - fees, fees, amount]
    assert sum(after) == 0
    assert_mirrored(town.alice, town.bob)
    assert_mirrored(town.bob, town.carol)


def moved(before: list[int], after: list[int]) -> list[int]:
    return [now - then for then, now in zip(before, after, strict=True)]


def assert_mirrored(left: DemoNode, right: DemoNode) -> None:
    """Two friends are online and agree."""
    eventually(lambda: can_pay(left, right) and can_pay(right, left), "the friends are online again")
    ours = friends(left)[right.name]["balances"][CURRENCY]
    theirs = friends(right)[left.name]["balances"][CURRENCY]
    assert int(ours["balance"]) == -int(theirs["balance"])


def pay_once(town: Chain, folder: Path, name: str) -> None:
    """A payment goes through."""
    before = settled(*town.nodes)
    papers = Papers(folder, name)
    papers.ask(town.carol, 10)
    papers.pay(town.alice)
    papers.collect(town.carol)
    assert papers.end(town.alice).stdout == "Payment succeeded. Saving receipt to file.\n"
    assert papers.verify().status == 0
    after = settled(*town.nodes)
    assert moved(before, after) == [-10 - FEE, FEE, 10]


@pytest.mark.parametrize("victim", ["alice", "bob", "carol"])
def test_killed_in_the_midst(town: Chain, victim: str) -> None:
    """However often a node is killed, every payment ends alike for both sides, and nothing stays frozen."""

    def kill(name: str) -> None:
        town.network.kill(name)
        town.network.restart(name)

    pay_under_fire(town, moments(1, victim), kill)


def test_relay_killed_in_the_midst(town: Chain) -> None:
    """Payments that were under way when the relay was killed come to their end when it is back."""

    def kill(name: str) -> None:
        town.network.kill(name)
        town.network.restart(name)

    pay_under_fire(town, {("promised", CUSTOMERS // 2): "relay"}, kill)


def test_stopped_in_the_midst(town: Chain) -> None:
    """A node that is told to end does so by itself, with status 0, and goes on where it was."""

    def stop(name: str) -> None:
        assert town.network.stop_one(name) == 0
        town.network.restart(name)

    pay_under_fire(town, moments(2, "bob", "carol", "alice"), stop)


def test_frozen_over_a_crash(town: Chain, tmp_path: Path) -> None:
    """What was promised before all nodes were killed can be collected, or cancelled, when they are back."""
    before = settled(*town.nodes)
    collected, canceled = Papers(tmp_path, "collected"), Papers(tmp_path, "canceled")
    for papers in (collected, canceled):
        papers.ask(town.carol, 30)
        papers.pay(town.alice)
    for node in town.nodes:
        town.network.kill(node.name)
    for node in town.nodes:
        town.network.restart(node.name)
    collected.collect(town.carol, just_started=True)
    town.carol.ctl("seller", "cancel-invoice", "-i", str(canceled.invoice))
    assert collected.end(town.alice).stdout == "Payment succeeded. Saving receipt to file.\n"
    assert canceled.end(town.alice).stdout == "Payment was canceled.\n"
    assert collected.verify().status == 0
    after = settled(*town.nodes)
    assert moved(before, after) == [-31, 1, 30]
    assert_mirrored(town.alice, town.bob)
    assert_mirrored(town.bob, town.carol)


def test_index_server_killed(town: Chain, tmp_path: Path) -> None:
    """Without its index server a node says so; when it is back, payments go on."""

    def connected() -> list[bool]:
        return [told(node, "info", "index")[0]["connected"] for node in town.nodes]

    town.network.kill("index")
    try:
        eventually(lambda: not any(connected()), "nobody has an index server")
        papers = Papers(tmp_path, "too early")
        papers.ask(town.carol, 1)
        done = papers.try_to_pay(town.alice, "--timeout", "1")
        assert "not connected to any of its index servers" in one_sentence("stctrl", done.stderr)
        assert not papers.payment.exists()
    finally:
        town.network.restart("index")
    eventually(lambda: all(connected()), "everybody has an index server")
    pay_once(town, tmp_path, "after")


def test_second_node_refused(town: Chain, tmp_path: Path) -> None:
    """A second stnode on a database that is in use is refused, and the first one goes on."""
    bob = town.bob
    files = ("-i", bob.ident, "-d", bob.database, "-t", bob.trusted)
    done = run("stnode", *files, "-l", f"{HOST}:0")
    assert (done.status, done.stdout) == (1, "")
    pid = town.network.processes["bob"].pid
    assert f"another program (process {pid}) works with the database {bob.database}" in done.stderr
    pay_once(town, tmp_path, "after")


# Relays


def test_relay_killed(town: Chain, tmp_path: Path) -> None:
    """Without their relay friends are offline; when it is back they are online again, and payments go on."""
    town.network.kill("relay")
    try:
        eventually(lambda: not friends(town.alice)["bob"]["online"], "bob is offline")
        eventually(lambda: not friends(town.bob)["alice"]["online"], "alice is offline")
    finally:
        town.network.restart("relay")
    assert_mirrored(town.alice, town.bob)
    assert_mirrored(town.bob, town.carol)
    pay_once(town, tmp_path, "after")


class Pair(NamedTuple):
    """Two friends, and where they are found."""

    network: TestNetwork
    dora: DemoNode
    emil: DemoNode

    @property
    def relay(self) -> str:
        """The relay in use."""
        return self.network.relays[-1].stem

    def move(self) -> None:
        """Use a new relay, and no other."""
        old = self.relay
        self.network.add_relay(f"relay{len(self.network.relays)}")
        for node in (self.dora, self.emil):
            node.ctl("config", "add-relay", "-r", str(self.network.relays[-1]), "-n", self.relay)
            node.ctl("config", "remove-relay", "-n", "relay" if old == "relay0" else old)

    def pay(self, folder: Path) -> None:
        """A payment goes through."""
        before = settled(self.dora, self.emil)
        papers = Papers(folder)
        papers.ask(self.emil, 7)
        papers.pay(self.dora)
        papers.collect(self.emil)
        assert papers.end(self.dora).status == 0
        assert papers.verify().status == 0
        after = settled(self.dora, self.emil)
        assert moved(before, after) == [-7, 7]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two friends who move from relay to relay."""
    with running(tmp_path_factory.mktemp("pair")) as network:
        network.add_relay("relay0")
        network.add_index_servers("index")
        dora, emil = network.add_nodes("dora", "emil")
        network.befriend(dora, emil, CURRENCY)
        yield Pair(network, dora, emil)


def test_moved_in_time(pair: Pair, tmp_path: Path) -> None:
    """Friends that move to another relay tell each other, and nobody misses the old one when it is switched off."""
    old = pair.relay
    pair.move()
    address = json.loads(pair.network.relays[-1].read_text())["address"]

    def known(node: DemoNode, friend: DemoNode) -> bool:
        return [relay["address"] for relay in friends(node)[friend.name]["relays"]] == [address]

    eventually(lambda: known(pair.dora, pair.emil), "dora knows the new relay of emil")
    eventually(lambda: known(pair.emil, pair.dora), "emil knows the new relay of dora")
    pair.network.kill(old)
    assert_mirrored(pair.dora, pair.emil)
    pair.pay(tmp_path)


def test_moved_too_late(pair: Pair, tmp_path: Path) -> None:
    """When the relay is gone before anybody could be told, new cards bring the friends together again."""
    before = settled(pair.dora, pair.emil)
    pair.network.kill(pair.relay)
    eventually(lambda: not friends(pair.dora)["emil"]["online"], "emil is offline")
    pair.move()
    for node, friend in ((pair.dora, pair.emil), (pair.emil, pair.dora)):
        card = tmp_path / f"{friend.name}.friend"
        friend.ctl("info", "export-ticket", "-t", str(card))
        node.ctl("config", "set-friend-relays", "-n", friend.name, "-f", str(card))
    assert_mirrored(pair.dora, pair.emil)
    assert settled(pair.dora, pair.emil) == before
    pair.pay(tmp_path)
