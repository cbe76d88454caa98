"""Our listening legs."""

import pytest

from offset.base.limits import (
    BACKOFF_MS_MIN,
    CONNECT_MS,
    HANDSHAKE_MS,
    KEPT_RELAY_BACKOFF_MS_MAX,
    LISTEN_BACKOFF_MS_MAX,
    LISTEN_REFUSALS_QUICK,
    LISTEN_REFUSED_MS_MAX,
    STABLE_LINE_MS,
)
from offset.core.meeting import CloseLine, OpenLine
from offset.wire.relay import Accept, Connect, Listen
from support.scripted import HIGH, HIGH2, R1, R2, Script, relay


@pytest.fixture
def script() -> Script:
    return Script()


def gaps(script: Script, count: int, *, opens: bool) -> list[int]:
    """The pauses before the next attempts, when each one fails (`opens`: the relay refuses the Listen)."""
    pauses = []
    for _ in range(count):
        line = script.last(R1)
        if opens:
            script.open(line)
        script.close(line)
        before, lines = script.now, len(script.dialed)
        while len(script.dialed) == lines:
            script.wait(50)
        pauses.append(script.dialed_at[script.last(R1)] - before)
    return pauses


def test_a_relay_of_ours_is_listened_on_without_any_friend(script: Script) -> None:
    """SetRelays opens a line at once, and Listen goes out as soon as it is up."""
    assert script.set_relays(R1) == [OpenLine(1, R1)]
    script.open(1)
    assert script.wish(1) == Listen()


def test_a_relay_that_is_not_ours_any_more_is_left(script: Script) -> None:
    """Its leg is closed at once; the others are not touched."""
    script.set_relays(R1, R2)
    script.open(1)
    assert script.set_relays(R2) == [CloseLine(1)]
    assert script.wait(1_000_000) != []
    assert script.lines(R1) == [1]


def test_an_old_relay_is_kept_for_a_friend_that_may_use_it(script: Script) -> None:
    """The relay stays until UpdateFriend says that the friend knows the new one (6.7)."""
    leg = script.listen(R1)
    script.befriend(HIGH, kept=(R1,))
    script.set_relays(R2)
    assert leg not in script.closed
    script.incoming(leg, HIGH)
    accepting = script.last(R1)
    script.open(accepting)
    assert script.wish(accepting) == Accept(HIGH)
    assert CloseLine(leg) in script.befriend(HIGH, kept=(R2,))


def test_tunnels_survive_the_leg_that_announced_them(script: Script) -> None:
    """A link accepted through a leg lives on when that leg is closed."""
    script.befriend(HIGH)
    leg = script.listen()
    line = script.accept(leg)
    script.link(line, HIGH)
    script.set_relays()
    assert script.closed == [leg]
    assert script.say(HIGH, b"x") != []


def test_w1_a_relay_that_swallows_packets_harms_nothing(script: Script) -> None:
    """While one line hangs, orders and other relays go on; a driver that says nothing is not waited for."""
    script.befriend(HIGH)
    script.set_relays(R1)
    hanging = script.last()
    script.set_relays(R1, R2)
    leg = script.last(R2)
    script.open(leg)
    script.link(script.accept(leg), HIGH)
    script.wait(CONNECT_MS + HANDSHAKE_MS)
    assert hanging in script.closed
    script.wait(5000)
    assert len(script.lines(R1)) == 2


def test_w3_a_friend_enabled_before_the_first_relay_is_accepted(script: Script) -> None:
    """The relay comes later, and the friend is let in."""
    script.befriend(HIGH)
    leg = script.listen()
    script.link(script.accept(leg), HIGH)
    assert script.news != []


def test_w11_pauses_double_with_jitter(script: Script) -> None:
    """A relay that cannot be reached is tried after 1, 2, 4, ... s, at most every 2 minutes."""
    script.set_relays(R1)
    pauses = gaps(script, 10, opens=False)
    for k, pause in enumerate(pauses):
        middle = min(BACKOFF_MS_MIN * 2**k, LISTEN_BACKOFF_MS_MAX)
        assert 0.75 * middle - 1 <= pause <= 1.25 * middle


def test_w11_after_a_stable_leg_the_pause_is_short(script: Script) -> None:
    """Clients of a relay that restarts come back within a second, not all at once."""
    moments = set()
    for seed in range(20):
        script = Script(seed)
        leg = script.listen()
        script.wait(STABLE_LINE_MS)
        script.close(leg)
        lost = script.now
        script.wait(BACKOFF_MS_MIN)
        moments.add(script.dialed_at[script.last()] - lost)
    assert len(moments) > 15
    assert max(moments) < BACKOFF_MS_MIN


def test_w14_a_refused_listen_is_repeated_soon(script: Script) -> None:
    """A reference relay holds a lost leg for 32 s: in that time we ask every few seconds, then seldom."""
    script.set_relays(R1)
    pauses = gaps(script, LISTEN_REFUSALS_QUICK + 3, opens=True)
    quick, seldom = pauses[:LISTEN_REFUSALS_QUICK], pauses[LISTEN_REFUSALS_QUICK:]
    assert LISTEN_REFUSED_MS_MAX in quick
    assert max(quick) <= LISTEN_REFUSED_MS_MAX
    assert sum(quick) > 32_000
    assert min(seldom) > 60_000


