"""Attacks on a node that lost its books, and what it takes over. S1 to S8 are those of the design."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.ledger.judge import Judged, Standing, judge
from offset.core.funder.records import FriendKey, Mark
from offset.crypto.lives import LifeCipher
from offset.wire import app
from support.ledger import FST, Rows
from support.losses import NOW, LossyWorld


def naive(world: LossyWorld, name: str, other: str, handover: object) -> bool:
    """Whether the rules without lives would take it over: a signature of ours with a number above ours."""
    node = world[name]
    channel = node.friend(world[other]).channel
    known = Standing(0, channel.inconsistency_counter, channel.move_token_counter, knows_first=True)
    found = judge(node.key, world[other].key, handover, known, LifeCipher(node.identity), world.now)  # type: ignore[arg-type]
    return isinstance(found, Judged)


def pair() -> LossyWorld:
    """Two friends who have paid each other."""
    world = LossyWorld("ab")
    world.befriend("a", "b", limit=100)
    for _ in range(3):
        world.pay("ab", 10)
        world.pay("ba", 10)
    return world


def test_an_old_copy_catches_up() -> None:
    """Without a reset, and without a word of the old books to anybody."""
    world = pair()
    copy = world.copy("a")
    world.pay("ab", 30)
    world.pay("ba", 4)
    world.lose("a", copy)
    world.connect("a", "b")
    world.settle()
    a, b = world["a"], world["b"]
    assert a.friend(b).channel.is_consistent
    assert b.friend(a).channel.is_consistent
    assert (a.credit(b).balance, b.credit(a).balance) == (-26, 26)
    assert a.friend(b).channel.inconsistency_counter == 0
    assert a.friend(b).has_told
    world.pay("ab", 5)
    world.pay("ba", 6)


def test_a_copy_that_is_not_old_needs_nothing() -> None:
    """What the friend says fits, so it has told."""
    world = pair()
    world.lose("a", world.copy("a"))
    world.connect("a", "b")
    world.settle()
    assert world["a"].friend(world["b"]).has_told
    assert world.handed == []
    world.pay("ab", 5)


def test_nothing_but_the_identity() -> None:
    """The friend's own word about what we signed is enough."""
    world = pair()
    world.pay("ab", 30)
    world.lose_all("a")
    world.connect("a", "b")
    world.settle()
    a, b = world["a"], world["b"]
    assert (a.credit(b).balance, b.credit(a).balance) == (-30, 30)
    assert a.friend(b).channel.inconsistency_counter == 0
    world.trust("a", "b", 100)
    world.control("a", app.OpenFriendCurrency(b.key, FST))
    world.settle()
    world.pay("ba", 30)


def test_both_lost_their_books() -> None:
    """Each has what it signed in its copy; who knows more hands over, and else the terms decide."""
    world = pair()
    copies = {name: world.copy(name) for name in "ab"}
    world.pay("ab", 7)
    world.lose("a", copies["a"])
    world.lose("b", world.copy("b"))
    world.connect("a", "b")
    world.settle()
    for name, other in ("ab", "ba"):
        node = world[name]
        if node.friend(world[other]).is_awaited:
            world.took(node, node.funder.silent(world[other].key))
    world.settle()
    for name, other in ("ab", "ba"):
        node = world[name]
        if node.funder.is_awaited(world[other].key):
            world.took(node, node.funder.silent(world[other].key))
    world.settle()
    a, b = world["a"], world["b"]
    assert a.friend(b).channel.is_consistent == b.friend(a).channel.is_consistent


# S1: a signature of an earlier friendship


def test_s1_a_signature_of_an_earlier_friendship() -> None:
    """Friends removed and added each other again, so that numbers began anew: the old signature is not the newest."""
    world = pair()
    a, b = world["a"], world["b"]
    world.pay("ab", 100)
    world.give_token("a", "b")
    earlier = world.handover("b", "a")
    world.pay("ba", 100)
    for name, other in ("ab", "ba"):
        world.control(name, app.RemoveFriend(world[other].key))
    world.befriend("a", "b", limit=100)
    assert naive(world, "a", "b", earlier), "the rules without lives would have taken it"
    for is_restored in (False, True):
        if is_restored:
            world.lose("a", world.copy("a"))
        assert world.show("a", "b", earlier).changes == {}
        assert a.funder.stopped is None
        assert a.credit(b).balance == 0


# S2: branches that were dead after an older state was shown once


