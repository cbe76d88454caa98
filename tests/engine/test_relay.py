"""The engine of strelay, with clients that are single `Line`s; no sockets, and a clock of the test."""

import pytest

from link.ends import ALICE, BOB, CAROL
from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    COUNTERS_MS,
    KEEPALIVE_CLOSE_MS,
    KEEPALIVE_SEND_MS,
    RELAY_ABSENT_MS_MAX,
    RELAY_ABSENT_MS_MIN,
    RELAY_FIRST_MESSAGE_MS,
    RELAY_HALF_TUNNEL_MS,
)
from offset.core.relay import Quotas
from offset.crypto.identity import Identity
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Drained,
    Effect,
    Event,
    Opened,
    Pause,
    Received,
    Resume,
    Tell,
    Woken,
    Write,
)
from offset.link.stack import Line
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    InitConnection,
    Listen,
    RejectConnection,
)

DAVE = Identity(bytes(range(128, 160)))
RELAY = DAVE.public_key
PEER = "127.0.0.1:5000"
LISTEN, CONNECT, ACCEPT = 2, 4, 6
"""The connections of a meeting: BOB listens, ALICE connects, BOB accepts."""


class Room:
    """A relay, its clients, a clock, and all that happened."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self.engine = RelayEngine(DAVE, SeededEntropy("relay"), 0, quotas=quotas)
        self.now = 0
        self.clients: dict[int, Line] = {}
        self.heard: dict[int, list[bytes]] = {}
        self.effects: list[Effect] = []

    def feed(self, event: Event) -> None:
        self.take(self.engine.handle(event, self.now))

    def take(self, effects: list[Effect]) -> None:
        """Carry out what concerns clients; a closed connection is answered."""
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Write) and effect.conn in self.clients:
                messages = self.clients[effect.conn].receive(effect.data, self.now)
                self.heard.setdefault(effect.conn, []).extend(messages)
        for effect in effects:
            if isinstance(effect, Close):
                self.feed(Closed(effect.conn, "closed"))

    def push(self, conn: int) -> None:
        data = b"".join(self.clients[conn].outgoing())
        if data:
            self.feed(Received(conn, data))

    def join(self, conn: int, identity: Identity) -> None:
        """A client with an authenticated connection."""
        self.clients[conn] = Line(identity, SeededEntropy(f"client {conn}"), self.now, expects=RELAY)
        self.feed(Opened(conn, PEER, LISTENER))
        self.push(conn)
        assert self.clients[conn].remote == RELAY

    def say(self, conn: int, *messages: bytes) -> None:
        for message in messages:
            self.clients[conn].send(message, self.now)
        self.push(conn)

    def begin(self, conn: int, identity: Identity, wish: InitConnection) -> None:
        self.join(conn, identity)
        self.say(conn, INIT_CONNECTION.encode(wish))

    def meet(self) -> None:
        """A tunnel between CONNECT and ACCEPT."""
        self.begin(LISTEN, BOB, Listen())
        self.begin(CONNECT, ALICE, Connect(BOB.public_key))
        self.begin(ACCEPT, BOB, Accept(ALICE.public_key))
        assert self.heard[LISTEN] == [INCOMING_CONNECTION.encode(IncomingConnection(ALICE.public_key))]
        self.effects.clear()

    def wake(self, now: int) -> None:
        """Let time pass, ringing at each deadline on the way."""
        while (deadline := self.engine.deadline()) is not None and deadline <= now:
            self.now = max(self.now, deadline)
            self.feed(Woken())
        self.now = now

    def closes(self) -> list[int]:
        return [effect.conn for effect in self.effects if isinstance(effect, Close)]


@pytest.fixture
def room() -> Room:
    return Room()


def test_meeting(room: Room) -> None:
    """Two nodes meet, and what each says reaches the other, in order and unchanged."""
    room.meet()
    room.say(CONNECT, b"a1", b"", b"a3")
    room.say(ACCEPT, b"b1", b"b2")
    assert room.heard[ACCEPT] == [b"a1", b"", b"a3"]
    assert room.heard[CONNECT] == [b"b1", b"b2"]


def test_messages_in_one_piece_leave_in_one_piece(room: Room) -> None:
    """What came for a tunnel in one read leaves in one Write, and nothing else happens."""
    room.meet()
    room.say(CONNECT, *[b"x" * 400] * 20)
    assert [(type(effect), getattr(effect, "conn", None)) for effect in room.effects] == [(Write, ACCEPT)]


def test_early_message(room: Room) -> None:
    """What a node says before it is accepted arrives first (spec 02, 3.6)."""
    room.begin(LISTEN, BOB, Listen())
    room.begin(CONNECT, ALICE, Connect(BOB.public_key))
    room.say(CONNECT, b"nonce")
    room.begin(ACCEPT, BOB, Accept(ALICE.public_key))
    room.say(CONNECT, b"then")
    assert room.heard[ACCEPT] == [b"nonce", b"then"]


def test_wish_and_messages_at_once(room: Room) -> None:
    """The first message may come in one piece with the end of the handshake and with those that follow."""
    room.begin(LISTEN, BOB, Listen())
    client = room.clients[CONNECT] = Line(ALICE, SeededEntropy("a"), 0, expects=RELAY)
    opening = client.outgoing()
    # The relay's answers reach the client before the relay hears its key exchange.
    room.feed(Opened(CONNECT, PEER, LISTENER))
    room.feed(Received(CONNECT, b"".join(opening)))
    client.send(INIT_CONNECTION.encode(Connect(BOB.public_key)), 0)
    client.send(b"nonce", 0)
    room.push(CONNECT)
    room.begin(ACCEPT, BOB, Accept(ALICE.public_key))
    assert room.heard[ACCEPT] == [b"nonce"]


def test_reject(room: Room) -> None:
    """A rejected node is hung up on; the listener goes on."""
    room.begin(LISTEN, BOB, Listen())
    room.begin(CONNECT, ALICE, Connect(BOB.public_key))
    room.say(LISTEN, REJECT_CONNECTION.encode(RejectConnection(ALICE.public_key)))
    assert room.closes() == [CONNECT]


def test_last_words_pass_before_the_close(room: Room) -> None:
    """When one end closes, the other gets all that was read before it is closed (spec 02, 3.5)."""
    room.meet()
    room.say(CONNECT, b"last1", b"last2")
    room.feed(Closed(CONNECT, "gone"))
    assert room.heard[ACCEPT] == [b"last1", b"last2"]
    assert [type(effect) for effect in room.effects] == [Write, Close]
    assert room.closes() == [ACCEPT]


def test_fault_ends_one_tunnel(room: Room) -> None:
    """Nonsense on one leg closes it and its other end; the listener is told of the next one as before."""
    room.meet()
    room.feed(Received(CONNECT, bytes(7) + b"\x03abc"))
    assert sorted(room.closes()) == [CONNECT, ACCEPT]
    room.begin(8, CAROL, Connect(BOB.public_key))
    assert room.heard[LISTEN][-1] == INCOMING_CONNECTION.encode(IncomingConnection(CAROL.public_key))


def test_silent_client(room: Room) -> None:
    """A client that says nothing after its handshake is gone after RELAY_FIRST_MESSAGE_MS, others are not."""
    room.begin(LISTEN, BOB, Listen())
    room.join(4, ALICE)
    room.wake(RELAY_FIRST_MESSAGE_MS - 1)
    assert room.closes() == []
    room.wake(RELAY_FIRST_MESSAGE_MS)
    assert room.closes() == [4]


def test_nonsense_as_first_message(room: Room) -> None:
    """An undecodable wish ends the connection at once."""
    room.join(4, ALICE)
    room.say(4, b"\xff\xff\xff")
    assert room.closes() == [4]


def test_absent_listener(room: Room) -> None:
    """A connect to a key that is absent is closed after a moment, so that it looks like a reject (W19)."""
    room.begin(4, ALICE, Connect(CAROL.public_key))
    room.wake(RELAY_ABSENT_MS_MIN - 1)
    assert room.closes() == []
    room.wake(RELAY_ABSENT_MS_MAX)
    assert room.closes() == [4]


def test_unanswered(room: Room) -> None:
    """A half tunnel that nobody answers ends after RELAY_HALF_TUNNEL_MS; heartbeats go on until then."""
    room.begin(LISTEN, BOB, Listen())
    room.begin(CONNECT, ALICE, Connect(BOB.public_key))
    for second in range(1, RELAY_HALF_TUNNEL_MS // 1000):
        room.wake(second * 1000)
        for conn in (LISTEN, CONNECT):
            room.clients[conn].tick(room.now)  # raises if the relay was silent for too long
            room.push(conn)
    assert room.closes() == []
    room.wake(RELAY_HALF_TUNNEL_MS)
    assert room.closes() == [CONNECT]


def test_dead_client(room: Room) -> None:
    """A client that is silent for KEEPALIVE_CLOSE_MS is gone, and its tunnel with it."""
    room.meet()
    room.wake(KEEPALIVE_CLOSE_MS - 1)
    assert room.closes() == []
    room.wake(KEEPALIVE_CLOSE_MS)
    assert sorted(room.closes()) == [LISTEN, CONNECT, ACCEPT]


def test_back_pressure(room: Room) -> None:
    """When bytes pile up towards one end, nothing is read from the other until they are gone."""
    room.meet()
    room.feed(Congested(ACCEPT))
    assert room.effects == [Pause(CONNECT)]
    room.feed(Drained(ACCEPT))
    assert room.effects == [Pause(CONNECT), Resume(CONNECT)]


def test_events_of_strangers(room: Room) -> None:
    """Congestion of a connection that is no tunnel, or that we do not know, does nothing."""
    room.begin(LISTEN, BOB, Listen())
    room.effects.clear()
    for event in (Congested(LISTEN), Drained(LISTEN), Congested(99), Drained(99), Closed(99, "")):
        room.feed(event)
    assert room.effects == []


def test_quotas() -> None:
    """The quotas of the owner hold."""
    room = Room(Quotas(connections=1))
    room.begin(2, BOB, Listen())
    room.join(4, ALICE)
    assert room.closes() == [4]


def test_counters(room: Room) -> None:
    """The counters are told at times: lines, and what the relay did (W32)."""
    room.meet()
    room.say(CONNECT, b"12345")
    view = room.engine.view()
    lines, relay = view.lines, view.relay
    assert (lines.open, relay.tunnels, relay.messages_carried, relay.bytes_carried) == (3, 1, 1, 5)
    room.effects.clear()
    room.wake(COUNTERS_MS)
    tells = [effect for effect in room.effects if isinstance(effect, Tell)]
    assert [tell.topic for tell in tells] == ["counters"]
    room.wake(3 * COUNTERS_MS)
    assert len([effect for effect in room.effects if isinstance(effect, Tell)]) == 3


def test_w16_a_leg_that_is_not_read_is_not_silent(room: Room) -> None:
    """A leg that back-pressure pauses for longer than the close time lives; read again, it may be silent no longer."""
    room.meet()
    room.feed(Congested(ACCEPT))
    for _ in range(2 * KEEPALIVE_CLOSE_MS // KEEPALIVE_SEND_MS):
        room.wake(room.now + KEEPALIVE_SEND_MS)
        for conn in (LISTEN, ACCEPT):
            room.clients[conn].tick(room.now)
            room.push(conn)
    assert room.closes() == []
    room.feed(Drained(ACCEPT))
    room.say(CONNECT, b"still here")
    assert room.heard[ACCEPT] == [b"still here"]


def test_w16_a_fast_tunnel_is_slowed_and_loses_nothing() -> None:
    """Beyond its bucket a leg is not read; when it is back, reading goes on, and all messages have passed."""
    room = Room(Quotas(tunnel_bytes_per_second=1000, tunnel_burst_bytes=4000))
    room.meet()
    room.say(CONNECT, bytes(4000), b"under way")
    assert [type(effect) for effect in room.effects] == [Pause, Write]
    assert room.heard[ACCEPT] == [bytes(4000), b"under way"]
    room.wake(room.now + 1000)
    assert room.effects[-1] == Resume(CONNECT)


def test_w32_an_idle_relay_stops_when_its_lines_are_closed(room: Room) -> None:
    """Tunnels in which nothing waits need no time: all are hung up, and with the last Closed the relay has stopped."""
    room.meet()
    assert not room.engine.is_stopped()
    room.take(room.engine.stop(0))
    assert sorted(room.closes()) == [LISTEN, CONNECT, ACCEPT]
    assert room.engine.is_stopped()
    assert room.engine.view().relay.connections == 0


def test_w32_what_was_read_is_delivered_before_the_stop(room: Room) -> None:
    """A leg that takes its bytes slowly is closed after them (a Close comes after all Writes), and waited for."""
    room.meet()
    room.say(CONNECT, b"last words")
    room.feed(Congested(ACCEPT))
    effects = room.engine.stop(0)
    assert {effect.conn for effect in effects if isinstance(effect, Close)} == {LISTEN, CONNECT, ACCEPT}
    for conn in (LISTEN, CONNECT):
        room.feed(Closed(conn, "closed"))
    assert not room.engine.is_stopped()
    room.feed(Closed(ACCEPT, "all is taken"))
    assert room.engine.is_stopped()


def test_w32_stop_ends_handshakes_and_refuses_callers(room: Room) -> None:
    """From the stop on nobody new gets in: not who is in the handshake, nor who said nothing yet, nor who calls."""
    room.join(8, CAROL)
    room.feed(Opened(10, PEER, LISTENER))
    room.take(room.engine.stop(0))
    assert sorted(room.closes()) == [8, 10]
    room.effects.clear()
    room.feed(Opened(12, PEER, LISTENER))
    assert room.effects == [Close(12)]
    assert room.engine.is_stopped()


def test_w32_the_counters_are_told_at_the_end(room: Room) -> None:
    """The last counters show what there was before the hang-ups."""
    room.meet()
    told = [effect for effect in room.engine.stop(0) if isinstance(effect, Tell)]
    assert [(tell.topic, tell.detail.lines.open, tell.detail.relay.tunnels) for tell in told] == [
        ("counters", 3, 1)
    ]
