"""Lines that friends tell each other, advisory and unsigned (docs/WIRE.md, extensions)."""

from offset.base.credits import Rate
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX
from offset.core.funder.state.turn import Turn
from offset.wire import app
from offset.wire.extension import CreditLine, FriendCreditLines
from offset.wire.friend import MoveTokenRequest
from support.ledger import FST, World
from support.ledger_peer import Peer

OPEN_7 = (CreditLine(FST, 7, True),)


def told(turn: Turn) -> list[tuple[CreditLine, ...] | None]:
    """The lines that go with the messages of a turn."""
    messages = [message for _, message in turn.messages]
    assert all(isinstance(message, MoveTokenRequest) for message in messages)
    return [message.opt_credit_lines for message in messages]  # type: ignore[union-attr]


def two() -> World:
    world = World("ab")
    world.befriend("a", "b", FST)
    world.settle()
    return world


def known(world: World, name: str, other: str) -> tuple[CreditLine, ...] | None:
    """What one node has been told by another."""
    return world[name].friend(world[other]).credit_lines


def test_friends_know_each_others_lines() -> None:
    """Each knows the limit and the open flag that the other set, and apps are told."""
    world = two()
    limits = {name: next(iter(world[name].state.friends.values())).configs[FST] for name in "ab"}
    for name, other in ("ab", "ba"):
        config = limits[other]
        assert known(world, name, other) == (CreditLine(FST, config.remote_max_debt, config.is_open),)


def test_changes_are_told_at_once() -> None:
    """A changed limit reaches a friend of ours, whoever has the token, and moves no credit."""
    for holder, other in ("ab", "ba"):
        world = two()
        world.give_token(holder, other)
        world.trust("a", "b", 7)
        world.settle()
        assert known(world, "b", "a") == OPEN_7
        world.control("a", app.CloseFriendCurrency(world["b"].key, FST))
        world.settle()
        assert known(world, "b", "a") == (CreditLine(FST, 7, False),)
        assert world["a"].credit(world["b"]).balance == 0


def test_a_rate_is_nobodys_business() -> None:
    """What we earn is not told, so a new rate says nothing."""
    world = two()
    request = app.SetFriendCurrencyRate(world["b"].key, FST, Rate(5, 5))
    assert world["a"].funder.control(request).messages == []


def test_lines_are_told_until_they_are_answered() -> None:
    """Any message may be lost with its line, or replaced by a newer one before it is sent."""
    world = World("m")
    peer = Peer(world, "x", "m", limit=7)
    assert told(peer.say("m")) in ([None], [])
    peer.offline("m")
    assert told(peer.online("m")) == [OPEN_7]
    peer.get_token("m")
    turn = peer.say("m", wanted=True)
    assert told(turn) == [None]


def test_an_old_friend_is_not_called_for_it() -> None:
    """A friend that told no lines would not read ours: they go with what is said anyway, and alone with nothing."""
    world = World("m")
    peer = Peer(world, "x", "m", limit=7)
    request = app.SetFriendCurrencyMaxDebt(peer.key, FST, 8)
    turn = world.took(world["m"], world["m"].funder.control(request))
    assert turn.messages == []
    outgoing = peer.channels["m"].outgoing
    asking = MoveTokenRequest(peer.make("m") if outgoing is None else outgoing, True)
    assert told(peer.send("m", asking)) == [(CreditLine(FST, 8, True),)]


def test_lines_of_a_friend_decide_nothing() -> None:
    """Only what is told counts up to the limit of currencies; apps learn of a change, not of a repetition."""
    world = World("m")
    peer = Peer(world, "x", "m")
    channel = peer.channels["m"]
    token = channel.outgoing or peer.make("m")
    lines = tuple(CreditLine(str(i), i, False) for i in range(CURRENCIES_PER_FRIEND_MAX + 1))
    balances = world["m"].credit(peer.key).balance
    turn = peer.send("m", MoveTokenRequest(token, False, lines))
    assert turn.credit_lines == [FriendCreditLines(peer.key, lines[:-1])]
    assert world["m"].friend(peer.key).credit_lines == lines[:-1]
    again = peer.send("m", MoveTokenRequest(token, False, lines))
    assert (again.credit_lines, again.changes) == ([], {})
    assert world["m"].credit(peer.key).balance == balances
    assert peer.send("m", MoveTokenRequest(token, False)).credit_lines == []
    assert world["m"].friend(peer.key).credit_lines == lines[:-1]


def test_after_a_start_lines_are_unknown_until_told() -> None:
    """They are not stored: what a friend granted long ago says little."""
    world = two()
    assert known(world, "a", "b") is not None
    world.restart("a")
    assert known(world, "a", "b") is None
    world.reconnect("a", "b")
    world.settle()
    assert known(world, "a", "b") is not None


def test_lines_that_come_with_a_reset() -> None:
    """The message that accepts our terms is the only one that may hold them, as after a lost database."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.become_inconsistent("m")
    accepted = peer.accept("m")
    turn = peer.send("m", MoveTokenRequest(accepted.move_token, True, OPEN_7))
    assert world["m"].friend(peer.key).channel.is_consistent
    assert turn.credit_lines == [FriendCreditLines(peer.key, OPEN_7)]
