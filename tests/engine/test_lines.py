"""Many lines of one engine: handshakes, messages, limits, time. The peers are single `Line`s."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.ends import ALICE, BOB, CAROL
from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    CONNECT_MS,
    FIRST_BYTES_MS,
    HANDSHAKE_MS,
    KEEPALIVE_CLOSE_MS,
    KEEPALIVE_SEND_MS,
    REKEY_MS,
    RELAY_HANDSHAKES_MAX,
    RELAY_HANDSHAKES_PER_ADDRESS_MAX,
)
from offset.crypto.identity import Identity
from offset.engine.lines import (
    DIALED,
    LineClosed,
    LineEvent,
    LineMessage,
    LineOpened,
    Lines,
)
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Dial,
    Effect,
    Opened,
    Pause,
    Received,
    Resume,
    Woken,
    Write,
)
from offset.link.stack import Line

LISTENER = "door"
FAR = "192.0.2.1:5000"
OTHER = "192.0.2.2:5000"
LOCAL = "127.0.0.1:5000"
BEGUN = 2
"""Pieces of a handshake: version and nonce, so that the key exchange is missing."""


class Scene:
    """BOB's lines, the peers at their other ends, a clock, and all that happened."""

    def __init__(self, lines: Lines | None = None) -> None:
        self.lines = lines or Lines(BOB, SeededEntropy("bob"))
        self.now = 0
        self.peers: dict[int, Line] = {}
        self.held: dict[int, list[bytes]] = {}  # said by a peer and not delivered yet
        self.heard: dict[int, list[bytes]] = {}
        self.effects: list[Effect] = []
        self.news: list[LineEvent] = []

    def take(self, news: list[LineEvent]) -> list[LineEvent]:
        """Note the line events of a step and give its bytes to the peers."""
        self.news += news
        effects = self.lines.take_effects()
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Write) and effect.conn in self.peers:
                peer = self.peers[effect.conn]
                self.heard.setdefault(effect.conn, []).extend(peer.receive(effect.data, self.now))
        return news

    def open(self, conn: int, identity: Identity = ALICE, peer: str = FAR, listener: str = LISTENER) -> None:
        """A caller connects, and says nothing yet."""
        self.peers[conn] = Line(identity, SeededEntropy(f"peer {conn}"), self.now, expects=BOB.public_key)
        self.take(self.lines.opened(Opened(conn, peer, listener), self.now))

    def push(self, conn: int, pieces: int | None = None) -> list[LineEvent]:
        """Deliver what a peer has to say, all of it or the first pieces."""
        held = self.held.pop(conn, []) + self.peers[conn].outgoing()
        count = len(held) if pieces is None else pieces
        data, self.held[conn] = b"".join(held[:count]), held[count:]
        return self.take(self.lines.received(Received(conn, data), self.now)) if data else []

    def join(self, conn: int, identity: Identity = ALICE, peer: str = FAR, listener: str = LISTENER) -> None:
        """A caller connects and finishes the handshake."""
        self.open(conn, identity, peer, listener)
        self.push(conn)
        assert self.lines.is_open(conn)

    def say(self, conn: int, *messages: bytes) -> list[LineEvent]:
        """A peer sends messages, in one piece."""
        for message in messages:
            self.peers[conn].send(message, self.now)
        return self.push(conn)

    def dial(self, expects: Identity) -> int:
        """Dial, and take the effect."""
        conn = self.lines.dial("relay.example:1", expects.public_key, self.now)
        self.take([])
        return conn

    def answer(self, conn: int, identity: Identity) -> None:
        """A dial succeeds, and `identity` is there."""
        self.peers[conn] = Line(identity, SeededEntropy(f"peer {conn}"), self.now, expects=None)
        self.take(self.lines.opened(Opened(conn, FAR, DIALED), self.now))
        self.push(conn)

    def wake(self, now: int) -> list[LineEvent]:
        """Let time pass, ringing at each deadline on the way."""
        news: list[LineEvent] = []
        while (deadline := self.lines.deadline()) is not None and deadline <= now:
            assert deadline >= self.now
            self.now = deadline
            news += self.take(self.lines.tick(deadline))
        self.now = now
        return news

    def closes(self) -> list[int]:
        return [effect.conn for effect in self.effects if isinstance(effect, Close)]

    def writes(self, conn: int) -> list[Write]:
        return [effect for effect in self.effects if isinstance(effect, Write) and effect.conn == conn]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_caller_opens(scene: Scene) -> None:
    """A caller that proves its key is told once, with its key, listener and address."""
    scene.join(2)
    assert scene.news == [LineOpened(2, ALICE.public_key, LISTENER, FAR)]


