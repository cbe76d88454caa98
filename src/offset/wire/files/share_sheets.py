"""Sheets: one share of a key on paper, with what its keeper has to know (docs/manual/keys.md).

A sheet is a text for people that a program reads again. Of it only two things count: the words below the line "Words:",
up to an empty line, and the key in the line "Key:". A text without the line "Words:" is taken as the words alone, as
they come from a QR code or from whoever typed them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import PUBLIC_KEY_BYTES, PublicKey

_COLUMNS = 3
_WORDS, _KEY = "words:", "key:"
# Words may be numbered: "7 academic", "7. academic", "7) academic".
_WORD = re.compile(r"(?:([0-9]{1,3})[.):]*\s*)?([^\s0-9]+)")


class Sheet(NamedTuple):
    """What is printed on a sheet. It holds a secret: never logged, never shown but on its file."""

    words: str
    number: int
    total: int
    needed: int
    set_number: int
    public_key: PublicKey
    name: str
    """How the owner calls the card; may be empty."""
    day: str
    """When it was made: 2026-11-30."""


class FoundSheet(NamedTuple):
    """What counts of a sheet that was read."""

    words: str
    public_key: PublicKey | None
    """None when there are only words."""


def advice(sheet: Sheet) -> list[str]:
    """What its keeper has to know: one paragraph each."""
    return [
        f"This is one of {sheet.total} shares of the secret key of a card of Offset. Any {sheet.needed} of them make "
        f"the key, and with it all that the card owns; {sheet.needed - 1} or fewer tell nothing.",
        "Keep it where nobody else reads it, on paper, and not beside another share of the same card.",
        "Give it to nobody but the owner of the card, whom you see or whose voice you know, and only when the owner "
        "has lost the key. No program and no page of Offset asks for it over a network; whoever does is a thief.",
        "The words are those of SLIP-39, so other programs read them too. What they make is the 32 bytes of the key.",
    ]


def format_sheet(sheet: Sheet, picture: str) -> str:
    """The text of a sheet; `picture` is the QR code of its words, drawn in characters."""
    words = [f"{number:>2} {word}" for number, word in enumerate(sheet.words.split(), 1)]
    rows = [words[at : at + _COLUMNS] for at in range(0, len(words), _COLUMNS)]
    lines = [
        f"OFFSET: SHARE {sheet.number} OF {sheet.total}",
        "",
        *(f"{title:<7}{text}" for title, text in facts(sheet)),
        "",
        "Words:",
        *("".join(f"{word:<16}" for word in row).rstrip() for row in rows),
        "",
    ]
    for paragraph in advice(sheet):
        lines += [*_wrapped(paragraph), ""]
    lines += [
        "Are the words whole?   stmgr check-share -s THIS-FILE",
        "The key again:         stmgr join-shares "
        + " ".join(f"-s SHEET-{number}" for number in range(1, sheet.needed + 1))
        + " -o node.ident",
        "",
        "The words as a QR code:",
        "",
        picture.rstrip("\n"),
    ]
    return "\n".join(lines) + "\n"


def facts(sheet: Sheet) -> list[tuple[str, str]]:
    """What a sheet says of itself: titles with a colon, and texts."""
    return [
        *([("Card:", sheet.name)] if sheet.name else []),
        ("Key:", base64url.encode(sheet.public_key)),
        ("Share:", f"{sheet.number} of {sheet.total}; {sheet.needed} make the key"),
        ("Set:", f"{sheet.set_number}, made on {sheet.day}"),
    ]


def parse_sheet(text: str) -> FoundSheet:
    """What counts of a sheet. Raises UserFault; whether the words are a share is not looked at here."""
    if text.lstrip().startswith("<"):
        raise UserFault("a page for printing: give the text of the sheet, which has its name with .txt")
    lines = [line.strip() for line in text.splitlines()]
    key = next((line[len(_KEY) :].strip() for line in lines if line.lower().startswith(_KEY)), None)
    start = next((at for at, line in enumerate(lines) if line.lower().startswith(_WORDS)), None)
    if start is not None:
        lines = _paragraph([lines[start][len(_WORDS) :], *lines[start + 1 :]])
    return FoundSheet(" ".join(_in_order(" ".join(lines))), None if key is None else _key(key))


def _in_order(text: str) -> list[str]:
    """The words of a text: if each has a number in the order of these, else as they stand."""
    found = [(int(number or 0), word) for number, word in _WORD.findall(text)]
    is_numbered = sorted(number for number, _ in found) == list(range(1, len(found) + 1))
    return [word for _, word in (sorted(found) if is_numbered else found)]


def _paragraph(lines: list[str]) -> list[str]:
    """The lines up to an empty one that follows some words."""
    found: list[str] = []
    for line in lines:
        if line:
            found.append(line)
        elif found:
            break
    return found


def _key(text: str) -> PublicKey:
    try:
        return PublicKey(base64url.decode(text, PUBLIC_KEY_BYTES))
    except UserFault:
        raise UserFault("not a whole sheet: the key in the line Key: is not one") from None


def _wrapped(paragraph: str, width: int = 78) -> list[str]:
    lines = [""]
    for word in paragraph.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
