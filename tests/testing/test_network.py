"""The virtual network of real nodes, by itself."""

from __future__ import annotations

import pytest

from offset.sim.physics.violation import Violation
from offset.testing import FriendNetwork
from offset.wire.app import DisableFriend


def test_friends_in_a_row_can_pay() -> None:
    """Neighbours are friends, without debt; who is not a friend is not in the report."""
    network = FriendNetwork(["alice", "bob", "carol"], limit=70)
    for name, other in (("alice", "bob"), ("bob", "alice"), ("bob", "carol"), ("carol", "bob")):
        assert network.can_pay(name, other)
        assert network.balance(name, other) == (0, 0, 0)
    assert not network.can_pay("alice", "carol")
    network.apps["alice"].ask(DisableFriend(network.key("bob")))
    network.world.run_until(lambda: not network.can_pay("bob", "alice"))


def test_links_are_those_that_were_given() -> None:
    """A triangle, in another currency, without an index server."""
    links = [("a", "b"), ("b", "c"), ("c", "a")]
    network = FriendNetwork("abc", links, currency="EUR", has_index=False)
    assert all(network.can_pay(name, other) for name, other in links)
    assert network.apps["a"].report().connected_server is None
    assert "index" not in network.world.hosts


def test_a_node_that_crashed_lives_on() -> None:
    """It starts from what was durable, and its friends meet it again."""
    network = FriendNetwork("ab")
    network.crash("a")
    network.world.run_until(lambda: network.can_pay("a", "b") and network.can_pay("b", "a"))


def test_what_does_not_come_is_an_error() -> None:
    """Whoever waits for something that does not happen is told so."""
    network = FriendNetwork("ab", has_index=False)
    network.stop("b")
    with pytest.raises(Violation, match="did not come"):
        network.world.run_until(lambda: network.can_pay("b", "a") and network.can_pay("a", "b"), 1000)
