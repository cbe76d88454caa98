"""The header of an age file: a version, a stanza for each recipient, and the MAC of all that.

age-encryption.org/v1
-> X25519 SHARE
BODY
--- MAC
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offset.base.limits import AGE_HEADER_BYTES_MAX
from offset.crypto.age.armor import COLUMNS
from offset.crypto.age.faults import Damaged

KEY_BYTES = 32
_VERSION = b"age-encryption.org/v1"
_FOOTER = b"---"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")
_ARGUMENT = re.compile(r"[!-~]+")


class Stanza(NamedTuple):
    """What one recipient needs to get at the key of the file."""

    arguments: tuple[str, ...]
    """Its kind first; each of printable ASCII characters."""
    body: bytes


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """A key of 32 bytes."""
    return HKDF(SHA256(), KEY_BYTES, salt, info).derive(secret)


def encode(data: bytes) -> str:
    """Standard base64 without padding."""
    return base64.b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """What `encode` made, and nothing else that would mean the same. Raises Damaged."""
    if _BASE64.fullmatch(text) is None or len(text) % 4 == 1:
        raise Damaged("not base64")
    data = base64.b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise Damaged("base64 with bits left over")
    return data


def write(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """The whole header, with the end of its last line."""
    lines = [_VERSION]
    for stanza in stanzas:
        lines.append(" ".join(("->", *stanza.arguments)).encode())
        text = encode(stanza.body)
        # The last line is shorter than the others, be it empty: so a reader knows it.
        lines += [text[at : at + COLUMNS].encode() for at in range(0, len(text) + 1, COLUMNS)]
    head = b"\n".join([*lines, _FOOTER])
    return head + b" " + encode(_mac(file_key, head)).encode() + b"\n"


class Header(NamedTuple):
    """A header that was read; its MAC can be checked when the key of the file is known."""

    stanzas: tuple[Stanza, ...]
    signed: bytes
    mac: bytes
    bytes_long: int
    """What follows begins there."""

    def is_whole(self, file_key: bytes) -> bool:
        """Whether nothing in it was changed."""
        return hmac.compare_digest(_mac(file_key, self.signed), self.mac)


def read(data: bytes) -> Header:
    """The header at the beginning of a file. Raises Damaged."""
    lines = _Lines(data)
    if lines.take() != _VERSION:
        raise Damaged("another version")
    stanzas: list[Stanza] = []
    while (line := lines.take()).startswith(b"-> "):
        arguments = tuple(_ascii(line[3:]).split(" "))
        if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
            raise Damaged("an argument is not of printable characters")
        stanzas.append(Stanza(arguments, _body(lines)))
    if not stanzas or not line.startswith(_FOOTER + b" "):
        raise Damaged("no end of the header")
    mac = decode(_ascii(line[len(_FOOTER) + 1 :]))
    signed = data[: lines.at - len(line) - 1 + len(_FOOTER)]
    return Header(tuple(stanzas), signed, mac, lines.at)


class _Lines:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self) -> bytes:
        end = self._data.find(b"\n", self.at, AGE_HEADER_BYTES_MAX)
        if end < 0:
            raise Damaged("the header does not end")
        line, self.at = self._data[self.at : end], end + 1
        return line


def _body(lines: _Lines) -> bytes:
    text = ""
    while True:
        line = _ascii(lines.take())
        text += line
        if len(line) < COLUMNS:
            return decode(text)
        if len(line) > COLUMNS:
            raise Damaged("a line is too long")


def _ascii(line: bytes) -> str:
    try:
        return line.decode("ascii")
    except UnicodeDecodeError:
        raise Damaged("not ASCII") from None


def _mac(file_key: bytes, signed: bytes) -> bytes:
    return hmac.digest(hkdf(file_key, b"", b"header"), signed, "sha256")
