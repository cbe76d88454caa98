"""The node that a command is for, as the command line names it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PROGRAM = "stctrl"


class Target(NamedTuple):
    """Who we are, and which node to talk to: files that are read when a command needs them."""

    idfile: Path | None
    """The identity of this app."""
    ticket: Path | None
    """The ticket of the node."""
    unlock: str | None
    """Where the passphrase or key of our identity is, if it was said."""
