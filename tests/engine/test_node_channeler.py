"""The channeler as a part of a node: numbers and lines, between a channeler that is scripted and real lines."""

from __future__ import annotations

from typing import Any

import pytest

from link.ends import ALICE, BOB
from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn
from offset.core.channeler.effects import Effect, FriendData, Offline, Online
from offset.core.meeting.effects import CloseLine, LineId, OpenLine, SendLine
from offset.engine.line_events import LineClosed, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.loop import Loop
from offset.engine.node_channeler import NodeChanneler
from offset.engine.surface import Close, Closed, Dial
from offset.wire.common import RelayAddress

RELAY = RelayAddress(ALICE.public_key, "relay:1")
FIRST, SECOND = LineId(7), LineId(8)
FRIEND = ALICE.public_key


class Script:
    """Says what it is told to say to the next call, and notes all calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.answers: dict[str, list[Effect]] = {}
        self.at: int | None = None

    def deadline(self) -> int | None:
        """When it wants to be ticked."""
        return self.at

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any) -> list[Effect]:
            self.calls.append((name, *args))
            return self.answers.pop(name, [])

        return call


class Part:
    """The part of a node, and what it told the node."""

    def __init__(self) -> None:
        self.script = Script()
        self.loop = Loop(Lines(BOB, SeededEntropy("bob")), 0)
        self.news: list[Any] = []
        self.moves = 0
        self.channeler: Any = self.script
        self.part = NodeChanneler(self.loop, self.channeler, news=self.news.append, moved=self.moved)
        self.loop.set_timers(self.part.timer)

    def moved(self) -> None:
        """Our standing may be another."""
        self.moves += 1

    def does(self, *effects: Effect) -> None:
        """Let the channeler want this."""
        self.script.answers["network_changed"] = list(effects)
        self.part.network_changed()

    def open(self, *lines: LineId) -> list[Conn]:
        """Let it open lines; their connections."""
        self.does(*[OpenLine(line, RELAY) for line in lines])
        return [effect.conn for effect in self.loop.take_effects() if isinstance(effect, Dial)]


@pytest.fixture
def part() -> Part:
    return Part()


def test_each_line_finds_its_number(part: Part) -> None:
    """Two lines to the same relay, and what is told of each."""
    first, second = part.open(FIRST, SECOND)
    assert len(part.part) == 2
    part.script.calls.clear()
    part.loop.take(Closed(second, "refused"))
    part.loop.take(Closed(first, "gone"))
    assert part.script.calls == [("line_closed", SECOND, 0, "refused"), ("line_closed", FIRST, 0, "gone")]
    assert len(part.part) == 0


def test_what_is_sent_to_a_line_that_is_over(part: Part) -> None:
    """It is dropped: an earlier effect of the same list may have led to its end."""
    (conn,) = part.open(FIRST)
    part.does(CloseLine(FIRST), SendLine(FIRST, b"late"), CloseLine(FIRST))
    assert part.loop.take_effects() == [Close(conn)]


def test_the_end_of_a_line_that_the_channeler_closed(part: Part) -> None:
    """Two lines end in one step, and the end of one makes the channeler close the other: it hears of that no more."""
    conns = part.open(FIRST, SECOND)
    owners = [part.loop.lines._dialing[conn][1] for conn in conns]
    part.script.calls.clear()
    part.script.answers["line_closed"] = [CloseLine(SECOND)]
    for conn, owner in zip(conns, owners, strict=True):
        owner(LineClosed(conn, "gone", True, owner))
    assert part.script.calls == [("line_closed", FIRST, 0, "gone")]


def test_a_message_of_a_line_that_is_over_is_a_mistake(part: Part) -> None:
    """The loop gives none, so one that comes is our own fault."""
    (conn,) = part.open(FIRST)
    owner = part.loop.lines._dialing[conn][1]
    part.does(CloseLine(FIRST))
    with pytest.raises(AssertionError, match="only its end"):
        owner(LineMessage(conn, b"late", owner))


def test_a_number_is_used_once(part: Part) -> None:
    """The channeler promises it."""
    part.open(FIRST)
    with pytest.raises(AssertionError, match="never used twice"):
        part.open(FIRST)


def test_news_of_friends(part: Part) -> None:
    """All of it in order; when somebody comes or goes our standing moves, a message does not move it."""
    (conn,) = part.open(FIRST)
    owner = part.loop.lines._dialing[conn][1]
    before = part.moves
    told = [Online(FRIEND), FriendData(FRIEND, b"word"), Offline(FRIEND)]
    part.script.answers["line_message"] = list(told)
    owner(LineMessage(conn, b"bytes", owner))
    assert part.news == told
    assert part.moves == before + 2
    owner(LineOpened(conn, ALICE.public_key, "", "relay:1", owner))
    assert part.moves == before + 3


def test_its_timer_follows_its_deadline(part: Part) -> None:
    """After each call it is asked when it wants to be ticked."""
    assert part.loop.deadline() is None
    part.script.at = 50
    part.does()
    assert part.loop.deadline() == 50
    part.script.calls.clear()
    part.script.at = None
    part.loop.now = 50
    part.loop.run_due()
    assert part.script.calls == [("tick", 50)]
    assert part.loop.deadline() is None
