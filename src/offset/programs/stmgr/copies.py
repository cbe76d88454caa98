"""Copies of the database of a node, and the database made from one after its loss."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base import base64url
from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.crypto.own_copies import CopyKind
from offset.programs.cli import CONTEXT
from offset.programs.printing import printable
from offset.programs.stmgr import options
from offset.programs.stmgr.show_kit import shown_kit
from offset.shell.files import load, refuse_existing, write_new
from offset.shell.identity_file import open_identity
from offset.shell.own_copies import is_sealed_copy, opened_copy, opened_kit, plain_copy, sealed_backup
from offset.store.schema.kits import Kit, kit_bytes, kit_text
from offset.store.sqlite import backup as backups
from offset.store.sqlite import restored
from offset.store.sqlite.database import system_now
from offset.store.sqlite.kits import make_from_identity, make_from_kit, restore_with_kit
from offset.wire.common import NamedRelayAddress
from offset.wire.files import format_token, parse_ticket


@click.command("backup", context_settings=CONTEXT)
@options.database
@options.optional_idfile("Identity of the node: the copy is sealed, and opens with nothing else.")
@options.output("The copy to make.")
def backup(database: Path, idfile: Path | None, unlock: str | None, output: Path) -> None:
    """Copy the database of a node, also while the node runs.

    The copy holds all that was durable when it was made, it is checked, and it is one file, readable for its owner
    only. With cp it would be none: what was written last lies in a second file beside the database.

    With -i it is sealed: whoever finds it learns nothing but about how large the database is. Without, it is plain,
    with your friends, balances and payments in clear: keep it where only you can read it.

    A copy is for the case that the database is lost. Friends remember what happened since it was made, so with
    those of them the balances do not agree any more, and no credits move until one side accepts the balance of the
    other (stctrl config reset-friend). Never start a node from a copy while the node itself still runs or still has
    its database.

    \b
    Every night, and after the loss of the disk:
      stmgr backup -d node.db -i node.ident -o backup-$(date +%F).age
      stmgr restore -i node.ident -b backup-2026-11-24.age -o node.db

    The steps after a loss are in docs/RECOVERY.md.
    """
    refuse_existing(output)
    if idfile is None:
        backups.backup(database, output)
    else:
        sealed_backup(database, output, open_identity(idfile, unlock))


@click.command("restore", context_settings=CONTEXT)
@options.idfile("Identity of the node.")
@click.option("-k", "--kit", type=options.PATH, metavar="FILE", help="A kit, made by: stnode --kits.")
@click.option(
    "-b", "--backup", "copy", type=options.PATH, metavar="FILE", help="A copy, made by: stmgr backup."
)
@click.option("--plain", is_flag=True, help="The copy is not sealed, and was always in your hands.")
@click.option(
    "-r",
    "--relay",
    "relays",
    multiple=True,
    type=options.PATH,
    metavar="FILE",
    help="Ticket of a relay where friends look for the node, if there is neither a copy nor a kit.",
)
@options.output("The database to make.")
def restore(
    idfile: Path,
    unlock: str | None,
    kit: Path | None,
    copy: Path | None,
    plain: bool,
    relays: tuple[Path, ...],
    output: Path,
) -> None:
    """Make the database of a node from a copy of it, or from a kit, or for the identity alone.

    A copy holds all that the node had; a kit only friends, relays, index servers, limits and rates, so that friends
    have to tell the balances. Give both, -b and -k, if the kit is newer: then its settings count. With nothing but
    the identity give the tickets of its old relays, -r: friends that look for it there can be found again
    (stnode --recover).

    The database is marked as restored: its friends may remember more than it does, so its node says nothing to a
    friend before that friend has spoken. What it says may be just what the copy lacks; else the balances do not agree,
    and you accept the friend's (stctrl config reset-friend).

    Do this only when the database is lost: however old it is, it is newer than the copy. And never let two nodes with
    the same identity run. The copy stays as it is.

    The steps after a loss are in docs/RECOVERY.md.
    """
    is_bare = kit is None and copy is None
    if is_bare != bool(relays) or (plain and copy is None):
        raise click.UsageError(
            "give a copy, -b, with --plain if it is not sealed; or a kit, -k; or both; or else relays, -r."
        )
    refuse_existing(output)
    identity = open_identity(idfile, unlock)
    found = None if kit is None else opened_kit(kit, identity)
    make_database(output, identity, found, copy, named_relays(relays), is_plain=plain)
    click.echo(f"{output} is ready. Its node lets each friend speak first. Make sure that no other one runs.")


def make_database(
    output: Path,
    owner: Identity,
    kit: Kit | None,
    copy: Path | None,
    relays: tuple[NamedRelayAddress, ...],
    *,
    is_plain: bool,
) -> None:
    """Make a database, marked as restored, from whatever is left. Raises UserFault.

    `relays` are for the case that it is the identity alone. `is_plain`: a copy that is not sealed will do.
    """
    if copy is not None:
        is_sealed = is_sealed_copy(copy)
        if not is_sealed and not is_plain:
            raise UserFault(
                f"{copy} is not sealed, so whoever had it could have changed it; "
                "if it was always in your hands, say --plain"
            )
        pieces = opened_copy(CopyKind.DATABASE, copy, owner) if is_sealed else plain_copy(copy)
        if kit is None:
            restored.restore(output, pieces, owner.public_key, system_now())
        else:
            restore_with_kit(output, pieces, kit, system_now())
    elif kit is not None:
        make_from_kit(output, kit, system_now())
    else:
        make_from_identity(output, owner.public_key, relays, system_now())


def named_relays(tickets: tuple[Path, ...]) -> tuple[NamedRelayAddress, ...]:
    """The relays in these files, with names that their owner can change. Raises UserFault."""
    found = [load(path, parse_ticket) for path in tickets]
    return tuple(
        NamedRelayAddress(ticket.public_key, ticket.address, f"relay{number}")
        for number, ticket in enumerate(found, 1)
    )


@click.command("open-kit", context_settings=CONTEXT)
@options.idfile("Identity of the node.")
@click.option(
    "-k", "--kit", required=True, type=options.PATH, metavar="FILE", help="The kit, made by: stnode --kits."
)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON, for other programs.")
@click.option(
    "--tokens",
    type=options.PATH,
    metavar="FOLDER",
    help="Also write the last token of each friend there, as stverify reads it.",
)
def open_kit(idfile: Path, unlock: str | None, kit: Path, as_json: bool, tokens: Path | None) -> None:
    """Print what a kit holds.

    It also shows that the kit opens, which is worth trying before it is needed.

    The last token of a friend is its signature under all balances between you: with it you see whether the terms that
    it tells after a loss are right (stverify verify-token). Kits of more than some 300 friends have none.
    """
    found = opened_kit(kit, open_identity(idfile, unlock))
    if tokens is not None:
        files = [
            (tokens / f"{base64url.encode(friend.public_key)}.token", format_token(friend.token))
            for friend in found.content.friends
            if friend.token is not None
        ]
        for path, _ in files:
            refuse_existing(path)
        for path, text in files:
            write_new(path, text)
    if as_json:
        click.echo(kit_text(kit_bytes(found)))
        return
    for line in shown_kit(found):
        click.echo(printable(line))