def test_s2_dead_branches_one_by_one() -> None:
    """One older state may be shown for a loss; what was signed beyond it is of a lower life from then on."""
    world = LossyWorld("abc", 2)
    world.befriend("a", "b", limit=100)
    world.befriend("a", "c", limit=10_000)
    world.trust("c", "a", 10_000)
    world.settle()
    a, b, c = world["a"], world["b"], world["c"]
    world.give_token("a", "b")
    kept = world.copy("a")
    shown = []
    for turns in (1, 12, 12):
        for _ in range(turns):
            world.reconnect("a", "b")
            world.settle()
        world.give_token("a", "b")
        shown.append((world.handover("b", "a"), world.copy("b")))
    world.lose("a", kept)
    losses = []
    for number, (handover, rows) in enumerate(shown):
        world._break_lines("b")
        world.start_from("b", Rows())
        b.rows = rows
        world.start_from("b", rows)
        was = a.credit(b).balance
        if number:
            assert naive(world, "a", "b", handover), "the rules without lives would have taken it"
        turn = world.show("a", "b", handover)
        assert turn.stopped is None
        if number:
            assert a.credit(b).balance == was
            break
        world.connect("a", "b")
        if ("a", "c") not in world.lines:
            world.connect("a", "c")
        world.settle()
        world.pay("bac", 100)
        losses.append(a.credit(b).balance)
    assert losses == [100]
    assert a.credit(b).balance + a.credit(c).balance == 0


# S4: the mark of a message that the friend never heard


def test_s4_a_line_that_breaks_before_the_kit() -> None:
    """The mark is that of the friend's last message: our own last one it may never have heard."""
    world = pair()
    a, b = world["a"], world["b"]
    world.give_token("a", "b")
    world.disconnect("a", "b")
    a.absorb(a.funder.online(b.key))
    a.absorb(a.funder.offline(b.key))
    incoming = a.friend(b).channel.incoming
    assert incoming is not None
    counters = incoming.token_info.counters
    mark = Mark(counters.inconsistency_counter, counters.move_token_counter)
    floor = a.friend(b).floor
    world.lose_all("a")
    row = msgspec.structs.replace(a.friend(b).record(), mark=mark, floor=floor, life=0)
    a.rows._rows[FriendKey(b.key)] = row
    world.start_from("a", a.rows)
    world.connect("a", "b")
    world.settle()
    assert a.friend(b).has_told
    assert a.friend(b).channel.is_consistent
    assert a.friend(b).mark is None


def test_what_is_below_the_mark_is_refused() -> None:
    """The kit knew a newer message of the friend."""
    world = pair()
    a, b = world["a"], world["b"]
    world.give_token("a", "b")
    older = world.handover("b", "a")
    world.pay("ba", 10)
    world.give_token("a", "b")
    incoming = a.friend(b).channel.incoming
    assert incoming is not None
    mark = Mark(0, incoming.token_info.counters.move_token_counter)
    floor = a.friend(b).floor
    world.lose_all("a")
    a.rows._rows[FriendKey(b.key)] = msgspec.structs.replace(a.friend(b).record(), mark=mark, floor=floor)
    world.start_from("a", a.rows)
    world.show("a", "b", older)
    assert not a.friend(b).has_told
    world.show("a", "b", world.handover("b", "a"))
    assert a.friend(b).has_told


# Once for each loss


def test_who_has_told_tells_no_more() -> None:
    """Then only another copy could have signed something newer."""
    world = pair()
    a, b = world["a"], world["b"]
    copy = world.copy("a")
    world.give_token("a", "b")
    older = world.handover("b", "a")
    world.pay("ab", 30)
    world.give_token("a", "b")
    newer = world.handover("b", "a")
    world.lose("a", copy)
    world.show("a", "b", older)
    assert a.friend(b).has_told
    assert naive(world, "a", "b", newer)
    turn = world.show("a", "b", newer)
    assert (turn.stopped, turn.hints) == (None, [])
    assert a.credit(b).balance == 0


# Twins


def twins() -> tuple[LossyWorld, Rows]:
    """Copy 2 of a was restored and talks to b; the rows of copy 1, which goes on elsewhere."""
    world = pair()
    first = world.copy("a")
    world.lose("a", first)
    world.connect("a", "b")
    world.settle()
    world.pay("ab", 5)
    world.give_token("a", "b")
    return world, first


def test_the_lower_life_stops() -> None:
    """Copy 1 is shown what copy 2 signed: it says nothing any more, now nor after a start."""
    world, first = twins()
    a, b = world["a"], world["b"]
    shown = world.handover("b", "a")
    world.start_from("a", first)
    turn = world.show("a", "b", shown)
    assert turn.stopped is not None
    assert turn.stopped.friend == b.key
    assert [(change.ours, change.theirs) for change in turn.stopped.changes] == [(0, -5)]
    assert turn.stopped.at > turn.stopped.own_at
    assert turn.messages == []
    assert a.funder.stopped == turn.stopped
    world.connect("a", "b")
    sent = len([1 for name, _, _ in world.messages if name == "a"])
    world.settle()
    world.control("a", app.SetFriendCurrencyMaxDebt(b.key, FST, 1))
    world.restart("a")
    world.connect("a", "b")
    world.settle()
    assert len([1 for name, _, _ in world.messages if name == "a"]) == sent
    # Its owner ends copy 2 and claims: it catches up.
    world.lose("a", world.copy("a"))
    row = msgspec.structs.replace(a.state.node, stopped=None)
    a.rows._rows[row.key()] = row
    world.start_from("a", a.rows)
    world.connect("a", "b")
    world.settle()
    assert a.credit(b).balance == -5


