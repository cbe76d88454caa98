"""Files that several commands read."""

from __future__ import annotations

from pathlib import Path

from offset.crypto.identity import Identity
from offset.programs.files_io import load
from offset.programs.stmgr.options import PROGRAM
from offset.wire.files import parse_identity


def load_identity(path: Path) -> Identity:
    """The identity in a file. Raises UserFault."""
    return load(path, parse_identity, made_by=f"{PROGRAM} gen-ident -o {path}")
