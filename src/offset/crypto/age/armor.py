"""The armor of age: its bytes as lines of text. Loads no cipher, for whoever only looks what a text is."""

from __future__ import annotations

import base64
import binascii

from offset.crypto.age.faults import Damaged

BEGIN = "-----BEGIN AGE ENCRYPTED FILE-----"
_END = "-----END AGE ENCRYPTED FILE-----"
COLUMNS = 64


def is_sealed(text: str) -> bool:
    """Whether a text is an age file, whole or not."""
    return text.lstrip().startswith(BEGIN)


def put_on(data: bytes) -> str:
    """The text of some bytes."""
    text = base64.b64encode(data).decode()
    lines = [text[at : at + COLUMNS] for at in range(0, len(text), COLUMNS)]
    return "\n".join((BEGIN, *lines, _END, ""))


def take_off(text: str) -> bytes:
    """The bytes in a text, which may have line ends of Windows, and white space around it. Raises Damaged."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    inner = lines[1:-1]
    if not inner or lines[0] != BEGIN or lines[-1] != _END:
        raise Damaged("no armor around it")
    if any(len(line) != COLUMNS for line in inner[:-1]) or not 0 < len(inner[-1]) <= COLUMNS:
        raise Damaged("lines of another length")
    whole = "".join(inner)
    try:
        data = base64.b64decode(whole, validate=True)
    except (binascii.Error, ValueError):
        raise Damaged("not base64") from None
    if base64.b64encode(data).decode() != whole:
        raise Damaged("base64 with bits left over")
    return data
