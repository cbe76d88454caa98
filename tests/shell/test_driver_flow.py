"""How the driver closes connections, and what it does with peers that read slowly or not at all."""

import asyncio
import os
import resource
import socket

import pytest

from offset.engine.surface import (
    Close,
    Closed,
    Congested,
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
from offset.shell.driver import Bounds, Driver
from shell.conftest import Run
from shell.toys import HOST, MIB, ROOMY, Toy, client, conn_of, echo, eof, running, serving

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
        async with serving(toy, bounds=ROOMY) as (_, port), client(port) as (reader, writer):
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
        async with serving(toy, bounds=bounds) as (driver, port), client(port) as (reader, _):
            reader._transport.pause_reading()  # type: ignore[attr-defined]
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, bytes(64 * MIB)), Close(conn)])
            await toy.heard(Closed)

    run(story())


def test_close_does_not_wait_for_the_peer(run: Run) -> None:
    """A peer that got everything but does not close is cut off after a moment."""

    async def story() -> None:
        toy = Toy()
        async with serving(toy, bounds=Bounds(linger_ms=20)) as (driver, port), client(port) as (reader, _):
            conn = await conn_of(toy)
            driver.carry_out([Write(conn, b"bye"), Close(conn)])
            assert await eof(reader) == b"bye"
            assert len(await toy.heard(Closed)) == 1

    run(story())


def test_close_of_a_paused_connection(run: Run) -> None:
    """A connection from which we do not read can be closed like any other."""

    async def story() -> None:
        toy = Toy()
        async with serving(toy) as (driver, port), client(port) as (reader, writer):
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
        async with serving(toy) as (_, port):
            with socket.create_connection((HOST, port)) as sock:
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
        async with serving(toy, bounds=ROOMY) as (driver, port), client(port) as (reader, _):
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
        async with serving(toy) as (driver, port), client(port) as (_, writer):
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
        async with (
            serving(toy, bounds=bounds) as (driver, port),
            client(port) as (reader, writer),
            client(port) as (idle, _),
        ):
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
        async with (
            serving(toy, bounds=Bounds(write_bytes_max=MIB)) as (driver, port),
            client(port) as (reader, _),
        ):
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
        async with serving(toy) as (_, port), client(port) as (reader, writer):
            await conn_of(toy)
            with socket.socket() as late:
                late.setblocking(False)
                free = os.dup(late.fileno())
                os.close(free)
                resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
                try:
                    with pytest.raises(OSError, match="Too many open files"):
                        socket.socket()
                    await asyncio.get_running_loop().sock_connect(late, (HOST, port))
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
            async with client(port) as (newcomer, its_writer):
                its_writer.write(b"b")
                assert await newcomer.readexactly(1) == b"b"

    run(story())
