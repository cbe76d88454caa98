"""Whether a file is what the owner of a node takes it for. Each refusal is one sentence that says what to do."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.store.sqlite.errors import DAMAGED
from offset.store.sqlite.migrate import format_of

APPLICATION_ID = 0x4F465354
"""Marks a SQLite file as ours ("OFST")."""
FORMAT = "offset node"

_MAKE_ONE = "make one with: stmgr init-node-db"


def check_header(path: Path) -> None:
    """Tell a missing or foreign file from a database, before sqlite touches it. Raises UserFault."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
            names = os.fstat(file.fileno()).st_nlink
    except FileNotFoundError:
        raise UserFault(f"there is no database {path}; {_MAKE_ONE}") from None
    except OSError as error:
        raise UserFault(f"the database {path} cannot be read: {error.strerror}") from None
    if names > 1:
        # What was written last lies in a file beside one of the names, and so does the lock.
        raise UserFault(
            f"the database {path} has {names} names (hard links), and only beside one of them lies what was written "
            f"last; remove the others, which are found with: find FOLDER -samefile {path}"
        )
    if not start:
        raise UserFault(f"{path} is empty; delete it, and {_MAKE_ONE}")
    if start.lstrip().startswith(b"{"):
        raise UserFault(
            f"{path} is a JSON database of the reference's stnode, which this program cannot use; {_MAKE_ONE}"
        )
    if start != b"SQLite format 3\0":
        raise UserFault(f"{path} is not the database of a node; name another file")


def check_sound(path: Path, connection: sqlite3.Connection) -> None:
    """Raises UserFault unless this is the database of a node, and undamaged."""
    check_marks(path, connection)
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise UserFault(f"trouble with the database {path}: {DAMAGED}")


def check_marks(path: Path, connection: sqlite3.Connection) -> None:
    """Raises UserFault when another program made this database."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise UserFault(f"{path} is the database of another program; name another file")


def check_format(path: Path, connection: sqlite3.Connection, newest: int) -> None:
    """Raises UserFault when a newer program wrote this database."""
    found = format_of(connection)
    if found > newest:
        raise UserFault(
            f"a newer program wrote the database {path} (format {found}, this one knows {newest}); use that one"
        )


def check_owner(path: Path, connection: sqlite3.Connection, public_key: PublicKey) -> None:
    """Raises UserFault when this database belongs to another node."""
    owner = connection.execute("SELECT value FROM meta WHERE name = 'public_key'").fetchone()
    if owner != (public_key,):
        raise UserFault(
            f"the database {path} belongs to another identity; give the identity file it was made for"
        )
