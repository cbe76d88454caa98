"""The driver over loopback, with engines of a few lines."""

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offset.base.faults import UserFault
from offset.base.instants import Instant
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
    Tell,
    Woken,
    Write,
)
from offset.shell.driver import Bounds, Driver
from offset.shell.system import monotonic_ms
from shell.toys import HOST, Toy, client, conn_of, echo, eof, running

Run = Callable[[Coroutine[Any, Any, None]], None]

MIB = 2**20
ROOMY = Bounds(write_bytes_max=256 * MIB, write_bytes_high=256 * 1024, write_bytes_low=64 * 1024)


def test_echo(run: Run) -> None:
    """Bytes come in and go out, and both ends of a connection's life are told, once."""

    async def story() -> None:
        toy = Toy(echo)
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver):
            async with client(where.port) as (reader, writer):
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                (opened,) = toy.of(Opened)
                host, port = writer.get_extra_info("sockname")
                assert opened == Opened(2, f"{host}:{port}", "door")
                writer.write(b"more")
                assert await reader.readexactly(4) == b"more"
                assert toy.received() == b"hellomore"
            (closed,) = await toy.heard(Closed)
            assert closed.conn == 2
        assert len(toy.of(Closed)) == 1

    run(story())


def test_several_listeners(run: Run) -> None:
    """Each connection bears the name of its listener and a number of its own, an even one."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        ports = [(await driver.listen(name, HOST, 0)).port for name in ("one", "two")]
        async with running(driver), client(ports[0]), client(ports[1]), client(ports[0]):
            opened = await toy.heard(Opened, 3)
            assert sorted(event.listener for event in opened) == ["one", "one", "two"]
            assert sorted(event.conn for event in opened) == [2, 4, 6]

    run(story())


def test_listen_on_ipv6(run: Run) -> None:
    """IPv6 addresses are bracketed; `::` takes IPv4 as well, under its IPv4 name."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        where = await driver.listen("door", "::", 0)
        assert str(where) == f"[::]:{where.port}"
        async with running(driver), client(where.port) as (_, writer):
            (opened,) = await toy.heard(Opened)
            assert opened.peer == f"{HOST}:{writer.get_extra_info('sockname')[1]}"

    run(story())


def test_port_in_use(run: Run) -> None:
    """A port that is taken is one clear sentence."""

    async def story() -> None:
        driver = Driver(Toy())
        where = await driver.listen("door", HOST, 0)
        with pytest.raises(UserFault, match=rf"^127\.0\.0\.1:{where.port} is in use: .*$"):
            await driver.listen("other", HOST, where.port)
        driver.stop()
        await driver.run()

    run(story())


def test_small_writes_are_not_delayed(run: Run) -> None:
    """TCP_NODELAY is on, for callers and for dialed connections."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver):
            driver.carry_out([Dial(1, str(where))])
            await toy.heard(Opened, 2)
            for port in driver._ports.values():
                sock = port._transport.get_extra_info("socket")
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(story())


def test_events_before_run_wait(run: Run) -> None:
    """A caller of an open listener is told when `run` begins, after the engine's start."""

    class Starter(Toy):
        def start(self, now: Instant) -> list[Effect]:
            assert self.events == []
            return [Tell("started", now)]

    async def story() -> None:
        told: list[Tell] = []
        toy = Starter(echo)
        driver = Driver(toy, tell=told.append, bounds=Bounds(linger_ms=20))
        where = await driver.listen("door", HOST, 0)
        async with client(where.port) as (reader, writer):
            writer.write(b"early")
            while not driver._ports:  # until the driver has accepted
                await asyncio.sleep(0)
            assert toy.events == []
            async with running(driver):
                assert await reader.readexactly(5) == b"early"
        assert [tell.topic for tell in told] == ["started"]

    run(story())


# Close


def test_close_flushes(run: Run) -> None:
    """All that was written before a Close arrives, though the peer sends what nobody reads; then the end."""
    size = 4 * MIB

    async def story() -> None:
        def react(event: Event) -> list[Effect]:
            match event:
                case Received(conn):
                    return [Write(conn, bytes(size)), Close(conn), Write(conn, b"too late")]
                case _:
                    return []

        toy = Toy(react)
        driver = Driver(toy, bounds=ROOMY)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
            writer.write(bytes(200_000))  # more than one read, so that some of it is left when we close
            assert await eof(reader) == bytes(size)
            writer.close()
            await toy.heard(Closed)
        assert len(toy.of(Received)) == 1
        assert len(toy.of(Closed)) == 1

    run(story())


