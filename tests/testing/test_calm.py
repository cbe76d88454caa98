"""The calm world: what happens in it, and when, is what a test decides."""

from __future__ import annotations

from collections.abc import Callable

from offset.base.ids import Conn
from offset.core.funder.records import ConfigRecord
from offset.engine.surface import Closed, Dial, Effect, Event, Opened, Persist, Persisted, Received, Write
from offset.sim.physics.host import Host
from offset.testing import CURRENCY, FRIEND, CalmWorld

HERE = Conn(1)
RECORD = ConfigRecord(FRIEND.public_key, CURRENCY, remote_max_debt=7)


class Noting:
    """An engine that notes what it hears, and when."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.heard: list[tuple[int, type[Event]]] = []
        self._now = now

    def handle(self, event: Event, now: int) -> list[Effect]:
        self.heard.append((self._now(), type(event)))
        return []

    def deadline(self) -> int | None:
        return None

    def times(self, kind: type[Event]) -> list[int]:
        """When events of a kind came."""
        return [at for at, heard in self.heard if heard is kind]


def pair() -> tuple[CalmWorld, Host, Noting, Noting]:
    """A world, a host that has dialed another one, and the engines of both."""
    world = CalmWorld()
    caller, listener = Noting(lambda: world.now), Noting(lambda: world.now)
    world.add("listener", lambda _: listener, {"door": "listener:1"})
    host = world.add("caller", lambda _: caller)
    host.carry_out([Dial(HERE, "listener:1")])
    return world, host, caller, listener


def test_everything_takes_a_millisecond() -> None:
    """A dial, bytes, which arrive in one piece, and the news that a host has ended."""
    world, host, caller, listener = pair()
    world.run_for(10)
    assert caller.times(Opened) == listener.times(Opened) == [1]
    host.carry_out([Write(HERE, bytes(100_000))])
    world.run_for(10)
    assert listener.times(Received) == [11]
    world.kill("listener")
    world.run_for(10)
    assert caller.times(Closed) == [21]


def test_commits_take_a_millisecond() -> None:
    """Then they are durable, and the engine hears of it."""
    world = CalmWorld()
    engine = Noting(lambda: world.now)
    host = world.add("node", lambda _: engine, rows={})
    host.carry_out([Persist(1, {RECORD.key(): RECORD})])
    world.run_for(10)
    assert engine.times(Persisted) == [1]
    assert host.disk is not None
    assert host.disk.rows == {RECORD.key(): RECORD}


def test_a_host_that_ended_stays_down_until_it_is_added_again() -> None:
    """Its rows are those it is given; the new one has the address."""
    world = CalmWorld()

    def make(host: Host) -> Noting:
        return Noting(lambda: world.now)

    rows = {RECORD.key(): RECORD}
    first = world.add("node", make, {"door": "node:1"}, rows)
    assert world.kill("node") is first
    world.run_for(100_000)
    assert not first.is_alive
    second = world.add("node", make, {"door": "node:1"}, rows)
    assert world.hosts == {"node": second}
    assert world.network.listeners["node:1"] == (second, "door")
    assert second.disk is not None
    assert second.disk.rows == second.disk.written == rows
    assert second.disk.rows is not rows
