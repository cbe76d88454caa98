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
    "held": LazyCommand(
        "offset.programs.offset.pay_cli",
        "held",
        "Show what is frozen, for which payments, and by whom; or go on with one of them.",
    ),
    "history": LazyCommand(
        "offset.programs.offset.history_cli",
        "history",
        "Show what happened on a card, newest first; with WORDS only rows that have them, or are over that amount.",
    ),
    "open": LazyCommand(
        "offset.programs.offset.open_cli",
        "open_text",
        "Open a text that you were given, or a file: pay an invoice or a request, collect with a commit, check "
        "a receipt.",
    ),
    "pay": LazyCommand(
        "offset.programs.offset.pay_cli",
        "pay",
        "Pay an address, a request or an invoice, TO: a text or an .invoice file.",
    ),
    "receive": LazyCommand(
        "offset.programs.offset.receive_cli",
        "receive",
        "Ask to be paid AMOUNT: prints an invoice, takes the commit of the payer, and says when it is paid.",
    ),
    "recover": LazyCommand(
        "offset.programs.offset.recover_cli",
        "recover",
        "Get a card back after a loss, step by step, in a new FOLDER.",
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
