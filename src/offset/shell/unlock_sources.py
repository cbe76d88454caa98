"""Where the passphrase or the key of a locked identity is: `--unlock SOURCE`, or OFFSET_UNLOCK.

It is read there in unlock_reading.py.
"""

from __future__ import annotations

import os
import shlex
import sys
from typing import NamedTuple

from offset.base.faults import UserFault

ENVIRONMENT = "OFFSET_UNLOCK"
ASK = "ask"
FORMS = "ask, file:PATH, fd:N, credential:NAME, command:LINE"


class Source(NamedTuple):
    """A place to look at."""

    kind: str
    """ask, file, fd, credential or command."""
    place: str


class Locked(UserFault):
    """An identity is locked, and what would open it is not there; the text says what that is."""


def parse(text: str) -> Source:
    """The source that a text names. Raises UserFault."""
    kind, colon, place = text.partition(":")
    match kind:
        case "ask" if not colon:
            return Source(kind, "")
        case "file" if place:
            return Source(kind, place)
        case "fd" if place.isascii() and place.isdigit() and len(place) < 10:
            return Source(kind, place)
        case "credential" if place and "/" not in place:
            return Source(kind, place)
        case "command" if words_of(place):
            return Source(kind, place)
    # What was meant may be a passphrase, so it is not repeated.
    raise UserFault(f"the source of a passphrase or key is one of: {FORMS}")


def named() -> Source | None:
    """What OFFSET_UNLOCK says. Raises UserFault."""
    text = os.environ.get(ENVIRONMENT)
    return parse(text) if text else None


def default() -> Source | None:
    """What OFFSET_UNLOCK says, else the terminal if we are at one. Raises UserFault."""
    source = named()
    if source is not None:
        return source
    # Without a terminal nobody would see the question.
    return Source(ASK, "") if sys.stdin is not None and sys.stdin.isatty() else None


def words_of(line: str) -> list[str]:
    """The words of a command; none if it is no whole one."""
    try:
        return shlex.split(line)
    except ValueError:
        # A quote that does not end.
        return []
