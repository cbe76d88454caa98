"""Texts of every kind: what they hold, and what is refused because no wallet writes it."""

from __future__ import annotations

import json

import msgspec
import pytest

from offset.base.faults import UserFault
from offset.base.limits import (
    TEXT_DECIMALS_MAX,
    TEXT_LABEL_BYTES_MAX,
    TEXT_NOTE_BYTES_MAX,
    TEXT_RELAYS_MAX,
)
from offset.wire import uri
from offset.wire.letters_signing import verify_origin
from offset.wire.text_values import ADDRESS as ADDRESS_CODEC
from offset.wire.text_values import INVOICE, InvoiceText
from offset.wire.texts import class_of, kind_of, read_text, write_text
from support.texts import ADDRESS, BARE, VALUES, VECTORS, plain, signed, vectors

RECORDED = json.loads(VECTORS.read_text("utf-8"))


def test_the_vectors_are_of_today() -> None:
    """What we write is what the book of the protocol shows; after a change on purpose write `vectors()` there."""
    assert vectors() == RECORDED


@pytest.mark.parametrize("case", RECORDED["texts"], ids=lambda case: case["name"])
def test_recorded_texts(case: dict) -> None:
    """Each text and each file of the book gives the value beside it."""
    value = read_text(case["text"])
    assert plain(value) == case["value"]
    assert kind_of(value) == case["kind"]
    assert uri.write(case["kind"], bytes.fromhex(case["payload"])) == case["text"]


@pytest.mark.parametrize("case", RECORDED["read"], ids=range(len(RECORDED["read"])))
def test_recorded_wrappings(case: dict) -> None:
    """What the book says can be read among words is read."""
    assert read_text(case["pasted"]) == VALUES[case["is"]]


@pytest.mark.parametrize("case", RECORDED["refused"], ids=range(len(RECORDED["refused"])))
def test_recorded_refusals(case: dict) -> None:
    """What the book says is refused is refused with its sentence."""
    with pytest.raises(UserFault) as refused:
        read_text(case["pasted"])
    assert str(refused.value) == case["sentence"]


@pytest.mark.parametrize("name", VALUES)
def test_there_and_back(name: str) -> None:
    """A value comes back from its text, in small letters and in capitals."""
    text = write_text(VALUES[name])
    assert plain(read_text(text)) == plain(read_text(text.upper())) == plain(VALUES[name])
    assert class_of(text) is type(VALUES[name])


def test_sizes() -> None:
    """Texts are as short as the book says, so that a QR code of them can be read from a screen."""
    sizes = {name: len(write_text(VALUES[name])) for name in ("address", "invoice", "commit", "friend")}
    assert sizes["invoice"] < 230
    assert sizes["commit"] < 450
    assert sizes["address"] < 260


def refused(kind: str, payload: bytes) -> None:
    with pytest.raises(UserFault, match="ask for another"):
        read_text(uri.write(kind, payload))


@pytest.mark.parametrize("kind", "aricpfsk")
@pytest.mark.parametrize("payload", [b"", b"\xff" * 40, b"\x00\x00", bytes(range(200))])
def test_other_bytes(kind: str, payload: bytes) -> None:
    """A text whose check is right and whose bytes are none of ours ends in a sentence."""
    refused(kind, payload)


def test_notes() -> None:
    """A note has TEXT_NOTE_BYTES_MAX bytes at most, and nothing in it that cannot be seen."""
    longest = msgspec.structs.replace(BARE, note="é" * (TEXT_NOTE_BYTES_MAX // 2))
    assert read_text(write_text(longest)) == longest
    for note in ("é" * (TEXT_NOTE_BYTES_MAX // 2) + "x", "two\nlines", "\u202eright to left", " blanks "):
        wrong = msgspec.structs.replace(BARE, note=note)
        refused("i", INVOICE.encode(wrong))
        with pytest.raises(UserFault):
            write_text(wrong)


def test_markup_is_text() -> None:
    """Markup in a label or a note is kept as it is, for whoever shows it as text."""
    label = msgspec.structs.replace(ADDRESS, label="<b onclick=x()>&amp;")
    assert read_text(write_text(label)) == label


def test_labels() -> None:
    """A label has TEXT_LABEL_BYTES_MAX bytes at most; one of 64 KiB does not even fit into a text."""
    longest = msgspec.structs.replace(ADDRESS, label="x" * TEXT_LABEL_BYTES_MAX)
    assert read_text(write_text(longest)) == longest
    beyond = msgspec.structs.replace(ADDRESS, label="x" * (TEXT_LABEL_BYTES_MAX + 1))
    refused("a", ADDRESS_CODEC.encode(beyond))
    huge = msgspec.structs.replace(ADDRESS, label="x" * 2**16)
    with pytest.raises(UserFault, match="as a file"):
        uri.write("a", ADDRESS_CODEC.encode(huge))


def test_relays() -> None:
    """An address names one relay at least and TEXT_RELAYS_MAX at most."""
    most = msgspec.structs.replace(ADDRESS, relays=ADDRESS.relays * TEXT_RELAYS_MAX)
    assert read_text(write_text(most)) == most
    for count in (0, TEXT_RELAYS_MAX + 1):
        refused("a", ADDRESS_CODEC.encode(msgspec.structs.replace(ADDRESS, relays=ADDRESS.relays * count)))


def test_decimals() -> None:
    """At most TEXT_DECIMALS_MAX digits stand behind the point."""
    most = msgspec.structs.replace(BARE, opt_decimals=TEXT_DECIMALS_MAX)
    assert read_text(write_text(most)) == most
    refused("i", INVOICE.encode(msgspec.structs.replace(BARE, opt_decimals=TEXT_DECIMALS_MAX + 1)))


def test_who_answers_for_an_invoice() -> None:
    """The signature of a mailbox covers everything that the invoice says, and its request and times."""
    good = signed(BARE)
    assert verify_origin(good)
    assert not verify_origin(BARE)
    origin = good.opt_origin
    assert origin is not None
    for changed in (
        {"invoice_id": b"x" * 32},
        {"currency": "FS"},
        {"dest_public_key": b"x" * 32},
        {"dest_payment": 2001},
        {"note": "Dinner"},
        {"opt_decimals": 3},
        {"opt_decimals": None},
        {"opt_origin": msgspec.structs.replace(origin, request_id=b"r" * 16)},
        {"opt_origin": msgspec.structs.replace(origin, issued=1)},
        {"opt_origin": msgspec.structs.replace(origin, pay_within=1)},
    ):
        assert not verify_origin(msgspec.structs.replace(good, **changed)), changed


def test_an_invoice_without_its_origin() -> None:
    """The invoice as 0.1.11 knows it is the same with and without a note and an origin."""
    read = read_text(write_text(signed(BARE)))
    assert isinstance(read, InvoiceText)
    assert read.file() == BARE.file()
