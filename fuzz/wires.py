"""Stands in for the lines of an engine: no handshake, no encryption; the script says what comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fuzz.shelf import Shelf
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.core.funder.records import Key, Record
from offset.engine.line_events import (
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
    Owner,
)
from offset.engine.lines import LinesView
from offset.engine.surface import (
    Congested,
    Conn,
    Dial,
    Drained,
    Effect,
    Event,
    Pause,
    Persist,
    Persisted,
    Resume,
    Tell,
    Woken,
)

TWICE = 64
"""In the argument of a message."""


class News(Event):
    """What real lines would have made of an event of the driver."""

    news: list[LineEvent]


class Wires:
    """All lines of one engine, as `engine.lines.Lines` shows them to it."""

    def __init__(self, listeners: Mapping[str, Owner]) -> None:
        self.listeners = listeners
        self.owners: dict[Conn, Owner] = {}
        self.dialing: dict[Conn, PublicKey] = {}
        self.open: dict[Conn, PublicKey] = {}
        self.sent: list[tuple[Conn, bytes]] = []
        self._next_dial, self._next_call = 1, 2
        self._effects: list[Effect] = []

    def handle(self, event: Event, now: Instant) -> list[LineEvent]:
        match event:
            case News():
                return event.news
            case Congested(conn) if conn in self.open:
                return [LineCongested(conn, self.owners[conn])]
            case Drained(conn) if conn in self.open:
                return [LineDrained(conn, self.owners[conn])]
            case _:
                return []

    def dial(
        self, address: str, expects: PublicKey, owner: Owner, now: Instant, *, public_only: bool = False
    ) -> Conn:
        conn, self._next_dial = self._next_dial, self._next_dial + 2
        self.dialing[conn], self.owners[conn] = expects, owner
        self._effects.append(Dial(conn, address))
        return conn

    def send(self, conn: Conn, message: bytes, now: Instant) -> None:
        assert isinstance(message, bytes)
        assert conn not in self.dialing, "said before the handshake"
        if conn in self.open:
            self.sent.append((conn, message))

    def hangup(self, conn: Conn) -> None:
        self.dialing.pop(conn, None)
        self.open.pop(conn, None)

    def pause(self, conn: Conn) -> None:
        if conn in self.open:
            self._effects.append(Pause(conn))

    def resume(self, conn: Conn, now: Instant) -> None:
        if conn in self.open:
            self._effects.append(Resume(conn))

    def is_open(self, conn: Conn) -> bool:
        return conn in self.open

    def take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def deadline(self) -> Instant | None:
        return None

    def view(self) -> LinesView:
        return LinesView(len(self.open), 0, len(self.open), len(self.dialing), {})

    # What the script does

    def answer_dial(self, arg: int) -> LineEvent | None:
        """A dial comes to its end, well."""
        if not self.dialing:
            return None
        conn = list(self.dialing)[arg % len(self.dialing)]
        key = self.open[conn] = self.dialing.pop(conn)
        return LineOpened(conn, key, "", "there:1", self.owners[conn])

    def call(self, key: PublicKey, listener: str) -> LineOpened:
        """Somebody comes."""
        conn, self._next_call = self._next_call, self._next_call + 2
        self.open[conn] = key
        owner = self.owners[conn] = self.listeners[listener]
        return LineOpened(conn, key, listener, f"{len(key)}.2.3.4:5", owner)

    def message(self, arg: int, data: bytes) -> LineEvent | None:
        """One of those who are there says something."""
        conn = self.pick(arg)
        return None if conn is None else LineMessage(conn, data, self.owners[conn])

    def close(self, arg: int) -> LineEvent | None:
        """A line or a dial ends."""
        known = [*self.open, *self.dialing]
        if not known:
            return None
        conn = known[arg % len(known)]
        was_open = conn in self.open
        self.hangup(conn)
        return LineClosed(conn, "it ended", was_open, self.owners[conn])

    def pick(self, arg: int) -> Conn | None:
        return list(self.open)[arg % len(self.open)] if self.open else None


class Stage:
    """An engine on wires, and its driver: a clock, commits that take their time."""

    def __init__(self, engine: Any, shelf: Shelf | None = None, now: Instant = 1_000_000) -> None:
        self.engine, self.shelf, self.now = engine, shelf, now
        self.wires = Wires(engine._loop.lines._listeners)
        engine._loop.lines = self.wires
        self.rows: dict[Key, Record] = {}
        self.told: list[Any] = []
        self._uncommitted: list[int] = []

    def start(self) -> None:
        self.carry_out(self.engine.start(self.now))

    def feed(self, event: Event) -> None:
        self.carry_out(self.engine.handle(event, self.now))

    def feed_news(self, *news: LineEvent | None) -> None:
        """What lines say at once; messages that came in one piece are told together, wherever the first one leads."""
        self.feed(News([one for one in news if one is not None]))

    def call(self, key: PublicKey, listener: str, said: bytes) -> None:
        """Somebody comes, perhaps with a message in one piece with the end of the handshake."""
        opened = self.wires.call(key, listener)
        self.feed_news(opened, LineMessage(opened.conn, said, opened.owner) if said else None)

    def message(self, arg: int, data: bytes) -> None:
        """One of those who are there says something, perhaps twice in one piece."""
        message = self.wires.message(arg, data)
        self.feed_news(message, message if arg & TWICE else None)

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Persist():
                    self._write(effect)
                case Tell():
                    self.told.append(effect)
                case Dial() if ":" not in effect.address:  # the driver cannot dial it
                    if self.wires.dialing.pop(effect.conn, None) is not None:
                        owner = self.wires.owners[effect.conn]
                        self.feed_news(LineClosed(effect.conn, "an address without a port", False, owner))

    def _write(self, commit: Persist) -> None:
        for key, record in commit.changes.items():
            assert record is None or record.key() == key
            if record is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = record
        if self.shelf is not None:
            self.shelf.write(commit.changes)
        self._uncommitted.append(commit.number)

    def flow(self, arg: int) -> None:
        """A line is slow for a while."""
        conn = self.wires.pick(arg >> 1)
        if conn is not None:
            self.feed(Congested(conn) if arg & 1 else Drained(conn))

    def commit(self) -> None:
        """What was written is durable now."""
        if self._uncommitted:
            number, self._uncommitted = self._uncommitted[-1], []
            self.feed(Persisted(number))

    def settle(self) -> None:
        for _ in range(100):
            if not self._uncommitted:
                return
            self.commit()
        raise AssertionError("the commits never end")

    def wake(self, arg: int) -> None:
        """Time passes: to the deadline of the engine, or a little beyond it."""
        deadline = self.engine.deadline()
        if deadline is not None:
            self.now = max(self.now, deadline) + (arg * 1000 if arg > 200 else 0)
        self.feed(Woken())
