"""stnode: one credit card (spec 05, 1). Serves apps on a TCP port; reaches friends through relays."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from offset.base import base64url
from offset.crypto.identity import Identity
from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT, version_option
from offset.programs.errors import run
from offset.programs.listening import ListenAddress
from offset.programs.started_node import start_node
from offset.shell.addresses import Address
from offset.shell.identity_file import open_identity
from offset.shell.service import Runnable, announce, run_program

PROGRAM = "stnode"


@click.command(name=PROGRAM, context_settings=CONTEXT)
@version_option(PROGRAM)
@click.option(
    "-i", "--idfile", required=True, type=click.Path(path_type=Path), help="Identity file of the node."
)
@click.option(
    "-l", "--laddr", required=True, type=ListenAddress(), help="Where apps connect; port 0 picks a free one."
)
@click.option(
    "-d",
    "--database",
    required=True,
    type=click.Path(path_type=Path),
    help="Database of the node, made by: stmgr init-node-db.",
)
@click.option(
    "-t",
    "--trusted",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder with the tickets of the apps that may connect, made by: stmgr app-ticket.",
)
@click.option(
    "--refuse-private-relays",
    is_flag=True,
    help="Never follow friends to relays at loopback, link-local or private addresses.",
)
@click.option(
    "--kits",
    type=click.Path(path_type=Path),
    help="Folder to keep kits in: small sealed copies of what friends cannot tell after a loss.",
)
@click.option(
    "--recover",
    is_flag=True,
    help="Look for friends that the node has forgotten: whoever holds its signature is shown by stctrl info found.",
)
@unlocking.unlock
def stnode(
    idfile: Path,
    laddr: Address,
    database: Path,
    trusted: Path,
    refuse_private_relays: bool,
    kits: Path | None,
    recover: bool,
    unlock: str | None,
) -> int:
    """Run a node: keep mutual credit with friends, and make and pass on payments.

    The folder of trusted apps is read anew for each app that connects. OFFSET_LOG (off, error, warning, info,
    debug) sets what is logged on standard error. SIGTERM ends the node within some seconds; stopped at any
    moment, also by a crash, it comes back with its last durable state.
    """

    async def serve(identity: Identity) -> Runnable:
        node = await start_node(
            identity,
            laddr,
            database,
            trusted,
            kits=kits,
            is_searching=recover,
            allow_private_relays=not refuse_private_relays,
        )
        announce(f"{PROGRAM}: listening on {node.address} (key {base64url.encode(identity.public_key)})")
        return node.runnable

    return run_program(PROGRAM, lambda: serve(open_identity(idfile, unlock)))


def main(args: Sequence[str] | None = None) -> int:
    """Run stnode until it is stopped; returns its exit status."""
    return run(stnode, args)


if __name__ == "__main__":
    sys.exit(main())
