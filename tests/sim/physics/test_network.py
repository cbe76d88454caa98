"""The virtual network, between two engines that only note what they hear."""

from offset.base.instants import Instant
from offset.base.limits import WRITE_STALL_MS
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
    Write,
)
from offset.sim.physics.host import Host
from offset.sim.physics.network import VirtualNetwork, Weather
from offset.sim.physics.rng import Rng
from offset.sim.physics.world import World


class Ear:
    """Notes what it hears; does what it is told with the next event."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take an event."""
        self.heard.append(event)
        return []

    def deadline(self) -> Instant | None:
        """Never."""
        return None

    def of(self, kind: type) -> list[Event]:
        """What was heard of this kind."""
        return [event for event in self.heard if isinstance(event, kind)]

    def data(self) -> bytes:
        """All bytes that came."""
        return b"".join(event.data for event in self.heard if isinstance(event, Received))


class Pair:
    """A dials B."""

    def __init__(self, weather: Weather | None = None) -> None:
        self.world = World(1)
        self.network = VirtualNetwork(self.world, weather or Weather(cut_percent=50), Rng("network"))
        self.ears = {"a": Ear(), "b": Ear()}
        self.a = Host(self.world, self.network, "a", lambda _: self.ears["a"])
        self.b = Host(self.world, self.network, "b", lambda _: self.ears["b"], addresses={"door": "b:1"})
        self.a.start()
        self.b.start()
        self.do(self.a, Dial(1, "b:1"))
        self.world.run_to(100)

    def do(self, host: Host, *effects: Effect) -> None:
        """The engine of this host wants this."""
        host.carry_out(list(effects))


def test_dial_opens_both_ends() -> None:
    """The dialer hears Opened for its number, the listener for an even one."""
    pair = Pair()
    assert [event.conn for event in pair.ears["a"].of(Opened)] == [1]
    assert [(event.conn, event.listener) for event in pair.ears["b"].of(Opened)] == [(2, "door")]


def test_bytes_stay_in_order() -> None:
    """However they are cut and delayed, bytes of a connection arrive in order, before its end."""
    pair = Pair()
    pieces = [bytes([number]) * 9 for number in range(40)]
    pair.do(pair.a, *[Write(1, piece) for piece in pieces], Close(1))
    pair.world.run_to(5000)
    assert pair.ears["b"].data() == b"".join(pieces)
    assert isinstance(pair.ears["b"].heard[-1], Closed)
    assert [event.conn for event in pair.ears["a"].of(Closed)] == [1]


def test_reset_loses_what_is_under_way() -> None:
    """A broken connection ends for both sides, and its bytes are gone."""
    pair = Pair()
    pair.do(pair.a, Write(1, b"x"))
    pair.network.reset(pair.a.ends[1], "cut")
    pair.world.run_to(5000)
    assert pair.ears["b"].data() == b""
    assert len(pair.ears["a"].of(Closed)) == len(pair.ears["b"].of(Closed)) == 1


def test_half_open_says_nothing() -> None:
    """On a half-open connection nothing arrives, not even its end; a write ends it for the writer in time."""
    pair = Pair()
    pair.network.fall_silent(pair.a.ends[1])
    pair.do(pair.a, Write(1, b"x"))
    pair.world.run_to(100 + 3 * WRITE_STALL_MS)
    assert pair.ears["b"].data() == b""
    assert not pair.ears["b"].of(Closed)
    assert pair.ears["a"].of(Closed)


def test_clog_holds_back() -> None:
    """What is clogged or parted arrives when that is over, and no dial is answered meanwhile."""
    for hold in ("clog", "part"):
        pair = Pair()
        if hold == "clog":
            pair.network.clog("b", 6000)
        else:
            pair.network.part("a", "b", 6000)
        pair.do(pair.a, Write(1, b"x"))
        pair.world.run_to(5999)
        assert pair.ears["b"].data() == b""
        pair.world.run_to(6100)
        assert pair.ears["b"].data() == b"x"


def test_congested_and_drained() -> None:
    """A writer whose bytes are not read is told, and told again when they are."""
    pair = Pair(Weather(high_bytes=100, low_bytes=20, cut_percent=0))
    far = next(iter(pair.b.ends))
    pair.do(pair.b, Pause(far))
    pair.do(pair.a, *[Write(1, bytes(30)) for _ in range(5)])
    pair.world.run_to(1000)
    assert len(pair.ears["a"].of(Congested)) == 1
    assert not pair.ears["a"].of(Drained)
    pair.do(pair.b, Resume(far))
    pair.world.run_to(2000)
    assert len(pair.ears["a"].of(Drained)) == 1
    assert len(pair.ears["b"].data()) == 150


def test_death_is_heard() -> None:
    """When a host dies its peers hear the end of their connections, and it hears nothing in its next life."""
    pair = Pair()
    pair.do(pair.a, Write(1, b"x"))
    pair.b.die("a test", 10)
    pair.world.run_to(5000)
    assert len(pair.ears["a"].of(Closed)) == 1
    assert pair.ears["b"].data() == b""
    assert pair.b.is_alive


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
