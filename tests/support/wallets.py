"""Wallets that are served in a thread of their own, a relay and an index server beside them, and callers by HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from offset.base.ids import PublicKey
from offset.engine.index import CLIENTS, IndexEngine
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import Engine
from offset.programs.offset.rest import Rest
from offset.shell.driver import Driver
from offset.shell.system import SystemEntropy, monotonic_ms
from offset.testing.identities import identity
from offset.wallet.daemon import Daemon
from offset.wallet.values.parts import key_text

T = TypeVar("T")
WAIT_S = 60.0
"""Longer than anything takes, on a slow machine too."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any
    """The JSON, or the bytes of what is none."""

    @property
    def kind(self) -> str:
        """The kind of a problem."""
        return str(self.body["type"]).removeprefix("urn:offset:problem:")


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._loop.run_forever)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives, run there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def call(self, function: Callable[[], T]) -> T:
        """What a function gives, called there."""

        async def work() -> T:
            return function()

        return self.run(work())

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join(WAIT_S)
        self._loop.close()


class Served:
    """A wallet that is served."""

    def __init__(self, loop: Loop, folder: Path, **options: Any) -> None:
        self.loop, self.folder = loop, folder
        self.key: str | None = None

        async def start() -> tuple[Daemon, asyncio.Task[None]]:
            daemon = await Daemon.start(folder, **options)
            ready = asyncio.Event()

            async def is_ready() -> None:
                ready.set()

            daemon.ready = is_ready
            running = asyncio.create_task(daemon.run())
            waiting = asyncio.create_task(ready.wait())
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                waiting.cancel()
                await running
            return daemon, running

        self.daemon, self._running = loop.run(start())
        self.host = self.daemon.web.address.removeprefix("http://").rstrip("/")
        self.port = int(self.host.rpartition(":")[2])
        self.rest = Rest(folder, lambda _: True)
        """The commands, which say yes to everything."""

    def stop(self) -> None:
        """End it in order."""

        async def stop() -> None:
            self.daemon.stop()
            await self._running

        self.loop.run(stop())

    def log_in(self) -> str:
        """The key of a new page."""
        login = self.loop.call(self.daemon.web.sessions.new_link)
        answer = self.ask("POST", "/session", {"login": login}, key=None)
        assert answer.status == 201
        self.key = answer.body["key"]
        return str(self.key)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        root: str = "/api/v1",
    ) -> Answer:
        """One request at the port, with the key of the last login unless another one is given, or None."""
        sent = {"Host": self.host, **(headers or {})}
        chosen = self.key if key == "" else key
        if chosen is not None:
            sent["X-Offset-Key"] = chosen
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, root + path, data, sent)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        is_json = "json" in found.get("content-type", "") and "content-encoding" not in found
        return Answer(response.status, found, json.loads(content) if is_json and content else content)

    def new_card(self, name: str = "Mine") -> str:
        """The id of a new local card that is open."""
        card: str = self.rest.call("POST", "cards", body={"name": name, "kind": "local"})["id"]
        self.until(lambda: self.rest.get("cards", card)["state"] == "open")
        return card

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        until(condition)


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, looking often. Fails after a time that is longer than anything takes."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


class Town:
    """A relay, an index server, and wallets whose cards use them."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.drivers: list[tuple[Driver, asyncio.Task[None]]] = []
        relay = RelayEngine(identity("relay"), SystemEntropy(), monotonic_ms())
        self.relay = self._serve(relay, LISTENER, identity("relay").public_key)
        index = IndexEngine(identity("index"), SystemEntropy(), {}, monotonic_ms())
        self.index = self._serve(index, CLIENTS, identity("index").public_key)

    def _serve(self, engine: Engine, listener: str, key: PublicKey) -> tuple[str, str]:
        async def serve() -> str:
            driver = Driver(engine, tell=lambda _: None)
            where = await driver.listen(listener, "127.0.0.1", 0)
            self.drivers.append((driver, asyncio.create_task(driver.run())))
            return str(where)

        return key_text(key), self.loop.run(serve())

    def settle(self, served: Served, card: str) -> None:
        """Let a card use the relay and the index server."""
        for kind, (key, address) in (("relays", self.relay), ("servers", self.index)):
            served.rest.call("PUT", "cards", card, kind, key, body={"address": address, "name": kind})

    def stop(self) -> None:
        """End both."""

        async def stop() -> None:
            for driver, _ in self.drivers:
                driver.stop()
                driver.stop()
            await asyncio.gather(*(running for _, running in self.drivers))

        self.loop.run(stop())


def befriend(left: tuple[Served, str], right: tuple[Served, str], limit: int = 100) -> None:
    """Make two cards friends that may owe each other so much in FST; returns when both can pay."""
    files = {}
    for served, card in (left, right):
        files[card] = served.rest.get("cards", card, "own-card")["file"]
    for (served, card), (_, other), name in ((left, right, "Right"), (right, left, "Left")):
        terms = {"FST": {"may_owe": str(limit), "is_open": True}}
        body = {"card": files[other], "name": name, "currencies": terms}
        served.rest.call("POST", "cards", card, "friends", body=body)

    def is_ready(served: Served, card: str) -> bool:
        (friend,) = served.rest.get("cards", card, "friends")
        return friend["is_online"] and any(
            line["state"] == "active" and line["can_send"] == str(limit) for line in friend["currencies"]
        )

    until(lambda: is_ready(*left) and is_ready(*right))


@contextmanager
def loop_in_thread() -> Iterator[Loop]:
    """A loop, until the block ends."""
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


@contextmanager
def served_wallet(folder: Path, **options: Any) -> Iterator[Served]:
    """One wallet, in a loop of its own; the options are those of `Daemon.start`."""
    with loop_in_thread() as loop:
        served = Served(loop, folder, **options)
        try:
            yield served
        finally:
            served.stop()


@contextmanager
def two_wallets(folder: Path) -> Iterator[tuple[Served, Served, Town]]:
    """Two wallets in a town."""
    with loop_in_thread() as loop:
        town = Town(loop)
        left = right = None
        try:
            left = Served(loop, folder / "left")
            right = Served(loop, folder / "right")
            yield left, right, town
        finally:
            for served in (left, right):
                if served is not None:
                    served.stop()
            town.stop()
