"""Dials: names, several addresses, time limits, and how they fail."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offset.engine.surface import Close, Closed, Dial, Opened
from offset.shell import dialing
from offset.shell.addresses import Address
from offset.shell.dialing import Dials, SocketName, open_socket
from offset.shell.driver import Bounds, Driver
from offset.shell.resolving import Lookups
from shell.toys import HOST, Toy, echo, running

Run = Callable[[Coroutine[Any, Any, None]], None]

DEAD, ALIVE, REFUSING = (HOST, 1), (HOST, 2), (HOST, 3)


class Race:
    """Addresses of one host that answer, refuse, or swallow what is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *names: tuple[str, int]) -> None:
        self.tried: list[Any] = []
        self.ended: list[Any] = []
        self.opened: list[socket.socket] = []

        async def resolve(_: Address, __: Lookups) -> list[SocketName]:
            return [(socket.AF_INET, name) for name in names]

        async def connect(_: socket.AddressFamily, name: tuple[Any, ...]) -> socket.socket:
            self.tried.append(name)
            try:
                if name == DEAD:
                    await asyncio.Event().wait()
                if name == REFUSING:
                    raise ConnectionRefusedError(111, "Connection refused")
                self.opened.append(socket.socket())
                return self.opened[-1]
            finally:
                self.ended.append(name)

        monkeypatch.setattr(dialing, "_resolve", resolve)
        monkeypatch.setattr(dialing, "_connect", connect)
        monkeypatch.setattr(dialing, "CONNECT_STAGGER_MS", 10)


WHERE = Address("host.example", 1)


def test_dial(run: Run) -> None:
    """A dial that succeeds is Opened with its own number and no listener."""

    async def story() -> None:
        server, caller = Toy(echo), Toy()
        one, two = Driver(server), Driver(caller)
        where = await one.listen("door", HOST, 0)
        async with running(one), running(two):
            two.carry_out([Dial(1, str(where)), Dial(3, f"localhost:{where.port}")])
            opened = await caller.heard(Opened, 2)
            assert sorted(opened, key=lambda event: event.conn) == [
                Opened(1, str(where), ""),
                Opened(3, str(where), ""),
            ]
            two.carry_out([Close(1)])
            assert (await caller.heard(Closed))[0].conn == 1
            assert len(await server.heard(Closed)) == 1

    run(story())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nothing",
        "host:",
        "host:0",
        "host:65536",
        ":1",
        f"{'a' * 300}:1",
        f"{'a' * 70}.example:1",
        "a\0b:1",
    ],
)
def test_no_such_address(run: Run, address: str) -> None:
    """Whatever text a peer gives as an address, the dial just fails, with a reason."""

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        async with running(driver):
            driver.carry_out([Dial(1, address)])
            (closed,) = await toy.heard(Closed)
            assert closed.conn == 1
            assert closed.reason

    run(story())


def test_refused(run: Run) -> None:
    """A port where nobody listens refuses; the reason says so."""

    async def story() -> None:
        with socket.socket() as taken:  # bound, and not listening
            taken.bind((HOST, 0))
            port = taken.getsockname()[1]
            toy = Toy()
            driver = Driver(toy)
            async with running(driver):
                driver.carry_out([Dial(1, f"{HOST}:{port}")])
                (closed,) = await toy.heard(Closed)
                assert f"{HOST}:{port}" in closed.reason

    run(story())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "127.1", "0x7f000001"])
def test_w29_whatever_stands_for_a_private_address_is_refused(run: Run, host: str) -> None:
    """With `public_only` a name and a number in an unusual form are judged by the address behind them."""

    async def story() -> None:
        server, toy = Toy(), Toy()
        one, two = Driver(server), Driver(toy)
        where = await one.listen("door", HOST, 0)
        async with running(one), running(two):
            two.carry_out([Dial(1, f"{host}:{where.port}", public_only=True)])
            (closed,) = await toy.heard(Closed)
            assert "no public address" in closed.reason
            two.carry_out([Dial(3, f"{host}:{where.port}")])
            assert (await toy.heard(Opened))[0].conn == 3
            assert len(server.of(Opened)) <= 1

    run(story())


def test_w29_public_addresses_of_a_host_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the addresses of a host only the public ones are tried."""
    public = ("198.51.100.1", 1)
    race = Race(monkeypatch, DEAD, ("1.1.1.1", 1), ("::ffff:10.0.0.1", 1), ("fe80::1%1", 1), public)
    with asyncio.Runner() as runner:
        runner.run(open_socket(WHERE, Lookups(), public_only=True)).close()
    assert race.tried == [("1.1.1.1", 1)]


def test_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that swallows everything ends the dial after CONNECT_MS, and no sooner attempt is left (W1)."""
    race = Race(monkeypatch, DEAD)

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy, bounds=Bounds(connect_ms=50))
        async with running(driver):
            driver.carry_out([Dial(1, "host.example:1")])
            assert await toy.heard(Closed) == [Closed(1, "no connection to host.example:1 within 50 ms")]
            assert race.ended == [DEAD]

    run(story())


