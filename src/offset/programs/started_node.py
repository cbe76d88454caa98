"""A node made from its files, ready to serve: for stnode, and for the guide through a recovery."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from offset.base.limits import APP_QUEUE_BYTES_MAX
from offset.crypto.identity import Identity
from offset.engine.node import APPS, NodeEngine
from offset.programs.trusted import TrustedApps
from offset.shell.addresses import Address
from offset.shell.bounds import Bounds
from offset.shell.driver import Driver
from offset.shell.kits import KitFolder, KitKeeper
from offset.shell.network import InterfaceWatch
from offset.shell.service import Runnable
from offset.shell.system import SystemEntropy, monotonic_ms, unix_ms
from offset.store.sqlite.database import Database


class StartedNode(NamedTuple):
    """It takes apps as soon as it is run."""

    runnable: Runnable
    address: str
    """Where apps connect."""


async def start_node(
    identity: Identity,
    laddr: Address,
    database: Path,
    trusted: Path,
    *,
    kits: Path | None = None,
    is_searching: bool = False,
    allow_private_relays: bool = True,
) -> StartedNode:
    """Open the database and the listener, in the loop in which the node will be run. Raises UserFault and OSError.

    `trusted`: the folder of the tickets of apps. `kits`: where to keep kits. `is_searching`: look for friends that the
    node has forgotten. `allow_private_relays`: follow friends to relays inside our own network.
    """
    apps = TrustedApps.open(trusted)
    folder = None if kits is None else KitFolder(kits, identity)
    store = Database.open(database, identity.public_key)
    try:
        engine = NodeEngine(
            identity,
            SystemEntropy(),
            apps,
            store.load(),
            monotonic_ms(),
            unix=unix_ms,
            past=store.past,
            is_restored=store.is_restored,
            is_searching=is_searching,
            allow_private_relays=allow_private_relays,
        )
        store.settle()
        keeper = None if folder is None else KitKeeper(folder, database, identity.public_key)
        driver = Driver(
            engine,
            committer=store if keeper is None else keeper.watch(store),
            bounds=Bounds(write_bytes_max=APP_QUEUE_BYTES_MAX),
            network=InterfaceWatch(),
        )
        where = await driver.listen(APPS, *laddr)
    except BaseException:
        store.close()
        raise
    return StartedNode(driver if keeper is None else keeper.beside(driver), str(where))
