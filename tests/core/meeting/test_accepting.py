"""Friends who wait for us at a relay."""

from itertools import pairwise

import pytest

from offset.base.limits import ACCEPTS_MAX, HANDSHAKE_MS, INNER_HANDSHAKES_MAX, RELAY_ATTEMPTS_MAX
from offset.core.channeler import Online
from offset.core.meeting import CloseLine, OpenLine
from offset.crypto.public_keys import is_lower
from offset.wire.relay import Accept
from support.scripted import HIGH, HIGH2, R1, R2, R3, R4, Script


def many_friends(script: Script, count: int) -> list[bytes]:
    friends = [bytes([number, number + 1]) * 16 for number in range(count)]
    for friend in friends:
        script.befriend(friend)
    return friends


@pytest.fixture
def script() -> Script:
    script = Script()
    script.befriend(HIGH)
    script.befriend(HIGH2)
    return script


def test_a_friend_is_accepted_and_online(script: Script) -> None:
    """IncomingConnection: a new line, Accept, one nonce; then the friend proves its key."""
    leg = script.listen()
    assert script.incoming(leg, HIGH) == [OpenLine(2, R1)]
    script.open(2)
    assert script.wish(2) == Accept(HIGH)
    assert script.sent[2][1:] == [b"nonce " + b"\x02" * 32]
    assert script.link(2, HIGH)[-1] == Online(HIGH)
    assert script.rejected(leg) == []


def test_a_line_that_cannot_be_opened_ends_in_a_reject(script: Script) -> None:
    """The friend does not wait for nothing."""
    leg = script.listen()
    script.incoming(leg, HIGH)
    script.close(2)
    assert script.rejected(leg) == [HIGH]


def test_a_line_that_opens_too_late_ends_in_a_reject(script: Script) -> None:
    """After 8 s the friend has given up."""
    leg = script.listen()
    script.incoming(leg, HIGH)
    script.wait(HANDSHAKE_MS - 1)
    assert script.closed == []
    script.wait(1)
    assert script.closed == [2]
    assert script.rejected(leg) == [HIGH]


def test_after_accept_nothing_is_rejected(script: Script) -> None:
    """A tunnel that breaks in the inner handshake is just closed (6.8)."""
    leg = script.listen()
    line = script.accept(leg)
    script.close(line)
    assert script.rejected(leg) == []
    line = script.accept(leg)
    script.wait(HANDSHAKE_MS)
    assert script.closed == [line]
    assert script.rejected(leg) == []


def test_w27_a_repeated_announcement_is_one_accept(script: Script) -> None:
    """While a line for the friend is opening at this relay, further announcements add nothing."""
    leg = script.listen()
    script.incoming(leg, HIGH)
    assert script.incoming(leg, HIGH) == []


def test_w27_sixteen_accepts_at_once_the_rest_is_rejected(script: Script) -> None:
    """A relay cannot make us open any number of lines."""
    friends = many_friends(script, ACCEPTS_MAX + 2)
    leg = script.listen()
    lines = len(script.dialed)
    for friend in friends:
        script.incoming(leg, friend)
    assert len(script.dialed) == lines + ACCEPTS_MAX
    assert script.rejected(leg) == friends[ACCEPTS_MAX:]


def two_legs(script: Script) -> tuple[int, int]:
    """We listen at two relays, and nobody is dialed just now."""
    script.set_relays(R1, R2)
    legs = script.lines(R1)[0], script.lines(R2)[0]
    for leg in legs:
        script.open(leg)
    script.wait(3000)
    return legs


def test_w27_a_relay_that_stalls_keeps_nobody_out_elsewhere(script: Script) -> None:
    """When one relay holds all slots, a friend at another one gets that of its oldest, who is rejected; so until both
    hold as many."""
    friends = many_friends(script, 2 * ACCEPTS_MAX)
    bad, good = two_legs(script)
    before = len(script.dialed)
    for friend in friends[:ACCEPTS_MAX]:
        script.incoming(bad, friend)
    stalled = list(script.dialed)[before:]
    assert len(stalled) == ACCEPTS_MAX
    half = ACCEPTS_MAX // 2
    for n in range(half):
        assert CloseLine(stalled[n]) in script.incoming(good, friends[ACCEPTS_MAX + n])
    assert (script.rejected(bad), script.rejected(good)) == (friends[:half], [])
    script.incoming(good, friends[-1])
    assert (script.rejected(bad), script.rejected(good)) == (friends[:half], [friends[-1]])