def test_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Close ends a dial under way; Closed is the answer."""
    race = Race(monkeypatch, DEAD)

    async def story() -> None:
        toy = Toy()
        driver = Driver(toy)
        async with running(driver):
            driver.carry_out([Dial(1, "host.example:1")])
            while not race.tried:
                await asyncio.sleep(0)
            driver.carry_out([Close(1)])
            assert await toy.heard(Closed) == [Closed(1, "the dial was given up")]
            while not race.ended:
                await asyncio.sleep(0)
        assert len(toy.of(Closed)) == 1

    run(story())


def test_stop_ends_dials(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver does not wait for dials when it stops."""
    race = Race(monkeypatch, DEAD)

    async def story() -> None:
        driver = Driver(Toy())
        async with running(driver):
            driver.carry_out([Dial(1, "host.example:1")])
            while not race.tried:
                await asyncio.sleep(0)
        assert race.ended == [DEAD]

    run(story())


def test_connection_after_giving_up(run: Run) -> None:
    """A connection that is made in the moment in which its dial is given up is refused."""

    async def story() -> None:
        made: list[int] = []
        dials = Dials(lambda conn: asyncio.Protocol(), lambda conn, reason: made.append(conn), 1000)
        with socket.create_server((HOST, 0)) as server:
            dials.start(Dial(1, f"{HOST}:{server.getsockname()[1]}"))
            assert dials.give_up(1)
            assert not dials.made(1)
            assert not dials.give_up(1)
            await dials.give_up_all()
        assert made == []

    run(story())


def test_dead_address_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that does not answer is not waited for: the next one gets its turn soon (W25)."""
    race = Race(monkeypatch, DEAD, ALIVE)

    async def story() -> None:
        sock = await open_socket(WHERE, Lookups())
        assert race.opened == [sock]
        assert race.ended == [ALIVE, DEAD]
        sock.close()

    run(story())


def test_refusing_address_first(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that refuses makes room for the next one at once."""
    race = Race(monkeypatch, REFUSING, ALIVE)
    monkeypatch.setattr(dialing, "CONNECT_STAGGER_MS", 1_000_000)

    async def story() -> None:
        (await open_socket(WHERE, Lookups())).close()
        assert race.tried == [REFUSING, ALIVE]

    run(story())


def test_all_refuse(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When no address answers, the reason is that of the first."""
    race = Race(monkeypatch, REFUSING, REFUSING)

    async def story() -> None:
        with pytest.raises(ConnectionRefusedError):
            await open_socket(WHERE, Lookups())
        assert race.tried == [REFUSING, REFUSING]

    run(story())


def test_no_address_at_all(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without any address is an error like the others."""
    Race(monkeypatch)

    async def story() -> None:
        with pytest.raises(OSError, match=r"host\.example has no address"):
            await open_socket(WHERE, Lookups())

    run(story())


def test_two_win(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that connect at the same moment one is taken and the other closed."""
    race = Race(monkeypatch)

    async def resolve(_: Address, __: Lookups) -> list[SocketName]:
        return [(socket.AF_INET, DEAD), (socket.AF_INET, ALIVE)]

    both = asyncio.Event()

    async def connect(_: socket.AddressFamily, name: tuple[Any, ...]) -> socket.socket:
        if name == ALIVE:
            both.set()
        await both.wait()
        race.opened.append(socket.socket())
        return race.opened[-1]

    monkeypatch.setattr(dialing, "_resolve", resolve)
    monkeypatch.setattr(dialing, "_connect", connect)

    async def story() -> None:
        winner = await open_socket(WHERE, Lookups())
        assert len(race.opened) == 2
        assert [sock.fileno() >= 0 for sock in race.opened].count(True) == 1
        assert winner.fileno() >= 0
        winner.close()

    run(story())


def test_families_take_turns(run: Run) -> None:
    """Addresses of the two families are tried in turn, beginning with the system's favourite."""

    async def story() -> None:
        found = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (name, 1, 0, 0)) for name in ("::1", "::2", "::3")
        ] + [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

        names = await dialing._resolve(WHERE, Lookups(lambda *_, **__: found))
        assert [name[0] for _, name in names] == ["::1", "127.0.0.1", "::2", "::3"]

    run(story())
