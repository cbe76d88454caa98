"""A restored node lets its friends speak first."""

from __future__ import annotations

from offset.base.limits import AWAITED_MS
from offset.core.funder.state.views import published
from offset.engine.awaited import Awaited
from offset.testing import CURRENCY
from offset.wire.app import PaymentStatusSuccess
from support.ledger import World
from support.nodes import Town

ONLINE_MS = 400_000


def both_online(town: Town) -> None:
    """Wait until a and b see each other."""
    a, b = town.friend("a", "b"), town.friend("b", "a")
    town.world.run_until(lambda: a.is_online and b.is_online, ONLINE_MS)


def test_a_restored_node_goes_on_when_its_friend_has_spoken() -> None:
    """Its friend speaks at once on a new line, so nobody waits for AWAITED_MS, and payments pass again."""
    town = Town("ab")
    town.pay("ab", 10, 0)
    town.world.run_for(1000)
    rows = town.rows("a")
    town.stop("a")
    town.start("a", rows, is_restored=True)
    both_online(town)
    town.world.run_for(2000)
    assert not town.friend("a", "b").is_awaited
    assert isinstance(town.pay("ab", 5, 0).status, PaymentStatusSuccess)
    assert town.balance("a", "b") == (-15, 0, 0)


def test_two_restored_nodes_do_not_wait_for_ever() -> None:
    """Both are silent; after AWAITED_MS on a line that lives they speak, and as they agree payments pass."""
    town = Town("ab")
    town.pay("ab", 10, 0)
    town.world.run_for(1000)
    rows = {name: town.rows(name) for name in "ab"}
    for name in "ab":
        town.stop(name)
    for name in "ab":
        town.start(name, rows[name], is_restored=True)
    both_online(town)
    town.world.run_for(AWAITED_MS // 2)
    a, b = town.friend("a", "b"), town.friend("b", "a")
    assert a.is_awaited
    assert b.is_awaited
    assert not a.is_ready(CURRENCY)
    assert published(a) == {}
    town.world.run_until(lambda: not a.is_awaited and not b.is_awaited, AWAITED_MS)
    town.world.run_for(2000)
    assert isinstance(town.pay("ab", 5, 0).status, PaymentStatusSuccess)


def test_the_time_begins_anew_with_each_line() -> None:
    """A line that broke proves nothing; whoever has spoken is not waited for."""
    world = World("ab")
    world.chain()
    node, friend = world["a"], world["b"].key
    node.friend(friend).is_awaited = True
    awaited = Awaited(node.funder)
    awaited.online(friend, 0)
    awaited.offline(friend)
    assert awaited.deadline() is None
    awaited.online(friend, 1000)
    assert awaited.pop(1000 + AWAITED_MS - 1) is None
    assert awaited.pop(1000 + AWAITED_MS) == friend
    node.friend(friend).is_awaited = False
    awaited.online(friend, 2000)
    assert awaited.deadline() is None
