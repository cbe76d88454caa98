"""The command `offset receive`: asking to be paid, and collecting. Amounts are whole credits."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.offset.kinds import CREDITS
from offset.programs.offset.money import (
    SENTENCES,
    failure_of_sale,
    only_currency,
    pause,
    wait_for,
    write_result,
)
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
@click.option("--cancel", metavar="ID", help="Withdraw the invoice with this id instead.")
@click.option(
    "--address", is_flag=True, help="Print the address of the card instead: whoever has it can pay you."
)
@click.option(
    "--request", is_flag=True, help="Make a request: the payer's wallet gets the invoice by itself."
)
@click.option(
    "--always", is_flag=True, help="With --request: it can be paid again and again. AMOUNT may be left out."
)
@click.option("--close", metavar="ID", help="Answer the request with this id no more.")
def receive(
    talk: Talk,
    card: str | None,
    amount: str | None,
    currency: str | None,
    note: str,
    invoice: Path | None,
    no_wait: bool,
    cancel: str | None,
    address: bool,
    request: bool,
    always: bool,
    close: str | None,
) -> None:
    """Ask to be paid AMOUNT: prints an invoice, takes the commit of the payer, and says when it is paid.

    With --request nothing has to come back from the payer: the wallets do it. CURRENCY is not needed where the card
    uses one only.
    """
    id = talk.card(card)["id"]
    if address:
        where = talk.rest.get("cards", id, "address")
        talk.show(where, lambda: str(where["text"]))
        return
    if close is not None:
        closed = talk.rest.call("POST", "cards", id, "requests", close, "close", body={})
        talk.done("closed; what was not paid before is withdrawn", closed)
        return
    if request:
        currency = currency or only_currency(talk, id, "receive --request AMOUNT")
        _request(talk, id, amount, currency, note, always=always, no_wait=no_wait)
        return
    if cancel is not None:
        gone = talk.rest.call("POST", "cards", id, "sales", cancel, "cancel", body={})
        talk.done(SENTENCES[gone["stage"]], gone)
        return
    if amount is None:
        raise click.UsageError("Say how much, as in: offset receive 20.")
    if invoice is not None:
        refuse_existing(invoice)
    body = {"amount": amount, "currency": currency or only_currency(talk, id, "receive AMOUNT"), "note": note}
    made = talk.rest.call("POST", "cards", id, "sales", body=body)
    write_result(invoice, lambda: str(made["file"]), "the invoice")
    if no_wait or talk.as_json or not sys.stdin.isatty():
        talk.show(made, lambda: str(made["text"]))
        return
    click.echo(f"Give this to the payer:\n{made['text']}")
    word = click.prompt("Paste the commit of the payer, or name its file", err=True)
    collect(talk, id, made["id"], given(word.strip()))


def _request(
    talk: Talk, id: str, amount: str | None, currency: str, note: str, *, always: bool, no_wait: bool
) -> None:
    """Make a request, and say when it is paid."""
    if amount is None and not always:
        raise click.UsageError("Say how much, or use --always: offset receive --request 20")
    body: dict[str, Any] = {"currency": currency, "note": note, "is_once": not always}
    if amount is not None:
        body["amount"] = amount
    made = talk.rest.call("POST", "cards", id, "requests", body=body)
    if always or no_wait or talk.as_json:
        talk.show(made, lambda: str(made["text"]))
        return
    click.echo(f"Give this to the payer:\n{made['text']}")
    paid = until_paid(talk, id, made)
    talk.show(made, lambda: printable(f"PAID {paid['amount']} {paid['currency']}"))


def until_paid(talk: Talk, card: str, made: dict[str, Any]) -> dict[str, Any]:
    """The sale by which a request was paid. Raises UserFault when nothing can come any more, or nobody can say."""
    began = time.monotonic()
    try:
        while True:
            by_stage: dict[str, dict[str, Any]] = {sale["stage"]: sale for sale in made["sales"]}
            if "collected" in by_stage:
                return by_stage["collected"]
            if "not-known" in by_stage:
                raise failure_of_sale(by_stage["not-known"])
            if made["stage"] not in ("open", "taken") and by_stage.keys() <= {"canceled"}:
                raise UserFault("the request was closed, or its time is over, and no payment of it is known")
            pause(began)
            made = talk.rest.get("cards", card, "requests", made["id"])
    except KeyboardInterrupt:
        raise UserFault(
            f"it goes on without this command; close it with: offset receive --close {made['id']}"
        ) from None


def collect(talk: Talk, card: str, id: str, commit: str) -> None:
    """Collect with a commit, and say when the credits are there."""
    path = ("cards", card, "sales", id)
    talk.rest.call("POST", *path, "commit", body={"commit": commit})
    words = "see how it stands with: offset held"
    paid = wait_for(talk, path, ("collected", "canceled", "not-known"), words)
    if paid["stage"] != "collected":
        raise failure_of_sale(paid)
    talk.show(paid, lambda: printable(f"PAID {paid['amount']} {paid['currency']}"))
