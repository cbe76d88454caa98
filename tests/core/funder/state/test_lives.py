"""In which life we sign to a friend, and what it has answered."""

from __future__ import annotations

import msgspec

from offset.core.funder.records import FriendKey, FriendRecord
from offset.crypto.lives import FIRST_LIFE, LifeCipher, Signed
from offset.wire import app
from support.ledger import Node, World

NOW = 1_800_000_000


def newest(node: Node, other: Node) -> Signed:
    """When the node signed its last message to the other, which the other may not have answered."""
    outgoing = node.friend(other).channel.outgoing
    assert outgoing is not None
    return LifeCipher(node.identity).open(outgoing.rand_nonce, node.funder._unix)


def world() -> World:
    """Two nodes, who know the time."""
    made = World("ab")
    for node in made.nodes.values():
        node.funder.set_clock(NOW)
    return made


def test_a_friend_begins_a_life() -> None:
    """The next one another, also in the same second, and one that is added again too."""
    made = world()
    a, b = made["a"], made["b"]
    made.befriend("a", "b")
    assert (a.friend(b).life, a.friend(b).floor) == (NOW, NOW)
    made.control("a", app.AddFriend(bytes(32), (), "x"))
    assert a.friend(bytes(32)).life == NOW + 1
    made.control("a", app.RemoveFriend(b.key))
    made.control("a", app.AddFriend(b.key, (), "b"))
    assert a.friend(b).life == a.friend(b).floor == a.state.node.highest_life == NOW + 2
    assert a.friend(b).has_told


def test_every_message_says_it() -> None:
    """The life of the friend, and the time that the funder was told."""
    made = world()
    a, b = made["a"], made["b"]
    made.befriend("a", "b")
    a.funder.set_clock(NOW + 60)
    b.funder.set_clock(NOW - 10**6)
    made.pay("ab", 5)
    made.give_token("b", "a")
    assert newest(a, b) == Signed(NOW, NOW + 60)
    made.give_token("a", "b")
    # No clock may say a time before the life.
    assert newest(b, a) == Signed(NOW, NOW)


def test_a_reset_says_it() -> None:
    """Its message is a move token, too."""
    made = world()
    a, b = made["a"], made["b"]
    made.befriend("a", "b")
    made.pay("ab", 5)
    made.disconnect("a", "b")
    b.rows._rows = {key: row for key, row in b.rows._rows.items() if isinstance(key, FriendKey)}
    made.restart("b")
    made.connect("a", "b")
    made.settle()
    terms = a.friend(b).channel.remote_terms
    assert terms is not None
    made.control("a", app.ResetFriendChannel(b.key, terms.reset_token))
    assert newest(a, b) == Signed(NOW, NOW)
    made.settle()
    assert b.friend(a).channel.is_consistent


def test_books_of_before_there_were_lives() -> None:
    """A start gives them one for all friends, and no floor until a friend has answered."""
    made = world()
    made.befriend("a", "b")
    made.pay("ab", 5)
    made.give_token("a", "b")
    a, b = made["a"], made["b"]
    made.disconnect("a", "b")
    rows = a.rows._rows
    rows[FriendKey(b.key)] = msgspec.structs.replace(a.friend(b).record(), life=0, floor=0)
    rows[FriendKey(bytes(32))] = FriendRecord(bytes(32), "x", False, (), a.friend(b).sent_relays)
    del rows[a.state.node.key()]
    made.restart("a")
    friends = list(a.state.friends.values())
    assert {(friend.life, friend.floor) for friend in friends} == {(FIRST_LIFE, 0)}
    a.funder.set_clock(NOW)
    made.connect("a", "b")
    made.settle()
    made.give_token("b", "a")
    made.give_token("a", "b")
    assert a.friend(b).floor == FIRST_LIFE
    assert a.friend(bytes(32)).floor == 0
    made.restart("a")
    assert {friend.life for friend in a.state.friends.values()} == {FIRST_LIFE}


def test_the_floor_rises_with_answers_only() -> None:
    """What the friend never heard of us in a new life is no reason to refuse what it has of the old one."""
    made = world()
    made.befriend("a", "b")
    made.give_token("a", "b")
    a, b = made["a"], made["b"]
    made.disconnect("a", "b")
    a.rows._rows[FriendKey(b.key)] = msgspec.structs.replace(a.friend(b).record(), life=0)
    made.restart("a")
    life = a.friend(b).life
    assert life == NOW + 1
    a.funder.set_clock(NOW)
    # It speaks into a line that breaks.
    a.absorb(a.funder.online(b.key))
    assert newest(a, b).life == life
    a.absorb(a.funder.offline(b.key))
    assert a.friend(b).floor == NOW
    made.connect("a", "b")
    made.settle()
    made.give_token("a", "b")
    assert a.friend(b).floor == life
