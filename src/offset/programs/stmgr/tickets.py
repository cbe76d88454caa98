"""Tickets and cards: how programs and friends find each other, and what an app may do."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.names import check_reachable
from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing, write_new
from offset.shell.identity_file import open_identity
from offset.wire.app import AppPermissions
from offset.wire.files import (
    AppTicket,
    RemoteNodeCard,
    Ticket,
    format_app_ticket,
    format_node_card,
    format_ticket,
)


@click.command("app-ticket", context_settings=CONTEXT)
@options.idfile("Identity of the app.")
@options.output("The ticket to make.")
@click.option("--proutes", is_flag=True, help="The app may ask for routes; a buyer needs it.")
@click.option("--pbuyer", is_flag=True, help="The app may pay invoices.")
@click.option("--pseller", is_flag=True, help="The app may make invoices and collect payments.")
@click.option("--pconfig", is_flag=True, help="The app may change friends, limits, relays and index servers.")
def app_ticket(
    idfile: Path,
    unlock: str | None,
    output: Path,
    proutes: bool,
    pbuyer: bool,
    pseller: bool,
    pconfig: bool,
) -> None:
    """Make the ticket of an app, with which a node trusts it.

    It goes into the folder that stnode was given with --trusted. Without a flag the app may only look at the
    node, at all its balances. If you change or remove the ticket there, the node hangs up on the app within
    seconds; other permissions hold from its next connection on.
    """
    refuse_existing(output)
    permissions = AppPermissions(routes=proutes, buyer=pbuyer, seller=pseller, config=pconfig)
    write_new(output, format_app_ticket(AppTicket(open_identity(idfile, unlock).public_key, permissions)))


@click.command("node-ticket", context_settings=CONTEXT)
@options.idfile("Identity of the node.")
@options.address("Where the node takes apps: the --laddr of stnode, as seen by the app.")
@options.output("The ticket to make.")
def node_ticket(idfile: Path, unlock: str | None, address: str, output: Path) -> None:
    """Make the ticket of a node, with which an app finds it.

    For stctrl --ticket. It holds no secret: what the app may do is decided by its own ticket at the node.
    """
    _ticket(idfile, unlock, address, output)


@click.command("node-entry", context_settings=CONTEXT)
@click.option(
    "-n", "--nodeid", required=True, type=options.PATH, metavar="FILE", help="Identity of the node."
)
@click.option("-p", "--appid", required=True, type=options.PATH, metavar="FILE", help="Identity of the app.")
@options.address("Where the node takes apps: the --laddr of stnode, as seen by the app.")
@unlocking.unlock
@options.output("The card to make, usually *.rcard.")
def node_entry(nodeid: Path, appid: Path, address: str, unlock: str | None, output: Path) -> None:
    """Make the card of a remote node.

    With it a wallet uses the node from afar. The card holds the SECRET KEY OF THE APP: whoever has it may do at
    the node all that the app may do. Hand it to nobody but the owner of the wallet. The file is readable for its
    owner only.
    """
    refuse_existing(output)
    node, app = open_identity(nodeid, unlock), open_identity(appid, unlock)
    card = RemoteNodeCard(node.public_key, check_reachable(address), app)
    write_new(output, format_node_card(card), secret=True)


@click.command("relay-ticket", context_settings=CONTEXT)
@options.idfile("Identity of the relay.")
@options.address("Where nodes reach the relay: the --laddr of strelay, as seen from outside.")
@options.output("The ticket to make.")
def relay_ticket(idfile: Path, unlock: str | None, address: str, output: Path) -> None:
    """Make the ticket of a relay, with which nodes find it.

    For stctrl config add-relay. It holds no secret and may be given to everybody.
    """
    _ticket(idfile, unlock, address, output)


@click.command("index-ticket", context_settings=CONTEXT)
@options.idfile("Identity of the index server.")
@options.address(
    "Where it is reached, as seen from outside: --lclient of stindex for nodes, --lserver for servers."
)
@options.output("The ticket to make.")
def index_ticket(idfile: Path, unlock: str | None, address: str, output: Path) -> None:
    """Make a ticket of an index server.

    With it nodes, or other index servers, find it; it holds no secret. The port for nodes goes to them, for
    stctrl config add-index. The port for servers goes into the folder that another stindex was given with
    --trusted; two servers share what they know only if each trusts the other.
    """
    _ticket(idfile, unlock, address, output)


def _ticket(idfile: Path, unlock: str | None, address: str, output: Path) -> None:
    refuse_existing(output)
    ticket = Ticket(open_identity(idfile, unlock).public_key, check_reachable(address))
    write_new(output, format_ticket(ticket))
