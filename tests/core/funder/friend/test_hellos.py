"""Hellos: whether books fit is known from one token, and whoever is ahead speaks."""

import copy

import pytest

from offset.core.funder.funder import Funder
from offset.core.funder.ledger.handovers import hand_over
from offset.core.funder.ledger.token_channel import Mismatch, receive
from offset.core.funder.state.state import Friend
from offset.wire import app
from offset.wire.aside import NEWEST_BYTES, Hello
from offset.wire.friend import MoveTokenRequest
from support.ledger import Rows, World


def fits(friend: Friend, request: MoveTokenRequest) -> bool:
    """Whether this message of the friend follows from our books."""
    return not isinstance(receive(friend.channel, request.move_token, friend.max_debt), Mismatch)


def listening(world: World, name: str, rows: Rows | None = None) -> None:
    """A node stops, and starts with its rows or older ones."""
    for other in world.nodes:
        if other != name:
            world.disconnect(name, other)
    node = world[name]
    if rows is not None:
        node.rows = rows
    node.funder = Funder(node.identity, node.entropy, node.rows.records(), listens_first=True)
    node.report = node.funder.report()
    world.took(node, node.funder.start())


def befriended() -> World:
    world = World("ab")
    world.chain()
    return world


def hello(world: World, name: str, other: str) -> Hello:
    found = world[name].funder.hello(world[other].key)
    assert found is not None
    return found


def test_friends_at_rest_know_each_other() -> None:
    """Whoever holds the token: the newest of one is a token that the other one holds, too."""
    world = befriended()
    for _ in range(3):
        world.reconnect("a", "b")
        world.settle()
        for name, other in ("ab", "ba"):
            channel = world[name].friend(world[other]).channel
            said = hello(world, name, other)
            assert (said.inconsistency_counter, said.move_token_counter) == (0, channel.move_token_counter)
            assert len(said.newest) == NEWEST_BYTES
            assert world[other].funder.knows(world[name].key, said)


def test_a_message_that_was_not_heard() -> None:
    """Its sender is one ahead: the other does not know its newest, but it knows the other's."""
    world = befriended()
    world.give_token("a", "b")
    world.disconnect("a", "b")
    turn = world.took(world["a"], world["a"].funder.online(world["b"].key))
    assert turn.messages
    assert world["a"].funder.knows(world["b"].key, hello(world, "b", "a"))
    assert not world["b"].funder.knows(world["a"].key, hello(world, "a", "b"))


@pytest.mark.parametrize("moves", [0, 1])
def test_books_that_fit_end_the_listening(moves: int) -> None:
    """Whoever holds the token says or repeats it, as on every new line."""
    world = befriended()
    for _ in range(moves):
        world.reconnect("a", "b")
        world.settle()
    listening(world, "a")
    key = world["b"].key
    assert world.took(world["a"], world["a"].funder.online(key)).messages == []
    turn = world.took(world["a"], world["a"].funder.heard_hello(key, hello(world, "b", "a")))
    assert len(turn.messages) == 1
    assert not world["a"].funder.is_awaited(key)
    assert world["a"].funder.heard_hello(key, hello(world, "b", "a")).messages == []


def test_who_is_behind_goes_on_listening() -> None:
    """Its books are older than the friend's, so it says nothing; the friend sees that, and speaks."""
    world = befriended()
    old = copy.deepcopy(world["a"].rows)
    for _ in range(4):
        world.reconnect("a", "b")
        world.settle()
    listening(world, "a", old)
    listening(world, "b")
    for name, other in ("ab", "ba"):
        world.took(world[name], world[name].funder.online(world[other].key))
    of_a, of_b = hello(world, "a", "b"), hello(world, "b", "a")
    assert world["a"].funder.heard_hello(world["b"].key, of_b).messages == []
    assert world["a"].funder.is_awaited(world["b"].key)
    ahead = world["b"].funder.heard_hello(world["a"].key, of_a)
    (said,) = [message for _, message in ahead.messages]
    assert isinstance(said, MoveTokenRequest)
    assert not fits(world["a"].friend(world["b"]), said)


def test_ledgers_that_disagree() -> None:
    """There is no newest token: terms decide, and nobody listens longer for its sake."""
    world = befriended()
    listening(world, "a")
    channel = world["a"].friend(world["b"]).channel
    key = world["b"].key
    nothing = Hello(5, 0, b"")
    assert world["a"].funder.knows(key, nothing)
    world.took(world["a"], world["a"].funder.online(key))
    assert len(world["a"].funder.heard_hello(key, nothing).messages) == 1
    assert channel.is_consistent


def test_strangers_and_disabled_friends() -> None:
    """They get no hello, and theirs does nothing."""
    world = befriended()
    stranger = bytes(32)
    assert world["a"].funder.hello(stranger) is None
    assert world["a"].funder.knows(stranger, Hello(0, 0, b""))
    assert world["a"].funder.heard_hello(stranger, Hello(0, 0, b"")).messages == []
    world.control("a", app.DisableFriend(world["b"].key))
    assert world["a"].funder.hello(world["b"].key) is None
    assert world["a"].funder.heard_hello(world["b"].key, hello(world, "b", "a")).messages == []


def test_a_copy_that_is_behind_changes_nothing() -> None:
    """It speaks on old books, and hands over what it takes for newer: it hears what it lacks, and we stay as we are."""
    world = befriended()
    old = copy.deepcopy(world["a"].rows)
    world.pay("ab", 5)
    for _ in range(3):
        world.reconnect("a", "b")
        world.settle()
    listening(world, "a", old)
    a, b = world["a"], world["b"]
    a.friend(b).is_awaited = False
    said = world.took(a, a.funder.online(b.key)).messages
    assert said
    world.took(b, b.funder.online(a.key))
    of_a, of_b = hello(world, "a", "b"), hello(world, "b", "a")
    ahead = world.took(b, b.funder.heard_hello(a.key, of_a))
    assert [key for key, _ in ahead.handovers] == [a.key]
    # What the copy would hand over, if it is one message ahead of its own books.
    behind = hand_over(a.friend(b).channel)
    for _, message in said:
        assert not fits(b.friend(a), message)
        world.took(b, b.funder.friend_message(a.key, message))
    assert b.funder.is_to_answer(a.key)
    if behind is not None:
        world.took(b, b.funder.handed_over(a.key, behind))
    assert b.friend(a).channel.is_consistent
    assert b.funder.is_awaited(a.key)
    assert b.funder.may_hand_over(a.key)
    assert not a.funder.may_hand_over(bytes(32))
    # On the next line we listen first: perhaps the other copy is there.
    world.took(b, b.funder.offline(a.key))
    assert not b.funder.is_to_answer(a.key)
    assert world.took(b, b.funder.online(a.key)).messages == []
    assert a.funder.hello(b.key) == of_a
    assert b.funder.hello(a.key) == of_b
