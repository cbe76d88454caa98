"""The loop of an engine, with one line and a few timers."""

from __future__ import annotations

from link.ends import ALICE, BOB
from offset.base.entropy import SeededEntropy
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Close, Closed, Opened, Persist, Received, Tell, Write
from offset.link.stack import Line

LISTENER = "door"


class Door:
    """An engine that hangs up at the word "bye", and notes what it is told."""

    def __init__(self) -> None:
        self.loop = Loop(Lines(BOB, SeededEntropy("bob")), 0)
        self.loop.lines.listen(LISTENER, self.take)
        self.heard: list[LineEvent] = []
        self.peer = Line(ALICE, SeededEntropy("alice"), 0, expects=BOB.public_key)
        self.loop.take(Opened(2, "192.0.2.1:5000", LISTENER))
        self.deliver()
        self.deliver()

    def take(self, news: LineEvent) -> None:
        """The owner of all lines."""
        self.heard.append(news)
        if isinstance(news, LineMessage) and news.data == b"bye":
            self.loop.lines.hangup(news.conn)

    def deliver(self) -> None:
        """Let the peer hear what was written, and the engine what the peer says."""
        for effect in self.loop.take_effects():
            if isinstance(effect, Write):
                self.peer.receive(effect.data, 0)
        self.loop.take(Received(2, b"".join(self.peer.outgoing())))

    def messages(self) -> list[bytes]:
        """What the owner was given."""
        return [news.data for news in self.heard if isinstance(news, LineMessage)]


def test_news_goes_to_the_owner() -> None:
    """From the handshake to the end of the line."""
    door = Door()
    door.peer.send(b"hello", 0)
    door.deliver()
    door.loop.take(Closed(2, "gone"))
    assert [type(news) for news in door.heard] == [LineOpened, LineMessage, LineClosed]


def test_no_message_of_a_line_that_is_over() -> None:
    """What came in one piece behind the words for which the owner hung up is not given to it."""
    door = Door()
    for word in (b"hello", b"bye", b"one more thing"):
        door.peer.send(word, 0)
    door.deliver()
    assert door.messages() == [b"hello", b"bye"]
    assert Close(2) in door.loop.take_effects()


def test_commits_come_before_bytes() -> None:
    """What was added stands before what the lines have to do, in its order."""
    door = Door()
    door.loop.take_effects()
    door.loop.send(2, b"word")
    door.loop.add(Persist(1, {}), Tell("a", ""))
    effects = door.loop.take_effects()
    assert effects[:2] == [Persist(1, {}), Tell("a", "")]
    assert [type(effect) for effect in effects[2:]] == [Write]
    assert door.loop.take_effects() == []


def test_timers_act_once_in_their_order() -> None:
    """Those that are due act in the order in which they were set, each once, and see what those before them moved."""
    loop = Loop(Lines(BOB, SeededEntropy("bob")), 0)
    acted: list[str] = []

    def first() -> None:
        acted.append("first")
        second.at = loop.now
        third.at = None

    def again() -> None:
        acted.append("second")
        second.at = loop.now

    def never() -> None:
        acted.append("third")

    second, third = Timer(again), Timer(never, 5)
    loop.set_timers(Timer(first, 10), second, third)
    assert loop.deadline() == 5
    loop.now = 4
    loop.run_due()
    assert acted == []
    loop.now = 10
    loop.run_due()
    assert acted == ["first", "second"]
    assert loop.deadline() == 10
