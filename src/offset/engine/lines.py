"""The outer lines of an engine: many encrypted lines on many connections, told apart by their numbers.

Every engine uses them in the same way: hand each event of the driver to the method of its name, act on the line
events that come back, and return `take_effects()` at the end of the step:

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        for news in self._lines.handle(event, now):
            ...                                  # LineOpened, LineMessage, LineClosed
        return self._lines.take_effects()

A fault of a peer ends its own line and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from offset.base.alarms import Alarms
from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    CONNECT_MS,
    FIRST_BYTES_MS,
    FRAME_BYTES_MAX,
    RELAY_CONNECTIONS_MAX,
    RELAY_HANDSHAKES_MAX,
    RELAY_HANDSHAKES_PER_ADDRESS_MAX,
)
from offset.base.peer_addresses import Tally, is_exempt, source_of
from offset.crypto.signer import Signer
from offset.engine.surface import (
    Close,
    Closed,
    Dial,
    Effect,
    Event,
    Opened,
    Pause,
    Received,
    Resume,
    Woken,
    Write,
)
from offset.link.stack import Line

DIALED = ""
"""The listener of a line that we dialed."""


class LineOpened(msgspec.Struct, frozen=True, gc=False):
    """The handshake is done; `remote` is the proven key. `listener` is empty for a line that we dialed."""

    conn: Conn
    remote: PublicKey
    listener: str
    peer: str


class LineMessage(msgspec.Struct, frozen=True, gc=False):
    """One message of the peer; those of a line come in order, after its LineOpened."""

    conn: Conn
    data: bytes


class LineClosed(msgspec.Struct, frozen=True, gc=False):
    """The line is over, or the dial failed; nothing follows for this number, and what is sent to it is dropped.

    Not told of a line that `hangup` ended, nor of a caller that never finished its handshake.
    """

    conn: Conn
    reason: str


LineEvent = LineOpened | LineMessage | LineClosed


class LinesView(msgspec.Struct, frozen=True):
    """Counts at one moment, and totals since the start (spec 02, W32)."""

    connections: int
    handshakes: int
    open: int
    dialing: int
    refusals: dict[str, int]
    """Callers turned away, by reason."""


@dataclass(slots=True)
class _Entry:
    line: Line
    listener: str
    peer: str
    source: str | None
    """What the peer's handshake is counted under; None when it is dialed, exempt, or done."""
    is_open: bool = False
    is_heard: bool = False
    """Whether any byte came."""


