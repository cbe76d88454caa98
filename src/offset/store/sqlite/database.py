"""The database of a node: one SQLite file with a row per entity.

    create(path, public_key)                     a new, empty database
    database = Database.open(path, public_key)
    funder = Funder(identity, entropy, database.load(), database.past)
    database.write(changes)                      as often as you like; then, perhaps in another thread:
    database.flush()                             all of it is durable
    database.close()

All writes up to a flush are one group, one transaction of sqlite. Whoever opens the file after a crash finds every
group that was flushed, whole, and nothing of one that was not.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import offset
from offset.base.faults import NodeStopped, UserFault
from offset.base.ids import PublicKey
from offset.core.funder.records import Changes, IndexServersRecord, Record
from offset.store.sqlite.checks import (
    APPLICATION_ID,
    FORMAT,
    check_format,
    check_header,
    check_owner,
    check_sound,
)
from offset.store.sqlite.connection import (
    connect,
    keep_log,
    make_file,
    remove_file,
    sync_folder,
    transaction,
    use_log,
)
from offset.store.sqlite.errors import DAMAGED, UNREADABLE, sentence
from offset.store.sqlite.lock import Lock
from offset.store.sqlite.migrate import FOLDER, migrate, scripts
from offset.store.sqlite.past import DiskPast
from offset.store.sqlite.restored import is_restored
from offset.store.sqlite.retired import check_in_use
from offset.store.sqlite.statements import Now, Statement, statements
from offset.wire.common import NamedIndexServerAddress

T = TypeVar("T")


def system_now() -> int:
    """The time of day, in ms since 1970."""
    return time.time_ns() // 1_000_000


def create(path: str | Path, public_key: PublicKey, *, migrations: Path = FOLDER) -> None:
    """Make the empty database of the node with this key, for the owner's eyes only.

    Raises UserFault when there is a file already, or none can be made.
    """
    path = Path(path)
    make_file(path)
    try:
        connection = connect(path)
        try:
            with transaction(connection):
                _fill(connection, public_key, migrations)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        sync_folder(path)
    except BaseException as error:
        remove_file(path)
        if isinstance(error, sqlite3.Error):
            raise UserFault(sentence(path, error)) from None
        raise


def _fill(connection: sqlite3.Connection, public_key: PublicKey, migrations: Path) -> None:
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


class Database:
    """An open, locked database. `write` and `flush` may come from different threads, but never overlap."""

    def __init__(self, path: Path, lock: Lock, connection: sqlite3.Connection, now: Now) -> None:
        """Use `open`."""
        self._path, self._lock, self._connection = path, lock, connection
        self._cursor = connection.cursor()
        self._statements = statements(now)
        self._reader: sqlite3.Connection | None = None
        self.is_restored = is_restored(connection)
        """Whether `stmgr restore` made it, so that friends may know more than it does."""
        self.past = DiskPast(path, self._look)
        """What is over, as far as it is durable; for the thread of `write`, also during a flush."""
        self._is_settled = False
        self._is_broken = False
        self._is_closed = False

    @classmethod
    def open(
        cls, path: str | Path, public_key: PublicKey, *, now: Now = system_now, migrations: Path = FOLDER
    ) -> Database:
        """Open the database of the node with this key, and bring it to the newest format.

        `now` stamps the history. Nothing is written before `settle`, so that a database which turns out to be
        damaged stays as it is. Raises UserFault, with what to do, when that is not possible.
        """
        # One file, one lock, whatever name leads to it.
        path = Path(os.path.realpath(path))
        check_header(path)
        lock = Lock(path)
        connection = None
        try:
            # A connection of its own: the check leaves locks behind.
            with closing(connect(path)) as look:
                check_sound(path, look)
                check_format(path, look, len(scripts(migrations)))
                check_owner(path, look, public_key)
                check_in_use(path, look)
            connection = connect(path)
            # `settle` ends this transaction.
            connection.execute("BEGIN IMMEDIATE")
            migrate(connection, migrations)
            connection.execute("UPDATE meta SET value = ? WHERE name = 'opened_by'", (offset.__version__,))
        except BaseException as error:
            if connection is not None:
                connection.close()
            lock.release()
            if isinstance(error, sqlite3.Error | UnicodeDecodeError):
                raise UserFault(sentence(path, error)) from None
            raise
        return cls(path, lock, connection, now)

    def settle(self) -> None:
        """Begin to write: what was loaded makes sense. The first `write` does it if nobody did before.

        Raises UserFault, with what to do, when the database cannot be written.
        """
        if self._is_settled or self._is_broken:
            return
        try:
            self._connection.execute("COMMIT")
            use_log(self._path, self._connection)
            self._renew()
        except sqlite3.Error as error:
            self._is_broken = True
            raise UserFault(sentence(self._path, error)) from None
        self._is_settled = True

    def _renew(self) -> None:
        """Go on with a new connection: the statements and pages of the start would stay in memory, some 200 KB."""
        fresh = connect(self._path)
        try:
            keep_log(fresh)
            # Whoever closes the log last removes it, so the new connection has to use it before the old one ends.
            fresh.execute("SELECT count(*) FROM meta").fetchone()
            fresh.execute("PRAGMA shrink_memory")
        except BaseException:
            fresh.close()
            raise
        self._cursor.close()
        self._connection.close()
        self._connection = fresh
        self._cursor = fresh.cursor()

    def load(self) -> Iterator[Record]:
        """All records but those that are looked up in `past`, friends before what belongs to them.

        Raises NodeStopped when one cannot be read.
        """
        for table in self._statements.tables:
            if table.is_past:
                continue
            try:
                yield from table.read(self._connection.execute(table.select))
            except sqlite3.Error as error:
                raise NodeStopped(sentence(self._path, error)) from error
            except UNREADABLE as error:
                raise NodeStopped(
                    f"trouble with the database {self._path}: a row of {table.name} cannot be read, {DAMAGED}"
                ) from error

    def read_index_servers(self) -> tuple[NamedIndexServerAddress, ...]:
        """The index servers of this node, in the order of the owner."""
        (table,) = [table for table in self._statements.tables if table.name == IndexServersRecord.TABLE]
        (record,) = self._run(lambda: list(table.read(self._connection.execute(table.select))))
        assert isinstance(record, IndexServersRecord)
        return record.servers

    def write(self, changes: Changes) -> None:
        """Take these changes into the group under way. Raises NodeStopped; then the whole group is lost."""
        if changes:
            try:
                self.settle()
            except UserFault as fault:
                raise NodeStopped(str(fault)) from fault
            todo = self._statements.writing(changes)
            self._run(lambda: self._execute(todo))

    def _execute(self, todo: list[Statement]) -> None:
        if not self._connection.in_transaction:
            self._cursor.execute("BEGIN IMMEDIATE")
        for statement, rows in todo:
            self._cursor.executemany(statement, rows)

    def flush(self) -> None:
        """Make the group under way durable; returns when it is. Raises NodeStopped; then it may be lost."""
        self._run(self._connection.commit)

    def _look(self) -> sqlite3.Connection:
        """What to read from: until something is written our own connection, which may have migrated; then another one,
        which does not wait for a flush.
        """
        if not self._is_settled:
            return self._connection
        if self._reader is None:
            self._reader = connect(self._path)
            self._reader.execute("PRAGMA query_only = ON")
        return self._reader

    def _run(self, job: Callable[[], T]) -> T:
        """Half a group must never be committed: after the first error no write is accepted."""
        if self._is_broken:
            raise NodeStopped(f"the database {self._path} had trouble before; start again")
        try:
            return job()
        except sqlite3.Error as error:
            self._is_broken = True
            raise NodeStopped(sentence(self._path, error)) from error
        except BaseException:
            self._is_broken = True
            raise

    def close(self) -> None:
        """Drop the group under way, fold the log into the file, let others in. A second call does nothing.

        If nothing was settled nothing was written.
        """
        if self._is_closed:
            return
        self._is_closed = self._is_broken = True
        # What was flushed stands in the log, which the next start reads.
        with suppress(sqlite3.Error):
            if self._reader is not None:
                self._reader.close()
            self._connection.rollback()
            self._cursor.close()
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._connection.close()
        self._lock.release()
