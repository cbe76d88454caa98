"""Bringing a database to the newest format, one numbered script after another.

A script is never changed once a program with it was released: a new format is a new script.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from offset.base.faults import UserFault

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
    """Run the scripts that this database has not seen. Call it in a transaction, so that all of them run or none.

    Raises UserFault when sqlite does not understand a script, and the errors of sqlite otherwise.
    """
    assert connection.in_transaction
    for number, path in enumerate(scripts(folder), 1):
        if number > format_of(connection):
            for statement in _statements(path.read_text("utf-8")):
                try:
                    connection.execute(statement)
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorname != "SQLITE_ERROR":
                        raise
                    raise UserFault(
                        f"the database cannot be brought to format {number}: {error}; nothing was changed"
                    ) from error
            connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """One after another: sqlite's own way to run a script would end our transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
