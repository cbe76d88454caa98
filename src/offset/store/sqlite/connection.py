"""How a file is opened and prepared for one writer that must not wait."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from offset.base.faults import UserFault

BUSY_MS = 5000
"""How long a person who works on the database with another program may hold it before we give up."""
CHECKPOINT_PAGES = 1000
"""The log is copied into the database whenever it has so many pages (about 4 MB)."""
LOG_PAGES = 1200
"""The log has so many pages from the start: to write over old pages costs less than to make a file grow."""
LOG_PAGE_BYTES = 4096 + 24
CACHE_KIBIBYTES = 16 * 1024
STATEMENTS_CACHED = 128

_SETTINGS = (
    "foreign_keys = OFF",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
    "synchronous = FULL",
    f"cache_size = -{CACHE_KIBIBYTES}",
)

assert CHECKPOINT_PAGES < LOG_PAGES


def make_file(path: Path) -> None:
    """An empty file for the owner's eyes only. Raises UserFault when there is one already, or none can be made."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise UserFault(f"{path} exists already; choose another name") from None
    except OSError as error:
        raise UserFault(f"{path} cannot be made: {error.strerror}") from None


def remove_file(path: Path) -> None:
    """The file, and what sqlite put beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Make the name of a new file durable."""
    folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect(path: Path) -> sqlite3.Connection:
    """Open a file that exists. sqlite gives the files beside it the same permissions."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        # Transactions begin where we say so.
        isolation_level=None,
        # Writing and flushing may come from two threads, one after the other.
        check_same_thread=False,
        cached_statements=STATEMENTS_CACHED,
        timeout=BUSY_MS / 1000,
    )
    try:
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of what is done inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def use_log(path: Path, connection: sqlite3.Connection) -> None:
    """Write ahead into a log that is long enough from the start and keeps its length (table meta, row ballast)."""
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise UserFault(f"the disk of the database {path} cannot hold its log; move it to a local disk")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    keep_log(connection)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    # Nothing is lost if this is lost.
    connection.execute("PRAGMA synchronous = OFF")
    for number in range(LOG_PAGES):
        connection.execute("UPDATE meta SET value = ? WHERE name = 'ballast'", (number,))
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    keep_log(connection)


def keep_log(connection: sqlite3.Connection) -> None:
    """Let a connection use the log as `use_log` has left it."""
    connection.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * LOG_PAGE_BYTES}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
