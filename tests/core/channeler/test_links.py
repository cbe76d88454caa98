"""Which of two links stays."""

import pytest

from offset.base.limits import LINK_PRECEDENCE_MS
from offset.core.channeler import FriendData, Offline, Online
from offset.core.channeler.links import FriendLink, replaces
from offset.core.meeting import CloseLine
from offset.core.meeting.tunnels import Tunnel
from support.scripted import HIGH, HIGH2, LOW, R1, R2, Script


def tunnel(is_ours: bool, since: int) -> Tunnel:
    return Tunnel(1, HIGH, R1, is_ours, since)


@pytest.mark.parametrize(
    "old_is_ours, fresh_is_ours, age_ms, is_higher, stays",
    [
        (True, True, 0, True, "fresh"),
        (False, False, 0, True, "fresh"),
        (True, False, 0, True, "old"),
        (True, False, 0, False, "fresh"),
        (False, True, 0, True, "fresh"),
        (False, True, 0, False, "old"),
        (True, False, LINK_PRECEDENCE_MS - 1, True, "old"),
        (True, False, LINK_PRECEDENCE_MS, True, "fresh"),
        (False, True, LINK_PRECEDENCE_MS, False, "fresh"),
    ],
)
def test_w12_which_link_stays(
    old_is_ours: bool, fresh_is_ours: bool, age_ms: int, is_higher: bool, stays: str
) -> None:
    """The newest, unless both sides began at the same time: then the one of the higher side."""
    friend = FriendLink(HIGH, is_higher, 0, tunnel(old_is_ours, 1000))
    assert replaces(tunnel(fresh_is_ours, 0), friend, 1000 + age_ms) == (stays == "fresh")


def test_the_first_link_is_taken() -> None:
    """Without a link there is nothing to compare."""
    assert replaces(tunnel(True, 0), FriendLink(HIGH, False, 0), 0)


def test_w9_the_newest_link_wins() -> None:
    """A second inner link of a connected friend replaces the first: Offline, close, Online."""
    script = Script()
    script.befriend(HIGH)
    leg = script.listen()
    first = script.accept(leg)
    script.link(first, HIGH)
    second = script.accept(leg)
    script.wait(10)
    effects = script.link(second, HIGH)
    assert CloseLine(first) in effects
    assert script.news == [Online(HIGH), Offline(HIGH), Online(HIGH)]
    assert script.hear(first, b"message late") == []
    assert script.hear(second, b"message x") == [FriendData(HIGH, b"x")]


def test_w9_nobody_else_can_replace_a_link() -> None:
    """A tunnel whose other end does not prove the friend's key changes nothing."""
    script = Script()
    script.befriend(HIGH)
    leg = script.listen()
    first = script.accept(leg)
    script.link(first, HIGH)
    second = script.accept(leg)
    assert script.link(second, HIGH2) == [CloseLine(second)]
    assert script.news == [Online(HIGH)]


def test_w12_both_sides_keep_the_link_of_the_higher_one() -> None:
    """We are higher and have just connected: the tunnel that the friend began meanwhile is closed."""
    script = Script()
    ours = script.dial(LOW)
    leg = script.listen()
    theirs = script.accept(leg, LOW)
    script.link(ours, LOW)
    script.wait(LINK_PRECEDENCE_MS - 1000)
    script.show_nonce(theirs, LOW)
    assert script.hear(theirs, b"proof " + LOW) == [CloseLine(theirs)]
    assert script.news == [Online(LOW)]


def test_w12_an_old_link_gives_way_to_the_other_direction() -> None:
    """Five seconds later the newest wins, whoever began it."""
    script = Script()
    ours = script.dial(LOW)
    script.link(ours, LOW)
    leg = script.listen()
    script.wait(LINK_PRECEDENCE_MS)
    theirs = script.accept(leg, LOW)
    assert CloseLine(ours) in script.link(theirs, LOW)
    assert script.news == [Online(LOW), Offline(LOW), Online(LOW)]


def test_w12_the_lower_side_gives_way_too() -> None:
    """We are lower and our own attempt succeeded first: the higher side's link replaces it within 5 s."""
    script = Script()
    script.befriend(HIGH, R2)
    leg = script.listen()
    script.wait(2000)
    ours = script.last(R2)
    script.open(ours)
    script.link(ours, HIGH)
    theirs = script.accept(leg)
    assert CloseLine(ours) in script.link(theirs, HIGH)
    assert script.news == [Online(HIGH), Offline(HIGH), Online(HIGH)]
