"""Texts that people hand each other, by chat, mail, paper or QR code (spec 07).

    offset:<kind><version>/<base32 of: length (2 bytes), payload, 4 bytes of check>

Here is what holds for texts of all kinds: how bytes become a text, and how a text is found among other words, however
a chat or a mail has broken and marked its lines. What the bytes mean is said in `offset.wire.texts`.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from offset.base.faults import UserFault
from offset.base.limits import TEXT_AROUND_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from offset.crypto.hashing import sha512_256

SCHEME = "offset"
VERSION = 1
"""Of every kind that there is; fields may be added at the end within a version."""

_LENGTH_BYTES = 2
_CHECK_BYTES = 4
_LENGTH_CHARACTERS = 4
"""The characters that hold the length (and the first bits of the payload)."""
_HEAD_CHARACTERS = len(f"{SCHEME}:x0/")
LONGEST_PAYLOAD = (TEXT_CHARACTERS_MAX - _HEAD_CHARACTERS) * 5 // 8 - _LENGTH_BYTES - _CHECK_BYTES
"""What fits into the longest text."""

_HEAD = re.compile(rf"{SCHEME}:([a-z])([0-9])/", re.IGNORECASE | re.ASCII)
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_SKIPPED = re.compile("[\\s>\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\ufeff]")
"""What chats and mails put in between: blanks, line breaks, the mark of a quoted line, and what cannot be seen."""

CUT = "characters are missing from this text, or have changed: copy the whole text"
TWO = "these are two texts: copy one of them"
NEWER = "this text was made by a newer program: update this one to read it"
TOO_LONG = "this is too long to be searched for a text of Offset: copy only the part that begins with offset:"


class Framed(NamedTuple):
    """A text whose check is right."""

    kind: str
    """One small letter."""
    version: int
    payload: bytes


def write(kind: str, payload: bytes) -> str:
    """The text of a payload of this kind, in small letters; in a QR code it stands in capitals.

    Raises UserFault when it would be longer than any reader takes.
    """
    if len(payload) > LONGEST_PAYLOAD:
        raise UserFault("this is too long for a text or a QR code: hand it over as a file")
    length = len(payload).to_bytes(_LENGTH_BYTES)
    raw = length + payload + _check(kind, VERSION, length, payload)
    return f"{SCHEME}:{kind}{VERSION}/{base64.b32encode(raw).decode().rstrip('=').lower()}"


def find(pasted: str, kinds: str) -> Framed | None:
    """The one text of one of these kinds in what somebody pasted; None when there is no beginning of any.

    Raises UserFault when it is not whole, when there are two, or when a newer program made it.
    """
    if len(pasted) > TEXT_AROUND_CHARACTERS_MAX:
        raise UserFault(TOO_LONG)
    heads = list(_HEAD.finditer(pasted))
    if not heads:
        return None
    if len(heads) > 1:
        raise UserFault(TWO)
    kind, version = heads[0][1].lower(), int(heads[0][2])
    if kind not in kinds or version != VERSION:
        raise UserFault(NEWER)
    raw = _bytes_after(pasted[heads[0].end() :])
    length, payload, check = raw[:_LENGTH_BYTES], raw[_LENGTH_BYTES:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if check != _check(kind, version, length, payload):
        raise UserFault(CUT)
    return Framed(kind, version, payload)


def _check(kind: str, version: int, length: bytes, payload: bytes) -> bytes:
    return sha512_256(f"{kind}{version}".encode(), length, payload)[:_CHECK_BYTES]


def _bytes_after(text: str) -> bytes:
    """What the characters behind the head stand for: as many of them as the first four say. Raises UserFault."""
    found: list[str] = []
    wanted = _LENGTH_CHARACTERS
    for char in text:
        small = char.lower()
        if small in _ALPHABET and char.isascii():
            found.append(small)
        elif _SKIPPED.match(char):
            continue
        else:
            break
        if len(found) == _LENGTH_CHARACTERS:
            wanted = _characters_of(int.from_bytes(_decoded("".join(found))[:_LENGTH_BYTES]))
            if wanted + _HEAD_CHARACTERS > TEXT_CHARACTERS_MAX:
                break
        if len(found) == wanted:
            break
    if len(found) != wanted:
        raise UserFault(CUT)
    whole = "".join(found)
    raw = _decoded(whole)
    # So no other text stands for the same bytes: the bits behind the last byte are zero.
    if base64.b32encode(raw).decode().rstrip("=").lower() != whole:
        raise UserFault(CUT)
    return raw


def _characters_of(payload_bytes: int) -> int:
    return -(-8 * (_LENGTH_BYTES + payload_bytes + _CHECK_BYTES) // 5)


def _decoded(characters: str) -> bytes:
    """Whole bytes; what is left over of the last character is dropped."""
    bits = 0
    for char in characters:
        bits = bits << 5 | (ord(char) - ord("a") if char >= "a" else ord(char) - ord("2") + 26)
    spare = 5 * len(characters) % 8
    return (bits >> spare).to_bytes(5 * len(characters) // 8)
