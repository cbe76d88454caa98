"""Whole engines joined by a virtual network, on a virtual clock: no sockets, no disk, no sleep."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from offset.base.entropy import SeededEntropy
from offset.crypto.identity import Identity
from offset.engine.surface import (
    Close,
    Closed,
    Dial,
    Effect,
    Engine,
    Event,
    Opened,
    Persist,
    Persisted,
    Received,
    Tell,
    Woken,
    Write,
)

DELAY_MS = 1
COMMIT_MS = 1


def identity_of(name: str) -> Identity:
    """The identity of this name, always the same."""
    return Identity(SeededEntropy(f"identity of {name}").bytes(32))


class Host:
    """One engine, its connections, and the rows that it made durable."""

    def __init__(self, world: World, name: str, engine: Engine) -> None:
        self.world, self.name, self.engine = world, name, engine
        self.pipes: dict[int, tuple[Host, int]] = {}
        self.next_conn = 2
        self.rows: dict[Any, Any] = {}
        self.told: list[Tell] = []
        self.is_alive = True
        self.on_tell: Callable[[Tell], None] = self.told.append

    def feed(self, event: Event) -> None:
        """Give the engine an event now, and carry out what it wants."""
        if self.is_alive:
            self.carry_out(self.engine.handle(event, self.world.now))

    def carry_out(self, effects: list[Effect]) -> None:
        """Do what the engine wants; everything takes a moment."""
        for effect in effects:
            match effect:
                case Write():
                    self._write(effect)
                case Dial():
                    self.world.after(DELAY_MS, lambda effect=effect: self._dial(effect))
                case Close():
                    self.world.after(DELAY_MS, lambda conn=effect.conn: self.cut(conn, "closed"))
                case Persist():
                    self.world.after(COMMIT_MS, lambda effect=effect: self._commit(effect))
                case Tell():
                    self.on_tell(effect)

    def cut(self, conn: int, reason: str) -> None:
        """End a connection; both ends hear of it."""
        other = self.pipes.pop(conn, None)
        if other is not None:
            host, far = other
            self.feed(Closed(conn, reason))
            self.world.after(DELAY_MS, lambda: host.lose(far))

    def lose(self, conn: int) -> None:
        """The other end is gone."""
        if self.pipes.pop(conn, None) is not None:
            self.feed(Closed(conn, "the peer closed"))

    def die(self) -> None:
        """Stop as by SIGKILL: only durable rows remain."""
        self.is_alive = False
        for conn in list(self.pipes):
            host, far = self.pipes.pop(conn)
            self.world.after(DELAY_MS, lambda host=host, far=far: host.lose(far))

    def _write(self, effect: Write) -> None:
        if effect.conn in self.pipes:
            host, far = self.pipes[effect.conn]
            data = effect.data
            self.world.after(DELAY_MS, lambda: far in host.pipes and host.take(Received(far, data)))

    def take(self, event: Received) -> None:
        """Bytes arrive."""
        self.feed(event)

    def _dial(self, effect: Dial) -> None:
        if not self.is_alive:
            return
        target = self.world.listeners.get(effect.address)
        if target is None or not target[0].is_alive:
            self.feed(Closed(effect.conn, "refused"))
            return
        host, listener = target
        far, host.next_conn = host.next_conn, host.next_conn + 2
        self.pipes[effect.conn], host.pipes[far] = (host, far), (self, effect.conn)
        host.feed(Opened(far, "127.0.0.1:1", listener))
        self.feed(Opened(effect.conn, effect.address, ""))

    def _commit(self, effect: Persist) -> None:
        if not self.is_alive:
            return
        for key, record in effect.changes.items():
            if record is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = record
        self.durable(effect)

    def durable(self, effect: Persist) -> None:
        """A commit is done."""
        self.feed(Persisted(effect.number))


class World:
    """Hosts, addresses, and time."""

    def __init__(self, host_class: Callable[[World, str, Engine], Host] = Host) -> None:
        self._host_class = host_class
        self.now = 0
        self.hosts: dict[str, Host] = {}
        self.listeners: dict[str, tuple[Host, str]] = {}
        self._todo: list[tuple[int, int, Callable[[], object]]] = []
        self._count = 0

    def add(self, name: str, engine: Engine, **addresses: str) -> Host:
        """Start an engine; `addresses` maps its listeners to where they can be dialed."""
        host = self._host_class(self, name, engine)
        self.hosts[name] = host
        for listener, address in addresses.items():
            self.listeners[address] = (host, listener)
        start = getattr(engine, "start", None)
        if start is not None:
            host.carry_out(start(self.now))
        host.feed(Woken())
        return host

    def after(self, delay: int, act: Callable[[], object]) -> None:
        """Do this later, in the order in which it was asked for."""
        self._count += 1
        heapq.heappush(self._todo, (self.now + delay, self._count, act))

    def run(self, until: Callable[[], bool], within_ms: int = 60_000) -> None:
        """Let time pass until this is true. Fails when it does not become true in time."""
        end = self.now + within_ms
        while not until():
            due = [(host.engine.deadline(), host) for host in self.hosts.values() if host.is_alive]
            woken = min(
                ((at, host) for at, host in due if at is not None), default=None, key=lambda item: item[0]
            )
            next_todo = self._todo[0][0] if self._todo else None
            if next_todo is None and woken is None:
                raise AssertionError("nothing will ever happen")
            if next_todo is not None and (woken is None or next_todo <= woken[0]):
                self.now, _, act = heapq.heappop(self._todo)
                act()
            else:
                assert woken is not None
                self.now = max(self.now, woken[0])
                woken[1].feed(Woken())
            assert self.now <= end, f"not within {within_ms} ms"

    def pass_ms(self, span: int) -> None:
        """Let time pass."""
        self.after(span, lambda: None)
        end = self.now + span
        self.run(lambda: self.now >= end, span + 1)
