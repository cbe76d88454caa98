"""How a driver ends: by a failure of its engine, in order, in a hurry, or cancelled."""

import asyncio

import pytest

from offset.base.faults import NodeStopped
from offset.base.instants import Instant
from offset.engine.surface import (
    Close,
    Closed,
    Dial,
    Effect,
    Event,
    Opened,
    Received,
    Stop,
    Tell,
    Write,
)
from offset.shell.driver import Bounds, Driver
from shell.conftest import Run
from shell.toys import HOST, MIB, ROOMY, Toy, client, conn_of, eof, serving, started

# Failure


def test_engine_fails(run: Run) -> None:
    """An engine that raises stops the driver with its error, and nothing stays open."""

    async def story() -> None:
        def react(event: Event) -> list[Effect]:
            if isinstance(event, Received):
                raise ZeroDivisionError("ours")
            return []

        toy = Toy(react)
        driver, port, task = await started(toy)
        async with client(port) as (reader, writer), client(port) as (other, _):
            writer.write(b"bad")
            assert await eof(reader) == b""
            assert await eof(other) == b""
            with pytest.raises(ZeroDivisionError, match="ours"):
                await task
            driver.wake()
            driver.stop()
        with pytest.raises(OSError):
            await asyncio.open_connection(HOST, port)

    run(story())


def test_nothing_is_sent_after_a_failure(run: Run) -> None:
    """What was written in the turn that failed is not sent."""

    async def story() -> None:
        def tell(_: Tell) -> None:
            raise ZeroDivisionError("ours")

        toy = Toy()
        driver, port, task = await started(toy, tell=tell)
        async with client(port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, b"never"), Tell("news", ""), Write(conn, b"never")])
            assert await eof(reader) == b""
            with pytest.raises(ZeroDivisionError):
                await task

    run(story())


def test_an_engine_that_wants_to_stop(run: Run) -> None:
    """Its reason is what stops the driver, and nothing that it says in this turn is sent."""

    async def story() -> None:
        toy = Toy()
        driver, port, task = await started(toy)
        async with client(port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, b"never"), Stop("another copy runs"), Write(conn, b"never")])
            assert await eof(reader) == b""
            with pytest.raises(NodeStopped, match="another copy runs"):
                await task

    run(story())


def test_deadline_fails(run: Run) -> None:
    """An engine that cannot say its deadline stops the driver too."""

    class Broken(Toy):
        def deadline(self) -> Instant | None:
            raise ZeroDivisionError("ours")

    async def story() -> None:
        with pytest.raises(ZeroDivisionError):
            await Driver(Broken()).run()

    run(story())


def test_start_fails(run: Run) -> None:
    """An engine that cannot start stops the driver too."""

    class Broken(Toy):
        def start(self, now: Instant) -> list[Effect]:
            raise ZeroDivisionError("ours")

    async def story() -> None:
        driver = Driver(Broken())
        await driver.listen("door", HOST, 0)
        with pytest.raises(ZeroDivisionError):
            await driver.run()

    run(story())


def test_never_entered_twice(run: Run) -> None:
    """What a step causes at once (a dial given up, a full buffer) is told after it; Toy checks that."""

    async def story() -> None:
        def react(event: Event) -> list[Effect]:
            match event:
                case Received(conn):
                    return [
                        Dial(1, f"{HOST}:9"),
                        Close(1),
                        *[Write(conn, bytes(MIB)) for _ in range(16)],
                        Close(conn),
                    ]
                case _:
                    return []

        toy = Toy(react)
        async with serving(toy, bounds=ROOMY) as (_, port), client(port) as (reader, writer):
            writer.write(b"go")
            assert len(await eof(reader)) == 16 * MIB
            writer.close()
            closed = await toy.heard(Closed, 2)
            assert [event.conn for event in closed] == [1, 2]

    run(story())


# Stop


class Draining(Toy):
    """An engine that ends when it is told to by a byte."""

    def __init__(self) -> None:
        super().__init__(self._react)
        self.is_stopping = False
        self.is_done = False

    def _react(self, event: Event) -> list[Effect]:
        if isinstance(event, Received):
            self.is_done = event.data == b"end"
            return [Write(event.conn, event.data)]
        return []

    def stop(self, now: Instant) -> list[Effect]:
        self.is_stopping = True
        return [Write(2, b"stopping")]

    def is_stopped(self) -> bool:
        return self.is_done


def test_stop_in_order(run: Run) -> None:
    """On stop nobody new gets in, those who are there are served until the engine is done, then all end."""

    async def story() -> None:
        toy = Draining()
        driver, port, task = await started(toy)
        async with client(port) as (reader, writer):
            await toy.heard(Opened)
            driver.stop()
            assert await reader.readexactly(8) == b"stopping"
            with pytest.raises(OSError):
                await asyncio.open_connection(HOST, port)
            writer.write(b"served")
            assert await reader.readexactly(6) == b"served"
            assert not task.done()
            writer.write(b"end")
            assert await eof(reader) == b"end"
            writer.close()
            await task

    run(story())


def test_second_stop_hurries(run: Run) -> None:
    """A second stop does not wait for the engine."""

    async def story() -> None:
        toy = Draining()
        driver, port, task = await started(toy)
        async with client(port) as (reader, writer):
            await toy.heard(Opened)
            driver.stop()
            assert await reader.readexactly(8) == b"stopping"
            driver.stop()
            assert await eof(reader) == b""
            writer.close()
            await task

    run(story())


def test_drain_is_bounded(run: Run) -> None:
    """An engine that never comes to rest is ended after DRAIN_MS, and a peer that never closes after STOP_MS."""

    async def story() -> None:
        toy = Draining()
        driver, port, task = await started(toy, bounds=Bounds(drain_ms=50, stop_ms=50))
        async with client(port):
            await toy.heard(Opened)
            driver.stop()
            await task
        assert toy.of(Closed) == []

    run(story())


def test_stop_flushes(run: Run) -> None:
    """What was written before the stop arrives."""
    size = 4 * MIB

    async def story() -> None:
        toy = Toy()
        driver, port, task = await started(toy, bounds=ROOMY)
        async with client(port) as (reader, writer):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, bytes(size))])
            driver.stop()
            assert len(await eof(reader)) == size
            writer.close()
            await task

    run(story())


def test_cancelled_run_leaves_nothing(run: Run) -> None:
    """A driver whose task is cancelled closes its sockets too."""

    async def story() -> None:
        toy = Toy()
        _, port, task = await started(toy)
        async with client(port) as (reader, _):
            await toy.heard(Opened)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await eof(reader) == b""

    run(story())
