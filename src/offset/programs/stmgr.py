"""stmgr: makes identities, tickets, cards and databases; offline (spec 05, 4.1).

Starting is most of the time of a command, so each imports what it needs by itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from offset.programs.cli import CONTEXT, add_help, version_option
from offset.programs.errors import run, say

PROGRAM = "stmgr"

F = TypeVar("F", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)


def main(args: Sequence[str] | None = None) -> int:
    """Run stmgr; returns its exit status."""
    return run(stmgr, args)


@click.group(PROGRAM, context_settings=CONTEXT)
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


def _output(text: str) -> Callable[[F], F]:
    return click.option("-o", "--output", required=True, type=_PATH, metavar="FILE", help=text)


def _idfile(text: str) -> Callable[[F], F]:
    return click.option("-i", "--idfile", required=True, type=_PATH, metavar="FILE", help=text)


def _address(text: str) -> Callable[[F], F]:
    return click.option("-a", "--address", required=True, metavar="HOST:PORT", help=text)


@stmgr.command("gen-ident")
@_output("The identity file to make.")
def gen_ident(output: Path) -> None:
    """Make a new identity: a random secret key.

    The key is the node, relay, index server or app: whoever has the file can act for it, and without the file
    nobody can. Keep it secret, and keep a copy in a safe place. The file is readable for its owner only.
    """
    from offset.crypto.identity import PRIVATE_KEY_BYTES, Identity
    from offset.shell.files import refuse_existing, write_new
    from offset.wire.files import format_identity

    refuse_existing(output)
    write_new(output, format_identity(Identity(os.urandom(PRIVATE_KEY_BYTES))), secret=True)


@stmgr.command("init-node-db")
@_idfile("Identity of the node.")
@_output("The database to make.")
def init_node_db(idfile: Path, output: Path) -> None:
    """Make the empty database of a node.

    It belongs to the identity: stnode opens it with no other one. All balances with friends will live in it.
    """
    from offset.shell.files import refuse_existing
    from offset.shell.identity_file import open_identity
    from offset.store.sqlite import database

    refuse_existing(output)
    database.create(output, open_identity(idfile).public_key)


@stmgr.command("backup")
@click.option(
    "-d",
    "--database",
    required=True,
    type=_PATH,
    metavar="FILE",
    help="The database of the node, which may be running.",
)
@_output("The copy to make.")
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
    from offset.shell.files import refuse_existing
    from offset.store.sqlite.backup import backup as copy

    refuse_existing(output)
    copy(database, output)


@stmgr.command("app-ticket")
@_idfile("Identity of the app.")
@_output("The ticket to make.")
@click.option("--proutes", is_flag=True, help="The app may ask for routes; a buyer needs it.")
@click.option("--pbuyer", is_flag=True, help="The app may pay invoices.")
@click.option("--pseller", is_flag=True, help="The app may make invoices and collect payments.")
@click.option("--pconfig", is_flag=True, help="The app may change friends, limits, relays and index servers.")
def app_ticket(idfile: Path, output: Path, proutes: bool, pbuyer: bool, pseller: bool, pconfig: bool) -> None:
    """Make the ticket of an app, with which a node trusts it.

    It goes into the folder that stnode was given with --trusted. Without a flag the app may only look at the
    node, at all its balances. If you change or remove the ticket there, the node hangs up on the app within
    seconds; other permissions hold from its next connection on.
    """
    from offset.shell.files import refuse_existing, write_new
    from offset.shell.identity_file import open_identity
    from offset.wire.app import AppPermissions
    from offset.wire.files import AppTicket, format_app_ticket

    refuse_existing(output)
    permissions = AppPermissions(routes=proutes, buyer=pbuyer, seller=pseller, config=pconfig)
    write_new(output, format_app_ticket(AppTicket(open_identity(idfile).public_key, permissions)))


@stmgr.command("node-ticket")
@_idfile("Identity of the node.")
@_address("Where the node takes apps: the --laddr of stnode, as seen by the app.")
@_output("The ticket to make.")
def node_ticket(idfile: Path, address: str, output: Path) -> None:
    """Make the ticket of a node, with which an app finds it.

    For stctrl --ticket. It holds no secret: what the app may do is decided by its own ticket at the node.
    """
    _ticket(idfile, address, output)


@stmgr.command("node-entry")
@click.option("-n", "--nodeid", required=True, type=_PATH, metavar="FILE", help="Identity of the node.")
@click.option("-p", "--appid", required=True, type=_PATH, metavar="FILE", help="Identity of the app.")
@_address("Where the node takes apps: the --laddr of stnode, as seen by the app.")
@_output("The card to make, usually *.rcard.")
def node_entry(nodeid: Path, appid: Path, address: str, output: Path) -> None:
    """Make the card of a remote node.

    With it a wallet uses the node from afar. The card holds the SECRET KEY OF THE APP: whoever has it may do at
    the node all that the app may do. Hand it to nobody but the owner of the wallet. The file is readable for its
    owner only.
    """
    from offset.base.names import check_address
    from offset.shell.files import refuse_existing, write_new
    from offset.shell.identity_file import open_identity
    from offset.wire.files import RemoteNodeCard, format_node_card

    refuse_existing(output)
    node, app = open_identity(nodeid), open_identity(appid)
    card = RemoteNodeCard(node.public_key, check_address(address), app)
    write_new(output, format_node_card(card), secret=True)
    _warn_of(address)


@stmgr.command("relay-ticket")
@_idfile("Identity of the relay.")
@_address("Where nodes reach the relay: the --laddr of strelay, as seen from outside.")
@_output("The ticket to make.")
def relay_ticket(idfile: Path, address: str, output: Path) -> None:
    """Make the ticket of a relay, with which nodes find it.

    For stctrl config add-relay. It holds no secret and may be given to everybody.
    """
    _ticket(idfile, address, output)


@stmgr.command("index-ticket")
@_idfile("Identity of the index server.")
@_address("Where it is reached, as seen from outside: --lclient of stindex for nodes, --lserver for servers.")
@_output("The ticket to make.")
def index_ticket(idfile: Path, address: str, output: Path) -> None:
    """Make a ticket of an index server.

    With it nodes, or other index servers, find it; it holds no secret. The port for nodes goes to them, for
    stctrl config add-index. The port for servers goes into the folder that another stindex was given with
    --trusted; two servers share what they know only if each trusts the other.
    """
    _ticket(idfile, address, output)


def _ticket(idfile: Path, address: str, output: Path) -> None:
    from offset.base.names import check_address
    from offset.shell.files import refuse_existing, write_new
    from offset.shell.identity_file import open_identity
    from offset.wire.files import Ticket, format_ticket

    refuse_existing(output)
    ticket = Ticket(open_identity(idfile).public_key, check_address(address))
    write_new(output, format_ticket(ticket))
    _warn_of(address)


def _warn_of(address: str) -> None:
    """The reference takes any address, so we do; but nobody can dial one of another form (spec 01, 1.5)."""
    from offset.base.names import host_and_port

    if host_and_port(address) is None:
        say(PROGRAM, f"warning: {address!r} is not HOST:PORT, so nobody can connect to it")


if __name__ == "__main__":
    sys.exit(main())
