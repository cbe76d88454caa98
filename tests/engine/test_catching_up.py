"""A node that starts from an old copy goes on where its friends are, without a reset; a copy that still runs stops."""

from __future__ import annotations

import itertools

import pytest

from offset.base.faults import NodeStopped
from offset.base.limits import AWAITED_MS
from offset.core.funder.records import RelaysRecord
from offset.sim.physics.disk import Rows
from offset.testing import CURRENCY
from offset.wire.app import AddFriend, CommitInvoice, Complete, EnableFriend, PaymentStatusSuccess
from support.nodes import Town
from support.old_nodes import MixedTown, OldNode

ONLINE_MS = 400_000


def settle(town: Town, names: str = "abc") -> None:
    """Wait until all friends see each other and agree."""
    links = [pair for left, right in itertools.pairwise(names) for pair in ((left, right), (right, left))]
    town.world.run_until(
        lambda: all(town.friend(name, other).is_ready(CURRENCY) for name, other in links), ONLINE_MS
    )
    town.world.run_for(3000)


def copy_of(town: Town, name: str) -> Rows:
    """The rows of a node as they are now."""
    town.world.run_for(1000)
    return dict(town.rows(name))


def start_from(town: Town, name: str, rows: Rows, *, is_restored: bool = True) -> None:
    """The node dies with its disk, and starts from these rows; `is_restored`: as `stmgr restore` makes them."""
    town.stop(name)
    town.start(name, rows, is_restored=is_restored)


@pytest.fixture
def town() -> Town:
    """Three friends in a row who have paid each other."""
    town = Town("abc")
    town.pay("abc", 10, 1)
    return town


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_an_old_copy_catches_up(town: Town, name: str) -> None:
    """What happened since the copy comes back from the friends, and nobody needs a reset."""
    old = copy_of(town, name)
    for _ in range(3):
        town.pay("abc", 20, 1)
    town.pay("cb", 5, 0)
    balances = [town.balance("a", "b"), town.balance("b", "c")]
    start_from(town, name, old)
    settle(town)
    assert [town.balance("a", "b"), town.balance("b", "c")] == balances
    assert all(town.friend(*pair).channel.inconsistency_counter == 0 for pair in ("ab", "bc"))
    assert isinstance(town.pay("abc", 7, 1).status, PaymentStatusSuccess)


def test_a_payment_under_way_goes_on(town: Town) -> None:
    """A mediator loses what it has promised since the copy, and still passes on the collect."""
    old = copy_of(town, "b")
    invoice = town.invoice("c", 30)
    payment, request = town.send("abc", invoice, 30, 1)
    found = town.result("a", request).result
    assert isinstance(found, Complete)
    start_from(town, "b", old)
    settle(town)
    assert town.balance("b", "c")[1] == 30
    town.apps["c"].ask(CommitInvoice(found.commit))
    assert isinstance(town.ending("a", payment).status, PaymentStatusSuccess)
    town.world.run_for(3000)
    assert (town.balance("a", "b"), town.balance("b", "c")) == ((-42, 0, 0), (-40, 0, 0))


def test_a_collect_that_only_the_friend_kept(town: Town) -> None:
    """The seller has collected, and the copy of the mediator is from before that: the payer pays all the same."""
    invoice = town.invoice("c", 30)
    _, request = town.send("abc", invoice, 30, 1)
    found = town.result("a", request).result
    assert isinstance(found, Complete)
    old = copy_of(town, "b")
    town.world.kill("a")
    town.apps["c"].ask(CommitInvoice(found.commit))
    town.world.run_for(3000)
    for _ in range(2):
        town.pay("cb", 1, 0)
    town.apps["a"].host.die("killed")
    town.start("a", town.rows("a"))
    start_from(town, "b", old)
    settle(town)
    town.world.run_for(3000)
    assert town.balance("a", "b") == (-42, 0, 0)
    assert town.balance("b", "c") == (-38, 0, 0)


