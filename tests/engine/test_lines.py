"""Many lines of one engine: handshakes and messages. The peers are single `Line`s."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.scene import BEGUN, FAR, LISTENER, Scene, nobody
from link.ends import ALICE, BOB, CAROL
from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    CONNECT_MS,
    HANDSHAKE_MS,
    KEEPALIVE_CLOSE_MS,
    KEEPALIVE_SEND_MS,
)
from offset.engine.line_events import (
    DIALED,
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
)
from offset.engine.lines import Lines
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Dial,
    Drained,
    Opened,
    Pause,
    Received,
    Resume,
    Woken,
    Write,
)
from offset.link.stack import Line


def test_each_line_has_its_owner() -> None:
    """A caller's line belongs to the owner of its listener, a dialed one to whoever dialed, to the end."""
    heard: dict[str, list[LineEvent]] = {"door": [], "gate": [], "dial": []}
    scene = Scene(Lines(BOB, SeededEntropy("bob")), listeners={})
    scene.lines.listen("door", heard["door"].append)
    scene.lines.listen("gate", heard["gate"].append)
    scene.join(2, listener="door")
    scene.join(4, listener="gate")
    scene.lines.dial("far:1", CAROL.public_key, heard["dial"].append, 0)
    scene.answer(1, CAROL)
    scene.say(4, b"to the gate")
    for event in (Congested(2), Drained(1), Closed(2, "gone"), Closed(4, "gone"), Closed(1, "gone")):
        scene.take(scene.lines.handle(event, 0))
    for news in scene.news:
        news.owner(news)
    assert {owner: [(type(one), one.conn) for one in news] for owner, news in heard.items()} == {
        "door": [(LineOpened, 2), (LineCongested, 2), (LineClosed, 2)],
        "gate": [(LineOpened, 4), (LineMessage, 4), (LineClosed, 4)],
        "dial": [(LineOpened, 1), (LineDrained, 1), (LineClosed, 1)],
    }


def test_a_line_may_be_dialed_as_somebody_else(scene: Scene) -> None:
    """The other side gets to know that key; lines beside it are those of our own identity."""
    scene.lines.dial(FAR, CAROL.public_key, nobody, 0, speaker=ALICE)
    scene.lines.dial(FAR, CAROL.public_key, nobody, 0)
    for conn in (1, 3):
        scene.answer(conn, CAROL)
    assert [scene.peers[conn].remote for conn in (1, 3)] == [ALICE.public_key, BOB.public_key]


def test_a_listener_has_one_owner(scene: Scene) -> None:
    """A second owner is a mistake of the engine."""
    with pytest.raises(AssertionError, match="one owner"):
        scene.lines.listen(LISTENER, nobody)


def test_a_line_that_is_unknown_is_not_congested(scene: Scene) -> None:
    """Late news of a line that is over concerns nobody."""
    scene.join(2)
    scene.lines.hangup(2)
    assert scene.lines.handle(Congested(2), 0) == scene.lines.handle(Drained(2), 0) == []


def test_caller_opens(scene: Scene) -> None:
    """A caller that proves its key is told once, with its key, listener and address."""
    scene.join(2)
    assert scene.news == [LineOpened(2, ALICE.public_key, LISTENER, FAR, nobody)]


def test_messages_both_ways(scene: Scene) -> None:
    """Messages arrive in order on both sides, empty ones too."""
    scene.join(2)
    assert scene.say(2, b"one", b"", b"three") == [
        LineMessage(2, b"one", nobody),
        LineMessage(2, b"", nobody),
        LineMessage(2, b"three", nobody),
    ]
    for message in (b"four", b"", b"six"):
        scene.lines.send(2, message, 0)
    scene.take([])
    assert scene.heard[2] == [b"four", b"", b"six"]


def test_opened_before_messages(scene: Scene) -> None:
    """Messages that come in one piece with the end of the handshake follow LineOpened."""
    scene.open(2)
    scene.push(2, BEGUN)
    scene.peers[2].send(b"early", 0)  # the peer is done already and sends at once
    assert scene.push(2) == [
        LineOpened(2, ALICE.public_key, LISTENER, FAR, nobody),
        LineMessage(2, b"early", nobody),
    ]


def test_one_write_for_each_connection(scene: Scene) -> None:
    """All that a step sends to one connection is one Write."""
    scene.join(2)
    scene.join(4, CAROL)
    scene.effects.clear()
    for number in range(5):
        scene.lines.send(2, b"%d" % number, 0)
        scene.lines.send(4, b"%d" % number, 0)
    scene.take([])
    assert [(type(effect), effect.conn) for effect in scene.effects if isinstance(effect, Write | Close)] == [
        (Write, 2),
        (Write, 4),
    ]
    assert scene.heard[2] == scene.heard[4] == [b"0", b"1", b"2", b"3", b"4"]


def test_nothing_to_do_gives_nothing(scene: Scene) -> None:
    """A message that asks for no answer causes no effect."""
    scene.join(2)
    scene.effects.clear()
    scene.say(2, b"hello")
    assert scene.effects == []


