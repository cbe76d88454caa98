"""A door of a virtual network: apps that use the SDK reach its nodes over loopback.

    app ── socket ── driver ── Loopback ── Gateway (a host of the virtual world) ── node ── relay ── node

The whole virtual network is one engine of one driver. Virtual time keeps step with the driver's clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from offset.base.ids import Conn
from offset.base.instants import Instant, Millis
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
    Woken,
    Write,
)
from offset.testing.network import FriendNetwork
from offset.testing.serving import HOST, driving
from offset.wire.files import Ticket

LOOK_MS: Millis = 20
"""How often the virtual world is looked at: a test may do something to it between two events of sockets."""


def _inside(conn: Conn) -> Conn:
    """The number of a connection in the virtual world: odd, as of one that was dialed."""
    return Conn(2 * conn + 1)


def _outside(conn: Conn) -> Conn:
    """The number of the socket."""
    return Conn(conn // 2)


class Gateway:
    """An engine of the virtual world that dials for each socket, and passes on what comes from either side."""

    def __init__(self) -> None:
        self.outward: list[Effect] = []
        """What is to be done with sockets."""
        self._inward: list[Effect] = []
        self._early: defaultdict[Conn, list[Effect]] = defaultdict(list)
        """What came from sockets whose dial is under way."""
        self._open: set[Conn] = set()

    def from_socket(self, event: Event, address: str) -> None:
        """An event of a socket; wake the host afterwards."""
        match event:
            case Opened(conn):
                self._inward.append(Dial(_inside(conn), address))
            case Received(conn, data):
                self._pass(conn, Write(_inside(conn), data))
            case Congested(conn):
                self._pass(conn, Pause(_inside(conn)))
            case Drained(conn):
                self._pass(conn, Resume(_inside(conn)))
            case Closed(conn):
                self._inward.append(Close(_inside(conn)))
                self._early.pop(_inside(conn), None)

    def _pass(self, conn: Conn, effect: Effect) -> None:
        inside = _inside(conn)
        (self._inward if inside in self._open else self._early[inside]).append(effect)

    def handle(self, event: Event, _now: Instant) -> list[Effect]:
        """Take an event of the virtual world."""
        match event:
            case Opened(conn):
                self._open.add(conn)
                self._inward += self._early.pop(conn, [])
            case Received(conn, data):
                self.outward.append(Write(_outside(conn), data))
            case Congested(conn):
                self.outward.append(Pause(_outside(conn)))
            case Drained(conn):
                self.outward.append(Resume(_outside(conn)))
            case Closed(conn):
                self._open.discard(conn)
                self._early.pop(conn, None)
                self.outward.append(Close(_outside(conn)))
        effects, self._inward = self._inward, []
        return effects

    def deadline(self) -> Instant | None:
        """Never."""
        return None


class Loopback:
    """The virtual network as one engine; its listeners bear the names of the nodes."""

    def __init__(self, network: FriendNetwork) -> None:
        self._network, self._world = network, network.world
        self._gateway = Gateway()
        self._host = self._world.add("gateway", lambda _: self._gateway)
        self._ahead: Instant | None = None
        """By how much virtual time is ahead of the driver's clock."""
        self._look_at: Instant = 0

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Let virtual time pass until now, then take an event of the driver."""
        behind = self._world.now - now
        # A test may have let time pass by itself.
        self._ahead = behind if self._ahead is None else max(self._ahead, behind)
        self._look_at = now + LOOK_MS
        self._world.run_to(now + self._ahead)
        name = event.listener if isinstance(event, Opened) else ""
        self._gateway.from_socket(event, self._network.address(name))
        self._host.feed(Woken())
        effects, self._gateway.outward = self._gateway.outward, []
        return effects

    def deadline(self) -> Instant | None:
        """When something is to happen in the virtual world, by the driver's clock."""
        at = self._world.next_at()
        return self._look_at if at is None or self._ahead is None else min(at - self._ahead, self._look_at)


@asynccontextmanager
async def reachable(network: FriendNetwork) -> AsyncIterator[dict[str, Ticket]]:
    """Let apps reach the nodes of a virtual network over loopback; gives the tickets of the nodes by name.

    Any identity may connect and do what `network.trusted` says. Within the block virtual time passes by itself, as
    fast as real time. A test may stop, crash and start nodes meanwhile.
    """
    async with driving(Loopback(network)) as driver:
        tickets = {}
        for name in network.identities:
            address = await driver.listen(name, HOST, 0)
            tickets[name] = Ticket(network.key(name), str(address))
        yield tickets
