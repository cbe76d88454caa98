"""A node that moves to another machine, and one that finds another copy of itself."""

from __future__ import annotations

from pathlib import Path

import click

from offset.programs.cli import CONTEXT
from offset.programs.stmgr import options
from offset.shell.identity_file import open_identity
from offset.store.sqlite import restored, retired
from offset.store.sqlite.database import system_now


@click.command("retire", context_settings=CONTEXT)
@options.database
def retire(database: Path) -> None:
    """Mark the database of a node as moved away, so that nobody starts it by mistake.

    Two copies of a node that both run would sign two things for the same friends, and one of them has to stop. So
    before a node moves, end it, retire its database, and make the copy only then: whatever is restored from that copy
    goes on, the marked database does not start any more.

    \b
    Moving to another machine:
      stmgr retire -d node.db
      stmgr backup -d node.db -i node.ident -o node.age
    and on the other machine, with node.ident and node.age:
      stmgr restore -i node.ident -b node.age -o node.db
    """
    retired.retire(database, system_now())
    click.echo(f"{database} is marked as moved away. Now make the copy: stmgr backup")


@click.command("claim", context_settings=CONTEXT)
@options.database
@options.idfile("Identity of the node.")
def claim(database: Path, idfile: Path, unlock: str | None) -> None:
    """Let a node go on after another copy of it was found, or after it was moved away.

    A node stops when a friend shows what only another copy of it can have signed: another program has its identity, or
    its database was put back from an older file. Two copies must never go on. End the other one for good first; if you
    know of none, somebody else has your identity: do not claim, but warn your friends (stmgr revocation).

    From then on the database counts as made from a copy: its node lets each friend speak first, and takes over what
    friends of the newer program show that it has signed itself, once from each friend.
    """
    restored.claim(database, open_identity(idfile, unlock).public_key, system_now())
    click.echo(
        f"{database} is yours to start. Its node lets each friend speak first. Make sure that no other one runs."
    )
