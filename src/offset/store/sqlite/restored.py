"""A database that is made from a copy. It bears a mark for good: its friends may know more than it does.

A node lets each friend speak first after a start, that of a marked database above all (core/funder/friend/liveness.py).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.store.schema.kits import Kit, kit_bytes, read_kit
from offset.store.sqlite.checks import check_format, check_header, check_owner, check_sound
from offset.store.sqlite.connection import connect, make_file, remove_file, sync_folder, transaction
from offset.store.sqlite.errors import sentence
from offset.store.sqlite.lock import Lock
from offset.store.sqlite.migrate import FOLDER, migrate, scripts
from offset.store.sqlite.retired import retired_since, use_again

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
                _begin_anew(connection, now)
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


def claim(path: Path, public_key: PublicKey, now: int, *, migrations: Path = FOLDER) -> None:
    """Let the node of a database go on that was stopped because of another copy, or moved away.

    It is marked as one that was made from a copy at `now`, in ms since 1970. Raises UserFault when its node runs,
    nothing stopped it, or it is no sound database of the node with this key.
    """
    check_header(path)
    with ExitStack() as stack:
        stack.callback(Lock(path.resolve()).release)
        try:
            connection = connect(path)
            stack.callback(connection.close)
            check_sound(path, connection)
            check_format(path, connection, len(scripts(migrations)))
            check_owner(path, connection, public_key)
            with transaction(connection):
                migrate(connection, migrations)
                if not _is_held_up(connection):
                    raise UserFault(
                        f"nothing stopped the node of {path}, so there is nothing to claim; start it as ever"
                    )
                _begin_anew(connection, now)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise UserFault(sentence(path, error)) from None


def _is_held_up(connection: sqlite3.Connection) -> bool:
    """Whether another copy was found, or the database was moved away."""
    stopped = connection.execute("SELECT 1 FROM node WHERE stopped IS NOT NULL").fetchone()
    return stopped is not None or retired_since(connection) is not None


def _begin_anew(connection: sqlite3.Connection, now: int) -> None:
    """Put the mark. Each friend begins a life, and tells before its channel is gone on with (funder/state/lives.py)."""
    _put(connection, _MARK, now)
    connection.execute("UPDATE friends SET life = 0, has_told = 0")
    # The other copy lived in a life that began before it signed what was shown of it.
    connection.execute(
        "UPDATE node SET highest_life = max(highest_life, ifnull(json_extract(stopped, '$.at'), 0)), stopped = NULL"
    )
    # A copy that was made after the move is what the node goes on from.
    use_again(connection)


def _put(connection: sqlite3.Connection, name: str, value: int | bytes) -> None:
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))
