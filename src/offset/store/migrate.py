"""Bringing a database to the newest format, one numbered script after another.

A script is never changed once a program with it was released; a new format is a new script.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

FOLDER = Path(__file__).parent / "migrations"


def scripts(folder: Path) -> list[Path]:
    """The scripts in order: the first leads from an empty file to format 1, the next one to 2, and so on."""
    found = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    assert [int(path.name[:4]) for path in found] == list(range(1, len(found) + 1)), "a gap in the migrations"
    return found


def format_of(connection: sqlite3.Connection) -> int:
    """The format of a database; 0 when it is empty."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


def migrate(connection: sqlite3.Connection, folder: Path) -> None:
    """Run the scripts that this database has not seen, each in a transaction of its own."""
    for number, path in enumerate(scripts(folder)[format_of(connection) :], format_of(connection) + 1):
        script = path.read_text("utf-8")
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
