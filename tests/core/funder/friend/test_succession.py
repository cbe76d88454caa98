"""A friend whose key is lost: its new card takes over the balances by one signed reset (P5 of the design)."""

from __future__ import annotations

import pytest

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.channel_states import ChannelState, channel_state
from offset.core.funder.records import HistoryRecord
from offset.core.funder.state.views import lost_payments
from offset.wire import app
from offset.wire.friend import ResetTerms
from offset.wire.orders import Succeed
from offset.wire.signing import verify_move_token_hashed
from support.ledger import FST, World
from support.ledger_checks import check_quiet


def lost(seed: int, *, holding: bool = False) -> World:
    """a has lost its key, n is its new card; b and c are its friends, b is owed 18 by it and c owes it 5.

    `holding`: b has the token of its link with n.
    """
    world = World("abcn", seed)
    world.befriend("a", "b", FST, "EUR")
    world.befriend("b", "c")
    world.befriend("a", "c", limit=500)
    world.pay("ab", 30)
    world.pay("bc", 7)
    world.pay("ca", 12)
    assert (world["b"].credit(world["a"]).balance, world["c"].credit(world["a"]).balance) == (30, -12)
    world._break_lines("a")
    add_card(world, "b")
    if holding:
        world.give_token("b", "n")
    else:
        world.give_token("n", "b")
    return world


def add_card(world: World, keeper: str) -> None:
    """The keeper and the new card are friends, with no currency yet."""
    for name, other in ((keeper, "n"), ("n", keeper)):
        world.control(name, app.AddFriend(world[other].key, (), other))
        world.control(name, app.EnableFriend(world[other].key))
    world.connect(keeper, "n")
    world.settle()


def succeed(world: World, keeper: str, old: str = "a", new: str = "n", *, frozen: bool = False) -> str | None:
    """The owner of the keeper lets the new card take over; why the node refused."""
    world.control(keeper, Succeed(world[old].key, world[new].key, frozen))
    return world[keeper].refusal


def accept(world: World, keeper: str) -> None:
    """The owner of the new card accepts the terms, as with any reset."""
    terms = world["n"].friend(world[keeper]).channel.remote_terms
    assert isinstance(terms, ResetTerms)
    world.control("n", app.ResetFriendChannel(world[keeper].key, terms.reset_token))
    assert world["n"].refusal is None


