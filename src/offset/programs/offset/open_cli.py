"""The command `offset open`: whatever somebody was given, as text or file."""

from __future__ import annotations

import sys
from typing import Any

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.programs.offset.pay_cli import carry
from offset.programs.offset.receive_cli import collect
from offset.programs.offset.talk import Talk, card_option, given, with_wallet
from offset.programs.printing import printable

COMMANDS = {
    "friend": "offset friend add TEXT NAME",
    "relay": "offset card add-relay FILE --name NAME, or: offset card add-index FILE --name NAME",
    "remote-card": "offset card new NAME --node TEXT",
}


@click.command("open", context_settings=CONTEXT)
@with_wallet
@card_option
@click.argument("text")
def open_text(talk: Talk, card: str | None, text: str) -> None:
    """Open a text that you were given, or a file: pay an invoice or a request, collect with a commit, check a receipt.

    Of anything else it says what it is, and which command takes it. With - the text is read from standard input.
    """
    pasted = sys.stdin.read() if text == "-" else given(text)
    if not pasted.strip():
        raise UserFault("nothing was given: the text, or the file, is empty")
    id = talk.card(card)["id"]
    found: dict[str, Any] = talk.rest.call("POST", "read", body={"text": pasted, "card": id})
    match found["kind"], found["can"]:
        case (("invoice" | "request"), ["pay", *_]) if _names_amount(found):
            carry(talk, id, {"to": pasted})
        case (("address" | "request"), ["pay", *_]):
            raise UserFault(f"{found['hint']} Say how much: offset pay TEXT AMOUNT")
        case "commit", ["collect", *_]:
            collect(talk, id, found["commit"]["invoice"], pasted)
        case "commit", _:
            raise UserFault(found["hint"])
        case "receipt", _ if found["receipt"]["is_good"] is False:
            raise UserFault(found["hint"])
        case kind, _:
            command = COMMANDS.get(kind)
            hint = found["hint"] + (f" Do so with: {command}" if command and found["can"] else "")
            talk.show(found, lambda: printable(hint))


def _names_amount(found: dict[str, Any]) -> bool:
    return found["kind"] == "invoice" or found["request"]["amount"] is not None
