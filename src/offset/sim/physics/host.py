"""One engine in the virtual world: its clock, connections and disk. It can die, and start again."""

from __future__ import annotations

from collections.abc import Callable

from offset.base.ids import Conn
from offset.base.instants import Instant, Millis
from offset.engine.surface import (
    Close,
    Closed,
    Dial,
    Effect,
    Engine,
    Event,
    Pause,
    Persist,
    Persisted,
    Resume,
    Startable,
    Stop,
    Tell,
    Woken,
    Write,
)
from offset.sim.physics.disk import Disk
from offset.sim.physics.network import End, VirtualNetwork
from offset.sim.physics.rng import Rng
from offset.sim.physics.violation import Violation
from offset.sim.physics.world import World

Make = Callable[["Host"], Engine]
Watch = Callable[["Host", list[Effect]], None]

CLOCK_STARTS_MIN: Instant = 3_600_000
"""So that a clock that stands still for a while does not come to show less than nothing."""


class Clock:
    """The clock of one machine: it starts anywhere, and runs a little fast or slow."""

    def __init__(self, world: World, start: Instant, drift_ppm: int) -> None:
        self._world, self._start, self._drift = world, start, drift_ppm

    def now(self) -> Instant:
        """What it shows."""
        now = self._world.now
        return self._start + now + now * self._drift // 1_000_000

    def stand_still(self, span: Millis) -> None:
        """It did not count the last while, as that of a machine that was suspended."""
        self._start -= span

    def world_at(self, instant: Instant) -> Instant:
        """When it will show that, in virtual time."""
        at = (instant - self._start) * 1_000_000 // (1_000_000 + self._drift)
        while self._start + at + at * self._drift // 1_000_000 < instant:
            at += 1
        return at


