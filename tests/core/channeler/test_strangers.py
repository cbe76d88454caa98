"""Whoever is no friend: rejected as ever, or let in for a moment by a node that looks for its friends."""

from offset.base.ids import PublicKey
from offset.base.limits import STRANGER_MS, STRANGER_REST_MS, STRANGERS_MAX, STRANGERS_RESTING_MAX
from offset.core.channeler import FriendData, Online, StrangerData, StrangerUp
from support.scripted import HIGH, LOW, R1, Script


def key(number: int) -> PublicKey:
    """That of somebody."""
    return (1000 + number).to_bytes(32)


def searching() -> tuple[Script, int]:
    """A channeler that lets strangers in, and the line of its listening leg."""
    script = Script(admits_strangers=True)
    return script, script.listen()


def come(script: Script, leg: int, stranger: PublicKey) -> int:
    """A stranger is let in, and proves its key; returns the line."""
    line = script.accept(leg, stranger)
    script.link(line, stranger)
    script.sent[line].clear()
    return line


def is_let_in(script: Script, leg: int, stranger: PublicKey) -> bool:
    """Whether somebody who waits is answered."""
    before = len(script.lines())
    script.incoming(leg, stranger)
    return len(script.lines()) > before


def test_a_node_that_does_not_search_lets_nobody_in() -> None:
    script = Script()
    leg = script.listen()
    script.incoming(leg, HIGH)
    assert script.rejected(leg) == [HIGH]


def test_a_stranger_is_heard_and_answered() -> None:
    """Apart from friends, and nobody dials it."""
    script, leg = searching()
    line = come(script, leg, HIGH)
    script.hear(line, b"message here I am")
    assert script.news == [StrangerUp(HIGH), StrangerData(HIGH, b"here I am")]
    script.do(script.channeler.send_stranger(HIGH, b"who are you", script.now))
    script.do(script.channeler.send_stranger(LOW, b"nobody", script.now))
    assert script.sent[line] == [b"message who are you"]
    assert script.channeler.status(script.now).links == ()
    assert script.say(HIGH, b"token") == []
    script.congest(line)
    script.do(script.channeler.send_stranger(HIGH, b"much more", script.now))
    script.drain(line)
    assert script.sent[line] == [b"message who are you"]


def test_a_stranger_has_its_time_and_then_rests() -> None:
    script, leg = searching()
    line = come(script, leg, HIGH)
    script.wait(STRANGER_MS)
    assert line in script.closed
    assert not is_let_in(script, leg, HIGH)
    assert is_let_in(script, leg, key(1))
    script.wait(STRANGER_REST_MS)
    assert is_let_in(script, leg, HIGH)


def test_a_stranger_that_was_heard_is_sent_away() -> None:
    script, leg = searching()
    line = come(script, leg, HIGH)
    script.do(script.channeler.dismiss_stranger(HIGH, script.now))
    assert line in script.closed
    assert not is_let_in(script, leg, HIGH)
    assert script.do(script.channeler.dismiss_stranger(HIGH, script.now)) == []


def test_a_stranger_that_hangs_up_may_come_back() -> None:
    script, leg = searching()
    script.close(come(script, leg, HIGH))
    line = come(script, leg, HIGH)
    # And once more, before the old line is known to be dead.
    again = script.accept(leg, HIGH)
    script.link(again, HIGH)
    assert line in script.closed
    assert again not in script.closed


def test_only_so_many_at_once() -> None:
    """Those who are there keep their places for their time."""
    script, leg = searching()
    lines = [come(script, leg, key(number)) for number in range(STRANGERS_MAX)]
    assert not is_let_in(script, leg, HIGH)
    script.close(lines[0])
    assert is_let_in(script, leg, HIGH)


def test_not_more_than_that_though_they_begin_together() -> None:
    script, leg = searching()
    for number in range(STRANGERS_MAX - 1):
        come(script, leg, key(number))
    first, second = script.accept(leg, HIGH), script.accept(leg, LOW)
    script.link(first, HIGH)
    script.link(second, LOW)
    assert first not in script.closed
    assert second in script.closed


def test_who_rests_is_bounded() -> None:
    script, leg = searching()
    for number in range(STRANGERS_RESTING_MAX + 1):
        come(script, leg, key(number))
        script.do(script.channeler.dismiss_stranger(key(number), script.now))
    assert is_let_in(script, leg, key(0))
    assert not is_let_in(script, leg, key(STRANGERS_RESTING_MAX))


def test_a_stranger_becomes_a_friend() -> None:
    """Its line as a stranger ends, and it is let in as a friend."""
    script, leg = searching()
    line = come(script, leg, HIGH)
    script.befriend(HIGH, kept=(R1,))
    assert line in script.closed
    again = script.accept(leg, HIGH)
    script.link(again, HIGH)
    script.hear(again, b"message token")
    assert script.news[-2:] == [Online(HIGH), FriendData(HIGH, b"token")]


def test_a_friend_on_its_way_in() -> None:
    """Somebody who is befriended while its line comes up is a friend when it is."""
    script, leg = searching()
    line = script.accept(leg, HIGH)
    script.befriend(HIGH, kept=(R1,))
    script.link(line, HIGH)
    assert script.news == [Online(HIGH)]


def test_a_friend_that_was_dropped_is_a_stranger() -> None:
    script, leg = searching()
    script.befriend(HIGH, kept=(R1,))
    line = script.accept(leg, HIGH)
    script.link(line, HIGH)
    script.remove(HIGH)
    assert is_let_in(script, leg, HIGH)
