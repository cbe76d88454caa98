"""The database of a node: making it, copying it, and looking whether it is damaged."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.printing import printable
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing
from offset.shell.identity_file import open_identity
from offset.store.sqlite import backup as copies
from offset.store.sqlite import database as databases
from offset.store.sqlite.examine import faults_of

_database = click.option(
    "-d",
    "--database",
    required=True,
    type=options.PATH,
    metavar="FILE",
    help="The database of the node, which may be running.",
)


@click.command("init-node-db", context_settings=CONTEXT)
@options.idfile("Identity of the node.")
@options.output("The database to make.")
def init_node_db(idfile: Path, unlock: str | None, output: Path) -> None:
    """Make the empty database of a node.

    It belongs to the identity: stnode opens it with no other one. All balances with friends will live in it.
    """
    refuse_existing(output)
    databases.create(output, open_identity(idfile, unlock).public_key)


@click.command("backup", context_settings=CONTEXT)
@_database
@options.output("The copy to make.")
def backup(database: Path, output: Path) -> None:
    """Copy the database of a node, also while the node runs.

    The copy holds all that was durable when it was made, it is checked, and it is one file, readable for its owner
    only. With cp it would be none: what was written last lies in a second file beside the database.

    A copy is for the case that the database is lost. Friends remember what happened since it was made, so with
    those of them the balances do not agree any more, and no credits move until one side accepts the balance of the
    other (stctrl config reset-friend). Never start a node from a copy while the node itself still runs or still has
    its database.

    
    Every night, and after the loss of the disk:
      stmgr backup -d node.db -o backup-$(date +%F).db
      cp backup-2026-11-24.db node.db

    The steps after a loss are in docs/RECOVERY.md.
    """
    refuse_existing(output)
    copies.backup(database, output)


@click.command("check-db", context_settings=CONTEXT)
@_database
def check_db(database: Path) -> None:
    """Look whether the database of a node is damaged.

    All that is found is told, and nothing is written. A node that starts looks too, but stops at the first
    fault. A number that became another number, on a bad disk or in bad memory, cannot be noticed here; friends
    notice, as the balances do not agree.

    Exit status: 0 nothing is wrong, 1 something is. What to do then is in docs/RECOVERY.md.
    """
    found = faults_of(database)
    for fault in found:
        click.echo(printable(fault))
    if found:
        raise UserFault(f"the database {database} is damaged; restore a backup (docs/RECOVERY.md)")
    click.echo("Nothing is wrong.")
