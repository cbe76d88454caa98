"""Asides have a slot of their own: none is replaced, none is repeated, and the token's slot is not disturbed."""

from offset.base.limits import ASIDES_HELD_MAX
from support.scripted import HIGH, LOW, Script


def linked() -> tuple[Script, int]:
    """A script with a link to HIGH, and its line; what was sent so far is forgotten."""
    script = Script()
    script.befriend(HIGH)
    leg = script.listen()
    return script, linked_again(script, leg)


def linked_again(script: Script, leg: int) -> int:
    """One more line to HIGH."""
    line = script.accept(leg)
    script.link(line, HIGH)
    script.sent[line].clear()
    return line


def test_an_aside_is_said_at_once() -> None:
    script, line = linked()
    script.say_aside(HIGH, b"hello")
    script.say(HIGH, b"token")
    assert script.sent[line] == [b"message hello", b"message token"]


def test_a_link_that_is_full() -> None:
    """When it takes something again the asides come first, in order, and of the messages the newest."""
    script, line = linked()
    script.congest(line)
    for data in (b"token 1", b"token 2"):
        script.say_aside(HIGH, b"beside " + data)
        script.say(HIGH, data)
    assert script.sent[line] == []
    script.drain(line)
    said = [b"message beside token 1", b"message beside token 2", b"message token 2"]
    assert script.sent[line] == said
    script.drain(line)
    assert script.sent[line] == said


def test_what_is_held_is_bounded() -> None:
    """What a slow link holds back beyond the limit is dropped: it was never promised, and is not repeated."""
    script, line = linked()
    script.congest(line)
    for number in range(ASIDES_HELD_MAX + 1):
        script.say_aside(HIGH, b"%d" % number)
    script.drain(line)
    assert script.sent[line] == [b"message %d" % number for number in range(ASIDES_HELD_MAX)]


def test_nothing_is_held_for_another_link() -> None:
    """With the link goes what it held back."""
    script = Script()
    script.befriend(HIGH)
    leg = script.listen()
    line = linked_again(script, leg)
    script.congest(line)
    script.say_aside(HIGH, b"old")
    script.close(line)
    assert script.say_aside(HIGH, b"to nobody") == []
    assert script.say_aside(LOW, b"to a stranger") == []
    again = linked_again(script, leg)
    script.drain(again)
    assert script.sent[again] == []


def test_what_is_held_is_said_before_the_friend_is_dropped() -> None:
    script, line = linked()
    script.congest(line)
    script.say(HIGH, b"token")
    script.say_aside(HIGH, b"last words")
    script.remove(HIGH)
    assert script.sent[line] == [b"message last words", b"message token"]