def test_fault_closes_one_line(scene: Scene) -> None:
    """Nonsense on an open line closes that line, with its reason; the others go on."""
    scene.join(2)
    scene.join(4, CAROL)
    (closed,) = scene.take(scene.lines.received(Received(2, bytes(7) + b"\x03abc"), 0))
    assert isinstance(closed, LineClosed)
    assert closed.conn == 2
    assert closed.reason
    assert scene.closes() == [2]
    assert scene.say(4, b"still here") == [LineMessage(4, b"still here", nobody)]
    assert scene.take(scene.lines.received(Received(2, b"more"), 0)) == []
    assert scene.take(scene.lines.closed(Closed(2, "gone"))) == []


@given(data=st.binary(max_size=2000), is_open=st.booleans())
def test_any_bytes(data: bytes, is_open: bool) -> None:
    """Whatever bytes come, before or after the handshake, at most their own line ends."""
    scene = Scene()
    scene.join(4, CAROL)
    if is_open:
        scene.join(2)
    else:
        scene.open(2)
    before = len(scene.news)
    scene.take(scene.lines.received(Received(2, data), 0))
    assert all(isinstance(news, LineClosed) and news.conn == 2 for news in scene.news[before:])
    assert scene.say(4, b"still here") == [LineMessage(4, b"still here", nobody)]


def test_version_is_answered_before_the_close(scene: Scene) -> None:
    """A caller of another version still gets our version and nonce, then the close (spec 02, 11)."""
    scene.open(2)
    scene.lines.received(Received(2, (4).to_bytes(8, "big") + b"\0\0\0\1"), 0)
    scene.effects += scene.lines.take_effects()
    assert [type(effect) for effect in scene.effects] == [Write, Close]


def test_failed_caller_is_not_told(scene: Scene) -> None:
    """A caller that never finished its handshake is no news, whoever ended it."""
    scene.open(2)
    assert scene.take(scene.lines.closed(Closed(2, "gone"))) == []
    scene.open(4)
    assert scene.take(scene.lines.received(Received(4, b"\xff" * 20), 0)) == []
    assert scene.closes() == [4]


def test_end_of_an_open_line(scene: Scene) -> None:
    """When the connection of an open line ends, the reason of the driver is told, once."""
    scene.join(2)
    assert scene.take(scene.lines.closed(Closed(2, "reset by peer"))) == [
        LineClosed(2, "reset by peer", True, nobody)
    ]
    assert not scene.lines.is_open(2)
    assert scene.closes() == []


def test_dial(scene: Scene) -> None:
    """A dial has an odd number and opens when the peer proves the expected key."""
    first, second = scene.dial(ALICE), scene.dial(CAROL)
    assert (first, second) == (1, 3)
    assert scene.effects == [Dial(1, "relay.example:1"), Dial(3, "relay.example:1")]
    scene.answer(3, CAROL)
    assert scene.news == [LineOpened(3, CAROL.public_key, DIALED, FAR, nobody)]
    assert scene.say(3, b"hi") == [LineMessage(3, b"hi", nobody)]


def test_dial_finds_a_stranger(scene: Scene) -> None:
    """A peer with another key than expected ends the dial, told as LineClosed."""
    scene.dial(ALICE)
    scene.answer(1, CAROL)
    (closed,) = scene.news
    assert isinstance(closed, LineClosed)
    assert "key" in closed.reason
    assert scene.closes() == [1]


def test_dial_is_refused(scene: Scene) -> None:
    """A dial that the driver cannot make is told with the driver's reason."""
    scene.dial(ALICE)
    assert scene.take(scene.lines.closed(Closed(1, "refused"))) == [LineClosed(1, "refused", False, nobody)]
    assert scene.wake(CONNECT_MS) == []


def test_dial_never_answers(scene: Scene) -> None:
    """A dial without an answer ends after CONNECT_MS; an answer that comes later is ignored."""
    scene.now = 1000
    scene.dial(ALICE)
    assert scene.wake(1000 + CONNECT_MS - 1) == []
    (closed,) = scene.wake(1000 + CONNECT_MS)
    assert isinstance(closed, LineClosed)
    assert scene.closes() == [1]
    assert scene.lines.opened(Opened(1, FAR, DIALED), scene.now) == []
    assert scene.lines.take_effects() == []


def test_dial_given_up(scene: Scene) -> None:
    """`hangup` gives up a dial at any moment, without LineClosed."""
    scene.dial(ALICE)
    scene.lines.hangup(1)
    scene.dial(ALICE)
    scene.answer(3, ALICE)
    scene.lines.hangup(3)
    scene.take([])
    assert scene.closes() == [1, 3]
    assert [type(news) for news in scene.news] == [LineOpened]
    assert scene.take(scene.lines.closed(Closed(1, ""))) == []
    assert scene.take(scene.lines.closed(Closed(3, ""))) == []


