"""The node that comes back, while it hears its friends, and an app that looks on. Both are in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from offset.app import Node, connect
from offset.crypto.identity import Identity
from offset.programs.offset.recover.making import Folder
from offset.programs.started_node import start_node
from offset.shell.addresses import Address
from offset.shell.files import load
from offset.wire.files import parse_identity

_HERE = Address("127.0.0.1", 0)


@asynccontextmanager
async def running(folder: Folder, identity: Identity, *, is_searching: bool) -> AsyncIterator[Node]:
    """The node, seen by an app that may do everything; it ends with the work. Raises UserFault.

    What ends the node, as a full disk or another copy that lives, ends the work too, with the node's own sentence.
    """
    app = load(folder.app_ident, parse_identity)
    started = await start_node(identity, _HERE, folder.database, folder.trusted, is_searching=is_searching)
    serving = asyncio.create_task(started.runnable.run())
    try:
        async with connect(started.address, identity.public_key, app) as node:
            yield node
    finally:
        started.runnable.stop()
        await serving
