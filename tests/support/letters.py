"""Letters of every kind, from fixed values: the vectors of docs/MAILBOX.json are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from offset.base.ids import UNSIGNED
from offset.base.limits import MAILBOX_KEYS_MAX
from offset.crypto.derived import mailbox_identity
from offset.crypto.identity import Identity
from offset.testing import identity
from offset.wire.common import Commit, RelayAddress
from offset.wire.letters_signing import caller_buffer, invoice_buffer, settled_buffer
from offset.wire.mailbox import (
    LETTER,
    NOBODY_ASKED,
    AskInvoice,
    Body,
    GiveUp,
    Introduce,
    Invoice,
    Letter,
    OpenPurpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
    Settled,
    SettledState,
    Unread,
    decode_letter,
    encode_letter,
)
from offset.wire.text_values import MailboxAddress
from support.texts import MAILBOX, NODE, plain

VECTORS = Path(__file__).parents[2] / "docs/MAILBOX.json"

CALLER, CALL = identity("letter caller"), identity("letter call")
CALLED_AT = MailboxAddress(
    CALLER.public_key, (RelayAddress(identity("text relay").public_key, "relay.example.org:9000"),), "Alice"
)
ASK_ID, REQUEST_ID, INVOICE_ID = b"a" * 16, b"r" * 16, b"i" * 32


def signed_by(owner: Identity, body: Body) -> Body:
    """A letter of this owner with the signature that belongs into it, if one does."""
    match body:
        case Invoice():
            return msgspec.structs.replace(body, signature=owner.sign(invoice_buffer(body)))
        case Settled():
            return msgspec.structs.replace(body, signature=owner.sign(settled_buffer(body)))
        case _:
            return body


def signed(body: Body) -> Body:
    """A letter of the owner, or of the caller that introduces itself, with its signature."""
    if isinstance(body, Introduce):
        signature = CALLER.sign(caller_buffer(CALL.public_key, MAILBOX.public_key))
        return msgspec.structs.replace(body, signature=signature)
    return signed_by(MAILBOX, body)


def invoice(**changed: Any) -> Invoice:
    """An invoice for a question without a request, signed."""
    plain_one = Invoice(
        ASK_ID, NOBODY_ASKED, INVOICE_ID, "FST", NODE.public_key, 2000, "Lunch", 2,
        1_767_225_600_000, 900_000, UNSIGNED,
    )  # fmt: skip
    made = signed(msgspec.structs.replace(plain_one, **changed))
    assert isinstance(made, Invoice)
    return made


COMMIT = Commit(b"h" * 32, b"s" * 32, b"d" * 32, 1500, 2000, INVOICE_ID, "FST", b"g" * 64)

BODIES: dict[str, Body] = {
    "introduce": signed(Introduce(CALLED_AT, UNSIGNED)),
    "ask, open": AskInvoice(ASK_ID, OpenPurpose("FST", 2000, "Lunch"), "Alice", None),
    "ask, open, with an address": AskInvoice(ASK_ID, OpenPurpose("FST", 2**128 - 1, ""), "", CALLED_AT),
    "ask, request": AskInvoice(ASK_ID, RequestPurpose(REQUEST_ID, None, ""), "Alice", None),
    "ask, request, amount chosen": AskInvoice(ASK_ID, RequestPurpose(REQUEST_ID, 0, "For you"), "", None),
    "invoice": invoice(),
    "invoice, request": invoice(request_id=REQUEST_ID, opt_decimals=None, note=""),
    "commit": COMMIT,
    **{
        f"settled, {state.name.lower()}": signed(
            Settled(ASK_ID, INVOICE_ID, state, 1_767_225_700_000, UNSIGNED)
        )
        for state in SettledState
    },
    "settled, nobody asked": signed(
        Settled(NOBODY_ASKED, INVOICE_ID, SettledState.COLLECTED, 1_767_225_700_000, UNSIGNED)
    ),
    "give up": GiveUp(ASK_ID),
    "refusal": Refusal(RefusalCode.BUSY, "Many are being served: try again."),
    "refusal, too much": Refusal(RefusalCode.TOO_MUCH, "", 1024),
    "refusal, version": Refusal(RefusalCode.VERSION, "", None, 1, 1),
}
"""One of each kind, and more where a field may be missing."""

NUMBERS = {"ask, request": (1, 0), "invoice": (1, 1), "give up": (2**32 - 1, 7)}
"""The number of a letter and the one that it answers; of all others (3, 2)."""


def letter(name: str) -> bytes:
    """The bytes of a letter."""
    return encode_letter(*NUMBERS.get(name, (3, 2)), BODIES[name])


def newer() -> dict[str, bytes]:
    """Letters that only a newer program would read, by what is new."""
    give_up = LETTER.encode(Letter(1, 3, 2, GiveUp(ASK_ID)))
    # Packed, a word with one byte that is not zero is 01 and that byte: here the number of the variant.
    assert give_up.count(b"\x01\x05") == 1
    return {
        "version": LETTER.encode(Letter(2, 3, 2, GiveUp(ASK_ID))),
        "kind": give_up.replace(b"\x01\x05", b"\x01\x63"),
    }


REFUSED: dict[str, Body] = {
    "note too long": AskInvoice(ASK_ID, OpenPurpose("FST", 1, "x" * 257), "", None),
    "note of two lines": AskInvoice(ASK_ID, OpenPurpose("FST", 1, "a\nb"), "", None),
    "name too long": AskInvoice(ASK_ID, OpenPurpose("FST", 1, ""), "x" * 65, None),
    "address without relays": Introduce(msgspec.structs.replace(CALLED_AT, relays=()), UNSIGNED),
    "five relays": Introduce(msgspec.structs.replace(CALLED_AT, relays=CALLED_AT.relays * 5), UNSIGNED),
    "label too long": Introduce(msgspec.structs.replace(CALLED_AT, label="x" * 33), UNSIGNED),
    "39 decimals": invoice(opt_decimals=39),
    "note of an invoice turned around": invoice(note="a\u202eb"),
    "no such state": Settled(ASK_ID, INVOICE_ID, 4, 0, UNSIGNED),
    "sentence too long": Refusal(RefusalCode.BUSY, "x" * 257),
}
"""What no program sends: the line is closed."""


def unchecked(body: Body) -> bytes:
    """The bytes of what no program sends."""
    return LETTER.encode(Letter(1, 3, 2, body))


def vectors() -> dict[str, Any]:
    """What docs/MAILBOX.json says."""
    return {
        "keys": {
            "owner": plain(MAILBOX),
            "caller": plain(CALLER),
            "call": plain(CALL),
        },
        "letters": [_letter(name) for name in BODIES],
        "newer": [_newer(name, data) for name, data in newer().items()],
        "refused": [{"name": name, "bytes": unchecked(body).hex()} for name, body in REFUSED.items()],
        "derived": {
            "owner": plain(NODE),
            "mailboxes": [_derived(number) for number in (0, 1, MAILBOX_KEYS_MAX - 1)],
        },
        "signed": [
            {"name": name, "buffer": _buffer(body).hex(), "signature": body.signature.hex()}
            for name, body in BODIES.items()
            if isinstance(body, Introduce | Invoice | Settled)
        ],
    }


def _derived(number: int) -> dict[str, Any]:
    mailbox = mailbox_identity(NODE, number)
    return {
        "number": number,
        "privateKey": mailbox.private_key().hex(),
        "publicKey": mailbox.public_key.hex(),
    }


def _letter(name: str) -> dict[str, Any]:
    body = BODIES[name]
    number, answer_to = NUMBERS.get(name, (3, 2))
    return {
        "name": name,
        "number": number,
        "answerTo": answer_to,
        "kind": name.partition(",")[0],
        "body": plain(body),
        "bytes": letter(name).hex(),
    }


def _newer(name: str, data: bytes) -> dict[str, Any]:
    unread = decode_letter(data)
    assert isinstance(unread, Unread)
    return {"name": name, "bytes": data.hex(), "refusal": plain(unread.refusal)}


def _buffer(body: Introduce | Invoice | Settled) -> bytes:
    match body:
        case Introduce():
            return caller_buffer(CALL.public_key, MAILBOX.public_key)
        case Invoice():
            return invoice_buffer(body)
        case Settled():
            return settled_buffer(body)
