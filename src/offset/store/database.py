"""The database of a node: one SQLite file with a row per entity.

    create(path, key)                  a new, empty database
    database = Database.open(path, key)
    funder = Funder(identity, entropy, database.load())
    database.write(changes)            as often as you like; then, perhaps in another thread:
    database.flush()                   all of it is durable, or none
    database.close()

A group of writes is one transaction. Whoever opens the file after a crash finds all groups that were flushed and
nothing of those that were not.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import msgspec

import offset
from offset.base.faults import NodeStopped, UserFault
from offset.base.ids import PublicKey
from offset.core.funder.records import Changes, IndexServersRecord, Record
from offset.store.lock import Lock
from offset.store.migrate import FOLDER, format_of, migrate, scripts
from offset.store.rows import Now, make_tables, statements
from offset.store.troubles import sentence
from offset.wire.common import NamedIndexServerAddress

APPLICATION_ID = 0x4F465354
"""Marks the file as ours ("OFST")."""
FORMAT = "offset node"

BUSY_MS = 5000
"""How long a person who reads the database with another program may hold it before we give up."""
CHECKPOINT_PAGES = 1000
"""The log is copied into the database whenever it has so many pages (about 4 MB)."""
LOG_PAGES = 1200
"""The log has so many pages from the start: to write over old pages costs less than to make a file grow."""
_LOG_PAGE_BYTES = 4096 + 24
CACHE_KIBIBYTES = 16 * 1024
STATEMENTS_CACHED = 128

T = TypeVar("T")


def system_now() -> int:
    """The time of day, in ms since 1970."""
    return time.time_ns() // 1_000_000


def create(path: str | Path, public_key: PublicKey, *, migrations: Path = FOLDER) -> None:
    """Make the empty database of the node with this key, for the owner's eyes only.

    Raises UserFault when there is a file already, or none can be made.
    """
    path = Path(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise UserFault(f"{path} exists already; choose another name for the new database") from None
    except OSError as error:
        raise UserFault(f"the database {path} cannot be made: {error.strerror}") from None
    try:
        _fill(path, public_key, migrations)
    except BaseException as error:
        _remove(path)
        if isinstance(error, sqlite3.Error):
            raise UserFault(sentence(path, error)) from None
        raise


def _fill(path: Path, public_key: PublicKey, migrations: Path) -> None:
    connection = _connect(path)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(connection, migrations)
        meta = (
            ("format", FORMAT),
            ("public_key", public_key),
            ("created_by", offset.__version__),
            ("opened_by", offset.__version__),
            ("ballast", 0),
        )
        connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", meta)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    folder = os.open(path.absolute().parent, os.O_RDONLY)  # so that the name of the file is durable as well
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file that exists."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        uri=True,
        isolation_level=None,  # transactions begin where we say so
        check_same_thread=False,  # write and flush may come from two threads, one after another
        cached_statements=STATEMENTS_CACHED,
        timeout=BUSY_MS / 1000,
    )
    for pragma in (
        "foreign_keys = OFF",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
        "synchronous = FULL",
        f"cache_size = -{CACHE_KIBIBYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


class Database:
    """An open, locked database. `write` and `flush` may be called from different threads, never at the same time."""

    def __init__(self, path: Path, lock: Lock, connection: sqlite3.Connection, now: Now) -> None:
        """Use `open`."""
        self._path, self._lock, self._connection = path, lock, connection
        self._cursor = connection.cursor()
        self._tables = make_tables(now)
        self._is_broken = False
        self._is_closed = False

    @classmethod
    def open(
        cls,
        path: str | Path,
        public_key: PublicKey,
        *,
        now: Now = system_now,
        migrations: Path = FOLDER,
    ) -> Database:
        """Open the database of the node with this key, and bring it to the newest format.

        `now` stamps the history. Raises UserFault, with what to do, when that is not possible.
        """
        path = Path(os.path.realpath(path))  # one file, one lock, whatever name leads to it
        _check_header(path)
        lock = Lock(path)
        try:
            connection = _connect(path)
            try:
                _check(path, connection, public_key, len(scripts(migrations)))
                migrate(connection, migrations)
                _prepare(path, connection)
                return cls(path, lock, connection, now)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            lock.release()
            raise UserFault(sentence(path, error)) from None
        except BaseException:
            lock.release()
            raise

    def load(self) -> Iterator[Record]:
        """All records, friends before what belongs to them. Raises NodeStopped when one cannot be read."""
        for name, table in self._tables.items():
            try:
                yield from table.read(self._connection.execute(table.select))
            except sqlite3.Error as error:
                raise NodeStopped(sentence(self._path, error)) from None
            except (msgspec.MsgspecError, ValueError, KeyError):
                raise NodeStopped(
                    f"the database {self._path} is damaged: a row of {name} cannot be read; restore a backup"
                ) from None

    def read_index_servers(self) -> tuple[NamedIndexServerAddress, ...]:
        """The index servers of this node, in the order of the owner."""
        table = self._tables["index_servers"]
        (record,) = self._run(lambda: list(table.read(self._connection.execute(table.select))))
        assert isinstance(record, IndexServersRecord)
        return record.servers

    def write(self, changes: Changes) -> None:
        """Take these changes into the group under way. Raises NodeStopped; then the group is lost."""
        if not changes:
            return
        todo = statements(self._tables, changes)
        self._run(lambda: self._execute(todo))

    def _execute(self, todo: list[tuple[str, list[tuple[object, ...]]]]) -> None:
        if not self._connection.in_transaction:
            self._cursor.execute("BEGIN IMMEDIATE")
        for statement, rows in todo:
            self._cursor.executemany(statement, rows)

    def flush(self) -> None:
        """Make the group durable. Returns when it is. Raises NodeStopped; then the group is lost."""
        self._run(self._connection.commit)

    def _run(self, job: Callable[[], T]) -> T:
        """Half a group must never be committed: after the first trouble nothing goes any more."""
        if self._is_broken:
            raise NodeStopped(f"the database {self._path} had trouble before; start again")
        try:
            return job()
        except sqlite3.Error as error:
            self._is_broken = True
            raise NodeStopped(sentence(self._path, error)) from None
        except BaseException:
            self._is_broken = True
            raise

    def close(self) -> None:
        """Give up the group under way, tidy up, and let others in. What was flushed is safe, whatever happens here."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if self._connection.in_transaction:
                self._connection.rollback()
            self._cursor.close()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            pass  # the log is read again at the next start
        finally:
            self._connection.close()
            self._lock.release()