def test_close_is_bounded(run: Run) -> None:
    """A peer that takes nothing cannot hold a closed connection open."""

    async def story() -> None:
        toy = Toy()
        bounds = Bounds(write_bytes_max=256 * MIB, linger_ms=20, close_ms=100)
        driver = Driver(toy, bounds=bounds)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, _):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, bytes(64 * MIB)), Close(conn)])
            await toy.heard(Closed)

    run(story())


def test_close_does_not_wait_for_the_peer(run: Run) -> None:
    """A peer that got everything but does not close is cut off after a moment."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy, bounds=Bounds(linger_ms=20))
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, b"bye"), Close(conn)])
            assert await eof(reader) == b"bye"
            assert len(await toy.heard(Closed)) == 1

    run(story())


def test_close_of_a_paused_connection(run: Run) -> None:
    """A connection from which we do not read can be closed like any other."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
            conn = await conn_of(toy)
            driver.carry_out([Pause(conn), Write(conn, b"bye"), Close(conn), Close(conn), Pause(conn)])
            assert await eof(reader) == b"bye"
            writer.close()
            await toy.heard(Closed)

    run(story())


def test_effects_for_unknown_connections(run: Run) -> None:
    """An effect for a connection that is over, or never was, does nothing."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        async with running(driver):
            driver.carry_out([Write(8, b"x"), Close(8), Pause(8), Resume(8)])
            driver.wake()
            await toy.heard(Woken, 2)
        assert all(isinstance(event, Woken) for event in toy.events)

    run(story())


def test_peer_resets(run: Run) -> None:
    """A connection that the peer resets is told as Closed, once."""

    async def story() -> None:
        toy = Toy(echo)
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver):
            with socket.create_connection(where) as sock:
                await toy.heard(Opened)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close means reset
            (closed,) = await toy.heard(Closed)
            assert closed.reason

    run(story())


# Flow


def test_back_pressure(run: Run) -> None:
    """Beyond the high mark the engine hears Congested, and Drained when the peer has read on."""
    size = 16 * MIB

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy, bounds=ROOMY)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, bytes(size))])
            assert await toy.heard(Congested) == [Congested(conn)]
            assert toy.of(Drained) == []
            assert len(await reader.readexactly(size)) == size
            assert await toy.heard(Drained) == [Drained(conn)]
        assert len(toy.of(Congested)) == 1

    run(story())


def test_pause_and_resume(run: Run) -> None:
    """While a connection is paused its bytes wait, and the peer comes to feel it; then all of them come."""
    size = 32 * MIB

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (_, writer):
            conn = await conn_of(toy)
            driver.carry_out([Pause(conn), Pause(conn)])
            writer.write(bytes(size))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await writer.drain()
            assert toy.received() == b""
            driver.carry_out([Resume(conn), Resume(conn)])
            await writer.drain()
            assert len(await toy.heard_bytes(size)) == size

    run(story())


def test_stalled_reader_is_aborted(run: Run) -> None:
    """A peer that takes none of our bytes for WRITE_STALL_MS is cut off, even below the high mark (W7)."""

    async def story() -> None:
        toy = Toy()
        bounds = Bounds(write_bytes_max=256 * MIB, write_bytes_high=200 * MIB, write_stall_ms=200)
        driver = Driver(toy, bounds=bounds)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer), client(where.port) as (idle, _):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            opened = await toy.heard(Opened, 2)
            name = writer.get_extra_info("sockname")
            conn = next(event.conn for event in opened if event.peer == f"{HOST}:{name[1]}")
            driver.carry_out([Write(conn, bytes(64 * MIB))])
            (closed,) = await toy.heard(Closed)
            assert (closed.conn, closed.reason) == (conn, "the peer took nothing for 200 ms")
            assert not idle.at_eof()
        assert toy.of(Congested) == []

    run(story())


def test_too_much_waits(run: Run) -> None:
    """More bytes than the bound may never wait for one peer: it is cut off."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy, bounds=Bounds(write_bytes_max=MIB))
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, _):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, bytes(64 * MIB))])
            (closed,) = await toy.heard(Closed)
            assert closed.reason == f"more than {MIB} bytes wait for the peer"

    run(story())


def test_callers_beyond_the_descriptors(run: Run) -> None:
    """When descriptors are scarce, callers are turned away and served again when there is room (W5)."""

    async def story() -> None:
        toy = Toy(echo)
        driver = Driver(toy)
        driver._ports_max = 1
        where = await driver.listen("door", HOST, 0)
        async with running(driver):
            async with client(where.port) as (reader, writer):
                writer.write(b"a")
                assert await reader.readexactly(1) == b"a"
                async with client(where.port) as (refused, _):
                    assert await eof(refused) == b""
                writer.write(b"b")
                assert await reader.readexactly(1) == b"b"
            await toy.heard(Closed)
            async with client(where.port) as (reader, writer):
                writer.write(b"c")
                assert await reader.readexactly(1) == b"c"
        assert len(toy.of(Opened)) == 2

    run(story())