@pytest.mark.parametrize("holding", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_all_balances_go_over(seed: int, *, holding: bool) -> None:
    """At both friends, whoever has the token: each side holds the other's signature, and payments pass."""
    world = lost(seed, holding=holding)
    add_card(world, "c")
    for keeper in "bc":
        before = world[keeper].credit(world["a"]).balance
        assert succeed(world, keeper) is None
        world.settle()
        accept(world, keeper)
        world.settle()
        assert world["a"].key not in world[keeper].state.friends
        assert not world[keeper].state.successors
        assert world[keeper].credit(world["n"]).balance == before
        assert world["n"].credit(world[keeper]).balance == -before
        incoming = world[keeper].friend(world["n"]).channel.incoming
        assert incoming is not None
        assert verify_move_token_hashed(incoming)
        signed = {item.currency: item.balance_info.balance for item in incoming.token_info.mc.balances}
        assert signed[FST] == -before
    check_quiet(world)
    for keeper in "bc":
        world.trust("n", keeper, 1000)
    world.settle()
    world.pay("nb", 3)
    world.pay("cn", 2)
    assert world["b"].credit(world["n"]).balance == 33


def test_what_was_set_goes_over_too() -> None:
    """Limits, rates and open currencies are those of the old card, where the new one has none of its own."""
    world = lost(1)
    world.trust("b", "n", 7)
    world.settle()
    assert succeed(world, "b") is None
    configs = world["b"].friend(world["n"]).configs
    assert (configs[FST].remote_max_debt, configs["EUR"].remote_max_debt) == (7, 1000)
    assert configs["EUR"].is_open


def test_nothing_is_lost_before_the_new_card_has_accepted() -> None:
    """Until then the old friend is there as it was, disabled; whoever removes the new one goes on with the old one."""
    world = lost(2)
    before = world["b"].friend(world["a"]).channel.record()
    assert succeed(world, "b") is None
    world.settle()
    old = world["b"].friend(world["a"])
    assert not old.is_enabled
    assert old.channel.record() == before
    world.control("b", app.EnableFriend(world["a"].key))
    assert world["b"].refusal == "its balances are offered to 'n'; if they shall stay here, remove 'n' first"
    world.control("b", app.RemoveFriend(world["n"].key))
    assert not world["b"].state.successors
    world.control("b", app.EnableFriend(world["a"].key))
    assert world["b"].refusal is None
    world.connect("a", "b")
    world.settle()
    world.pay("ba", 4)
    assert world["b"].credit(world["a"]).balance == 26


def test_restarts_on_the_way() -> None:
    """The offer survives a start of the keeper, and so does the new card's acceptance."""
    world = lost(3)
    assert succeed(world, "b") is None
    world.restart("b")
    assert world["b"].state.successors == {world["a"].key: world["n"].key}
    world.connect("b", "n")
    world.settle()
    accept(world, "b")
    world.deliver("b", "n")
    world.restart("b")
    assert world["a"].key not in world["b"].state.friends
    world.connect("b", "n")
    world.settle()
    assert world["n"].credit(world["b"]).balance == -30


def test_the_old_friend_can_be_removed_at_once() -> None:
    """The terms are made: they stand without it."""
    world = lost(4)
    assert succeed(world, "b") is None
    world.control("b", app.RemoveFriend(world["a"].key))
    assert not world["b"].state.successors
    world.settle()
    accept(world, "b")
    world.settle()
    assert world["b"].credit(world["n"]).balance == 30


def test_only_on_a_fresh_channel() -> None:
    """Terms would wipe out a balance, what is under way, and what a reset has brought."""
    world = lost(5)
    world.trust("b", "n", 100)
    world.trust("n", "b", 100)
    world.settle()
    # Active, but nothing is owed: that is fresh.
    _, _, commit = world.promise("nb", 5)
    assert "must be a new friend" in (succeed(world, "b") or "")
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert "must be a new friend" in (succeed(world, "b") or "")
    world.pay("bn", 5)
    assert world["b"].credit(world["n"]).balance == 0
    assert succeed(world, "b") is None


def test_not_twice() -> None:
    """One successor, which has no other predecessor; and none that is itself, unknown, or owes nothing."""
    world = lost(6)
    assert succeed(world, "b", "a", "a") == "a card cannot succeed itself"
    world.control("b", Succeed(world["a"].key, bytes(32), False))
    assert world["b"].refusal == "the new card is not a friend yet"
    world.control("b", Succeed(bytes(32), world["n"].key, False))
    assert world["b"].refusal == "there is no such friend"
    assert succeed(world, "b") is None
    assert "has a successor already" in (succeed(world, "b", "a", "c") or "")
    assert "must be a new friend" in (succeed(world, "b", "c", "n") or "")
    assert "to take over balances itself" in (succeed(world, "b", "n", "c") or "")


def test_nothing_to_take_over() -> None:
    """A friend without a currency."""
    world = lost(7)
    world.control("b", app.AddFriend(bytes([9]) * 32, (), "new"))
    world.control("b", Succeed(world["n"].key, bytes([9]) * 32, False))
    assert "no balance with this friend that somebody could take over" in (world["b"].refusal or "")


def test_its_own_terms_would_wipe_it_out() -> None:
    """The keeper cannot accept the empty terms of the new card by mistake."""
    world = lost(8)
    assert succeed(world, "b") is None
    world.settle()
    terms = world["b"].friend(world["n"]).channel.remote_terms
    assert terms is not None
    world.control("b", app.ResetFriendChannel(world["n"].key, terms.reset_token))
    assert "it must accept yours" in (world["b"].refusal or "")
    accept(world, "b")
    world.settle()
    assert world["b"].credit(world["n"]).balance == 30


def test_frozen_credits_are_agreed_on_first() -> None:
    """What the old card has frozen counts as paid to the keeper, and what the keeper has frozen as not paid (D36)."""
    world = World("abcn", 9)
    world.befriend("a", "b")
    world.befriend("b", "c")
    world.pay("ab", 30)
    world.promise("abc", 8)
    world.promise("ba", 5)
    world._break_lines("a")
    add_card(world, "b")
    assert succeed(world, "b") == (
        "payments are under way with this friend (2): what it has frozen for them would count as paid to us, what we "
        "have frozen as not paid; wait until they have ended, or say that this is agreed"
    )
    assert succeed(world, "b", frozen=True) is None
    world.settle()
    accept(world, "b")
    world.settle()
    assert world["b"].credit(world["n"]).balance == 38
    # What b's own user had under way to the lost card nobody can prove any more.
    assert len(lost_payments(world["b"].state, world["b"].state.payments)) == 1


def test_of_a_friend_whose_books_differ() -> None:
    """Then our terms are what we claim."""
    world = lost(10)
    world.connect("a", "b")
    world.settle()
    friend = world["b"].friend(world["a"])
    world.took(world["b"], world["b"].funder.friend_message(world["a"].key, ResetTerms(bytes(64), 9, ())))
    world.settle()
    assert channel_state(friend.channel) is ChannelState.TERMS_KNOWN
    assert succeed(world, "b") is None
    world.settle()
    accept(world, "b")
    world.settle()
    assert world["b"].credit(world["n"]).balance == 30


def test_the_history_tells() -> None:
    """A row for each balance that went over: to whom, from whom, how much, and in which direction."""
    world = lost(11)
    add_card(world, "c")
    for keeper in "bc":
        assert succeed(world, keeper) is None
        world.settle()
        accept(world, keeper)
        world.settle()
    kinds = (HistoryKind.SUCCEEDED, HistoryKind.OWING)
    rows = [
        row
        for keeper in "bc"
        for row in world[keeper].rows.records()
        if isinstance(row, HistoryRecord) and row.kind in kinds
    ]
    assert [(row.kind, row.amount, row.id, row.peer) for row in rows] == [
        (HistoryKind.SUCCEEDED, 30, world["a"].key, world["n"].key),
        (HistoryKind.OWING, 12, world["a"].key, world["n"].key),
    ]
