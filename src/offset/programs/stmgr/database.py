"""The database of a node: making it, and looking whether it is damaged."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.printing import printable
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing
from offset.shell.identity_file import open_identity
from offset.store.sqlite import database as databases
from offset.store.sqlite.examine import faults_of


@click.command("init-node-db", context_settings=CONTEXT)
@options.idfile("Identity of the node.")
@options.output("The database to make.")
def init_node_db(idfile: Path, unlock: str | None, output: Path) -> None:
    """Make the empty database of a node.

    It belongs to the identity: stnode opens it with no other one. All balances with friends will live in it.
    """
    refuse_existing(output)
    databases.create(output, open_identity(idfile, unlock).public_key)


@click.command("check-db", context_settings=CONTEXT)
@options.database
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
