"""What the key of a mailbox signs."""

from __future__ import annotations

import json

import msgspec
import pytest

from offset.crypto.public_keys import verify
from offset.wire.letters_signing import (
    caller_buffer,
    invoice_buffer,
    origin_buffer,
    settled_buffer,
    verify_introduction,
    verify_invoice,
    verify_settled,
)
from offset.wire.mailbox import NOBODY_ASKED, Introduce, Invoice, Settled
from offset.wire.signing import exchange_dh_buffer
from support.letters import ASK_ID, BODIES, CALL, CALLER, INVOICE_ID, VECTORS, invoice
from support.texts import BARE, MAILBOX, NODE, signed

RECORDED = json.loads(VECTORS.read_text("utf-8"))
SETTLED, INTRODUCE = BODIES["settled, collected"], BODIES["introduce"]
assert isinstance(SETTLED, Settled)
assert isinstance(INTRODUCE, Introduce)


@pytest.mark.parametrize("case", RECORDED["signed"], ids=lambda case: case["name"])
def test_recorded_signatures(case: dict) -> None:
    """Each buffer of the document has the signature beside it, by the key that the letter says."""
    key = CALLER if case["name"] == "introduce" else MAILBOX
    assert verify(key.public_key, bytes.fromhex(case["buffer"]), bytes.fromhex(case["signature"]))


@pytest.mark.parametrize(
    "changed",
    [
        {"ask_id": b"b" * 16},
        {"request_id": b"b" * 16},
        {"invoice_id": b"j" * 32},
        {"currency": "FS"},
        {"dest_public_key": MAILBOX.public_key},
        {"dest_payment": 2001},
        {"note": "Lunch!"},
        {"opt_decimals": None},
        {"opt_decimals": 3},
        {"issued": 1},
        {"pay_within": 1},
        {"signature": bytes(64)},
    ],
    ids=lambda changed: "".join(changed),
)
def test_an_invoice_is_signed_whole(changed: dict) -> None:
    """Whatever is changed, its owner did not say it."""
    good = invoice()
    assert verify_invoice(good, MAILBOX.public_key)
    assert not verify_invoice(msgspec.structs.replace(good, **changed), MAILBOX.public_key)
    assert not verify_invoice(good, NODE.public_key)


def test_an_answer_is_no_text_and_a_text_no_answer() -> None:
    """What was said to one caller cannot be shown to others as a text, nor a text as the answer to a question."""
    answer, text = invoice(), signed(BARE)
    assert text.opt_origin is not None
    origin = msgspec.structs.replace(text.opt_origin, signature=answer.signature)
    assert not verify(MAILBOX.public_key, origin_buffer(text, origin), answer.signature)
    forged = Invoice(
        ASK_ID, NOBODY_ASKED, text.invoice_id, text.currency, text.dest_public_key, text.dest_payment, text.note,
        text.opt_decimals, text.opt_origin.issued, text.opt_origin.pay_within, text.opt_origin.signature,
    )  # fmt: skip
    assert not verify_invoice(forged, MAILBOX.public_key)
    # The same fields as the text, so that nothing but the question's id keeps them apart.
    assert verify_invoice(msgspec.structs.replace(forged, ask_id=NOBODY_ASKED), MAILBOX.public_key)


@pytest.mark.parametrize(
    "changed",
    [{"ask_id": NOBODY_ASKED}, {"invoice_id": bytes(32)}, {"state": 3}, {"at": 0}],
    ids=lambda changed: "".join(changed),
)
def test_an_end_is_signed_whole(changed: dict) -> None:
    """That one question was withdrawn says nothing of another one."""
    assert verify_settled(SETTLED, MAILBOX.public_key)
    assert not verify_settled(msgspec.structs.replace(SETTLED, **changed), MAILBOX.public_key)
    assert not verify_settled(SETTLED, NODE.public_key)


def test_an_introduction_holds_for_one_call() -> None:
    """Whoever was called cannot call another one, or in another call, as that caller."""
    call, owner = CALL.public_key, MAILBOX.public_key
    assert verify_introduction(INTRODUCE, call, owner)
    assert not verify_introduction(INTRODUCE, NODE.public_key, owner)
    assert not verify_introduction(INTRODUCE, call, NODE.public_key)
    stolen = msgspec.structs.replace(INTRODUCE.address, mailbox=NODE.public_key)
    assert not verify_introduction(msgspec.structs.replace(INTRODUCE, address=stolen), call, owner)


def test_no_signature_stands_for_another() -> None:
    """The buffers begin differently, and none has the length of what a key signs in a handshake, whatever is in it."""
    shortest = invoice(currency="", opt_decimals=None, note="")
    buffers = [
        invoice_buffer(shortest),
        settled_buffer(SETTLED),
        caller_buffer(CALL.public_key, MAILBOX.public_key),
    ]
    assert len({buffer[:32] for buffer in buffers}) == len(buffers)
    handshake = len(exchange_dh_buffer(bytes(32), bytes(16), bytes(32)))
    assert handshake == 80
    assert all(len(buffer) > handshake for buffer in buffers)
    assert INVOICE_ID in buffers[1]
