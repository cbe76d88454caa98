"""The commands `offset pay` and `offset held`: paying, and what is on its way. Amounts are whole credits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT, WholeGroup
from offset.programs.offset.kinds import CREDITS
from offset.programs.offset.money import (
    SENTENCES,
    failure,
    only_currency,
    wait_for,
    write_result,
)
from offset.programs.offset.talk import Talk, card_option, drawn, given, with_wallet
from offset.programs.printing import printable
from offset.shell.files import refuse_existing

LOOK = "see how it stands with: offset held"
STARTED = ("held", "delivered", "done", "failed", "stopped", "not-known")
"""Stages beyond sending."""
NEW_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("pay", context_settings=CONTEXT)
@with_wallet
@card_option
@click.argument("to")
@click.argument("amount", type=CREDITS, required=False)
@click.argument("currency", required=False)
@click.option("--fees-max", type=CREDITS, help="The most that the way may cost; without it you are asked.")
@click.option("--note", default="", help="For your history; whoever is paid at an address sees it too.")
@click.option("--name", default="", help="What to call the seller, if it is no friend.")
@click.option("--payer", default="", help="What to call you, towards the owner of an address.")
@click.option("--when-open", is_flag=True, help="If the wallet at the address is closed, ask it for a day.")
@click.option("--commit", type=NEW_FILE, help="Put the commit into this file too.")
@click.option("--receipt", type=NEW_FILE, help="Put the receipt into this file too.")
@click.option("--no-wait", is_flag=True, help="End once the commit is there; do not wait for the receipt.")
def pay(
    talk: Talk,
    card: str | None,
    to: str,
    amount: str | None,
    currency: str | None,
    fees_max: str | None,
    note: str,
    name: str,
    payer: str,
    when_open: bool,
    commit: Path | None,
    receipt: Path | None,
    no_wait: bool,
) -> None:
    """Pay an address, a request or an invoice, TO: a text or an .invoice file.

    At an address you say how much; CURRENCY is not needed where the card uses one only. The wallet there is asked for
    the invoice, and gets the commit by itself. Of an invoice the commit is printed, which the seller needs to collect.
    Shows the price, and asks; then it waits for the receipt. If AMOUNT is given an invoice must be over so much.
    """
    for path in (commit, receipt):
        if path is not None:
            refuse_existing(path)
    id = talk.card(card)["id"]
    body = {"to": given(to), "note": note, "name": name, "payer": payer, "when_open": when_open}
    body |= {name: value for name, value in (("amount", amount), ("currency", currency)) if value is not None}
    carry(talk, id, body, fees_max, commit, receipt, no_wait=no_wait)


def carry(
    talk: Talk,
    id: str,
    body: dict[str, Any],
    fees_max: str | None = None,
    commit: Path | None = None,
    receipt: Path | None = None,
    *,
    no_wait: bool = False,
) -> None:
    """Pay from the card with this id; `body` says whom, and the other arguments are those of the command."""
    if "currency" not in body and _leaves_currency_open(talk, id, body["to"]):
        body = body | {"currency": only_currency(talk, id, "pay TO AMOUNT")}
    made = talk.rest.call("POST", "cards", id, "purchases", body=body)
    path = ("cards", id, "purchases", made["id"])
    if made["stage"] == "asking":
        made = wait_for(talk, path, ("priced", *STARTED), LOOK)
    if made["stage"] == "priced":
        most = _agreed(talk, path, made, fees_max)
        talk.rest.call("POST", *path, "confirm", body={"fees_max": most})
    held = wait_for(talk, path, STARTED, LOOK)
    if held["stage"] not in ("held", "delivered", "done"):
        raise failure(held)
    word = talk.rest.get(*path, "commit")
    write_result(commit, lambda: str(word["file"]), "the commit")
    if not no_wait:
        if not talk.as_json and held["asked"] is None:
            click.echo(f"Give this to the seller, who is paid with it:\n{word['text']}")
        held = wait_for(talk, path, ("done", "failed", "stopped", "not-known"), LOOK)
        if held["stage"] != "done":
            raise failure(held)
        proof = talk.rest.get(*path, "receipt")
        write_result(receipt, lambda: str(proof["file"]), "the receipt")
    talk.show(
        held | {"commit": word},
        lambda: word["text"] if no_wait else printable(f"paid {_price(held)}{_to(held)}"),
    )


def _leaves_currency_open(talk: Talk, id: str, text: str) -> bool:
    found = talk.rest.call("POST", "read", body={"text": text, "card": id})
    return found["kind"] == "address" or (found["kind"] == "request" and found["request"]["currency"] is None)


def _agreed(talk: Talk, path: tuple[str, ...], made: dict[str, Any], fees_max: str | None) -> str:
    """The fees that may be taken. Raises UserFault when it cannot be paid, or the owner does not want to."""
    try:
        _ask(talk, made, fees_max)
    except BaseException:
        # So that no price is left over that nobody wants.
        talk.rest.call("POST", *path, "stop", body={})
        raise
    return str(made["quote"]["fees"]) if fees_max is None else fees_max


def _ask(talk: Talk, made: dict[str, Any], fees_max: str | None) -> None:
    quote = made["quote"]
    if quote["fees"] is None:
        raise failure(made | {"stage": "failed", "why": quote["why"]})
    if quote["asks_again"] and fees_max is None:
        raise UserFault(f"the way costs {quote['fees']}; allow it with: --fees-max {quote['fees']}")
    fees = f" and {quote['fees']} of fees" if quote["fees"] != "0" else ""
    warning = " As much to this seller is held already." if quote["earlier"] else ""
    if not talk.agree(f"Pay {_price(made)}{fees}{_to(made)}?{warning}"):
        raise UserFault("nothing was done")


def _price(value: dict[str, Any]) -> str:
    return f"{value['invoice']['amount']} {value['invoice']['currency']}"


def _to(value: dict[str, Any]) -> str:
    name = value["name"] or value["invoice"]["seller_name"]
    return f" to {name}" if name else f" to {value['invoice']['seller'][:8]}..., whom this card does not know"


# What is on its way


@click.group("held", cls=WholeGroup, invoke_without_command=True, context_settings=CONTEXT)
@with_wallet
@card_option
@click.pass_context
def held(context: click.Context, talk: Talk, card: str | None) -> None:
    """Show what is frozen, for which payments, and by whom; or go on with one of them."""
    if context.invoked_subcommand is not None:
        return
    value = talk.rest.get("cards", talk.card(card)["id"], "held")

    def text() -> str:
        rows = [
            [
                one["id"],
                f"{_price(one)}{_to(one)}",
                SENTENCES[one["stage"]],
                [f"{part['name']}: {part['amount']}" for part in one["held"]] or "-",
            ]
            for one in value["purchases"]
        ]
        rows += [
            [one["id"], f"{one['amount']} {one['currency']} to you", SENTENCES[one["stage"]], "-"]
            for one in value["sales"]
        ]
        parts = [drawn(["id", "what", "how it stands", "held by"], rows)]
        passing = [[line["name"], f"{line['out']} {line['currency']}"] for line in value["passing_out"]]
        if passing:
            parts.append(drawn(["friend", "held for payments of others"], passing))
        return "\n".join(parts)

    talk.show(value, text)


def _path(talk: Talk, card: str | None, id: str) -> tuple[str, ...]:
    return ("cards", talk.card(card)["id"], "purchases", id)


@held.command("commit")
@with_wallet
@card_option
@click.argument("id")
@click.option("--file", type=NEW_FILE, help="Put it into this file too.")
def held_commit(talk: Talk, card: str | None, id: str, file: Path | None) -> None:
    """Print the commit of a payment, which its seller needs to collect."""
    word = talk.rest.get(*_path(talk, card, id), "commit")
    write_result(file, lambda: str(word["file"]), "the commit")
    talk.show(word, lambda: str(word["text"]))


@held.command("receipt")
@with_wallet
@card_option
@click.argument("id")
@click.option("--file", type=NEW_FILE, help="Put it into this file too, for stverify.")
def held_receipt(talk: Talk, card: str | None, id: str, file: Path | None) -> None:
    """Wait until a payment is paid, and print its receipt."""
    path = _path(talk, card, id)
    found = wait_for(talk, path, ("priced", "done", "failed", "stopped", "not-known"), LOOK)
    if found["stage"] != "done":
        raise failure(found)
    proof = talk.rest.get(*path, "receipt")
    write_result(file, lambda: str(proof["file"]), "the receipt")
    talk.show(proof, lambda: str(proof["text"]))


@held.command("stop")
@with_wallet
@card_option
@click.argument("id")
def held_stop(talk: Talk, card: str | None, id: str) -> None:
    """Stop a payment: no more is sent, and no commit is shown. It ends once your node says that all is back."""
    stopped = talk.rest.call("POST", *_path(talk, card, id), "stop", body={})
    talk.done(SENTENCES[stopped["stage"]], stopped)


@held.command("deliver")
@with_wallet
@card_option
@click.argument("id")
def held_deliver(talk: Talk, card: str | None, id: str) -> None:
    """Pay a stopped payment after all."""
    going = talk.rest.call("POST", *_path(talk, card, id), "deliver", body={})
    talk.done(SENTENCES[going["stage"]], going)
