"""The driver over loopback, with engines of a few lines."""

import asyncio
import socket

import pytest

from offset.base.faults import UserFault
from offset.base.instants import Instant
from offset.engine.surface import (
    Closed,
    Dial,
    Effect,
    Event,
    Opened,
    Tell,
    Woken,
)
from offset.shell.driver import Bounds, Driver
from offset.shell.system import monotonic_ms
from shell.conftest import Run
from shell.toys import HOST, Toy, client, echo, running, serving


def test_echo(run: Run) -> None:
    """Bytes come in and go out, and both ends of a connection's life are told, once."""

    async def story() -> None:
        toy = Toy(echo)
        async with serving(toy) as (_, port):
            async with client(port) as (reader, writer):
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
        async with serving(toy) as (driver, port):
            driver.carry_out([Dial(1, f"{HOST}:{port}")])
            await toy.heard(Opened, 2)
            for line in driver._ports.values():
                sock = line._transport.get_extra_info("socket")
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
