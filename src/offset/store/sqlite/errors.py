"""What sqlite complains about, in words for the owner of a node."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_TROUBLES = (
    ("SQLITE_FULL", "the disk is full; make room and start again"),
    ("SQLITE_READONLY", "it cannot be written; check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "it cannot be opened; check the permissions of the file and its folder"),
    ("SQLITE_PERM", "it cannot be opened; check the permissions of the file and its folder"),
    ("SQLITE_BUSY", "another program keeps it locked; close that program and start again"),
    ("SQLITE_LOCKED", "another program keeps it locked; close that program and start again"),
    ("SQLITE_CORRUPT", "it is damaged; restore a backup"),
    ("SQLITE_NOTADB", "it is damaged, or no database of a node; restore a backup"),
    ("SQLITE_IOERR", "the disk does not work; check it and start again"),
)


def sentence(path: Path, error: sqlite3.Error) -> str:
    """What is wrong with the database at `path`, and what to do."""
    name = getattr(error, "sqlite_errorname", "")
    for prefix, text in _TROUBLES:
        if name.startswith(prefix):
            return f"trouble with the database {path}: {text}"
    return f"trouble with the database {path}: {error}"
