"""Running a fake node on loopback, and an app that is connected to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import wraps
from typing import Any

from offset.app import Node, connect
from offset.crypto.identity import Identity
from offset.engine.surface import Engine
from offset.shell.driver import Driver
from offset.testing.fake_node import APPS, FakeNode
from offset.testing.identities import APP

HOST = "127.0.0.1"
STORY_S = 30.0
"""How long a story may take."""
START_S = 20.0
"""How long a thread may take to start or to end."""


@asynccontextmanager
async def driving(engine: Engine) -> AsyncIterator[Driver]:
    """A driver that runs an engine in this event loop, until the block ends."""
    driver = Driver(engine, tell=lambda _: None)
    running = asyncio.create_task(driver.run())
    try:
        yield driver
    finally:
        # The first stop lets the engine say goodbye, the second one does not wait for that.
        driver.stop()
        driver.stop()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def serving(node: FakeNode | None = None, port: int = 0) -> AsyncIterator[FakeNode]:
    """A fake node on loopback, in this event loop; apps find it by its `ticket`.

    It is at a free port, unless one is given, for a node that starts again.
    """
    node = node or FakeNode()
    async with driving(node) as driver:
        node.served_by(driver, str(await driver.listen(APPS, HOST, port)))
        yield node


@contextmanager
def in_thread(node: FakeNode | None = None, port: int = 0) -> Iterator[FakeNode]:
    """A fake node on loopback, in a thread of its own, for programs that block and for subprocesses."""
    node = node or FakeNode()
    started, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        async with serving(node, port):
            started.set()
            await asyncio.to_thread(stop.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    is_started = started.wait(START_S)
    try:
        if is_started and not failures:
            yield node
    finally:
        stop.set()
        thread.join(START_S)
        if failures:
            raise failures[0]


@asynccontextmanager
async def connected(
    node: FakeNode | None = None, app: Identity = APP
) -> AsyncIterator[tuple[FakeNode, Node]]:
    """A fake node, and the SDK connected to it."""
    async with serving(node) as fake, connect(fake.ticket, None, app) as sdk:
        yield fake, sdk


def story(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a plain test function of a coroutine, which has to end in time."""

    @wraps(test)
    def run(*args: Any, **values: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **values), STORY_S))

    return run
