"""Each line to a friend begins with a hello, and after a start the friend speaks first."""

from __future__ import annotations

import pytest

from offset.base.limits import AWAITED_MS
from offset.core.funder.state.views import published
from offset.engine.asides import Asides
from offset.testing import CURRENCY
from offset.wire.app import PaymentStatusSuccess
from support.ledger import World
from support.nodes import Town
from support.old_nodes import MixedTown, OldNode, SilentNode

ONLINE_MS = 400_000


def both_online(town: Town) -> None:
    """Wait until a and b see each other."""
    town.world.run_until(
        lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, ONLINE_MS
    )


def start_again(town: Town, names: str, *, is_restored: bool = False) -> None:
    """End these nodes, and start them with their rows."""
    rows = {name: town.rows(name) for name in names}
    for name in names:
        town.stop(name)
    for name in names:
        town.start(name, rows[name], is_restored=is_restored)
    both_online(town)


@pytest.mark.parametrize("names", ["a", "b", "ab"])
@pytest.mark.parametrize("is_restored", [False, True])
def test_nodes_that_start_go_on_at_once(names: str, is_restored: bool) -> None:
    """Their friends say hello at once, even if they listen as well, so nobody waits for AWAITED_MS."""
    town = Town("ab")
    town.pay("ab", 10, 0)
    town.world.run_for(1000)
    start_again(town, names, is_restored=is_restored)
    town.world.run_for(2000)
    assert not town.friend("a", "b").is_awaited
    assert not town.friend("b", "a").is_awaited
    assert isinstance(town.pay("ab", 5, 0).status, PaymentStatusSuccess)
    assert town.balance("a", "b") == (-15, 0, 0)


def test_nothing_about_the_token_is_said_before_the_friend_has_spoken() -> None:
    """The first words of a node after its start are its hello, whoever holds the token."""
    town = Town("ab")
    town.pay("ab", 10, 0)
    town.world.run_for(1000)
    rows = town.rows("a")
    town.stop("a")
    heard: list[bool] = []
    engine = town.engine("b")
    take = engine._friends.take
    engine._friends.take = lambda friend, data: heard.append(town.friend("a", "b").is_awaited)  # type: ignore
    town.start("a", rows)
    both_online(town)
    town.world.run_for(5000)
    # b hears the hello of a; b's own words, said at once, end the listening of a.
    assert heard[0]
    engine._friends.take = take  # type: ignore[method-assign]


def test_a_friend_of_0_1_11_is_not_disturbed() -> None:
    """It drops one hello on each line and nothing else; its own first words end the listening."""
    town = MixedTown("ab", {"b": OldNode})
    old = town.engine("b")
    assert isinstance(old, OldNode)
    town.pay("ab", 10, 0)
    town.pay("ba", 4, 0)
    assert (old.dropped, old.lost_lines) == (1, 0)
    start_again(town, "a")
    town.world.run_for(2000)
    assert not town.friend("a", "b").is_awaited
    town.pay("ab", 5, 0)
    assert (old.dropped, old.lost_lines) == (2, 1)
    start_again(town, "b")
    assert isinstance(town.pay("ba", 1, 0).status, PaymentStatusSuccess)
    assert town.balance("a", "b") == (-10, 0, 0)


def test_two_that_listen_do_not_wait_for_ever() -> None:
    """Without hellos both are silent; after AWAITED_MS on a line that lives they speak, and payments pass."""
    town = MixedTown("ab", {"a": SilentNode, "b": SilentNode})
    town.pay("ab", 10, 0)
    town.world.run_for(1000)
    start_again(town, "ab")
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
    asides = Asides(node.funder)
    asides.online(friend, 0)
    asides.offline(friend)
    assert asides.deadline() is None
    asides.online(friend, 1000)
    assert asides.pop(1000 + AWAITED_MS - 1) is None
    assert asides.pop(1000 + AWAITED_MS) == friend
    node.friend(friend).is_awaited = False
    asides.online(friend, 2000)
    assert asides.deadline() is None


def test_one_hello_a_line() -> None:
    """A second one is not heard, nor one without a line; what was decided on a line is not said on the next one."""
    world = World("ab")
    friend = world["b"].key
    asides = Asides(world["a"].funder)
    assert not asides.greeted(friend)
    first = asides.online(friend, 0)
    assert asides.is_up(friend, first)
    assert asides.greeted(friend)
    assert not asides.greeted(friend)
    asides.offline(friend)
    assert not asides.is_up(friend, first)
    second = asides.online(friend, 0)
    assert asides.greeted(friend)
    assert not asides.is_up(friend, first)
    assert asides.is_up(friend, second)
