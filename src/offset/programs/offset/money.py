"""What the commands that pay and are paid have in common: waiting for a payment, and saying how it stands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from offset.base.faults import UserFault
from offset.programs.errors import say
from offset.programs.offset.talk import Talk
from offset.programs.printing import printable
from offset.shell.files import write_new

PROGRAM = "offset"
LOOK_S = 0.1
"""Seconds between two looks at the first, and SLOW_S after a while."""
SLOW_S = 1.0
QUICK_S = 10.0

SENTENCES = {
    "asking": "the wallet that is to be paid is asked for the invoice",
    "priced": "waits for your yes",
    "sending": "credits are being frozen on the way",
    "held": "the credits are frozen; the seller needs the commit, and is not known to have collected",
    "delivered": "the seller has the commit, and is not known to have collected",
    "stopping": "stopped; it ends once your node says that all is back",
    "not-known": "your node cannot say what became of it: it may have been paid",
    "done": "paid",
    "failed": "nothing was paid",
    "stopped": "stopped; nothing was paid",
    "opening": "the node is asked to open it",
    "open": "waits for the commit of the payer",
    "committed": "the node has taken the commit, and the credits are on the way",
    "collected": "paid",
    "canceling": "is being withdrawn",
    "canceled": "withdrawn",
}
"""How a payment or a request stands, for people."""


def wait_for(talk: Talk, path: Iterable[str], ends: Iterable[str], hint: str) -> dict[str, Any]:
    """What is at a path, once its stage is one of `ends`. On a terminal the stages on the way are told.

    `hint`: how to go on when somebody does not want to wait. Raises UserFault at Ctrl-C.
    """
    path, ends = tuple(path), tuple(ends)
    began, told = time.monotonic(), ""
    try:
        while True:
            value: dict[str, Any] = talk.rest.get(*path)
            stage = value["stage"]
            if stage in ends:
                return value
            why = value.get("why")
            words = SENTENCES.get(stage, stage) if why is None else str(why["sentence"])
            if words != told and sys.stderr.isatty():
                say(PROGRAM, printable(words))
            told = words
            pause(began)
    except KeyboardInterrupt:
        raise UserFault(f"it goes on without this command; {hint}") from None


def pause(began: float) -> None:
    """Wait until the next look at something that is looked at since `began`, in seconds of the monotonic clock."""
    time.sleep(LOOK_S if time.monotonic() - began < QUICK_S else SLOW_S)


def failure(value: dict[str, Any]) -> UserFault:
    """Why a payment came to nothing, or why nobody can say, and what helps."""
    why = value["why"]
    sentence = SENTENCES[value["stage"]]
    if why is not None:
        sentence = (
            why["sentence"] if value["stage"] == "not-known" else f"nothing was paid: {why['sentence']}"
        )
    hints = [] if why is None else [hint for remedy in why["remedies"] if (hint := _hint(remedy, value))]
    return UserFault(sentence + (f" {hints[0]}" if hints else ""))


def failure_of_sale(value: dict[str, Any]) -> UserFault:
    """Why a request did not end as paid."""
    why = value["why"]
    return UserFault(SENTENCES[value["stage"]] if why is None else str(why["sentence"]))


def _hint(remedy: dict[str, Any], value: dict[str, Any]) -> str | None:
    """One remedy as a command or a wish; None where the sentence has it already."""
    currency = value["invoice"]["currency"]
    match remedy["action"]:
        case "allow-fees":
            return f"Allow it with: --fees-max {remedy['amount']}"
        case "ask-friend":
            return f"Ask a friend to let you owe {remedy['amount']} {currency} more."
        case "pay-less":
            return f"At most {remedy['amount']} {currency} can be paid now."
        case "add-server":
            return "Add an index server with: offset card add-index TICKET --name NAME"
        case "ask-anew":
            return "Ask the seller for a new invoice."
        case _:
            return None


def write_result(path: Path | None, content: Callable[[], str], what: str) -> None:
    """Write something into a new file, if one is wanted. Raises UserFault."""
    if path is not None:
        write_new(path, content())
        if sys.stderr.isatty():
            say(PROGRAM, f"{what} is in {path}")


def only_currency(talk: Talk, card: str, command: str) -> str:
    """The currency that a card uses, if it is one only. `command`: behind what it is named. Raises UserFault."""
    sums: list[dict[str, Any]] = talk.rest.get("cards", card)["sums"]
    if len(sums) == 1:
        return str(sums[0]["currency"])
    names = ", ".join(sorted(total["currency"] for total in sums))
    raise UserFault(
        f"say in which currency: offset {command} CURRENCY (this card uses {names})"
        if sums
        else "nobody uses a currency with this card yet; agree on one with a friend: offset friend set"
    )
