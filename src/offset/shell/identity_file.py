"""Opening an identity file: the one place where a private key comes from the disk into a program."""

from __future__ import annotations

from pathlib import Path

from offset.crypto.identity import Identity
from offset.shell.files import load
from offset.wire.files import parse_identity


def open_identity(path: Path) -> Identity:
    """The identity in the file at `path`, which `stmgr gen-ident` makes.

    Raises UserFault, whose sentence names the file: it is missing, cannot be read, is too large, or is no identity.
    """
    return load(path, parse_identity, made_by=f"stmgr gen-ident -o {path}")
