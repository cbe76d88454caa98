"""Messages over a tunnel that became a link, and the one that is held for it."""

import pytest

from offset.core.channeler import FriendData, Offline, Online
from offset.core.meeting import CloseLine, SendLine
from support.scripted import LOW, R1, Script


@pytest.fixture
def script() -> Script:
    return Script()


def linked(script: Script) -> int:
    line = script.dial()
    script.link(line, LOW)
    return line


def test_messages_go_at_once_and_in_order(script: Script) -> None:
    """While the line takes them, messages leave as they come."""
    line = linked(script)
    assert script.say(LOW, b"a") == [SendLine(line, b"message a")]
    assert script.say(LOW, b"b") == [SendLine(line, b"message b")]


def test_w30_a_full_link_never_blocks_and_keeps_the_newest(script: Script) -> None:
    """While the line is congested a newer message replaces the waiting one; the last one arrives (6.6)."""
    line = linked(script)
    script.congest(line)
    for data in (b"a", b"b", b"c"):
        assert script.say(LOW, data) == []
    assert script.drain(line) == [SendLine(line, b"message c")]
    assert script.drain(line) == []
    assert script.say(LOW, b"d") == [SendLine(line, b"message d")]


def test_offline_means_not_said(script: Script) -> None:
    """To a friend that is offline or unknown nothing is said, and nothing is kept for the next link."""
    assert script.say(LOW, b"x") == []
    line = script.dial()
    assert script.say(LOW, b"x") == []
    script.link(line, LOW)
    script.congest(line)
    script.say(LOW, b"y")
    script.close(line)
    script.wait(400)
    fresh = script.last()
    script.open(fresh)
    script.link(fresh, LOW)
    assert not any(data.startswith(b"message") for data in script.sent[fresh])
    assert script.drain(fresh) == []


def test_removing_a_friend_hands_over_what_waits(script: Script) -> None:
    """On close the waiting message is still handed to the line; then Offline (6.6)."""
    line = linked(script)
    script.congest(line)
    script.say(LOW, b"bye")
    assert script.remove(LOW) == [SendLine(line, b"message bye"), CloseLine(line), Offline(LOW)]
    assert script.remove(LOW) == []


def test_incoming_messages_come_in_order_and_whole(script: Script) -> None:
    """Every message of the link is told, empty ones too; heartbeats are not."""
    line = linked(script)
    script.news.clear()
    for data in (b"message 1", b"message ", b"alive ", b"message 2"):
        script.hear(line, data)
    assert script.news == [FriendData(LOW, b"1"), FriendData(LOW, b""), FriendData(LOW, b"2")]


def test_line_and_link_die_together(script: Script) -> None:
    """A closed line is Offline at once (6.8)."""
    line = linked(script)
    assert script.close(line) == [Offline(LOW)]
    assert script.news == [Online(LOW), Offline(LOW)]


def test_heartbeats_leave_within_16_s(script: Script) -> None:
    """Something goes out on every link within 16 s of the last thing sent (rule 4, W34)."""
    line = linked(script)
    script.say(LOW, b"x")
    assert SendLine(line, b"alive ") in script.wait(16_000)


def test_news_comes_after_what_is_sent(script: Script) -> None:
    """The funder may answer Online at once; that answer must not overtake what was sealed before it."""
    line = script.dial()
    script.show_nonce(line, LOW)
    effects = script.hear(line, b"proof " + LOW)
    kinds = [type(effect) for effect in effects]
    assert kinds[-1] is Online
    assert kinds == sorted(kinds, key=lambda kind: kind in (Online, Offline, FriendData))


def test_a_message_before_the_line_is_open_is_ignored(script: Script) -> None:
    """A driver that confuses the order does no harm."""
    script.befriend(LOW, R1)
    assert script.hear(script.last(), b"nonce x") == []
