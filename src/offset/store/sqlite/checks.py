"""Whether a file is what the owner of a node takes it for. Each refusal is one sentence that says what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
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
    except FileNotFoundError:
        raise UserFault(f"there is no database {path}; {_MAKE_ONE}") from None
    except OSError as error:
        raise UserFault(f"the database {path} cannot be read: {error.strerror}") from None
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
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise UserFault(f"{path} is the database of another program; name another file")
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise UserFault(f"the database {path} is damaged; restore a backup")


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
