"""Engines and committers for the tests of the driver: they note what happens and do what they are told."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from offset.base.instants import Instant
from offset.engine.surface import Effect, Event, Opened, Persist, Persisted, Received, Write
from offset.shell.driver import Bounds, Driver

PATIENCE_SECONDS = 20.0
"""How long a test waits for what must come; it never waits so long when all is well."""
HOST = "127.0.0.1"
MIB = 2**20
ROOMY = Bounds(write_bytes_max=256 * MIB, write_bytes_high=256 * 1024, write_bytes_low=64 * 1024)
"""Bounds that let very much wait for a peer."""
E = TypeVar("E", bound=Event)


class Toy:
    """An engine that notes each event and does what `react` says."""

    def __init__(self, react: Callable[[Any], list[Effect]] | None = None) -> None:
        self.react = react or (lambda _: [])
        self.events: list[Event] = []
        self.wake_at: Instant | None = None
        self.is_inside = False
        self._news = asyncio.Event()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Note the event; being entered twice is what no driver may do."""
        assert not self.is_inside
        self.is_inside = True
        try:
            self.events.append(event)
            self._news.set()
            return self.react(event)
        finally:
            self.is_inside = False

    def deadline(self) -> Instant | None:
        return self.wake_at

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def heard(self, kind: type[E], count: int = 1) -> list[E]:
        """Wait for `count` events of one kind."""
        while len(self.of(kind)) < count:
            self._news.clear()
            await self._news.wait()
        return self.of(kind)

    def received(self) -> bytes:
        """All bytes that came."""
        return b"".join(event.data for event in self.of(Received))

    async def heard_bytes(self, count: int) -> bytes:
        """Wait for so many bytes in all."""
        while len(self.received()) < count:
            self._news.clear()
            await self._news.wait()
        return self.received()


def echo(event: Event) -> list[Effect]:
    """Give back what comes."""
    return [Write(event.conn, event.data)] if isinstance(event, Received) else []


class Careful(Toy):
    """Answers what it received only when a commit of it is durable: first remember, then speak."""

    def __init__(self) -> None:
        super().__init__(self._react)
        self.number = 0
        self.waiting: list[tuple[int, Write]] = []

    def _react(self, event: Event) -> list[Effect]:
        match event:
            case Received(conn, data):
                self.number += 1
                self.waiting.append((self.number, Write(conn, data)))
                return [Persist(self.number, {("row", self.number): data, ("last",): self.number})]
            case Persisted(number):
                out: list[Effect] = [write for at, write in self.waiting if at <= number]
                self.waiting = [entry for entry in self.waiting if entry[0] > number]
                return out
            case _:
                return []


class Disk:
    """A committer in memory, whose flush can be held."""

    def __init__(self) -> None:
        self.rows: dict[Any, Any] = {}
        self.groups: list[dict[Any, Any]] = []
        self.threads: dict[str, int] = {}
        self.flushes = 0
        self.closes = 0
        self.is_flushing = False
        self.write_error: Exception | None = None
        self.flush_error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.at_the_gate = threading.Event()

    def write(self, changes: dict[Any, Any]) -> None:
        assert not self.is_flushing
        self.threads["write"] = threading.get_ident()
        if self.write_error is not None:
            raise self.write_error
        self.groups.append(changes)

    def flush(self) -> None:
        self.is_flushing = True
        self.threads["flush"] = threading.get_ident()
        self.at_the_gate.set()
        assert self.gate.wait(PATIENCE_SECONDS)
        self.is_flushing = False
        self.flushes += 1
        if self.flush_error is not None:
            raise self.flush_error
        self.rows.update(self.groups[-1])

    def close(self) -> None:
        assert not self.is_flushing
        self.closes += 1

    async def reached(self) -> None:
        """Wait until a flush is under way."""
        await asyncio.get_running_loop().run_in_executor(None, self.at_the_gate.wait, PATIENCE_SECONDS)
        self.at_the_gate.clear()


@asynccontextmanager
async def running(driver: Driver) -> AsyncIterator[asyncio.Task[None]]:
    """The driver runs inside of the block; at its end it is stopped, and what it raised is raised."""
    task = asyncio.create_task(driver.run())
    await asyncio.sleep(0)  # it has begun
    try:
        yield task
    finally:
        driver.stop()
        await task


async def started(toy: Toy, **settings: Any) -> tuple[Driver, int, asyncio.Task[None]]:
    """A driver of the engine that listens as "door" and runs: itself, its port and its task, which the test ends."""
    driver = Driver(toy, **settings)
    where = await driver.listen("door", HOST, 0)
    return driver, where.port, asyncio.create_task(driver.run())


@asynccontextmanager
async def serving(toy: Toy, **settings: Any) -> AsyncIterator[tuple[Driver, int]]:
    """A driver of the engine that listens as "door" and runs inside of the block; itself and its port."""
    driver = Driver(toy, **settings)
    where = await driver.listen("door", HOST, 0)
    async with running(driver):
        yield driver, where.port


@asynccontextmanager
async def client(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a port of this machine."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def eof(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the end, also when the end is a reset."""
    got = b""
    try:
        while data := await reader.read(2**16):
            got += data
    except ConnectionError:
        pass
    return got


async def conn_of(toy: Toy) -> int:
    """The number of the first connection."""
    return (await toy.heard(Opened))[0].conn
