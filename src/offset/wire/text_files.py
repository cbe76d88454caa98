"""The files of 0.1.11 that say what a text can say (spec 07, 5)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from offset.base.faults import UserFault
from offset.base.limits import TEXT_AROUND_CHARACTERS_MAX
from offset.wire import files
from offset.wire.common import Commit, Receipt
from offset.wire.files import FriendFile, InvoiceFile, RemoteNodeCard, Ticket
from offset.wire.text_values import InvoiceText, Text


class _FileForm(NamedTuple):
    fields: tuple[str, ...]
    """By which it is known, in snake_case."""
    parse: Callable[[str], Any]


NOTHING = (
    "there is no text of Offset in this: it begins with offset: and is often several lines long; "
    "or open the file that you were given"
)


def _not_for_reading(sentence: str) -> Callable[[str], Any]:
    def refuse(_: str) -> Any:
        raise UserFault(sentence)

    return refuse


_FILES = (
    _FileForm(("invoice_id", "dest_public_key"), files.parse_invoice),
    _FileForm(("dest_plain_lock",), files.parse_receipt),
    _FileForm(("dest_hashed_lock",), files.parse_commit),
    _FileForm(("node_public_key", "node_address"), files.parse_node_card),
    _FileForm(
        ("permissions", "public_key"),
        _not_for_reading("this is the ticket of an app: put it into the node's folder of trusted apps"),
    ),
    _FileForm(("public_key", "relays"), files.parse_friend),
    _FileForm(("public_key", "address"), files.parse_ticket),
    _FileForm(
        ("private_key",),
        _not_for_reading("this is an identity, a secret key: keep it to yourself, and open it as a card"),
    ),
    _FileForm(
        ("payment_id",),
        _not_for_reading(
            "this names a payment of the one who made it: ask the seller for the invoice instead"
        ),
    ),
)


def read_file(pasted: str) -> Text:
    """What a file of 0.1.11 says, its kind known by its fields. Raises UserFault, with what to do about it."""
    start, end = pasted.find("{"), pasted.rfind("}")
    if start < 0 or end < start or len(pasted) > TEXT_AROUND_CHARACTERS_MAX:
        raise UserFault(NOTHING)
    text = pasted[start : end + 1]
    try:
        names = set(json.loads(text))
    except (ValueError, RecursionError):
        # Not JSON, or numbers of thousands of digits, or thousands of brackets.
        raise UserFault(
            "this looks like a file of Offset that is not whole: copy all of it, or open the file"
        ) from None
    snake = {re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", str(name)) for name in names}
    for form in _FILES:
        if snake.issuperset(form.fields):
            value = form.parse(text)
            return from_file(value) if isinstance(value, InvoiceFile) else value
    raise UserFault("this is not a file of Offset that can be used here: open the one that you were given")


def from_file(invoice: InvoiceFile) -> InvoiceText:
    """An invoice of 0.1.11, which has neither a note nor decimals."""
    return InvoiceText(invoice.invoice_id, invoice.currency, invoice.dest_public_key, invoice.dest_payment)


def file_of(value: Text) -> str:
    """The file of 0.1.11 that says the same. Raises UserFault for a kind that has none."""
    match value:
        case InvoiceText():
            return files.format_invoice(value.file())
        case Commit():
            return files.format_commit(value)
        case Receipt():
            return files.format_receipt(value)
        case FriendFile():
            return files.format_friend(value)
        case Ticket():
            return files.format_ticket(value)
        case RemoteNodeCard():
            return files.format_node_card(value)
        case _:
            raise UserFault("there is no file of this kind: hand it over as a text or a QR code")
