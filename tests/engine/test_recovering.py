"""A node of which nothing is left but its identity finds its friends at its old relay, and takes them one by one."""

from __future__ import annotations

import pytest

from offset.base.instants import HOUR
from offset.core.funder.records import RelaysRecord
from offset.sim.physics.disk import Rows
from offset.testing import CURRENCY
from offset.wire.app import CommitInvoice, Complete, PaymentStatusSuccess
from offset.wire.orders import GiveUp, TakeFriend
from offset.wire.recovery import Stake
from support.nodes import Town


def relays_of(rows: Rows) -> Rows:
    """All that is left: where the node is known."""
    return {key: row for key, row in rows.items() if isinstance(row, RelaysRecord)}


def lose_all(town: Town, name: str) -> None:
    """The node dies with its disk, and is started with --recover."""
    left = relays_of(town.rows(name))
    assert left
    town.stop(name)
    town.searching.add(name)
    town.start(name, left, is_restored=True)


def found(town: Town, name: str) -> list[bytes]:
    """Whom a node has found."""
    friends = town.engine(name).view().state.found
    assert friends is not None
    return [friend.public_key for friend in friends.all()]


def take(town: Town, name: str, other: str) -> None:
    """The owner takes a friend that was found."""
    town.apps[name].ask(TakeFriend(town.key(other), other))


@pytest.mark.parametrize("name, others", [("a", "b"), ("b", "ac"), ("c", "b")])
def test_balances_come_back(name: str, others: str) -> None:
    """Friends knock, or dial when they look at the other's relay; each is taken, and payments pass again."""
    town = Town("abc")
    for _ in range(3):
        town.pay("abc", 20, 1)
    balances = {other: town.balance(name, other) for other in others}
    lose_all(town, name)
    town.world.run_until(lambda: len(found(town, name)) == len(others), 2 * HOUR)
    assert set(found(town, name)) == {town.key(other) for other in others}
    assert town.engine(name).view().state.friends == {}
    for other in others:
        take(town, name, other)
    town.world.run_until(
        lambda: (
            all(
                town.friend(name, other).is_ready(CURRENCY) and town.friend(other, name).is_ready(CURRENCY)
                for other in others
                if town.key(other) in town.engine(name).view().state.friends
            )
            and len(town.engine(name).view().state.friends) == len(others)
        ),
        2 * HOUR,
    )
    assert {other: town.balance(name, other) for other in others} == balances
    assert found(town, name) == []
    assert all(town.friend(other, name).channel.inconsistency_counter == 0 for other in others)


def test_a_payment_under_way_is_not_lost() -> None:
    """A mediator forgets everything while a payment over it waits; when both friends are taken it goes on."""
    town = Town("abc")
    town.pay("abc", 20, 1)
    invoice = town.invoice("c", 30)
    payment, request = town.send("abc", invoice, 30, 1)
    result = town.result("a", request).result
    assert isinstance(result, Complete)
    lose_all(town, "b")
    town.world.run_until(lambda: len(found(town, "b")) == 2, 2 * HOUR)
    take(town, "b", "c")
    town.world.run_for(5000)
    take(town, "b", "a")
    town.world.run_until(lambda: all(town.friend(other, "b").is_ready(CURRENCY) for other in "ac"), 2 * HOUR)
    town.world.run_for(5000)
    town.apps["c"].ask(CommitInvoice(result.commit))
    assert isinstance(town.ending("a", payment).status, PaymentStatusSuccess)


def test_how_it_stands() -> None:
    """Who has told, who has not, and what waits for whose word, until that is heard or given up."""
    town = Town("abc")
    town.pay("abc", 20, 1)
    invoice = town.invoice("c", 30)
    _, request = town.send("abc", invoice, 30, 1)
    assert isinstance(town.result("a", request).result, Complete)
    town.world.run_for(1000)
    old = dict(town.rows("b"))
    town.stop("c")
    town.stop("b")
    town.start("b", old, is_restored=True)
    assert standing(town) == {"a": "away", "c": "away"}
    town.world.run_until(lambda: standing(town)["a"] == "told", 2 * HOUR)
    (waiting,) = [row for row in town.engine("b")._funder.recovery() if row.stakes]
    assert (town.key("c"), (Stake(CURRENCY, 31),)) == (waiting.public_key, waiting.stakes)
    assert standing(town) == {"a": "told", "c": "away"}
    refused = town.apps["b"].ask(GiveUp(town.key("a")))
    assert refused.opt_extra is not None
    assert "nothing waits for the word of this key" in refused.opt_extra.refusal
    town.apps["b"].ask(GiveUp(town.key("c")))
    town.world.run_for(3000)
    assert [row.stakes for row in town.engine("b")._funder.recovery()] == [(), ()]
    assert town.balance("a", "b")[1] == 0


def standing(town: Town) -> dict[str, str]:
    """How each friend of b stands."""
    names = {town.key(name): name for name in "ac"}
    return {names[row.public_key]: row.state for row in town.engine("b")._funder.recovery()}


def test_nobody_is_taken_who_was_not_found() -> None:
    town = Town("ab")
    lose_all(town, "a")
    town.world.run_until(lambda: len(found(town, "a")) == 1, 2 * HOUR)
    answer = town.apps["a"].ask(TakeFriend(bytes(32), "nobody"))
    assert answer.opt_extra is not None
    assert "nobody with this key was found" in answer.opt_extra.refusal
    assert town.engine("a").view().state.friends == {}
