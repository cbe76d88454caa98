"""stmgr: makes identities, tickets, cards and databases; offline (spec 05, 4.1)."""

from __future__ import annotations

from collections.abc import Sequence

import click

from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help, version_option
from offset.programs.errors import run_briefly
from offset.programs.stmgr.options import PROGRAM

_COMMANDS = {
    "gen-ident": LazyCommand(
        "offset.programs.stmgr.identity", "gen_ident", "Make a new identity: a random secret key."
    ),
    "gen-key": LazyCommand(
        "offset.programs.stmgr.locked_identity", "gen_key", "Make an age key, which opens locked identities."
    ),
    "encrypt-ident": LazyCommand(
        "offset.programs.stmgr.locked_identity",
        "encrypt_ident",
        "Lock an identity, with a passphrase or for age keys.",
    ),
    "change-passphrase": LazyCommand(
        "offset.programs.stmgr.locked_identity",
        "change_passphrase",
        "Lock an identity with another passphrase.",
    ),
    "export-ident": LazyCommand(
        "offset.programs.stmgr.identity",
        "export_ident",
        "Write an identity in the plain form of Offset 0.1.11.",
    ),
    "show-key": LazyCommand(
        "offset.programs.stmgr.identity",
        "show_key",
        "Print the public key of an identity, to compare it with friends.",
    ),
    "share-ident": LazyCommand(
        "offset.programs.stmgr.shares",
        "share_ident",
        "Divide the key of an identity into shares on paper, of which some make it again.",
    ),
    "check-share": LazyCommand(
        "offset.programs.stmgr.shares", "check_share", "Look whether a share is whole, and whose it is."
    ),
    "join-shares": LazyCommand(
        "offset.programs.stmgr.shares", "join_shares", "Make an identity again from enough of its shares."
    ),
    "revocation": LazyCommand(
        "offset.programs.stmgr.revocation",
        "revocation",
        "Sign that this key is not to be trusted any more, for the day on which it is stolen.",
    ),
    "init-node-db": LazyCommand(
        "offset.programs.stmgr.database", "init_node_db", "Make the empty database of a node."
    ),
    "backup": LazyCommand(
        "offset.programs.stmgr.copies", "backup", "Copy the database of a node, also while the node runs."
    ),
    "restore": LazyCommand(
        "offset.programs.stmgr.copies",
        "restore",
        "Make the database of a node from a copy of it, or from a kit, or for the identity alone.",
    ),
    "open-kit": LazyCommand("offset.programs.stmgr.copies", "open_kit", "Print what a kit holds."),
    "claim": LazyCommand(
        "offset.programs.stmgr.moving",
        "claim",
        "Let a node go on after another copy of it was found, or after it was moved away.",
    ),
    "retire": LazyCommand(
        "offset.programs.stmgr.moving",
        "retire",
        "Mark the database of a node as moved away, so that nobody starts it by mistake.",
    ),
    "check-db": LazyCommand(
        "offset.programs.stmgr.database", "check_db", "Look whether the database of a node is damaged."
    ),
    "history": LazyCommand(
        "offset.programs.stmgr.history",
        "history",
        "Export the history of a node, and prune what was exported.",
    ),
    "app-ticket": LazyCommand(
        "offset.programs.stmgr.tickets",
        "app_ticket",
        "Make the ticket of an app, with which a node trusts it.",
    ),
    "node-ticket": LazyCommand(
        "offset.programs.stmgr.tickets",
        "node_ticket",
        "Make the ticket of a node, with which an app finds it.",
    ),
    "node-entry": LazyCommand(
        "offset.programs.stmgr.tickets", "node_entry", "Make the card of a remote node."
    ),
    "relay-ticket": LazyCommand(
        "offset.programs.stmgr.tickets",
        "relay_ticket",
        "Make the ticket of a relay, with which nodes find it.",
    ),
    "index-ticket": LazyCommand(
        "offset.programs.stmgr.tickets", "index_ticket", "Make a ticket of an index server."
    ),
}


def main(args: Sequence[str] | None = None) -> int:
    """Run stmgr; returns its exit status."""
    return run_briefly(stmgr, args)


@click.group(PROGRAM, cls=LazyGroup, lazy=_COMMANDS, context_settings=CONTEXT)
@version_option(PROGRAM)
def stmgr() -> None:
    """Make the files of Offset: identities, tickets, cards, databases and their copies.

    Works offline. No command overwrites a file; whoever wants another one removes the old one first. Files with
    a secret key (identities, cards of remote nodes) are made readable for their owner only.

    \b
    A node with one app that may do everything:
      stmgr gen-ident -o node.ident
      stmgr gen-ident -o app.ident
      stmgr init-node-db -i node.ident -o node.db
      stmgr node-ticket -i node.ident -a 127.0.0.1:9876 -o node.ticket
      stmgr app-ticket -i app.ident -o trusted/app.ticket --proutes --pbuyer --pseller --pconfig

    Exit status: 0 done, 1 failed, 2 wrong command line; a failure is one sentence on standard error.
    """


add_help(stmgr)
