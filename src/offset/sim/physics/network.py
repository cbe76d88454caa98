"""The virtual network: connections that delay, break, fall silent, clog and crowd, as TCP connections do.

Bytes of one connection stay in order; those of different connections overtake each other. What waits to be read
counts against its writer, who is told Congested and Drained like by the driver.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from offset.base.ids import Conn
from offset.base.instants import Instant, Millis
from offset.base.limits import WRITE_BUFFER_BYTES_MAX, WRITE_STALL_MS
from offset.engine.surface import Closed, Congested, Drained, Event, Opened, Received
from offset.sim.physics.rng import Rng
from offset.sim.physics.world import World

DIAL_GIVEN_UP_MS: Millis = 8000


@dataclass
class Weather:
    """How this network behaves; the seed draws it."""

    delay_min: Millis = 1
    delay_max: Millis = 20
    high_bytes: int = 256 * 1024
    low_bytes: int = 64 * 1024
    cut_percent: int = 5
    """How often bytes arrive in two pieces."""


class Station(Protocol):
    """What the network needs to know of whoever sits at one end of its connections (host.py)."""

    site: str
    """The machine: those on the same one reach each other at once."""
    number: int
    """Of its address."""
    life: int
    is_alive: bool
    asleep_until: Instant
    ends: dict[Conn, End]
    dialing: dict[Conn, None]

    def new_conn(self) -> Conn:
        """The number of a caller's connection."""
        ...

    def feed(self, event: Event) -> None:
        """Take an event."""
        ...

    def feed_conn(self, life: int, end: End, event: Event) -> None:
        """Take an event of a connection, if that is still there in the same life."""
        ...


@dataclass(eq=False)
class End:
    """One end of a connection, with the bytes on their way to it."""

    host: Station
    conn: Conn
    far: End | None = None
    coming: deque[tuple[Instant, bytes | None]] = field(default_factory=deque)
    """When what arrives; None is the end of the stream."""
    unread: int = 0
    last_at: Instant = 0
    is_paused: bool = False
    is_waiting: bool = False
    """Whether a delivery is planned."""
    is_congested: bool = False
    is_silent: bool = False
    """Half open: nothing arrives any more, and nobody is told."""
    stall_at: Instant | None = None
    is_closing: bool = False


