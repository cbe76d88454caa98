"""What people write about themselves and about payments, as it is kept and shown: on one line, and nothing unseen."""

from __future__ import annotations

import re

from offset.base.faults import UserFault
from offset.base.limits import TEXT_NOTE_BYTES_MAX

_JOINERS = re.compile("[\u200c\u200d]")
"""What joins the letters of some scripts, and the parts of an emoji; everything else in a note can be seen."""


def shown(text: str) -> str:
    """`text` on one line, without what does not print: line breaks become blanks, marks of direction go."""
    kept = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or char.isprintable() or _JOINERS.match(char)
    )
    return " ".join(kept.split())


def is_shown(text: str, bytes_max: int) -> bool:
    """Whether a program writes `text` so: it is what `shown` makes of it, in at most `bytes_max` bytes."""
    return text == shown(text) and len(text.encode()) <= bytes_max


def clean_note(text: str, bytes_max: int = TEXT_NOTE_BYTES_MAX) -> str:
    """A note or a label that a person wrote, as it stands in a text. Raises UserFault when it is too long."""
    clean = shown(text)
    length = len(clean.encode())
    if length > bytes_max:
        raise UserFault(f"a note has at most {bytes_max} bytes, not {length}: shorten it")
    return clean