def test_accept_that_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no descriptor left accepting fails; lines that stand go on, and newcomers are served afterwards."""
    monkeypatch.setattr(asyncio.constants, "ACCEPT_RETRY_DELAY", 0.01)  # type: ignore[attr-defined]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def story() -> None:
        toy, failed = Toy(echo), asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.set())
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
            await conn_of(toy)
            with socket.socket() as late:
                late.setblocking(False)
                free = os.dup(late.fileno())
                os.close(free)
                resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
                try:
                    with pytest.raises(OSError, match="Too many open files"):
                        socket.socket()
                    await asyncio.get_running_loop().sock_connect(late, (HOST, where.port))
                    # One loop takes the caller to turn it away, the other one tells that it could not.
                    gone = asyncio.create_task(asyncio.get_running_loop().sock_recv(late, 1))
                    told = asyncio.create_task(failed.wait())
                    await asyncio.wait((gone, told), return_when=asyncio.FIRST_COMPLETED)
                    writer.write(b"a")
                    assert await reader.readexactly(1) == b"a"
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                for task in (gone, told):
                    task.cancel()
                await asyncio.gather(gone, told, return_exceptions=True)
            async with client(where.port) as (newcomer, its_writer):
                its_writer.write(b"b")
                assert await newcomer.readexactly(1) == b"b"

    run(story())


# Time


def test_woken_at_the_deadline(run: Run) -> None:
    """The engine is woken at its deadline, not before, also when it comes nearer meanwhile."""

    async def story() -> None:
        rings: list[Instant] = []

        def react(event: Event) -> list[Effect]:
            if isinstance(event, Woken) and toy.wake_at is not None:
                now = monotonic_ms()
                if now >= toy.wake_at:
                    rings.append(now - toy.wake_at)
                    toy.wake_at = now + 10 if len(rings) < 5 else None
            return []

        toy = Toy(react)
        driver = Driver(toy)
        async with running(driver):
            toy.wake_at = monotonic_ms() + 60_000
            driver.wake()
            toy.wake_at = monotonic_ms() + 10
            driver.wake()
            while len(rings) < 5:
                await toy.heard(Woken, len(toy.of(Woken)) + 1)
        assert len(toy.of(Woken)) == 8  # run, two by hand, five deadlines

    run(story())


def test_deadline_in_the_past_does_not_spin(run: Run) -> None:
    """An engine that leaves its deadline in the past is woken again and again, but the loop lives."""

    async def story() -> None:
        toy = Toy()
        toy.wake_at = monotonic_ms() - 1000
        driver = Driver(toy)
        async with running(driver):
            begin = monotonic_ms()
            await toy.heard(Woken, 10)
            assert monotonic_ms() - begin >= 5

    run(story())


# Failure


def test_engine_fails(run: Run) -> None:
    """An engine that raises stops the driver with its error, and nothing stays open."""

    async def story() -> None:
        def react(event: Event) -> list[Effect]:
            if isinstance(event, Received):
                raise ZeroDivisionError("ours")
            return []

        toy = Toy(react)
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer), client(where.port) as (other, _):
            writer.write(b"bad")
            assert await eof(reader) == b""
            assert await eof(other) == b""
            with pytest.raises(ZeroDivisionError, match="ours"):
                await task
            driver.wake()
            driver.stop()
        with pytest.raises(OSError):
            await asyncio.open_connection(HOST, where.port)

    run(story())


def test_nothing_is_sent_after_a_failure(run: Run) -> None:
    """What was written in the turn that failed is not sent."""

    async def story() -> None:
        def tell(_: Tell) -> None:
            raise ZeroDivisionError("ours")

        toy = Toy()
        driver = Driver(toy, tell=tell)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, b"never"), Tell("news", ""), Write(conn, b"never")])
            assert await eof(reader) == b""
            with pytest.raises(ZeroDivisionError):
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
        driver = Driver(toy, bounds=ROOMY)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
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
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
            await toy.heard(Opened)
            driver.stop()
            assert await reader.readexactly(8) == b"stopping"
            with pytest.raises(OSError):
                await asyncio.open_connection(HOST, where.port)
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
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
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
        driver = Driver(toy, bounds=Bounds(drain_ms=50, stop_ms=50))
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port):
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
        driver = Driver(toy, bounds=ROOMY)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
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
        driver = Driver(toy)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, _):
            await toy.heard(Opened)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await eof(reader) == b""

    run(story())
