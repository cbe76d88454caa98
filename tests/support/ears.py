"""Two hosts of a virtual network whose engines only note what they hear."""

from offset.base.instants import Instant
from offset.engine.surface import (
    Dial,
    Effect,
    Event,
    Received,
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
