"""Files of 0.1.11 in the place of texts: known by their fields, and written as the reference writes them."""

from __future__ import annotations

import json

import pytest

from offset.base.faults import UserFault
from offset.wire import files
from offset.wire.text_files import file_of
from offset.wire.text_values import Text
from offset.wire.texts import kind_of, read_text, write_text
from support.texts import BARE, FILES, VALUES, plain, signed
from support.vectors import cases


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_its_text(name: str) -> None:
    """A text becomes a file of 0.1.11 and a text again; only notes and decimals stay behind."""
    kept = plain(VALUES[name])
    if name == "invoice":
        kept |= {"note": "", "opt_decimals": None}
    assert plain(read_text(FILES[name])) == kept
    assert plain(read_text(f"here it is:\n{FILES[name]}\nbye")) == kept
    assert file_of(read_text(FILES[name])) == FILES[name]
    assert file_of(read_text(write_text(VALUES[name]))) == FILES[name]


def test_camel_case() -> None:
    """Wallets write the fields of payments in camelCase."""
    camel = json.dumps(
        {
            "invoiceId": json.loads(FILES["invoice"])["invoice_id"],
            "currency": "FST",
            "destPublicKey": json.loads(FILES["invoice"])["dest_public_key"],
            "destPayment": "2000",
        }
    )
    assert read_text(camel).file() == BARE.file()  # type: ignore[union-attr]


RECORDED = [
    item["content"]
    for case in cases("files")
    for item in (case, *case.get("files", ()))
    if item.get("content")
]


def read(content: str) -> Text | None:
    try:
        return read_text(content)
    except UserFault:
        return None


def test_recorded_files() -> None:
    """Recorded files of the reference are read as their kind, and the file of what was read says the same."""
    values = [value for content in RECORDED if (value := read(content)) is not None]
    assert {kind_of(value) for value in values} == set("icpfsk")
    for value in values:
        assert plain(read_text(file_of(value))) == plain(value)


@pytest.mark.parametrize(
    "content, sentence",
    [
        ('{"private_key": "x"}', "keep it to yourself"),
        ('{"payment_id": "x"}', "ask the seller"),
        ('{"publicKey": "x", "permissions": {}}', "folder of trusted apps"),
        ('{"name": 1}', "not a file of Offset"),
        ("{}", "not a file of Offset"),
        ('{"invoice_id": "x", ', "no text of Offset"),
        ('{"invoice_id": "x", }', "not whole"),
        ('{"invoice_id": "x", "dest_public_key": "y"}', "not an invoice"),
        ("{" * 5000 + "}", "not whole"),
        ("[1]", "no text of Offset"),
        ("}{", "no text of Offset"),
    ],
)
def test_what_is_refused(content: str, sentence: str) -> None:
    """Secrets, names of payments and anything else that nobody can use here."""
    with pytest.raises(UserFault, match=sentence):
        read_text(content)


def test_no_file_says_this() -> None:
    """Addresses and requests are of the texts alone; of a signed invoice the file keeps what 0.1.11 knows."""
    for name in ("address", "request"):
        with pytest.raises(UserFault, match="as a text or a QR code"):
            file_of(VALUES[name])
    assert files.parse_invoice(file_of(signed(BARE))) == BARE.file()