def _check_header(path: Path) -> None:
    """Tell a missing or foreign file from a database before anything is written beside it."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        raise UserFault(f"there is no database {path}; make one with: stmgr init-node-db") from None
    except OSError as error:
        raise UserFault(f"the database {path} cannot be read: {error.strerror}") from None
    if start.lstrip().startswith(b"{"):
        raise UserFault(
            f"{path} is a JSON database of the reference's stnode, which this program cannot read; "
            "make a new one with: stmgr init-node-db"
        )
    if start != b"SQLite format 3\0":
        raise UserFault(f"{path} is not a database of a node; name another file")


def _check(path: Path, connection: sqlite3.Connection, public_key: PublicKey, newest: int) -> None:
    """Raises UserFault unless this is a sound database of this node that we understand."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise UserFault(f"{path} is a database of another program; name another file")
    found = format_of(connection)
    if found > newest:
        raise UserFault(
            f"the database {path} was written by a newer program (format {found}, this one knows {newest}); "
            "use the newer program"
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise UserFault(f"the database {path} is damaged; restore a backup")
    owner = connection.execute("SELECT value FROM meta WHERE name = 'public_key'").fetchone()
    if owner != (public_key,):
        raise UserFault(
            f"the database {path} belongs to another identity; use the identity file it was made with"
        )


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Settings for one writer, and a log that is long enough already."""
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise UserFault(f"the disk of the database {path} cannot hold its log; put it on a local disk")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_PAGES * _LOG_PAGE_BYTES}")
    connection.execute("UPDATE meta SET value = ? WHERE name = 'opened_by'", (offset.__version__,))
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA synchronous = OFF")
    for number in range(LOG_PAGES):
        connection.execute("UPDATE meta SET value = ? WHERE name = 'ballast'", (number,))
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
