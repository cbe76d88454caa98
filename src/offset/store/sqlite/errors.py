"""What sqlite complains about, in words for the owner of a node."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import msgspec

DAMAGED = "it is damaged; look what is wrong with stmgr check-db, and restore a backup (docs/RECOVERY.md)"
UNREADABLE = (msgspec.MsgspecError, ValueError, LookupError, TypeError, AttributeError)
"""What reading a row raises whose cells are not what we wrote."""
_TROUBLES = (
    ("SQLITE_FULL", "the disk is full; make room and start again"),
    ("SQLITE_READONLY", "it cannot be written; check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "it cannot be opened; check the permissions of the file and its folder"),
    ("SQLITE_PERM", "it cannot be opened; check the permissions of the file and its folder"),
    ("SQLITE_BUSY", "another program keeps it locked; close that program and start again"),
    ("SQLITE_LOCKED", "another program keeps it locked; close that program and start again"),
    ("SQLITE_CORRUPT", DAMAGED),
    ("SQLITE_NOTADB", DAMAGED),
    ("SQLITE_IOERR", "the disk does not work; check it and start again"),
    # What we ask is always the same, so if sqlite does not understand it a table is not what it was.
    ("SQLITE_ERROR", DAMAGED),
    ("SQLITE_SCHEMA", DAMAGED),
    ("SQLITE_CONSTRAINT", DAMAGED),
    ("SQLITE_MISMATCH", DAMAGED),
    ("SQLITE_FORMAT", DAMAGED),
)
_AT_A_FULL_DISK = ("SQLITE_IOERR", "SQLITE_CANTOPEN")
"""What sqlite says when there is no room for the files beside the database; it knows no better."""
_FULL_BYTES = 64 * 1024
"""With less room than this, those files cannot be made: the index of the log alone has 32 KiB."""


def sentence(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> str:
    """What is wrong with the database at `path`, and what to do.

    UnicodeDecodeError: sqlite told of a name in the database that is no text any more.
    """
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(_AT_A_FULL_DISK) and _is_full(path.absolute().parent):
        name = "SQLITE_FULL"
    if isinstance(error, UnicodeDecodeError) or (not name and "decode" in str(error)):
        name = "SQLITE_CORRUPT"
    for prefix, text in _TROUBLES:
        if name.startswith(prefix):
            return f"trouble with the database {path}: {text}"
    return f"trouble with the database {path}: {error}"


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False