@pytest.mark.parametrize("is_opening_first", [True, False])
def test_w27_w28_one_gives_way_when_both_limits_are_reached(script: Script, is_opening_first: bool) -> None:
    """With as many openings and handshakes as may be, one opening ends for a newcomer elsewhere, and no more."""
    friends = many_friends(script, INNER_HANDSHAKES_MAX + 1)
    bad, good = two_legs(script)
    opening, shaking = friends[:ACCEPTS_MAX], friends[ACCEPTS_MAX:-1]
    if is_opening_first:
        for friend in opening[:-1]:
            script.incoming(bad, friend)
    for friend in shaking:
        script.accept(bad, friend)
    for friend in opening[-1:] if is_opening_first else opening:
        script.incoming(bad, friend)
    effects = script.incoming(good, friends[-1])
    assert sum(isinstance(effect, CloseLine) for effect in effects) == 1
    assert sum(isinstance(effect, OpenLine) for effect in effects) == 1
    assert (script.rejected(bad), script.rejected(good)) == (opening[:1], [])


def test_w28_handshakes_in_all_are_bounded(script: Script) -> None:
    """No more than 32 friends may be proving their key at once; a slot is free again when one ends."""
    friends = many_friends(script, INNER_HANDSHAKES_MAX + 1)
    leg = script.listen()
    lines = [script.accept(leg, friend) for friend in friends[:-1]]
    script.incoming(leg, friends[-1])
    assert script.rejected(leg) == [friends[-1]]
    script.link(lines[0], friends[0])
    script.accept(leg, friends[-1])


def test_w28_a_newer_tunnel_of_a_friend_replaces_its_older_one(script: Script) -> None:
    """At one relay a friend has one unfinished tunnel: the newest."""
    leg = script.listen()
    line = script.accept(leg)
    assert script.incoming(leg, HIGH)[0] == CloseLine(line)


def test_w28_one_friend_cannot_take_all_slots(script: Script) -> None:
    """A friend has as many slots as it may try relays at once; the oldest makes room."""
    relays = (R1, R2, R3, R4)
    assert len(relays) == RELAY_ATTEMPTS_MAX + 1
    script.set_relays(*relays)
    legs = script.lines()
    for leg in legs:
        script.open(leg)
    lines = [script.accept(leg) for leg in legs[:RELAY_ATTEMPTS_MAX]]
    assert script.closed == []
    script.accept(legs[-1])
    assert script.closed == [lines[0]]


def test_rule_5_no_accept_after_the_leg_is_lost(script: Script) -> None:
    """Without our listening leg the relay has forgotten who waits: opening lines are closed, tunnels live."""
    leg = script.listen()
    tunnel = script.accept(leg, HIGH)
    script.incoming(leg, HIGH2)
    opening = script.last()
    assert CloseLine(opening) in script.close(leg)
    assert script.link(tunnel, HIGH)[-1] == Online(HIGH)


def test_the_same_when_the_relay_is_given_up(script: Script) -> None:
    """Removing the relay closes what was opening through it."""
    leg = script.listen()
    script.incoming(leg, HIGH)
    assert set(script.set_relays()) == {CloseLine(leg), CloseLine(2)}


def test_a_removed_friend_is_rejected_where_it_waits(script: Script) -> None:
    """Accepts under way end with the friend, and the friend is told."""
    leg = script.listen()
    script.incoming(leg, HIGH)
    assert CloseLine(2) in script.remove(HIGH)
    assert script.rejected(leg) == [HIGH]
    script.incoming(leg, HIGH)
    assert script.rejected(leg) == [HIGH, HIGH]


def test_a_connected_friend_is_accepted_again(script: Script) -> None:
    """The friend may know better than we that the old link is dead (W9)."""
    leg = script.listen()
    script.link(script.accept(leg), HIGH)
    assert script.incoming(leg, HIGH) != []
    assert script.rejected(leg) == []


def test_the_keys_are_ordered_as_the_specification_says() -> None:
    """01 < 02 < 00 < 03 in the order of keys (A)."""
    keys = [bytes([number]) * 32 for number in (1, 2, 0, 3)]
    assert all(is_lower(a, b) for a, b in pairwise(keys))
