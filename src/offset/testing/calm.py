"""A virtual world in which nothing goes wrong by itself: for tests that decide what does."""

from __future__ import annotations

from collections.abc import Callable

from offset.sim.physics.disk import Rows
from offset.sim.physics.host import Host, Make
from offset.sim.physics.network import VirtualNetwork, Weather
from offset.sim.physics.world import World

DELAY_MS = 1
"""How long bytes take, a dial, and a commit."""

MakeHost = Callable[..., Host]
"""Host, or a class derived from it."""


class CalmWorld(World):
    """Hosts by name, on a network and with disks that take a millisecond for everything.

    Hosts that end stay down; `add` starts a new one, which may have the same name and addresses.
    """

    def __init__(self, make_host: MakeHost = Host) -> None:
        super().__init__("calm")
        weather = Weather(delay_min=DELAY_MS, delay_max=DELAY_MS, cut_percent=0)
        self.network = VirtualNetwork(self, weather, self.rng.fork("network"))
        self.hosts: dict[str, Host] = {}
        """The last one of each name."""
        self._make_host = make_host

    def add(
        self,
        name: str,
        make: Make,
        addresses: dict[str, str] | None = None,
        rows: Rows | None = None,
    ) -> Host:
        """Start a host. `make` builds its engine; `addresses` maps its listeners to where they can be dialed.

        With `rows` it has a disk that holds them.
        """
        host = self._make_host(self, self.network, name, make, addresses=addresses, has_disk=rows is not None)
        host.is_wanted = False
        if host.disk is not None and rows is not None:
            host.disk.flush_ms = (DELAY_MS, DELAY_MS)
            host.disk.rows.update(rows)
            host.disk.written.update(rows)
        self.hosts[name] = host
        host.start()
        return host

    def kill(self, name: str) -> Host:
        """End a host as by SIGKILL; what was durable stays on its disk. Returns the dead host."""
        host = self.hosts[name]
        host.die("killed")
        return host
