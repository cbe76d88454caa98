"""The history as CSV: every value comes back, and nothing of others is computed by a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.ids import Currency, PublicKey
from offset.store.card.rows import HistoryRow
from offset.wallet.exports import COLUMNS, csv_of, plain


def row(**more: object) -> HistoryRow:
    values: dict[str, object] = {
        "id": 1,
        "at": 1_777_809_600_000,
        "cause": "paid",
        "currency": Currency("FST"),
        "friend": PublicKey(b"d" * 32),
        "friend_name": "Dana",
        "delta": -21,
        "balance": -21,
        "total": -21,
        "fees": 1,
        "purchase": "p",
        "sale": None,
        "name": "Bob's bakery",
        "note": "Lunch",
    }
    return HistoryRow(**values | more)  # type: ignore[arg-type]


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_row() -> None:
    """Times in UTC, amounts as whole credits, keys in base64url, what is missing as nothing."""
    (line,) = read(csv_of([row()]))
    assert list(line) == list(COLUMNS)
    assert line["time"] == "2026-05-03T12:00:00Z"
    assert (line["delta"], line["fees"], line["payment"], line["request"]) == ("-21", "1", "p", "")
    (line,) = read(csv_of([row(friend=None, friend_name=None, fees=None)]))
    assert (line["friend"], line["friend_key"], line["fees"]) == ("", "", "")


@given(st.text(), st.text(max_size=30))
def test_quotes_commas_and_lines(name: str, note: str) -> None:
    """Whatever stands in a name or a note comes back from a reader of RFC 4180."""
    name, note = name.replace("\r", " ").replace("\0", " "), note.replace("\r", " ").replace("\0", " ")
    content = csv_of([row(name=name, note=note)])
    (line,) = read(content)
    assert (line["name"], line["note"]) == (plain(name), plain(note))


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_formulas_are_words(words: str) -> None:
    """A name that a spreadsheet would compute begins with an apostrophe."""
    (line,) = read(csv_of([row(name=words, note=words, friend_name=words)]))
    assert line["name"] == line["note"] == line["friend"] == f"'{words}"


def test_lines_end_as_they_must() -> None:
    """With CR and LF, and one line for the names of the columns."""
    assert csv_of([]) == (",".join(COLUMNS) + "\r\n").encode()
    assert csv_of([row(), row()]).count(b"\r\n") == 3
