"""What belongs to a driver that serves an engine on loopback, perhaps in another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from offset.base.ids import PublicKey
from offset.shell.driver import Driver
from offset.wire.files import Ticket

CALL_S = 20.0
"""How long another thread waits for something to be done."""


class Served:
    """The base of an engine that tests change while its driver runs."""

    def __init__(self, key: PublicKey) -> None:
        self.ticket = Ticket(key, "")
        """Where apps find it while it is served on loopback."""
        self._driver: Driver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    def served_by(self, driver: Driver, address: str) -> None:
        """A driver in this thread and event loop listens for apps at an address."""
        self._driver, self._loop = driver, asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.ticket = Ticket(self.ticket.public_key, address)

    def do(self, act: Callable[[], object]) -> None:
        """Do something from outside a rule; when this returns it is done, also from another thread."""
        assert self._loop is not None, "nobody serves this node"
        if threading.get_ident() == self._thread:
            self._do(act)
            return
        done = threading.Event()

        def act_there() -> None:
            self._do(act)
            done.set()

        self._loop.call_soon_threadsafe(act_there)
        if not done.wait(CALL_S):
            raise TimeoutError("what a test wanted of the node was not done in time")

    def stop(self) -> None:
        """End the program, soon: all connections are lost, and nobody listens any more. Only from its own thread."""
        assert self._driver is not None, "nobody serves this node"
        self._driver.stop()

    def _do(self, act: Callable[[], object]) -> None:
        act()
        assert self._driver is not None
        self._driver.wake()