def test_the_higher_life_goes_on() -> None:
    """Copy 2 is shown what copy 1 signed since: a hint, and nothing else."""
    world = pair()
    a, b = world["a"], world["b"]
    first, theirs = world.copy("a"), world.copy("b")
    world.lose("a", first)
    world.connect("a", "b")
    world.settle()
    world.pay("ab", 5)
    second = world.copy("a")
    # Copy 1 pays, too, and its friend has not heard of copy 2.
    world.start_from("b", theirs)
    world.start_from("a", first)
    world.connect("a", "b")
    world.settle()
    for name, other in ("ab", "ba"):
        if world[name].funder.is_awaited(world[other].key):
            world.took(world[name], world[name].funder.silent(world[other].key))
    world.pay("ab", 70)
    world.give_token("a", "b")
    shown = world.handover("b", "a")
    world.start_from("a", second)
    turn = world.show("a", "b", shown)
    assert turn.stopped is None
    assert [hint.friend for hint in turn.hints] == [b.key]
    assert turn.hints[0].at > a.friend(b).life
    assert a.credit(b).balance == -5


def test_an_old_database_put_back_by_hand_stops() -> None:
    """It is not marked as restored, so the newer signature of its own life is that of another copy."""
    world = pair()
    snapshot = world.copy("a")
    world.pay("ab", 3)
    world.start_from("a", snapshot)
    world.connect("a", "b")
    world.settle()
    twin = world["a"].funder.stopped
    assert twin is not None
    assert [(change.ours, change.theirs) for change in twin.changes] == [(0, -3)]


def test_a_slow_clock_is_no_twin() -> None:
    """A restored node that has signed nothing moves its life above what it is shown, and takes it over."""
    world = pair()
    first = world.copy("a")
    world.lose("a", world.copy("a"))
    world.connect("a", "b")
    world.settle()
    world.pay("ab", 5)
    world.pay("ba", 2)
    seen = world["a"].friend(world["b"]).life
    world.now = NOW - 10**6
    world.lose("a", first)
    a, b = world["a"], world["b"]
    assert a.friend(b).life < seen
    world.connect("a", "b")
    world.settle()
    assert a.funder.stopped is None
    assert a.friend(b).life > seen
    assert a.credit(b).balance == -3
    world.pay("ab", 1)


def test_books_of_before_lives_stop_at_what_is_newer() -> None:
    """An older program's database that is not the newest is not taken for a restored one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LifeCipher, "seal", lambda self, life, now, chance: chance)
        world = pair()
    a, b = world["a"], world["b"]
    snapshot = world.copy("a")
    snapshot._rows[FriendKey(b.key)] = msgspec.structs.replace(a.friend(b).record(), life=0, floor=0)
    world.pay("ab", 3)
    world.start_from("a", snapshot)
    world.connect("a", "b")
    world.settle()
    assert a.funder.stopped is not None


# Lies


@pytest.mark.parametrize("who", ["stranger", "disabled"])
def test_who_is_not_heard(who: str) -> None:
    """Asides of strangers and disabled friends change nothing."""
    world = pair()
    a, b = world["a"], world["b"]
    world.pay("ab", 3)
    world.give_token("a", "b")
    handover = world.handover("b", "a")
    world.lose("a", world.copy("a"))
    if who == "disabled":
        world.control("a", app.DisableFriend(b.key))
        assert a.funder.handed_over(b.key, handover).changes == {}
    else:
        assert a.funder.handed_over(bytes(32), handover).changes == {}


def test_a_handover_without_our_signature_ends_the_wait() -> None:
    """It proves nothing, so what does not fit does not fit, as with a friend of 0.1.11."""
    world = pair()
    copy = world.copy("a")
    world.pay("ab", 3)
    world.lose("a", copy)
    world.connect("a", "b")
    a, b = world["a"], world["b"]
    for _ in range(2):
        world.deliver("a", "b")
    assert a.friend(b).is_put_off
    assert a.friend(b).channel.is_consistent
    lie = world.handed[-1][2] if world.handed else None
    if lie is None:
        world.deliver("b", "a")
        lie = world.handed[-1][2]
    token = msgspec.structs.replace(lie.incoming, new_token=bytes(64))
    world.show("a", "b", msgspec.structs.replace(lie, incoming=token))
    assert not a.friend(b).channel.is_consistent


def test_a_friend_that_shows_nothing() -> None:
    """After a while what does not fit does not fit."""
    world = pair()
    copy = world.copy("a")
    world.pay("ab", 3)
    world.lose("a", copy)
    world.connect("a", "b")
    a, b = world["a"], world["b"]
    for _ in range(2):
        world.deliver("a", "b")
    assert a.funder.is_awaited(b.key)
    assert world.took(a, a.funder.silent(b.key)).messages
    assert not a.friend(b).channel.is_consistent