class Host:
    """An engine with its body.

    A test that strikes at one exact moment derives from it: every event passes `feed`, every effect `perform`, and
    the end of a commit `durable`.
    """

    def __init__(
        self,
        world: World,
        network: VirtualNetwork,
        name: str,
        make: Make,
        *,
        site: str = "",
        addresses: dict[str, str] | None = None,
        has_disk: bool = False,
        drift_ppm: int = 0,
    ) -> None:
        """`make` builds the engine for each life; `addresses` maps its listeners to where they are dialed."""
        self.world, self.network, self.name = world, network, name
        self.site = site or name
        self.number = len(network.listeners) % 200 + 1
        self.rng = world.rng.fork(name)
        self.disk = Disk(world, self.rng.fork("disk"), self.durable, self.die) if has_disk else None
        self.ends: dict[Conn, End] = {}
        self.dialing: dict[Conn, None] = {}
        self.life = 0
        self.is_alive = False
        self.asleep_until: Instant = 0
        self.is_wanted = True
        """Whether it is to be started again when it dies."""
        self.on_tell: Callable[[Tell], None] = lambda _: None
        self.on_start: Callable[[], None] = lambda: None
        self.watch: Watch | None = None
        self.engine: Engine
        self.clock = self._new_clock(drift_ppm)
        self.deaths: list[str] = []
        self._drift = drift_ppm
        self._make = make
        self._next_conn = 2
        self._events: list[Event] = []
        self._is_busy = False
        self._wake_at: Instant | None = None
        for listener, address in (addresses or {}).items():
            network.listeners[address] = (self, listener)

    # Life

    def start(self) -> None:
        """Begin a life, from the durable rows if there is a disk."""
        if self.is_alive:
            return
        self.life += 1
        self.is_alive = True
        self._next_conn = 2
        self._events, self._wake_at = [], None
        self.clock = self._new_clock(self._drift)
        self.engine = self._make(self)
        if isinstance(self.engine, Startable):
            self._is_busy = True
            effects = self.engine.start(self.clock.now())
            self.carry_out(effects)
            if self.watch is not None:
                self.watch(self, effects)
            self._is_busy = False
        self.feed(Woken())
        self.on_start()

    def die(self, reason: str, back_after: Millis | None = None) -> None:
        """Stop as by SIGKILL; start again after a while, if somebody wants it to live."""
        if not self.is_alive:
            return
        self.world.note(f"{self.name} stops: {reason}")
        self.deaths.append(reason)
        self.is_alive = False
        self.life += 1
        self._events, self.asleep_until = [], 0
        if self.disk is not None:
            self.disk.lose_unwritten()
        self.network.died(self)
        if self.is_wanted:
            wait = self.rng.between(200, 20_000) if back_after is None else back_after
            life = self.life
            self.world.after(wait, lambda: self.start() if self.life == life else None)

    def sleep(self, span: Millis, *, is_counted: bool) -> None:
        """Do nothing for a while, then everything at once: a stopped process, or a machine with its lid shut.

        Whether the clock counts the while differs from system to system.
        """
        if self.is_alive and not self.asleep_until:
            self.asleep_until = self.world.now + span
            life = self.life
            self.world.after(span, lambda: self._wake_up(life, 0 if is_counted else span))

    def _wake_up(self, life: int, uncounted: Millis) -> None:
        if life == self.life:
            self.asleep_until, self._wake_at = 0, None
            self.clock.stand_still(uncounted)
            self.feed(Woken())

    def _new_clock(self, drift_ppm: int) -> Clock:
        return Clock(self.world, CLOCK_STARTS_MIN + self.rng.below(1_000_000), drift_ppm)

    # Events

    def new_conn(self) -> Conn:
        """The number of a caller's connection."""
        self._next_conn += 2
        return Conn(self._next_conn - 2)

    def feed_conn(self, life: int, end: End, event: Event) -> None:
        """An event of a connection, if it is still there."""
        if life == self.life and self.ends.get(end.conn) is end:
            self.feed(event)

    def feed(self, event: Event) -> None:
        """Give the engine an event, now or when it is done with the present one."""
        if not self.is_alive:
            return
        self._events.append(event)
        if self._is_busy or self.asleep_until > self.world.now:
            return
        self._is_busy = True
        try:
            while self._events and self.is_alive:
                self._handle(self._events.pop(0))
        finally:
            self._is_busy = False
        self._plan_wake()

    def _handle(self, event: Event) -> None:
        world = self.world
        world.mark(f"{self.name} {type(event).__name__} {len(getattr(event, 'data', b''))}")
        try:
            effects = self.engine.handle(event, self.clock.now())
        except Violation:
            raise
        except Exception as error:
            raise Violation("I12", f"{self.name} failed at {type(event).__name__}: {error!r}") from error
        self.carry_out(effects)
        if self.watch is not None:
            self.watch(self, effects)

    def _plan_wake(self) -> None:
        if not self.is_alive:
            return
        deadline = self.engine.deadline()
        if deadline is None:
            return
        at = max(self.clock.world_at(deadline), self.world.now)
        if self._wake_at is None or at < self._wake_at:
            self._wake_at = at
            life = self.life
            self.world.at(at, lambda: self._wake(life, at))

    def _wake(self, life: int, at: Instant) -> None:
        if life != self.life or self._wake_at != at:
            return
        self._wake_at = None
        deadline = self.engine.deadline()
        if deadline is not None and deadline <= self.clock.now():
            self.feed(Woken())
        else:
            self._plan_wake()

    def durable(self, number: int) -> None:
        """The disk has made all commits up to this one durable; the engine does not know it yet."""
        self.feed(Persisted(number))

    # Effects

    def carry_out(self, effects: list[Effect]) -> None:
        """Do what the engine wants, in order, for as long as the host lives."""
        for effect in effects:
            if not self.is_alive:
                return
            self.perform(effect)

    def perform(self, effect: Effect) -> None:
        """Do one thing that the engine wants."""
        match effect:
            case Write(conn, data):
                if conn in self.ends:
                    self.network.write(self.ends[conn], data)
            case Persist(number, changes):
                assert self.disk is not None, "an engine that commits needs a disk"
                self.disk.commit(number, changes)
            case Dial(conn, address):
                self.network.dial(self, conn, address)
            case Close(conn):
                self._close(conn)
            case Pause(conn) | Resume(conn):
                if conn in self.ends:
                    self.network.pause(self.ends[conn], isinstance(effect, Pause))
            case Tell():
                self.on_tell(effect)
            case Stop(reason):
                self.is_wanted = False
                self.die(reason)

    def _close(self, conn: Conn) -> None:
        if conn in self.dialing:
            del self.dialing[conn]
            self._events.append(Closed(conn, "the dial was given up"))
        elif conn in self.ends:
            self.network.close(self.ends[conn])


def identity_seed(name: str) -> bytes:
    """The secret of the identity of this name, always the same."""
    return Rng(f"identity of {name}").bytes(32)