class Lines:
    """All lines of one identity.

    Alarms are kept lazily. A line's deadline moves on with every message, but its alarm stays where it is; when it
    rings too early it is set anew. That is sound because a deadline comes nearer in `Line.tick` and `Line.resume` only.
    """

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        *,
        connections_max: int = RELAY_CONNECTIONS_MAX,
        handshakes_max: int = RELAY_HANDSHAKES_MAX,
        handshakes_per_address_max: int = RELAY_HANDSHAKES_PER_ADDRESS_MAX,
        message_bytes_max: Mapping[str, int] | None = None,
    ) -> None:
        """The limits hold for callers, not for dialed lines; the one per address not for this machine's own.

        `message_bytes_max` is the largest message taken, by listener (DIALED for dialed lines); FRAME_BYTES_MAX
        where it says nothing.
        """
        self._signer = signer
        self._entropy = entropy
        self._connections_max = connections_max
        self._handshakes_max = handshakes_max
        self._handshakes_per_address_max = handshakes_per_address_max
        self._message_bytes_max = dict(message_bytes_max or {})
        self._next_dial = 1
        self._dialing: dict[Conn, PublicKey] = {}
        self._entries: dict[Conn, _Entry] = {}
        self._handshakes: dict[Conn, None] = {}  # of callers; who spoke last stands last
        self._per_source = Tally()
        self._callers: set[Conn] = set()  # until the driver says Closed: they hold a descriptor. Never walked
        self._alarms: Alarms[Conn] = Alarms()
        self._unsent: dict[Conn, Line] = {}
        self._effects: list[Effect] = []
        self._refusals: dict[str, int] = {}

    # What happened

    def handle(self, event: Event, now: Instant) -> list[LineEvent]:
        """Take any event of the driver; those that do not concern lines give nothing."""
        match event:
            case Received():
                return self.received(event, now)
            case Opened():
                return self.opened(event, now)
            case Closed():
                return self.closed(event)
            case Woken():
                return self.tick(now)
            case _:
                return []

    def opened(self, event: Opened, now: Instant) -> list[LineEvent]:
        """A connection is there: start the handshake, or turn the caller away."""
        conn = event.conn
        if event.listener == DIALED:
            expects = self._dialing.pop(conn, None)
            if expects is not None:
                self._start(conn, event, expects, None, now)
            return []
        self._callers.add(conn)
        if len(self._callers) > self._connections_max:
            return self._refuse(conn, "connections")
        source = None if is_exempt(event.peer) else source_of(event.peer)
        if source is not None and self._per_source.of(source) >= self._handshakes_per_address_max:
            return self._refuse(conn, "handshakes per address")
        if len(self._handshakes) >= self._handshakes_max:
            # Whoever has said nothing for longest gives way, so that half-open connections cannot keep
            # newcomers out (spec 02, W8).
            self._refuse(next(iter(self._handshakes)), "handshakes")
        if source is not None:
            self._per_source.add(source, 1)
        self._handshakes[conn] = None
        self._start(conn, event, None, source, now)
        self._alarms.set(conn, now + FIRST_BYTES_MS)
        return []

    def received(self, event: Received, now: Instant) -> list[LineEvent]:
        """Bytes came: the messages in them, and LineOpened before the first if the handshake is done now."""
        conn = event.conn
        entry = self._entries.get(conn)
        if entry is None:
            return []
        line = entry.line
        try:
            messages = line.receive(event.data, now)
        except PeerFault as fault:
            return self._end(conn, str(fault))
        self._unsent[conn] = line  # handshakes and rekeys answer by themselves
        if entry.is_open:
            return [LineMessage(conn, message) for message in messages]
        entry.is_heard = True
        if line.remote is None:
            if conn in self._handshakes:
                del self._handshakes[conn]
                self._handshakes[conn] = None
            return []
        entry.is_open = True
        self._leave_handshake(conn, entry)
        self._alarms.set(conn, line.deadline())
        opened = LineOpened(conn, line.remote, entry.listener, entry.peer)
        return [opened, *[LineMessage(conn, message) for message in messages]]

    def closed(self, event: Closed) -> list[LineEvent]:
        """The connection is over."""
        conn = event.conn
        self._callers.discard(conn)
        return self._forget(conn, event.reason)

    def tick(self, now: Instant) -> list[LineEvent]:
        """Do what is due: heartbeats, rekeys, and an end to what took too long."""
        out: list[LineEvent] = []
        for conn in self._alarms.pop_due(now):
            entry = self._entries.get(conn)
            if entry is None:
                out += self._end(conn, f"no connection within {CONNECT_MS} ms")
            else:
                out += self._tick_line(conn, entry, now)
        return out

    def deadline(self) -> Instant | None:
        """When `tick` may have something to do."""
        return self._alarms.first()

    # What to do

    def dial(self, address: str, expects: PublicKey, now: Instant, *, public_only: bool = False) -> Conn:
        """Open a line to the holder of `expects` at `address`; LineOpened or LineClosed will answer."""
        conn = Conn(self._next_dial)
        self._next_dial += 2
        self._dialing[conn] = expects
        self._alarms.set(conn, now + CONNECT_MS)
        self._effects.append(Dial(conn, address, public_only))
        return conn

    def send(self, conn: Conn, message: bytes, now: Instant) -> None:
        """Send one message on an open line; to a line that is over it is dropped."""
        entry = self._entries.get(conn)
        if entry is not None:
            entry.line.send(message, now)
            self._unsent[conn] = entry.line

    def hangup(self, conn: Conn) -> None:
        """End a line, or give up a dial, once what was sent is on its way. No LineClosed follows."""
        if conn in self._entries or conn in self._dialing:
            self._end(conn, "we hung up")

    def pause(self, conn: Conn) -> None:
        """Read no more from this open line for now; it does not count as silent meanwhile."""
        entry = self._entries.get(conn)
        if entry is not None:
            entry.line.pause()
            self._effects.append(Pause(conn))

    def resume(self, conn: Conn, now: Instant) -> None:
        """Read again."""
        entry = self._entries.get(conn)
        if entry is not None:
            entry.line.resume(now)
            self._alarms.set(conn, entry.line.deadline())
            self._effects.append(Resume(conn))

    def end(self) -> list[LineEvent]:
        """Hang up on everybody and take nobody new; each line closes once what was sent is on its way."""
        self._connections_max = 0
        return [news for conn in [*self._entries, *self._dialing] for news in self._end(conn, "we end")]

    def take_effects(self) -> list[Effect]:
        """What the driver is to do after this step; all bytes for one connection are one Write."""
        for conn, line in self._unsent.items():
            self._write(conn, line)
        self._unsent.clear()
        effects, self._effects = self._effects, []
        return effects

    # Questions

    def is_open(self, conn: Conn) -> bool:
        """Whether messages can be sent on it."""
        entry = self._entries.get(conn)
        return entry is not None and entry.is_open

    def view(self) -> LinesView:
        """The counts of this moment."""
        return LinesView(
            connections=len(self._callers),
            handshakes=len(self._handshakes),
            open=sum(entry.is_open for entry in self._entries.values()),
            dialing=len(self._dialing),
            refusals=dict(self._refusals),
        )

    # Inside

    def _start(
        self, conn: Conn, event: Opened, expects: PublicKey | None, source: str | None, now: Instant
    ) -> None:
        line = Line(
            self._signer,
            self._entropy,
            now,
            expects=expects,
            message_bytes_max=self._message_bytes_max.get(event.listener, FRAME_BYTES_MAX),
        )
        self._entries[conn] = _Entry(line, event.listener, event.peer, source)
        self._alarms.set(conn, line.deadline())
        self._unsent[conn] = line

    def _tick_line(self, conn: Conn, entry: _Entry, now: Instant) -> list[LineEvent]:
        if conn in self._handshakes and not entry.is_heard:
            return self._end(conn, f"nothing came within {FIRST_BYTES_MS} ms")
        if entry.line.deadline() <= now:
            try:
                entry.line.tick(now)
            except PeerFault as fault:
                return self._end(conn, str(fault))
            self._unsent[conn] = entry.line
        self._alarms.set(conn, max(entry.line.deadline(), now + 1))
        return []

    def _refuse(self, conn: Conn, reason: str) -> list[LineEvent]:
        self._refusals[reason] = self._refusals.get(reason, 0) + 1
        return self._end(conn, reason)

    def _end(self, conn: Conn, reason: str) -> list[LineEvent]:
        """Close from our side, after what was sent before."""
        line = self._unsent.pop(conn, None)
        if line is not None:
            self._write(conn, line)
        self._effects.append(Close(conn))
        return self._forget(conn, reason)

    def _forget(self, conn: Conn, reason: str) -> list[LineEvent]:
        is_dialed = self._dialing.pop(conn, None) is not None
        entry = self._entries.pop(conn, None)
        self._alarms.stop(conn)
        self._unsent.pop(conn, None)
        if entry is not None:
            self._leave_handshake(conn, entry)
            is_dialed = is_dialed or entry.listener == DIALED
        if is_dialed or (entry is not None and entry.is_open):
            return [LineClosed(conn, reason)]
        return []

    def _leave_handshake(self, conn: Conn, entry: _Entry) -> None:
        self._handshakes.pop(conn, None)
        if entry.source is not None:
            self._per_source.add(entry.source, -1)
            entry.source = None

    def _write(self, conn: Conn, line: Line) -> None:
        pieces = line.outgoing()
        if pieces:
            self._effects.append(Write(conn, pieces[0] if len(pieces) == 1 else b"".join(pieces)))
