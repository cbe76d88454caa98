"""Sheets: what a program reads of what was printed, scanned or typed."""

from __future__ import annotations

import pytest

from offset.base import base64url
from offset.base.faults import UserFault
from offset.testing import NODE
from offset.wire.files.share_sheets import format_sheet, parse_sheet
from support.shares import SET_NUMBER, SHARES, sheet, sheet_text

KEY = base64url.encode(NODE.public_key)


def test_a_sheet_is_read_again() -> None:
    """The words and the key come back, whatever else stands on it."""
    found = parse_sheet(sheet_text(SHARES[1], 2))
    assert (found.words, found.public_key) == (SHARES[1], NODE.public_key)


def test_what_is_on_a_sheet() -> None:
    """Whose, which, of how many, when; what its keeper has to know; no line is too long for paper."""
    text = format_sheet(sheet(SHARES[0]), "(picture)\n")
    lines = text.splitlines()
    assert lines[0] == "OFFSET: SHARE 1 OF 3"
    assert lines[2:6] == [
        "Card:  Node's card",
        f"Key:   {KEY}",
        "Share: 1 of 3; 2 make the key",
        f"Set:   {SET_NUMBER}, made on 2026-11-30",
    ]
    assert "nobody but the owner" in text
    assert lines[-1] == "(picture)"
    assert max(map(len, lines)) <= 80


def test_a_card_without_a_name() -> None:
    """Then there is no line for it."""
    assert "Card:" not in format_sheet(sheet(SHARES[0])._replace(name=""), "")


@pytest.mark.parametrize(
    "text",
    [
        SHARES[0],
        f"  {SHARES[0]}\n\n",
        SHARES[0].replace(" ", "\r\n"),
        "\n".join(f"{number}. {word}" for number, word in enumerate(SHARES[0].split(), 1)),
        " ".join(f"{number}){word}" for number, word in enumerate(SHARES[0].split(), 1)),
        f"words: {SHARES[0]}\n\nand more",
        f"Words:\n\n{SHARES[0]}\n\nand more",
    ],
)
def test_words_that_were_typed(text: str) -> None:
    """The words alone are enough, on any number of lines, numbered or not."""
    found = parse_sheet(text)
    assert (found.words, found.public_key) == (SHARES[0], None)


def test_columns_that_were_typed_across() -> None:
    """The page prints columns; who types it row by row, with the numbers, still gets the words in order."""
    words = [f"{number} {word}" for number, word in enumerate(SHARES[0].split(), 1)]
    rows = zip(words[:11], words[11:22], words[22:], strict=True)
    assert parse_sheet("\n".join("   ".join(row) for row in rows)).words == SHARES[0]


def test_a_number_too_many() -> None:
    """Numbers that are no order are left out, and the words stand as they stand."""
    assert parse_sheet("2 acid 2 acne").words == "acid acne"


def test_a_page_and_a_key_that_is_none() -> None:
    """Each gets one sentence."""
    with pytest.raises(UserFault, match=r"a page for printing: give the text"):
        parse_sheet("<!doctype html>\n<html>")
    with pytest.raises(UserFault, match="not a whole sheet"):
        parse_sheet(f"Key: {KEY[:-1]}\nWords:\n{SHARES[0]}")
