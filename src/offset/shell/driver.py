"""The one driver of every engine: sockets, time and disk on one side, events and effects on the other.

What happens in one turn of the event loop:

    events ──► engine.handle ──► effects, carried out in order; writes wait ──► end of the turn:
    writes of each connection leave in one piece, a group commit begins, the timer is set

An engine is never entered twice: what happens while it works waits in a queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from offset.base.faults import NodeStopped
from offset.base.ids import Conn
from offset.base.instants import Instant, Millis
from offset.base.limits import ACCEPTS_PER_TURN, LISTEN_BACKLOG
from offset.engine.surface import (
    Close,
    Closed,
    Dial,
    Effect,
    Engine,
    Event,
    NetworkChanged,
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
from offset.shell.addresses import Address, listening_socket
from offset.shell.bounds import Bounds, ports_max
from offset.shell.commits import Committer, GroupCommit
from offset.shell.dialing import Dials
from offset.shell.log import log_tell
from offset.shell.ports import Port
from offset.shell.system import Clock, descriptors_max, monotonic_ms
from offset.shell.wakeup import Wakeup

if TYPE_CHECKING:
    from offset.shell.network import InterfaceWatch

__all__ = ["Bounds", "Committer", "Driver", "Stoppable"]

STALL_LOOKS = 8
"""How often a write is looked at in the time after which a stalled one is given up."""


@runtime_checkable
class Stoppable(Protocol):
    """An engine that wants to end in order (spec 02, W32)."""

    def stop(self, now: Instant) -> list[Effect]:
        """The program is to end: begin nothing new. Events go on until `is_stopped`, or for DRAIN_MS."""
        ...

    def is_stopped(self) -> bool:
        """Whether nothing is left that is worth waiting for."""
        ...


class Driver:
    """Runs one engine. Made and used in a running event loop, and only in its thread."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock = monotonic_ms,
        committer: Committer | None = None,
        tell: Callable[[Tell], None] = log_tell,
        bounds: Bounds | None = None,
        network: InterfaceWatch | None = None,
    ) -> None:
        """`committer` makes commits durable, needed if the engine commits; `tell` takes what the engine tells.

        `network` is looked at now and then for an engine that wants to hear NetworkChanged.
        """
        self._loop = asyncio.get_running_loop()
        self._engine = engine
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._commits = None if committer is None else GroupCommit(committer, self._durable, self._fail)
        self._events: deque[Event] = deque()
        self._is_busy = True
        """True until `run`: callers of an open listener wait for the engine's start."""
        self._is_deaf = False
        """True near the end: only what became durable is still heard."""
        self._turn: asyncio.Handle | None = None
        self._wakeup = Wakeup(clock, engine.deadline, self.wake)
        self._stall_timer: asyncio.TimerHandle | None = None
        self._network = network
        self._network_timer: asyncio.TimerHandle | None = None
        self._servers: list[asyncio.Server] = []
        self._next_conn = 2
        self._ports: dict[Conn, Port] = {}
        self._ports_max = ports_max(descriptors_max())
        self._unsent: list[Port] = []
        self._dials = Dials(
            lambda conn: Port(self, conn, "", self._bounds),
            lambda conn, reason: self.feed(Closed(conn, reason)),
            self._bounds.connect_ms,
        )
        self._stops = 0
        self._failure: Exception | None = None
        self._moved = asyncio.Event()
        """Set when something changed that `run` may wait for."""
        # msgspec classes are not subclassed further, so a look at the class is enough.
        self._ways: dict[type[Effect], Callable[[Any], None]] = {
            Write: self._write,
            Dial: self._dial,
            Close: self._close,
            Pause: self._pause,
            Resume: self._resume,
            Persist: self._commit,
            Tell: tell,
            Stop: self._stop_at_once,
        }

    # For programs

    async def listen(self, name: str, host: str, port: int) -> Address:
        """Take connections on an address, as those of the listener `name`; port 0 picks a free one.

        Returns where it listens. Raises UserFault when it cannot.
        """
        listening = listening_socket(Address(host, port), LISTEN_BACKLOG)
        where = Address(*listening.getsockname()[:2])
        server = await self._loop.create_server(
            lambda: self._caller(name), sock=listening, backlog=ACCEPTS_PER_TURN
        )
        # asyncio takes one number for this and for its accepts in a row.
        listening.listen(LISTEN_BACKLOG)
        self._servers.append(server)
        return where

    async def run(self) -> None:
        """Serve until `stop`. Raises what stopped it, if it was not that; no connection is left open."""
        engine = self._engine
        try:
            self._work(engine.start(self._clock()) if isinstance(engine, Startable) else [])
            self.wake()
            if self._network is not None:
                self._look_at_network(self._network)
            await self._until(lambda: self._stops > 0)
            await self._stop_in_order()
        finally:
            await self._let_go()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End `run` in order: no more callers, the commit under way, the last bytes. A second call hurries."""
        self._stops += 1
        self._moved.set()

    def wake(self) -> None:
        """Let the engine look at the time, or at what the embedding program asked of it."""
        self.feed(Woken())

    def carry_out(self, effects: list[Effect]) -> None:
        """Do what the engine returned to the embedding program, which asked it something; not for its `handle`."""
        assert not self._is_busy, "only while `run` runs, and never from inside of the engine"
        self._work(effects)

    # For ports and commits

    def feed(self, event: Event) -> None:
        """Hand an event to the engine, now or when it is done with the present one."""
        if self._failure is not None or (self._is_deaf and type(event) is not Persisted):
            return
        self._events.append(event)
        if not self._is_busy:
            self._work([])

    def admit(self, port: Port) -> bool:
        """Take a new connection; not a caller when descriptors are scarce (spec 02, W5), nor a dial given up."""
        if port.listener:
            if self._stops or len(self._ports) >= self._ports_max:
                return False
        elif not self._dials.made(port.conn):
            return False
        self._ports[port.conn] = port
        if self._stall_timer is None:
            self._look_for_stalls()
        return True

    def has_unsent(self, port: Port) -> None:
        """Flush it when this turn ends."""
        self._unsent.append(port)

    def gone(self, port: Port) -> None:
        """Its socket is closed."""
        self._ports.pop(port.conn, None)
        self._moved.set()

    # Effects

    def _work(self, effects: list[Effect]) -> None:
        """Carry out effects, and hand the engine the events that wait, those that come meanwhile too."""
        self._is_busy = True
        try:
            self._carry_out(effects)
            while self._events:
                self._carry_out(self._engine.handle(self._events.popleft(), self._clock()))
        except Exception as error:
            self._fail(error)
        finally:
            self._is_busy = False
        if self._turn is None:
            self._turn = self._loop.call_soon(self._end_turn)

    def _carry_out(self, effects: list[Effect]) -> None:
        ways = self._ways
        for effect in effects:
            ways[type(effect)](effect)

    def _write(self, effect: Write) -> None:
        port = self._ports.get(effect.conn)
        if port is not None:
            port.write(effect.data)

    def _dial(self, effect: Dial) -> None:
        self._dials.start(effect)

    def _close(self, effect: Close) -> None:
        if self._dials.give_up(effect.conn):
            self.feed(Closed(effect.conn, "the dial was given up"))
            return
        port = self._ports.get(effect.conn)
        if port is not None:
            port.close()

    def _pause(self, effect: Pause) -> None:
        port = self._ports.get(effect.conn)
        if port is not None:
            port.set_reading(False)

    def _resume(self, effect: Resume) -> None:
        port = self._ports.get(effect.conn)
        if port is not None:
            port.set_reading(True)

    def _commit(self, effect: Persist) -> None:
        assert self._commits is not None, "an engine that commits needs a committer"
        self._commits.add(effect)

    def _stop_at_once(self, effect: Stop) -> None:
        raise NodeStopped(effect.reason)

    # Connections

    def _caller(self, name: str) -> Port:
        conn = Conn(self._next_conn)
        self._next_conn += 2
        return Port(self, conn, name, self._bounds)

    def _look_for_stalls(self) -> None:
        now = self._clock()
        for port in list(self._ports.values()):
            port.look_for_stall(now)
        delay = self._bounds.write_stall_ms / STALL_LOOKS / 1000
        self._stall_timer = self._loop.call_later(delay, self._look_for_stalls) if self._ports else None

    # Turns and time

    def _look_at_network(self, network: InterfaceWatch) -> None:
        if network.has_changed():
            self.feed(NetworkChanged())
        delay = self._bounds.network_look_ms / 1000
        self._network_timer = self._loop.call_later(delay, self._look_at_network, network)

    def _end_turn(self) -> None:
        self._turn = None
        if self._failure is not None:
            return
        unsent, self._unsent = self._unsent, []
        for port in unsent:
            port.flush()
        if self._commits is not None:
            self._commits.start()
        try:
            self._wakeup.set()
        except Exception as error:
            # To set it is to ask the engine.
            self._fail(error)
        if self._stops:
            self._moved.set()

    # Commits

    def _durable(self, number: int) -> None:
        self.feed(Persisted(number))
        self._moved.set()

    # The end

    def _fail(self, error: Exception) -> None:
        """Nothing more is decided or sent: the state in memory may be ahead of the one on disk."""
        if self._failure is None:
            self._failure = error
            self._events.clear()
            for port in list(self._ports.values()):
                port.abort("the program failed")
        self._moved.set()

    async def _until(self, condition: Callable[[], bool], limit_ms: Millis | None = None) -> None:
        """Wait for a condition, a failure, or the end of the time."""
        try:
            async with asyncio.timeout(None if limit_ms is None else limit_ms / 1000):
                while not condition() and self._failure is None:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return

    async def _stop_in_order(self) -> None:
        for server in self._servers:
            server.close()
        engine = self._engine
        if isinstance(engine, Stoppable) and self._failure is None:
            self._work(engine.stop(self._clock()))
            await self._until(lambda: engine.is_stopped() or self._stops > 1, self._bounds.drain_ms)
        self._is_deaf = True
        commits = self._commits
        if commits is not None:
            await self._until(commits.is_idle)
        for port in list(self._ports.values()):
            port.close()
        await self._until(lambda: not self._ports, self._bounds.stop_ms)

    async def _let_go(self) -> None:
        """Leave nothing behind, however it ended."""
        self._is_deaf = True
        for server in self._servers:
            server.close()
        self._wakeup.stop()
        for handle in (self._turn, self._stall_timer, self._network_timer):
            if handle is not None:
                handle.cancel()
        await self._dials.give_up_all()
        for port in list(self._ports.values()):
            port.abort("the program ended")
        while self._ports:
            await asyncio.sleep(0)
        if self._commits is not None:
            try:
                self._commits.close()
            except Exception as error:
                self._fail(error)
