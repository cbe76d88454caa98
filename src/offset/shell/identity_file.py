"""Opening an identity file: the one place where a private key comes from the disk into a program."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from offset.crypto.identity import Identity
from offset.shell.files import STANDARD_INPUT, load
from offset.wire.files import parse_identity

_log = logging.getLogger("offset")


def open_identity(path: Path) -> Identity:
    """The identity in the file at `path`, which `stmgr gen-ident` makes.

    Raises UserFault, whose sentence names the file: it is missing, cannot be read, is too large, or is no identity.
    A file that other users of the machine can read or change is named in a warning.
    """
    identity = load(path, parse_identity, made_by=f"stmgr gen-ident -o {path}")
    if is_open_to_others(path):
        _log.warning(
            "the identity file %s is open to other users of this machine; close it with: chmod 600 %s",
            path,
            path,
        )
    return identity


def is_open_to_others(path: Path) -> bool:
    """Whether a file has permissions for its group or for everybody; of a pipe and where there are none: no."""
    if os.name != "posix" or path == STANDARD_INPUT:
        return False
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
