"""stindex: learns who can pay whom, shares it with other index servers, answers route requests (spec 04, 1).

Keeps nothing on disk: what it knows comes back within a minute of a restart.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.engine.index import CLIENTS, SERVERS, IndexEngine
from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT, version_option
from offset.programs.errors import run
from offset.programs.listening import ListenAddress
from offset.shell.addresses import Address
from offset.shell.driver import Driver
from offset.shell.files import load
from offset.shell.identity_file import open_identity
from offset.shell.service import announce, run_program
from offset.shell.system import SystemEntropy, monotonic_ms
from offset.wire.files import parse_ticket

PROGRAM = "stindex"


def main(args: Sequence[str] | None = None) -> int:
    """Run stindex until it is told to end; returns its exit status."""
    return run(stindex, args)


def read_trusted(folder: Path) -> dict[PublicKey, str]:
    """Key and server address of each index server that has a ticket in `folder`. Raises UserFault.

    Folders in it are skipped. One bad file is a fault: a server that trusts fewer than its owner means would go
    unnoticed. Of two tickets with one key the first by name counts.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError as error:
        raise UserFault(
            f"the folder of trusted index servers {folder} cannot be read: {error.strerror}"
        ) from None
    trusted: dict[PublicKey, str] = {}
    for path in paths:
        ticket = load(path, parse_ticket, made_by="stmgr index-ticket")
        trusted.setdefault(ticket.public_key, ticket.address)
    return trusted


@click.command(PROGRAM, context_settings=CONTEXT)
@version_option(PROGRAM)
@click.option(
    "-i",
    "--idfile",
    required=True,
    type=click.Path(path_type=Path),
    help="Identity file of the index server.",
)
@click.option(
    "-c",
    "--lclient",
    required=True,
    type=ListenAddress(),
    help="Where nodes connect; port 0 picks a free one.",
)
@click.option(
    "-s", "--lserver", required=True, type=ListenAddress(), help="Where other index servers connect."
)
@click.option(
    "-t",
    "--trusted",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder with the tickets of the index servers to share with: their --lserver addresses.",
)
@unlocking.unlock
def stindex(idfile: Path, lclient: Address, lserver: Address, trusted: Path, unlock: str | None) -> int:
    """Learn from nodes who can pay whom, share it with other index servers, and answer requests for routes.

    Of two servers that share, both need the ticket of the other (made by stmgr index-ticket). The folder of
    tickets is read once, at the start. OFFSET_LOG (off, error, warning, info, debug) sets what is logged on
    standard error. SIGTERM ends the server within some seconds.
    """

    async def serve(identity: Identity) -> Driver:
        engine = IndexEngine(identity, SystemEntropy(), read_trusted(trusted), monotonic_ms())
        driver = Driver(engine)
        for_nodes = await driver.listen(CLIENTS, *lclient)
        for_servers = await driver.listen(SERVERS, *lserver)
        key = base64url.encode(identity.public_key)
        announce(f"{PROGRAM}: listening on {for_nodes} for nodes, on {for_servers} for servers (key {key})")
        return driver

    return run_program(PROGRAM, lambda: serve(open_identity(idfile, unlock)))


if __name__ == "__main__":
    sys.exit(main())
