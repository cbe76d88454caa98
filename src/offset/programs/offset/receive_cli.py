"""The command `offset receive`: asking to be paid, and collecting. Amounts are whole credits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.offset.kinds import CREDITS
from offset.programs.offset.money import SENTENCES, failure_of_sale, wait_for, write_result
from offset.programs.offset.talk import Talk, card_option, given, with_wallet
from offset.programs.printing import printable
from offset.shell.files import refuse_existing

NEW_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("receive", context_settings=CONTEXT)
@with_wallet
@card_option
@click.argument("amount", type=CREDITS, required=False)
@click.argument("currency", required=False)
@click.option("--note", default="", help="What it is for; the payer sees it.")
@click.option("--invoice", type=NEW_FILE, help="Put the invoice into this file too.")
@click.option("--no-wait", is_flag=True, help="Print the invoice and end; collect with: offset open COMMIT.")
@click.option("--cancel", metavar="ID", help="Withdraw the request with this id instead.")
def receive(
    talk: Talk,
    card: str | None,
    amount: str | None,
    currency: str | None,
    note: str,
    invoice: Path | None,
    no_wait: bool,
    cancel: str | None,
) -> None:
    """Ask to be paid AMOUNT: prints an invoice, takes the commit of the payer, and says when it is paid.

    CURRENCY is not needed where the card uses one only.
    """
    id = talk.card(card)["id"]
    if cancel is not None:
        gone = talk.rest.call("POST", "cards", id, "sales", cancel, "cancel", body={})
        talk.done(SENTENCES[gone["stage"]], gone)
        return
    if amount is None:
        raise click.UsageError("Say how much, as in: offset receive 20.")
    if invoice is not None:
        refuse_existing(invoice)
    body = {"amount": amount, "currency": currency or _only_currency(talk, id), "note": note}
    made = talk.rest.call("POST", "cards", id, "sales", body=body)
    write_result(invoice, lambda: str(made["file"]), "the invoice")
    if no_wait or talk.as_json or not sys.stdin.isatty():
        talk.show(made, lambda: str(made["text"]))
        return
    click.echo(f"Give this to the payer:\n{made['text']}")
    word = click.prompt("Paste the commit of the payer, or name its file", err=True)
    collect(talk, id, made["id"], given(word.strip()))


def collect(talk: Talk, card: str, id: str, commit: str) -> None:
    """Collect with a commit, and say when the credits are there."""
    path = ("cards", card, "sales", id)
    talk.rest.call("POST", *path, "commit", body={"commit": commit})
    words = "see how it stands with: offset held"
    paid = wait_for(talk, path, ("collected", "canceled", "not-known"), words)
    if paid["stage"] != "collected":
        raise failure_of_sale(paid)
    talk.show(paid, lambda: printable(f"PAID {paid['amount']} {paid['currency']}"))


def _only_currency(talk: Talk, card: str) -> str:
    sums: list[dict[str, Any]] = talk.rest.get("cards", card)["sums"]
    if len(sums) == 1:
        return str(sums[0]["currency"])
    names = ", ".join(sorted(total["currency"] for total in sums))
    raise UserFault(
        f"say in which currency: offset receive AMOUNT CURRENCY (this card uses {names})"
        if sums
        else "nobody uses a currency with this card yet; agree on one with a friend: offset friend set"
    )
