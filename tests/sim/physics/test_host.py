"""One engine with its clock and connections: it sleeps, dies, and starts again."""

from offset.engine.surface import (
    Dial,
    Opened,
    Stop,
    Write,
)
from offset.sim.physics.host import Clock
from offset.sim.physics.network import Weather
from offset.sim.physics.world import World
from support.ears import Pair


def test_skewed_clock_wakes_in_time() -> None:
    """A clock that runs slow or fast shows the instant, not one before, when the world comes to it."""
    world = World(0)
    for drift in (-20_000, 0, 313, 20_000):
        clock = Clock(world, 777, drift)
        for instant in (778, 5_000, 123_457, 10_000_001):
            at = clock.world_at(instant)
            world.now = at
            assert clock.now() >= instant
            world.now = at - 1
            assert clock.now() < instant


def test_sleep() -> None:
    """Who sleeps hears all at once when it wakes; its clock counted the while or not, and never went back."""
    for is_counted in (True, False):
        pair = Pair(Weather(cut_percent=0))
        pair.world.run_to(100)
        pair.do(pair.a, Write(1, b"before"))
        pair.world.run_to(200)
        fell_asleep = pair.b.clock.now()
        pair.b.sleep(10_000, is_counted=is_counted)
        pair.b.sleep(60_000, is_counted=is_counted)
        pair.do(pair.a, Write(1, b", meanwhile"))
        pair.world.run_to(10_100)
        assert pair.ears["b"].data() == b"before"
        pair.world.run_to(10_300)
        assert pair.ears["b"].data() == b"before, meanwhile"
        assert pair.b.clock.now() - fell_asleep == (10_100 if is_counted else 100)


def test_death_ends_sleep() -> None:
    """A node that is killed while it sleeps comes back awake."""
    pair = Pair()
    pair.b.sleep(60_000, is_counted=True)
    pair.b.die("killed", 1000)
    pair.world.run_to(pair.world.now + 1000)
    pair.do(pair.a, Dial(2, "b:1"))
    pair.world.run_to(pair.world.now + 2000)
    assert pair.ears["b"].of(Opened)


def test_who_stops_itself_stays_so() -> None:
    """It does nothing more in that turn, and nobody starts it again."""
    pair = Pair()
    pair.do(pair.b, Stop("another copy runs"))
    pair.world.run_to(pair.world.now + 60_000)
    assert not pair.b.is_alive
    assert pair.b.deaths == ["another copy runs"]