def test_w31_two_texts_of_one_key_make_one_leg(script: Script) -> None:
    """A relay with two addresses gets one listening leg."""
    script.set_relays(relay(1, "a:1"), relay(1, "b:1"))
    assert [address.address for address in script.dialed.values()] == ["a:1"]


def test_w31_the_next_text_is_tried_at_once(script: Script) -> None:
    """When one text fails the other follows without a pause; the pause comes after all of them."""
    script.set_relays(relay(1, "a:1"), relay(1, "b:1"))
    script.close(1)
    assert [address.address for address in script.dialed.values()] == ["a:1", "b:1"]
    script.close(2)
    assert len(script.dialed) == 2
    script.wait(1500)
    assert [address.address for address in script.dialed.values()] == ["a:1", "b:1", "a:1"]


def test_w31_a_moved_relay_is_followed(script: Script) -> None:
    """When the address of a relay changes the leg goes there, though a friend may still use the old one."""
    old, new = relay(1, "old:1"), relay(1, "new:1")
    leg = script.listen(old)
    script.befriend(HIGH, kept=(old,))
    assert script.set_relays(new) == [CloseLine(leg), OpenLine(2, new)]
    script.open(2)
    script.link(script.accept(2), HIGH)
    assert script.lines(new) == [2, 3]


def test_w31_one_more_text_leaves_the_leg_alone(script: Script) -> None:
    """A friend that may use another text of the same relay costs no new line; if the leg fails it gets its turn."""
    leg = script.listen(R1)
    assert script.befriend(HIGH, kept=(relay(1, "other:1"),)) == []
    script.close(leg)
    script.wait(1500)
    assert script.dialed[script.last()] == R1
    assert script.close(script.last()) == [OpenLine(3, relay(1, "other:1"))]


def test_w22_an_unwanted_line_is_cancelled_while_it_opens(script: Script) -> None:
    """Removing a relay during the attempt closes the line; its late news has no effect."""
    script.set_relays(R1)
    assert script.set_relays() == [CloseLine(1)]
    assert script.open(1) == []
    assert script.close(1) == []
    assert script.channeler.deadline() is None


def test_w33_a_kept_relay_that_is_gone_is_tried_seldom(script: Script) -> None:
    """A relay that only a friend may still use is tried every 10 minutes in the end."""
    script.befriend(HIGH, kept=(R1,))
    pauses = gaps(script, 12, opens=False)
    assert max(pauses) > 0.75 * KEPT_RELAY_BACKOFF_MS_MAX


def test_a_kept_relay_that_becomes_ours_is_tried_at_once(script: Script) -> None:
    """The long pause of a kept relay ends when we choose the relay ourselves."""
    script.befriend(HIGH, kept=(R1,))
    gaps(script, 12, opens=False)
    script.close(script.last())
    line = script.last()
    assert script.set_relays(R1) == [OpenLine(line + 1, R1)]


def test_w4_a_relay_that_talks_nonsense_loses_its_line_only(script: Script) -> None:
    """An undecodable message closes the leg, which is opened again after a pause."""
    leg = script.listen()
    assert script.hear(leg, b"\xff\xff\xff") == [CloseLine(leg)]
    script.wait(1500)
    assert script.last() != leg


def test_whoever_is_not_a_friend_is_rejected(script: Script) -> None:
    """Strangers and friends that are not admitted on this relay are sent away at once."""
    leg = script.listen()
    script.befriend(HIGH2, kept=(R2,))
    script.incoming(leg, HIGH)
    assert script.rejected(leg) == [HIGH]


def test_w12_friends_we_dial_are_admitted_too(script: Script) -> None:
    """A lower friend that tries from its side is accepted."""
    line = script.dial()
    script.close(line)
    leg = script.listen()
    friend = b"\x01" * 32
    script.link(script.accept(leg, friend), friend)
    assert script.news != []


def test_network_change_ends_the_pauses(script: Script) -> None:
    """A relay we were waiting to try again is tried at once."""
    script.set_relays(R1)
    for _ in range(8):
        script.close(script.last())
        script.wait(200_000)
    script.close(script.last())
    lines = len(script.dialed)
    script.do(script.channeler.network_changed(script.now))
    assert len(script.dialed) == lines + 1


def test_back_at_a_relay_offline_friends_are_tried(script: Script) -> None:
    """When the network returns, friends are dialed soon, whatever pause they had come to."""
    line = script.dial()
    for _ in range(11):
        script.close(line)
        script.wait(400_000)
        line = script.last(R2)
    script.close(line)
    attempts = len(script.lines(R2))
    script.listen(R1)
    script.wait(1000)
    fresh = script.lines(R2)[attempts:]
    assert len(fresh) == 1
    script.open(fresh[0])
    assert script.wish(fresh[0]) == Connect(b"\x01" * 32)


def test_nobody_is_rejected_before_we_listen(script: Script) -> None:
    """While the leg opens the relay has nobody to send away for us."""
    script.set_relays(R1)
    script.befriend(HIGH)
    assert script.remove(HIGH) == []
    assert script.sent[script.last()] == []


def test_a_relay_that_was_never_listened_on_may_be_given_up(script: Script) -> None:
    """What a friend may have used and does not any more is forgotten, whether there was a leg or not."""
    script.befriend(HIGH, kept=(R1,))
    leg = script.last()
    script.befriend(HIGH)
    assert script.closed == [leg]
    script.befriend(HIGH)
    assert len(script.dialed) == 1
    assert script.channeler.deadline() is None
