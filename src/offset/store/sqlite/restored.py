"""A database that is made from a copy. It bears a mark for good: its friends may know more than it does.

A node lets each friend speak first after a start, that of a marked database above all (core/funder/friend/liveness.py).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.store.schema.kits import Kit, kit_bytes, read_kit
from offset.store.sqlite.checks import check_format, check_header, check_owner, check_sound
from offset.store.sqlite.connection import connect, make_file, remove_file, sync_folder, transaction
from offset.store.sqlite.errors import sentence
from offset.store.sqlite.migrate import FOLDER, migrate, scripts

_MARK = "restored"
_KIT = "restored_kit"


def is_restored(connection: sqlite3.Connection) -> bool:
    """Whether a database bears the mark."""
    return connection.execute("SELECT 1 FROM meta WHERE name = ?", (_MARK,)).fetchone() is not None


def kit_of(connection: sqlite3.Connection) -> Kit | None:
    """The kit that a database was made from. Raises UserFault."""
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (_KIT,)).fetchone()
    return None if found is None else read_kit(found[0])


def restore(
    path: Path, copy: Iterable[bytes], public_key: PublicKey, now: int, *, migrations: Path = FOLDER
) -> None:
    """Make the database `path` from the bytes of a copy, marked, for the owner's eyes only.

    `now` is the time of day, in ms since 1970, which the mark holds. Raises UserFault when there is a file already, or
    the copy is no sound database of the node with this key; and whatever `copy` raises.
    """

    put_restored(path, lambda part: fill_from_copy(part, copy, public_key, migrations), now)


def fill_from_copy(
    path: Path, copy: Iterable[bytes], public_key: PublicKey, migrations: Path = FOLDER
) -> None:
    """Make the file `path` of the bytes of a copy, in the newest format. Raises UserFault, and sqlite3.Error."""
    make_file(path)
    with path.open("wb") as file:
        for piece in copy:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    check_header(path)
    with closing(connect(path)) as connection:
        check_sound(path, connection)
        check_format(path, connection, len(scripts(migrations)))
        check_owner(path, connection, public_key)
        with transaction(connection):
            migrate(connection, migrations)


def put_restored(path: Path, fill: Callable[[Path], None], now: int, kit: Kit | None = None) -> None:
    """Make the database `path`, marked: `fill` makes it under another name. Raises UserFault, and what `fill` raises.

    Then no file is left, and even when the machine stops meanwhile there is none of that name with something in it.
    """
    make_file(path)
    part = path.with_name(f".offset-{os.urandom(8).hex()}.part")
    try:
        fill(part)
        with closing(connect(part)) as connection:
            with transaction(connection):
                _put(connection, _MARK, now)
                # Each friend begins a life, and tells before its channel is gone on with (core/funder/state/lives.py).
                connection.execute("UPDATE friends SET life = 0, has_told = 0")
                connection.execute("UPDATE node SET stopped = NULL")
                if kit is not None:
                    _put(connection, _KIT, kit_bytes(kit))
            # One file, with no log beside it, until it has its name.
            connection.execute("PRAGMA journal_mode = DELETE")
        os.replace(part, path)
        sync_folder(path)
    except BaseException as error:
        remove_file(path)
        if isinstance(error, sqlite3.Error):
            raise UserFault(sentence(path, error)) from None
        if isinstance(error, OSError):
            raise UserFault(f"cannot write {path}: {error.strerror}") from None
        raise
    finally:
        remove_file(part)
        part.with_name(part.name + ".lock").unlink(missing_ok=True)


def _put(connection: sqlite3.Connection, name: str, value: int | bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))
