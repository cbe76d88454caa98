"""One side of some lines, and the peers that talk with it."""

from collections.abc import Iterable

from link.ends import ALICE, BOB
from offset.base.entropy import SeededEntropy
from offset.crypto.identity import Identity
from offset.engine.line_events import DIALED, LineEvent
from offset.engine.lines import Lines
from offset.engine.surface import (
    Close,
    Effect,
    Opened,
    Received,
    Write,
)
from offset.link.stack import Line

LISTENER = "door"
FAR = "192.0.2.1:5000"
OTHER = "192.0.2.2:5000"
LOCAL = "127.0.0.1:5000"
BEGUN = 2
"""Pieces of a handshake: version and nonce, so that the key exchange is missing."""


def nobody(news: LineEvent) -> None:
    """The owner of all these lines: `Lines` names it and never calls it."""
    raise AssertionError(news)


class Scene:
    """BOB's lines, the peers at their other ends, a clock, and all that happened."""

    def __init__(
        self, lines: Lines | None = None, listeners: Iterable[str] = (LISTENER, "small", "large")
    ) -> None:
        self.lines = lines or Lines(BOB, SeededEntropy("bob"))
        for listener in listeners:
            self.lines.listen(listener, nobody)
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
        conn = self.lines.dial("relay.example:1", expects.public_key, nobody, self.now)
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
