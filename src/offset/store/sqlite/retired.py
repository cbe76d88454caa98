"""A database that was moved away: its node must not start from it, since it goes on elsewhere."""

from __future__ import annotations

import datetime
import sqlite3
from contextlib import ExitStack
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.instants import Millis
from offset.store.sqlite.checks import check_format, check_header, check_sound
from offset.store.sqlite.connection import connect, transaction
from offset.store.sqlite.errors import sentence
from offset.store.sqlite.lock import Lock
from offset.store.sqlite.migrate import FOLDER, scripts

_MARK = "retired"


def retired_since(connection: sqlite3.Connection) -> Millis | None:
    """When the database was moved away, in ms since 1970; None if it was not."""
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (_MARK,)).fetchone()
    return None if found is None else int(found[0])


def use_again(connection: sqlite3.Connection) -> None:
    """Take the mark away."""
    connection.execute("DELETE FROM meta WHERE name = ?", (_MARK,))


def check_in_use(path: Path, connection: sqlite3.Connection) -> None:
    """Raises UserFault when the database was moved away."""
    since = retired_since(connection)
    if since is not None:
        day = datetime.datetime.fromtimestamp(since / 1000, datetime.UTC)
        raise UserFault(
            f"{path} was moved away on {day:%d %B %Y} with: stmgr retire; start the node where its copy was restored. "
            f"If that was never done, say: stmgr claim -d {path} -i IDENTITY"
        )


def retire(path: Path, now: Millis) -> None:
    """Mark the database of a node that does not run as moved away; `now` in ms since 1970.

    Raises UserFault when its node runs, this is no sound database of a node, or it is marked already.
    """
    check_header(path)
    with ExitStack() as stack:
        stack.callback(Lock(path.resolve()).release)
        try:
            connection = connect(path)
            stack.callback(connection.close)
            check_sound(path, connection)
            check_format(path, connection, len(scripts(FOLDER)))
            check_in_use(path, connection)
            with transaction(connection):
                connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (_MARK, now))
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise UserFault(sentence(path, error)) from None
