"""The command line of `offset`."""

from __future__ import annotations

import click

from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help, version_option

_COMMANDS = {
    "card": LazyCommand(
        "offset.programs.offset.card_cli",
        "card",
        "Make, open, close and remove cards of the wallet, and set where they are reached.",
    ),
    "demo": LazyCommand(
        "offset.programs.offset.demo_cli",
        "demo",
        "Pay an invoice through a real network: four nodes, two relays, two index servers, on this machine.",
    ),
    "friend": LazyCommand(
        "offset.programs.offset.friend_cli",
        "friend",
        "Add friends to a card, say how much they may owe you, and settle books that differ.",
    ),
    "sim": LazyCommand(
        "offset.programs.offset.sim_cli",
        "sim",
        "Run a whole network in this process, on a virtual clock, with faults drawn from a seed.",
    ),
    "token": LazyCommand(
        "offset.programs.offset.token_cli",
        "token",
        "Let programs see, receive or pay, within budgets.",
    ),
    "wallet": LazyCommand(
        "offset.programs.offset.wallet_cli",
        "wallet",
        "Open a wallet: its cards, and a page for them in the browser.",
    ),
}


@click.group("offset", cls=LazyGroup, lazy=_COMMANDS, context_settings=CONTEXT)
@version_option("offset")
def offset() -> None:
    """Offset: payments over mutual credit between friends.

    The wallet pays and is paid. The programs stnode, strelay, stindex, stctrl, stmgr and stverify do the rest; demo and
    sim show them at work.
    """


add_help(offset)
