"""A sealed copy of a node that is being paid over, and a kit; and the node that starts from them (docs/RECOVERY.md)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from offset.programs.offset.network import DemoNode
from support.network import (
    CURRENCY,
    Chain,
    Papers,
    can_pay,
    eventually,
    run_here,
    running_chain,
    settled,
)
from support.network_apps import Deal, Step, shop

CUSTOMERS = 10
LIMIT = 2**60


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Chain]:
    """alice, bob and carol."""
    with running_chain(tmp_path, CURRENCY, limit=LIMIT) as made:
        yield made


def test_a_node_starts_from_its_backup(town: Chain, tmp_path: Path) -> None:
    """Bob's database is copied under payments and lost later; his friends show what he signed, and nothing is lost."""
    copy = tmp_path / "backup.age"

    def copy_it() -> None:
        done = run_here("stmgr", "backup", "-d", town.bob.database, "-i", town.bob.ident, "-o", copy)
        assert (done.status, done.stderr) == (0, "")

    async def sell() -> list[Deal]:
        copying: list[asyncio.Task[None]] = []
        promised = 0

        def happened(step: Step) -> None:
            nonlocal promised
            promised += step == "promised"
            if promised == CUSTOMERS // 2 and not copying:
                copying.append(asyncio.create_task(asyncio.to_thread(copy_it)))

        made = await shop(town.alice, town.carol, CUSTOMERS, CURRENCY, happened)
        await copying[0]
        return made

    made = asyncio.run(sell())
    assert all(deal.is_paid for deal in made)
    late = Papers(tmp_path, "last")
    late.ask(town.carol, 1)
    late.pay(town.alice)
    late.collect(town.carol)
    assert late.end(town.alice).status == 0
    before = settled(*town.nodes)

    town.network.kill("bob")
    _restore(town.bob, "-b", copy)
    town.network.restart("bob")
    for friend in (town.alice, town.carol):
        _agree(town.bob, friend)
    assert settled(*town.nodes) == before
    _pay_through(town, Papers(tmp_path, "again"))


def test_a_node_starts_from_its_kit(town: Chain, tmp_path: Path) -> None:
    """Bob's node leaves kits elsewhere. They know his settings, his friends show what he signed, and payments pass."""
    kits = tmp_path / "kits"
    kits.mkdir()
    bob = town.bob
    where = ("-i", str(bob.ident), "-l", f"127.0.0.1:{bob.port}", "-d", str(bob.database))
    town.network.kill("bob")
    town.network.start("bob", "stnode", bob.port, *where, "-t", str(bob.trusted), "--kits", str(kits))
    for friend in (town.alice, town.carol):
        eventually(lambda friend=friend: can_pay(bob, friend) and can_pay(friend, bob), "they are back")
    _pay_through(town, Papers(tmp_path, "first"))
    eventually(lambda: list(kits.glob("kit-*")), "there is a kit")
    before = settled(*town.nodes)

    town.network.kill("bob")
    _restore(bob, "-k", max(kits.glob("kit-*")))
    town.network.restart("bob")
    for friend in (town.alice, town.carol):
        _agree(bob, friend)
    assert settled(*town.nodes) == before
    _pay_through(town, Papers(tmp_path, "again"))


def _restore(node: DemoNode, option: str, source: Path) -> None:
    """The disk is lost, and the database is made anew."""
    for path in node.database.parent.glob("node.db*"):
        path.unlink()
    done = run_here("stmgr", "restore", "-i", node.ident, option, source, "-o", node.database)
    assert (done.status, done.stderr) == (0, "")


def _pay_through(town: Chain, papers: Papers) -> None:
    """Alice pays Carol over Bob."""
    papers.ask(town.carol, 5)
    papers.pay(town.alice)
    papers.collect(town.carol)
    assert papers.end(town.alice).status == 0


def _agree(bob: DemoNode, friend: DemoNode) -> None:
    """Bob catches up with what the friend shows him: nobody accepts any terms."""
    eventually(lambda: can_pay(bob, friend) and can_pay(friend, bob), f"bob and {friend.name} agree")