def test_a_database_that_was_put_back_by_hand_stops(town: Town) -> None:
    """It is not marked, so what a friend shows can only be another copy's; it says why, and stays down."""
    old = copy_of(town, "b")
    for _ in range(2):
        town.pay("abc", 20, 1)
    start_from(town, "b", old, is_restored=False)
    host = town.host("b")
    town.world.run_until(lambda: not host.is_alive, ONLINE_MS)
    (reason,) = host.deaths[-1:]
    assert "another copy of this node signed number" in reason
    assert "stmgr claim" in reason
    town.world.run_for(AWAITED_MS)
    assert not host.is_alive
    # Nobody believed anything that it could have said.
    assert all(town.friend(name, "b").channel.is_consistent for name in "ac")
    with pytest.raises(NodeStopped, match="another copy"):
        host._make(host)
    # As `stmgr claim` makes it.
    town.start("b", town.rows("b"), is_restored=True)
    settle(town)
    assert isinstance(town.pay("abc", 7, 1).status, PaymentStatusSuccess)
    assert town.balance("a", "b") == (-61, 0, 0)


def test_friends_of_0_1_11_go_on_as_before() -> None:
    """One of them hands over nothing and is handed nothing: an old copy needs a reset, as ever, and the lines stay."""
    town = MixedTown("ab", {"b": OldNode})
    old_node = town.engine("b")
    assert isinstance(old_node, OldNode)
    town.pay("ab", 10, 0)
    old = copy_of(town, "a")
    for _ in range(2):
        town.pay("ab", 20, 0)
    start_from(town, "a", old)
    town.world.run_until(lambda: not town.friend("b", "a").channel.is_consistent, ONLINE_MS)
    town.world.run_for(5000)
    # One hello on each of the two lines, and no more.
    assert (old_node.dropped, old_node.lost_lines) == (2, 1)


def test_an_old_copy_of_a_friend_of_0_1_11() -> None:
    """It is behind, speaks, and does not fit: we do not wait for what it never says."""
    town = MixedTown("ab", {"b": OldNode})
    town.pay("ab", 10, 0)
    old = copy_of(town, "b")
    town.pay("ab", 20, 0)
    town.pay("ab", 20, 0)
    start_from(town, "b", old)
    town.world.run_until(lambda: town.friend("a", "b").is_online, ONLINE_MS)
    town.world.run_for(5000)
    assert not town.friend("a", "b").channel.is_consistent


def test_nobody_waits_for_what_cannot_come(town: Town) -> None:
    """Both were restored, so neither can vouch for its books: they say so, and find at once that they differ."""
    old = {name: copy_of(town, name) for name in "ab"}
    town.pay("ab", 20, 0)
    older = copy_of(town, "b")
    for name in "ab":
        town.stop(name)
    town.start("a", old["a"], is_restored=True)
    town.start("b", older, is_restored=True)
    town.world.run_until(
        lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, ONLINE_MS
    )
    town.world.run_for(AWAITED_MS // 10)
    assert not town.friend("a", "b").channel.is_consistent
    assert not town.friend("b", "a").channel.is_consistent


@pytest.mark.parametrize("name, other", ["ab", "ba"])
def test_books_that_were_begun_anew_disagree_at_once(name: str, other: str) -> None:
    """Nothing was restored, and the friend was added once more: both tell their terms, and nobody waits in vain."""
    town = Town("ab")
    town.pay("ab", 10, 0)
    relays = {key: row for key, row in copy_of(town, name).items() if isinstance(row, RelaysRecord)}
    addresses = tuple(relay.unnamed() for row in relays.values() for relay in row.relays)
    start_from(town, name, relays, is_restored=False)
    for request in (AddFriend(town.key(other), addresses, other), EnableFriend(town.key(other))):
        town.apps[name].ask(request)
    town.world.run_until(lambda: town.friend(name, other).is_online, ONLINE_MS)
    town.world.run_for(2000)
    for one, two in ((name, other), (other, name)):
        channel = town.friend(one, two).channel
        assert not channel.is_consistent
        assert channel.remote_terms is not None