def test_dialed_handshake_fails(scene: Scene) -> None:
    """A dialed peer that says nothing is told as closed after HANDSHAKE_MS: it may be slow to begin."""
    scene.dial(ALICE)
    scene.now = 500
    scene.take(scene.lines.opened(Opened(1, FAR, DIALED), 500))
    assert scene.wake(500 + HANDSHAKE_MS - 1) == []
    (closed,) = scene.wake(500 + HANDSHAKE_MS)
    assert isinstance(closed, LineClosed)


def test_hangup(scene: Scene) -> None:
    """What was sent before a hang-up leaves before the Close; what is sent after it is dropped."""
    scene.join(2)
    scene.effects.clear()
    scene.lines.send(2, b"last", 0)
    scene.lines.hangup(2)
    scene.lines.send(2, b"too late", 0)
    scene.lines.hangup(2)
    scene.take([])
    assert [type(effect) for effect in scene.effects] == [Write, Close]
    assert scene.heard[2] == [b"last"]
    assert scene.say(2, b"hello?") == []


def test_unknown_connection(scene: Scene) -> None:
    """Nothing happens for a number that we do not know."""
    scene.lines.send(8, b"x", 0)
    scene.lines.hangup(8)
    scene.lines.pause(8)
    scene.lines.resume(8, 0)
    assert scene.lines.handle(Received(8, b"x"), 0) == []
    assert scene.lines.handle(Closed(8, ""), 0) == []
    assert scene.lines.handle(Congested(8), 0) == []
    assert scene.lines.take_effects() == []
    assert not scene.lines.is_open(8)


def test_flow(scene: Scene) -> None:
    """Pause and Resume reach the driver."""
    scene.join(2)
    scene.effects.clear()
    scene.lines.pause(2)
    scene.lines.resume(2, 0)
    scene.take([])
    assert scene.effects == [Pause(2), Resume(2)]


def test_w16_a_line_that_is_not_read_is_not_silent(scene: Scene) -> None:
    """While nothing is read the silence is ours, and heartbeats go on; from Resume on the peer has its full time."""
    scene.join(2)
    scene.lines.pause(2)
    assert scene.wake(3 * KEEPALIVE_CLOSE_MS) == []
    before = sum(isinstance(effect, Write) for effect in scene.effects)
    assert before >= 3 * KEEPALIVE_CLOSE_MS // KEEPALIVE_SEND_MS
    scene.lines.resume(2, scene.now)
    assert scene.wake(scene.now + KEEPALIVE_CLOSE_MS - 1) == []
    assert [type(news) for news in scene.wake(scene.now + 1)] == [LineClosed]


def test_w16_what_was_read_before_a_pause_starts_no_clock(scene: Scene) -> None:
    """A message that comes after Pause, because it was under way, does not make the line silent later."""
    scene.join(2)
    scene.lines.pause(2)
    assert scene.say(2, b"under way") == [LineMessage(2, b"under way", nobody)]
    assert scene.wake(2 * KEEPALIVE_CLOSE_MS) == []


def test_end(scene: Scene) -> None:
    """At the end all lines and dials are closed after what was sent, and callers are turned away."""
    scene.join(2)
    conn = scene.lines.dial("far:1", BOB.public_key, nobody, 0)
    scene.lines.send(2, b"last", 0)
    scene.effects.clear()
    assert [news.conn for news in scene.take(scene.lines.end())] == [2, conn]
    assert scene.heard[2] == [b"last"]
    assert [effect.conn for effect in scene.effects if isinstance(effect, Close)] == [2, conn]
    scene.effects.clear()
    assert scene.take(scene.lines.handle(Opened(4, FAR, LISTENER), 0)) == []
    assert scene.effects == [Close(4)]


def test_events_by_name(scene: Scene) -> None:
    """`handle` does for each event what the method of its name does."""
    peer = scene.peers[2] = Line(ALICE, SeededEntropy("a"), 0, expects=None)
    scene.take(scene.lines.handle(Opened(2, FAR, LISTENER), 0))
    opened = scene.take(scene.lines.handle(Received(2, b"".join(peer.outgoing())), 0))
    assert opened == [LineOpened(2, ALICE.public_key, LISTENER, FAR, nobody)]
    scene.now = KEEPALIVE_CLOSE_MS
    assert [type(news) for news in scene.take(scene.lines.handle(Woken(), scene.now))] == [LineClosed]


def test_view(scene: Scene) -> None:
    """The counts are those of the moment, and all is forgotten in the end."""
    scene.join(2)
    scene.open(4)
    scene.dial(CAROL)
    view = scene.lines.view()
    assert (view.connections, view.handshakes, view.open, view.dialing) == (2, 1, 1, 1)
    for conn in (1, 2, 4):
        scene.take(scene.lines.closed(Closed(conn, "")))
    view = scene.lines.view()
    assert (view.connections, view.handshakes, view.open, view.dialing) == (0, 0, 0, 0)
    assert scene.lines.deadline() is None
