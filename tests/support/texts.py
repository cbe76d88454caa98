"""Texts of every kind, from fixed values: the vectors of docs/protocol/07-texts.json are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.testing import identity
from offset.wire import uri
from offset.wire.common import Commit, Receipt, RelayAddress
from offset.wire.files import FriendFile, RemoteNodeCard, Ticket
from offset.wire.letters_signing import origin_buffer
from offset.wire.text_files import file_of
from offset.wire.text_values import (
    InvoiceOrigin,
    InvoiceText,
    MailboxAddress,
    PaymentRequest,
    Text,
)
from offset.wire.texts import kind_of, read_text, write_text

VECTORS = Path(__file__).parents[2] / "docs/protocol/07-texts.json"

NODE, MAILBOX, RELAY = identity("text node"), identity("text mailbox"), identity("text relay")
ADDRESS = MailboxAddress(
    MAILBOX.public_key, (RelayAddress(RELAY.public_key, "relay.example.org:9000"),), "Bob's bakery"
)
BARE = InvoiceText(bytes(range(32)), "FST", NODE.public_key, 2000, "Lunch", 2)


def signed(invoice: InvoiceText) -> InvoiceText:
    """The invoice as the mailbox of its seller hands it out."""
    origin = InvoiceOrigin(ADDRESS, bytes(16), 1_767_225_600_000, 900_000, bytes(64))
    signature = MAILBOX.sign(origin_buffer(invoice, origin))
    return msgspec.structs.replace(invoice, opt_origin=msgspec.structs.replace(origin, signature=signature))


VALUES: dict[str, Text] = {
    "address": ADDRESS,
    "address, four relays": MailboxAddress(
        MAILBOX.public_key,
        tuple(RelayAddress(RELAY.public_key, f"[2001:db8::{n}]:9000") for n in range(1, 5)),
        "",
    ),
    "request, open": PaymentRequest(ADDRESS, bytes(range(16))),
    "request": PaymentRequest(ADDRESS, bytes(range(16)), "Rent of May", 1_767_225_600, "FST", 2, 80_000),
    "invoice": BARE,
    "invoice of a file": InvoiceText(bytes(range(32)), "FST", NODE.public_key, 2**128 - 1),
    "invoice, signed": signed(BARE),
    "commit": Commit(b"h" * 32, b"s" * 32, b"d" * 32, 1500, 2000, bytes(range(32)), "FST", b"g" * 64),
    "receipt": Receipt(b"h" * 32, bytes(range(32)), "FST", b"s" * 32, b"p" * 32, True, 2000, 2000, b"g" * 64),
    "friend": FriendFile(NODE.public_key, ADDRESS.relays),
    "friend without relays": FriendFile(NODE.public_key, ()),
    "server": Ticket(RELAY.public_key, "relay.example.org:9000"),
    "remote card": RemoteNodeCard(NODE.public_key, "node.example.org:9100", Identity(bytes(range(32)))),
}
"""One of each kind, and more where a field may be missing."""

FILES = {
    name: file_of(value)
    for name, value in VALUES.items()
    if kind_of(value) not in "ar" and "signed" not in name
}
"""The same as files of 0.1.11."""


def plain(value: Any) -> Any:
    """A value as JSON: bytes in hex, amounts as text."""
    match value:
        case bytes():
            return value.hex()
        case Identity():
            return value.private_key().hex()
        case bool() | str() | None:
            return value
        case int():
            return str(value)
        case tuple():
            return [plain(item) for item in value]
        case _:
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}


def _refused(pasted: str) -> dict[str, str]:
    try:
        read_text(pasted)
    except UserFault as fault:
        return {"pasted": pasted, "sentence": str(fault)}
    raise AssertionError(pasted)


def vectors() -> dict[str, Any]:
    """What docs/protocol/07-texts.json says."""
    text = write_text(BARE)
    head, body = text[: len("offset:i1/")], text[len("offset:i1/") :]
    lines = "\n".join(f"> {body[at : at + 40]}" for at in range(0, len(body), 40))
    return {
        "texts": [
            {
                "name": name,
                "kind": kind_of(value),
                "value": plain(value),
                "payload": _payload(write_text(value)),
                "text": write_text(value),
                "file": FILES.get(name),
            }
            for name, value in VALUES.items()
        ],
        "read": [
            {"pasted": pasted, "is": "invoice"}
            for pasted in (
                text.upper(),
                f"Hi! {text} please pay by friday",
                f"{head}\n{lines}\n> Greetings",
                f"https://circle.example.org/#{text}",
                f"web+{text}",
                head + "\u00ad".join(body),
                f"({text})",
            )
        ],
        "refused": [
            _refused(pasted)
            for pasted in (
                text[:-1],
                text[:-2] + ("a" if text[-2] != "a" else "b") + text[-1],
                f"{head}{body[:50]}!{body[50:]}",
                f"{text} {text}",
                f"offset:z1/{body}",
                f"offset:i2/{body}",
                "please pay me 20",
                f"offset:i1/{body[:2]}",
            )
        ],
    }


def _payload(text: str) -> str:
    framed = uri.find(text, "aricpfsk")
    assert framed is not None
    return framed.payload.hex()