class VirtualNetwork:
    """Addresses, connections, and what is wrong with them at the moment."""

    def __init__(self, world: World, weather: Weather, rng: Rng) -> None:
        self.world, self.weather, self._rng = world, weather, rng
        self.listeners: dict[str, tuple[Station, str]] = {}
        self.is_healed = False
        self.clogged: dict[str, Instant] = {}
        self.slow: dict[str, Instant] = {}
        self.apart: dict[tuple[str, str], Instant] = {}
        self.bytes_carried = 0
        self.counts: dict[str, int] = {}

    # What is wrong

    def clog(self, host: str, until: Instant) -> None:
        """Nothing arrives at or leaves this host for a while; connections live on."""
        # A swizzle may still have had this one before it.
        if not self.is_healed:
            self.clogged[host] = max(until, self.clogged.get(host, 0))

    def slow_down(self, host: str, until: Instant) -> None:
        """This host reads slowly for a while."""
        self.slow[host] = max(until, self.slow.get(host, 0))

    def part(self, left: str, right: str, until: Instant) -> None:
        """These two cannot reach each other for a while."""
        self.apart[left, right] = self.apart[right, left] = until

    def heal(self) -> None:
        """All is well from now on."""
        self.is_healed = True
        self.clogged.clear()
        self.slow.clear()
        self.apart.clear()

    def held_until(self, left: Station, right: Station) -> Instant:
        """Until when nothing passes between these two; a moment past if it passes."""
        return max(
            self.clogged.get(left.site, 0),
            self.clogged.get(right.site, 0),
            self.apart.get((left.site, right.site), 0),
        )

    # Connections

    def delay(self, left: Station, right: Station) -> Millis:
        """How long bytes take this time."""
        if left.site == right.site:
            return 1
        return self._rng.between(self.weather.delay_min, self.weather.delay_max)

    def dial(self, host: Station, conn: Conn, address: str) -> None:
        """Try to connect; the host hears Opened or Closed."""
        life = host.life
        host.dialing[conn] = None
        target = self.listeners.get(address)
        if target is None:
            self.world.after(2, lambda: self._dial_failed(host, life, conn, "no such host"))
            return
        there, listener = target
        held = self.held_until(host, there)
        if held > self.world.now + DIAL_GIVEN_UP_MS:
            self.world.after(DIAL_GIVEN_UP_MS, lambda: self._dial_failed(host, life, conn, "no answer"))
            return
        at = max(held, self.world.now) + self.delay(host, there)
        self.world.at(at, lambda: self._dialed(host, life, conn, there, listener, address))

    def _dial_failed(self, host: Station, life: int, conn: Conn, reason: str) -> None:
        if host.life == life and host.dialing.pop(conn, 0) is None:
            host.feed(Closed(conn, reason))

    def _dialed(
        self, host: Station, life: int, conn: Conn, there: Station, listener: str, address: str
    ) -> None:
        if host.life != life or conn not in host.dialing:
            return
        if not there.is_alive:
            self._dial_failed(host, life, conn, "refused")
            return
        del host.dialing[conn]
        near, far = End(host, conn), End(there, there.new_conn())
        near.far, far.far = far, near
        host.ends[conn], there.ends[far.conn] = near, far
        there.feed(Opened(far.conn, f"10.0.0.{host.number}:9", listener))
        if host.life == life and conn in host.ends:
            host.feed(Opened(conn, address, ""))

    def write(self, end: End, data: bytes) -> None:
        """Send bytes."""
        far = end.far
        if far is None or end.is_closing:
            return
        self.bytes_carried += len(data)
        self._put(end, far, data)
        far.unread += len(data)
        if far.unread > WRITE_BUFFER_BYTES_MAX:
            self.reset(end, "too much waits to be sent")
        elif far.unread > self.weather.high_bytes and not end.is_congested:
            end.is_congested = True
            self.counts["congested"] = self.counts.get("congested", 0) + 1
            life = end.host.life
            self.world.after(0, lambda: end.host.feed_conn(life, end, Congested(end.conn)))
            self._watch(end)

    def close(self, end: End) -> None:
        """End a connection after what was written."""
        if end.is_closing:
            return
        end.is_closing = True
        if end.far is not None:
            self._put(end, end.far, None)
        life = end.host.life
        self.world.after(1, lambda: self._gone(end, life, "closed"))

    def reset(self, end: End, reason: str) -> None:
        """Both ends lose the connection, and the bytes on their way."""
        for one in (end, end.far):
            if one is not None:
                one.coming.clear()
                life = one.host.life
                self.world.after(1, partial(self._gone, one, life, reason))
        if end.far is not None:
            end.far.far = None
        end.far = None

    def fall_silent(self, end: End) -> None:
        """A half-open connection: neither end hears of the other again."""
        for one in (end, end.far):
            if one is not None:
                one.is_silent = True
                self._watch(one)

    def died(self, host: Station) -> None:
        """A host stopped: its peers hear of it when the network lets them."""
        for end in host.ends.values():
            if end.far is not None:
                self._put(end, end.far, None)
                end.far.far = None
        host.ends.clear()
        host.dialing.clear()

    def pause(self, end: End, is_paused: bool) -> None:
        """Stop reading, or go on."""
        end.is_paused = is_paused
        self._plan(end)

    # Inside

    def _put(self, end: End, far: End, data: bytes | None) -> None:
        at = max(self.world.now + self.delay(end.host, far.host), far.last_at)
        far.last_at = at
        far.coming.append((at, data))
        self._plan(far)

    def _plan(self, end: End) -> None:
        if end.coming and not (end.is_waiting or end.is_paused or end.is_silent):
            end.is_waiting = True
            self.world.at(end.coming[0][0], lambda: self._deliver(end))

    def _deliver(self, end: End) -> None:
        end.is_waiting = False
        host = end.host
        if host.ends.get(end.conn) is not end or end.is_paused or end.is_silent or not end.coming:
            return
        if end.far is not None:
            held = max(self.held_until(host, end.far.host), host.asleep_until)
            if held > self.world.now:
                end.is_waiting = True
                self.world.at(held, lambda: self._deliver(end))
                return
        _, data = end.coming.popleft()
        if data is None:
            self._gone(end, host.life, "the peer closed")
            return
        if self.slow.get(host.site, 0) > self.world.now and end.coming:
            at, more = end.coming[0]
            end.coming[0] = (max(at, self.world.now + 300), more)
        if len(data) > 1 and self._rng.percent(self.weather.cut_percent):
            cut = self._rng.between(1, len(data) - 1)
            end.coming.appendleft((self.world.now, data[cut:]))
            data = data[:cut]
        end.unread -= len(data)
        end.stall_at = None
        writer = end.far
        if writer is not None and writer.is_congested and end.unread < self.weather.low_bytes:
            writer.is_congested = False
            life = writer.host.life
            self.world.after(0, lambda: writer.host.feed_conn(life, writer, Drained(writer.conn)))
        self._plan(end)
        host.feed(Received(end.conn, data))

    def _gone(self, end: End, life: int, reason: str) -> None:
        host = end.host
        if host.life != life or host.ends.get(end.conn) is not end:
            return
        del host.ends[end.conn]
        if not end.is_closing and end.far is not None and reason != "the peer closed":
            end.far.far = None
        host.feed(Closed(end.conn, reason))
        if reason == "the peer closed":
            end.far = None

    def _watch(self, end: End) -> None:
        """A write that makes no progress ends its connection, as the driver would."""
        far = end.far
        if far is None:
            return
        mine = far.stall_at = self.world.now + WRITE_STALL_MS
        life = end.host.life

        def look() -> None:
            if end.host.life != life or end.host.ends.get(end.conn) is not end:
                return
            if far.unread and far.stall_at == mine:
                self._gone(end, life, "a write stalled")
            elif end.is_congested or far.is_silent:
                self._watch(end)

        self.world.after(WRITE_STALL_MS, look)
