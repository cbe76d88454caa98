"""The node of a local card: an engine in this process, over SQLite, with one app that it trusts, which is ours."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from offset.base.ids import PublicKey
from offset.base.limits import APP_QUEUE_BYTES_MAX
from offset.core.funder.records import Record
from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity
from offset.engine.node import APPS, NodeEngine
from offset.shell.bounds import Bounds
from offset.shell.driver import Driver
from offset.shell.files import write_new
from offset.shell.network import InterfaceWatch
from offset.shell.system import SystemEntropy, monotonic_ms, unix_ms
from offset.store.sqlite.database import Database, create
from offset.wire.app import AppPermissions
from offset.wire.files import Ticket, format_identity

T = TypeVar("T")

IDENTITY = "node.ident"
DATABASE = "node.db"
HOST = "127.0.0.1"
ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)


def make_node(folder: Path) -> PublicKey:
    """Make the files of a new node in an empty folder; returns its key. Raises UserFault."""
    identity = new_identity()
    write_new(folder / IDENTITY, format_identity(identity), secret=True)
    create(folder / DATABASE, identity.public_key)
    return identity.public_key


def new_identity() -> Identity:
    """An identity that nobody had before."""
    return Identity(os.urandom(PRIVATE_KEY_BYTES))


class RunningNode(NamedTuple):
    """A node that takes our app."""

    ticket: Ticket
    app: Identity
    identity: Identity
    """Its own."""
    running: asyncio.Task[None]
    """Ends when the node does; raises what stopped it."""


@asynccontextmanager
async def running_node(folder: Path, identity: Identity) -> AsyncIterator[RunningNode]:
    """Run the node in this folder until the block ends. Raises UserFault or NodeStopped when it cannot start.

    It is that of this identity. It listens on a port of loopback that the system chooses, and trusts one key, which is
    drawn anew each time.
    """
    store, records = await _whole(lambda: _open(folder, identity), lambda opened: opened[0].close())
    app = new_identity()
    driver = None
    try:
        engine = NodeEngine(
            identity,
            SystemEntropy(),
            lambda key: ALL if key == app.public_key else None,
            records,
            monotonic_ms(),
            unix=unix_ms,
            past=store.past,
            is_restored=store.is_restored,
        )
        # The log is made long enough, which takes some 20 ms.
        await _whole(store.settle, lambda _: None)
        driver = Driver(
            engine,
            committer=store,
            bounds=Bounds(write_bytes_max=APP_QUEUE_BYTES_MAX),
            network=InterfaceWatch(),
        )
        where = await driver.listen(APPS, HOST, 0)
    except BaseException:
        if driver is None:
            store.close()
        else:
            # It closes the database, too.
            driver.stop()
            await driver.run()
        raise
    running = asyncio.create_task(driver.run())
    try:
        yield RunningNode(Ticket(identity.public_key, str(where)), app, identity, running)
    finally:
        driver.stop()
        # Whoever waits for it gets what stopped it; here it is only to be over.
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()


async def _whole(work: Callable[[], T], undo: Callable[[T], None]) -> T:
    """What `work` gives, done in a thread; whoever is cancelled meanwhile waits for its end, and undoes it.

    For a thread cannot be broken off, and a database must not be closed under its hands.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        if working.exception() is None:
            undo(working.result())
        raise


def _open(folder: Path, identity: Identity) -> tuple[Database, list[Record]]:
    store = Database.open(folder / DATABASE, identity.public_key)
    try:
        return store, list(store.load())
    except BaseException:
        store.close()
        raise