def test_messages_both_ways(scene: Scene) -> None:
    """Messages arrive in order on both sides, empty ones too."""
    scene.join(2)
    assert scene.say(2, b"one", b"", b"three") == [
        LineMessage(2, b"one"),
        LineMessage(2, b""),
        LineMessage(2, b"three"),
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
    assert scene.push(2) == [LineOpened(2, ALICE.public_key, LISTENER, FAR), LineMessage(2, b"early")]


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
    assert scene.say(4, b"still here") == [LineMessage(4, b"still here")]
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
    assert scene.say(4, b"still here") == [LineMessage(4, b"still here")]


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
    assert scene.take(scene.lines.closed(Closed(2, "reset by peer"))) == [LineClosed(2, "reset by peer")]
    assert not scene.lines.is_open(2)
    assert scene.closes() == []


def test_dial(scene: Scene) -> None:
    """A dial has an odd number and opens when the peer proves the expected key."""
    first, second = scene.dial(ALICE), scene.dial(CAROL)
    assert (first, second) == (1, 3)
    assert scene.effects == [Dial(1, "relay.example:1"), Dial(3, "relay.example:1")]
    scene.answer(3, CAROL)
    assert scene.news == [LineOpened(3, CAROL.public_key, DIALED, FAR)]
    assert scene.say(3, b"hi") == [LineMessage(3, b"hi")]


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
    assert scene.take(scene.lines.closed(Closed(1, "refused"))) == [LineClosed(1, "refused")]
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
    assert scene.say(2, b"under way") == [LineMessage(2, b"under way")]
    assert scene.wake(2 * KEEPALIVE_CLOSE_MS) == []


def test_end(scene: Scene) -> None:
    """At the end all lines and dials are closed after what was sent, and callers are turned away."""
    scene.join(2)
    conn = scene.lines.dial("far:1", BOB.public_key, 0)
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
    assert opened == [LineOpened(2, ALICE.public_key, LISTENER, FAR)]
    scene.now = KEEPALIVE_CLOSE_MS
    assert [type(news) for news in scene.take(scene.lines.handle(Woken(), scene.now))] == [LineClosed]


# Time


def test_silent_caller(scene: Scene) -> None:
    """A caller that sends no byte is gone after FIRST_BYTES_MS."""
    scene.open(2)
    scene.wake(FIRST_BYTES_MS - 1)
    assert scene.closes() == []
    scene.wake(FIRST_BYTES_MS)
    assert scene.closes() == [2]


def test_slow_handshake(scene: Scene) -> None:
    """A caller that began but did not finish is gone after HANDSHAKE_MS."""
    scene.open(2)
    scene.push(2, BEGUN)
    scene.wake(HANDSHAKE_MS - 1)
    assert scene.closes() == []
    scene.wake(HANDSHAKE_MS)
    assert scene.closes() == [2]
    assert scene.news == []


def test_heartbeats(scene: Scene) -> None:
    """An idle line gets a heartbeat every KEEPALIVE_SEND_MS, counted from the last thing sent."""
    scene.join(2)
    scene.effects.clear()
    scene.wake(10_000)
    scene.lines.send(2, b"something", 10_000)
    scene.take([])
    scene.wake(10_000 + KEEPALIVE_SEND_MS - 1)
    assert len(scene.writes(2)) == 1
    scene.wake(10_000 + KEEPALIVE_SEND_MS)
    assert len(scene.writes(2)) == 2
    assert scene.heard[2] == [b"something"]


def test_silence_ends_a_line(scene: Scene) -> None:
    """A peer silent for KEEPALIVE_CLOSE_MS is gone, counted from the last message."""
    scene.join(2)
    scene.wake(20_000)
    scene.say(2, b"I live")
    assert scene.wake(20_000 + KEEPALIVE_CLOSE_MS - 1) == []
    (closed,) = scene.wake(20_000 + KEEPALIVE_CLOSE_MS)
    assert isinstance(closed, LineClosed)
    assert scene.closes() == [2]


def test_rekey_is_carried(scene: Scene) -> None:
    """Over hours both sides change keys, and messages still pass."""
    scene.join(2)
    for hour in range(1, 4):
        end = hour * (REKEY_MS + 60_000)
        while scene.now < end:
            scene.wake(min(end, scene.now + KEEPALIVE_SEND_MS))
            scene.peers[2].tick(scene.now)
            scene.push(2)
        assert scene.say(2, b"up") == [LineMessage(2, b"up")]
        scene.lines.send(2, b"down", scene.now)
        scene.take([])
    assert scene.heard[2] == [b"down"] * 3


def test_deadlines_cost_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message looks at no other line, however many there are."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1000))
    for conn in range(2, 402, 2):
        scene.join(conn)
    asked: list[Line] = []
    true_deadline = Line.deadline

    def deadline(line: Line) -> int:
        asked.append(line)
        return true_deadline(line)

    monkeypatch.setattr(Line, "deadline", deadline)
    scene.say(2, b"hello")
    scene.lines.send(2, b"hello", 0)
    scene.take([])
    assert scene.lines.deadline() is not None
    assert len(asked) <= 1


def test_many_lines_keep_their_deadlines() -> None:
    """Of many lines each gets its heartbeat in time, though alarms are set lazily."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1000))
    for conn in range(2, 102, 2):
        scene.now = conn * 37
        scene.join(conn)
    last = {conn: conn * 37 for conn in scene.peers}
    for at in range(10_000, 25_000, 1000):
        scene.effects.clear()
        scene.wake(at)
        for effect in scene.effects:
            if isinstance(effect, Write):
                last[effect.conn] = at  # at the latest
        assert all(at - last[conn] < KEEPALIVE_SEND_MS + 1000 for conn in last)
    assert all(at > conn * 37 for conn, at in last.items())


# Limits


def test_connections_max() -> None:
    """One caller too many is closed at once; a place is free when the driver says Closed, not before."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), connections_max=2))
    scene.join(2)
    scene.join(4, CAROL)
    scene.open(6)
    assert scene.closes() == [6]
    assert scene.writes(6) == []
    scene.take(scene.lines.closed(Closed(6, "")))
    scene.lines.hangup(2)
    scene.take([])
    scene.open(8)
    assert scene.closes() == [6, 2, 8]
    scene.take(scene.lines.closed(Closed(8, "")))
    scene.take(scene.lines.closed(Closed(2, "")))
    scene.join(10)
    assert scene.lines.view().refusals == {"connections": 2}


def test_handshakes_per_address() -> None:
    """One address may have so many handshakes at once; a finished one does not count, nor another address."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=2))
    scene.join(2)
    scene.open(4, peer="192.0.2.1:1")
    scene.open(6, peer="192.0.2.1:2")
    scene.open(8, peer="192.0.2.1:3")
    scene.open(10, peer=OTHER)
    assert scene.closes() == [8]
    scene.take(scene.lines.closed(Closed(4, "")))
    scene.open(12, peer="192.0.2.1:4")
    assert scene.closes() == [8]


def test_default_handshakes_per_address(scene: Scene) -> None:
    """RELAY_HANDSHAKES_PER_ADDRESS_MAX callers of one address may be in their handshakes, one more is closed."""
    conns = list(range(2, 2 * RELAY_HANDSHAKES_PER_ADDRESS_MAX + 2, 2))
    for conn in conns:
        scene.open(conn)
    assert scene.closes() == []
    scene.open(100)
    assert scene.closes() == [100]
    for conn in conns:
        scene.push(conn)
        assert scene.lines.is_open(conn)


def test_default_handshakes(scene: Scene) -> None:
    """RELAY_HANDSHAKES_MAX callers may be in their handshakes; one more takes the place of the longest silent."""
    for number in range(RELAY_HANDSHAKES_MAX):
        scene.open(2 + 2 * number, peer=f"192.0.{number // 256}.{number % 256}:1")
    assert scene.closes() == []
    scene.join(10_000, CAROL, peer="198.51.100.1:1")
    assert scene.closes() == [2]


def test_handshakes_per_network() -> None:
    """The IPv6 addresses of one /64 count as one."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1))
    scene.open(2, peer="[2001:db8::1]:1")
    scene.open(4, peer="[2001:db8::2]:1")
    scene.open(6, peer="[2001:db8:0:1::1]:1")
    assert scene.closes() == [4]


def test_loopback_is_exempt() -> None:
    """The limit per address does not hold for this machine's own connections."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_per_address_max=1))
    for conn in (2, 4, 6):
        scene.open(conn, peer=LOCAL)
    assert scene.closes() == []


def test_newcomer_displaces_the_longest_silent() -> None:
    """When all places of handshakes are taken, whoever said nothing for longest gives way (spec 02, W8)."""
    scene = Scene(Lines(BOB, SeededEntropy("bob"), handshakes_max=3))
    for conn in (2, 4, 6):
        scene.open(conn)
    scene.push(2, BEGUN)
    scene.join(8, CAROL)
    assert scene.closes() == [4]
    scene.push(2)
    assert [news for news in scene.news if isinstance(news, LineOpened) and news.conn == 2]


def test_size_by_listener() -> None:
    """The largest message is that of the listener; what is larger ends the line."""
    sizes = {"small": 1000, DIALED: 2000}
    scene = Scene(Lines(BOB, SeededEntropy("bob"), message_bytes_max=sizes))
    scene.join(2, listener="small")
    scene.join(4, CAROL, listener="large")
    scene.dial(ALICE)
    scene.answer(1, ALICE)
    assert scene.say(2, bytes(1000)) == [LineMessage(2, bytes(1000))]
    assert [type(news) for news in scene.say(2, bytes(1001))] == [LineClosed]
    assert scene.say(1, bytes(2000)) == [LineMessage(1, bytes(2000))]
    assert [type(news) for news in scene.say(1, bytes(2001))] == [LineClosed]
    assert scene.say(4, bytes(100_000)) == [LineMessage(4, bytes(100_000))]


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
