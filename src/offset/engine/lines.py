"""The outer lines of an engine: many encrypted lines on many connections, told apart by their numbers.

                 Opened          the peer proves its key             Closed, a fault, hangup, too late
    (nothing) ─────────► shaking hands ─────────► open ────────────────────────────────► (forgotten)
        └── dial ──► dialing ──┘ (Opened)              LineOpened before the first LineMessage, LineClosed at the end

Each line belongs to one owner, for its whole life: whoever dialed it says to whom, a caller's line belongs to the
owner of its listener. What happens on a line is told to that owner alone (`loop.py` does it); so nobody keeps a list
of lines that are not its own, and a core never hears of a line of another core.

Invariants:

- A connection is dialing, has an entry, or is unknown; of an unknown one every event is ignored, and what is sent to
  it is dropped. So late news, which the driver cannot avoid, does no harm.
- Nothing is told of a line before its LineOpened nor after its LineClosed, and nothing at all after `hangup`.
- What was sent before a line ends leaves before its Close.
- A fault of a peer ends its own line and nothing else.
- Alarms are kept lazily. A line's deadline moves on with every message, but its alarm stays where it is; when it
  rings too early it is set anew. That is sound because a deadline comes nearer in `Line.tick` and `Line.resume` only.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from offset.crypto.signer import Signer
from offset.engine.callers import Callers
from offset.engine.line_events import (
    DIALED,
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
    Owner,
)
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Dial,
    Drained,
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


class LinesView(msgspec.Struct, frozen=True):
    """Counts at one moment, and totals since the start (spec 02, W32)."""

    connections: int
    handshakes: int
    open: int
    dialing: int
    refusals: dict[str, int]
    """Callers turned away, by reason."""


class _Entry:
    __slots__ = ("is_heard", "is_open", "line", "listener", "owner", "peer")

    def __init__(self, line: Line, listener: str, peer: str, owner: Owner) -> None:
        self.line, self.listener, self.peer, self.owner = line, listener, peer, owner
        self.is_open = False
        self.is_heard = False
        """Whether any byte came."""


class Lines:
    """All lines of one identity."""

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
        self._message_bytes_max = dict(message_bytes_max or {})
        self._listeners: dict[str, Owner] = {}
        self._callers = Callers(
            connections_max=connections_max,
            handshakes_max=handshakes_max,
            handshakes_per_address_max=handshakes_per_address_max,
        )
        self._next_dial = 1
        self._dialing: dict[Conn, tuple[PublicKey, Owner, Signer]] = {}
        self._entries: dict[Conn, _Entry] = {}
        self._alarms: Alarms[Conn] = Alarms()
        self._unsent: dict[Conn, Line] = {}
        self._effects: list[Effect] = []

    def listen(self, listener: str, owner: Owner) -> None:
        """The lines of this listener's callers belong to `owner`. Said once, before anybody comes."""
        assert listener != DIALED
        assert listener not in self._listeners, "a listener has one owner"
        self._listeners[listener] = owner

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
            case Congested():
                entry = self._entries.get(event.conn)
                return [] if entry is None else [LineCongested(event.conn, entry.owner)]
            case Drained():
                entry = self._entries.get(event.conn)
                return [] if entry is None else [LineDrained(event.conn, entry.owner)]
            case _:
                return []

    def opened(self, event: Opened, now: Instant) -> list[LineEvent]:
        """A connection is there: start the handshake, or turn the caller away."""
        conn = event.conn
        if event.listener == DIALED:
            dialed = self._dialing.pop(conn, None)
            if dialed is not None:
                self._start(event, *dialed, now)
            return []
        reason = self._callers.arrived(conn, event.peer)
        if reason is not None:
            return self._refuse(conn, reason)
        longest_silent = self._callers.to_give_way()
        if longest_silent is not None:
            self._refuse(longest_silent, "handshakes")
        self._callers.begin(conn, event.peer)
        self._start(event, None, self._listeners[event.listener], self._signer, now)
        self._alarms.set(conn, now + FIRST_BYTES_MS)
        return []

    def received(self, event: Received, now: Instant) -> list[LineEvent]:
        """Bytes came: the messages in them, and LineOpened before the first if the handshake is done now."""
        conn = event.conn
        entry = self._entries.get(conn)
        if entry is None:
            return []
        line, owner = entry.line, entry.owner
        try:
            messages = line.receive(event.data, now)
        except PeerFault as fault:
            return self._end(conn, str(fault))
        # Handshakes and rekeys answer by themselves.
        self._unsent[conn] = line
        if entry.is_open:
            return [LineMessage(conn, message, owner) for message in messages]
        entry.is_heard = True
        if line.remote is None:
            assert not messages, "nobody speaks before its key is proved"
            self._callers.spoke(conn)
            return []
        entry.is_open = True
        self._callers.finish(conn)
        self._alarms.set(conn, line.deadline())
        opened = LineOpened(conn, line.remote, entry.listener, entry.peer, owner)
        return [opened, *[LineMessage(conn, message, owner) for message in messages]]

    def closed(self, event: Closed) -> list[LineEvent]:
        """The connection is over."""
        self._callers.closed(event.conn)
        return self._forget(event.conn, event.reason)

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

    def dial(
        self,
        address: str,
        expects: PublicKey,
        owner: Owner,
        now: Instant,
        *,
        public_only: bool = False,
        speaker: Signer | None = None,
    ) -> Conn:
        """Open a line to the holder of `expects` at `address`; LineOpened or LineClosed will answer `owner`.

        `speaker`: whom to be on it; None: the identity of all other lines.
        """
        conn = Conn(self._next_dial)
        self._next_dial += 2
        self._dialing[conn] = expects, owner, speaker or self._signer
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
        self._callers.admit_no_more()
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
            handshakes=self._callers.handshakes,
            open=sum(entry.is_open for entry in self._entries.values()),
            dialing=len(self._dialing),
            refusals=self._callers.refusals,
        )

    # Inside

    def _start(
        self, event: Opened, expects: PublicKey | None, owner: Owner, speaker: Signer, now: Instant
    ) -> None:
        conn = event.conn
        assert conn not in self._entries, "a connection is opened once, and has one owner"
        line = Line(
            speaker,
            self._entropy,
            now,
            expects=expects,
            message_bytes_max=self._message_bytes_max.get(event.listener, FRAME_BYTES_MAX),
        )
        self._entries[conn] = _Entry(line, event.listener, event.peer, owner)
        self._alarms.set(conn, line.deadline())
        self._unsent[conn] = line

    def _tick_line(self, conn: Conn, entry: _Entry, now: Instant) -> list[LineEvent]:
        if self._callers.is_new(conn) and not entry.is_heard:
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
        self._callers.count_refusal(reason)
        return self._end(conn, reason)

    def _end(self, conn: Conn, reason: str) -> list[LineEvent]:
        """Close from our side, after what was sent before."""
        line = self._unsent.pop(conn, None)
        if line is not None:
            self._write(conn, line)
        self._effects.append(Close(conn))
        return self._forget(conn, reason)

    def _forget(self, conn: Conn, reason: str) -> list[LineEvent]:
        _, dialer, _ = self._dialing.pop(conn, (None, None, None))
        entry = self._entries.pop(conn, None)
        self._alarms.stop(conn)
        self._unsent.pop(conn, None)
        self._callers.finish(conn)
        if entry is None:
            return [] if dialer is None else [LineClosed(conn, reason, was_open=False, owner=dialer)]
        if entry.is_open or entry.listener == DIALED:
            return [LineClosed(conn, reason, entry.is_open, entry.owner)]
        return []

    def _write(self, conn: Conn, line: Line) -> None:
        pieces = line.outgoing()
        if pieces:
            self._effects.append(Write(conn, pieces[0] if len(pieces) == 1 else b"".join(pieces)))
