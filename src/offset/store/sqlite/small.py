"""A small database beside those of nodes: plain statements, each write durable when it returns.

The wallet keeps its own books in such files. Their format grows by numbered scripts, as that of a node does; before a
new script runs on a file that holds something, a copy of it is put beside it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from offset.base.faults import NodeStopped, UserFault
from offset.store.sqlite.connection import connect, make_file, remove_file, sync_folder, transaction
from offset.store.sqlite.errors import sentence
from offset.store.sqlite.migrate import format_of, migrate, scripts

CHECKPOINT_PAGES = 1000
"""The log is copied into the database whenever it has so many pages (4 MB), which costs two more flushes; and when the
database rests or is closed, which removes the log."""


class Kind(NamedTuple):
    """What sort of a file it is."""

    name: str
    """As in "the database of the wallet"."""
    application_id: int
    """Marks a SQLite file as one of this kind."""
    migrations: Path


class SmallDatabase:
    """An open database, for any threads of this process; whoever opens it keeps other programs out.

    One that is not used for a while may `rest`, which gives back what sqlite holds in memory for it.
    """

    def __init__(self, path: Path, kind: Kind) -> None:
        """Open the file, or make it, for the owner's eyes only, and bring it to the newest format.

        Raises UserFault, with what to do, when that is not possible; then the file is as it was.
        """
        self._path = path
        self._threads = RLock()
        """sqlite is asked for one thing at a time, and never while it is being closed."""
        self._open: sqlite3.Connection | None = None
        """None while it rests."""
        self._is_closed = False
        is_new = not path.exists()
        if is_new:
            make_file(path)
        try:
            connection = self._open = connect(path)
            try:
                self._prepare(connection, kind, is_new=is_new)
            except BaseException:
                connection.close()
                raise
            if is_new:
                sync_folder(path)
        except BaseException as error:
            if is_new:
                remove_file(path)
            if isinstance(error, sqlite3.Error):
                raise UserFault(sentence(path, error)) from None
            raise

    def _prepare(self, connection: sqlite3.Connection, kind: Kind, *, is_new: bool) -> None:
        if is_new:
            connection.execute(f"PRAGMA application_id = {kind.application_id}")
        (found,) = connection.execute("PRAGMA application_id").fetchone()
        if found != kind.application_id:
            raise UserFault(f"{self._path} is not the database of {kind.name}; name another folder")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise UserFault(f"the database {self._path} is damaged; restore a backup of it")
        newest, present = len(scripts(kind.migrations)), format_of(connection)
        if present > newest:
            raise UserFault(
                f"a newer program wrote the database {self._path} (format {present}, this one knows {newest}); "
                "use that one"
            )
        if 0 < present < newest:
            self._copy(connection, self._path.with_name(f"{self._path.name}.format-{present}"))
        with transaction(connection):
            migrate(connection, kind.migrations)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise UserFault(
                f"the disk of the database {self._path} cannot hold its log; move it to a local disk"
            )
        _follow(connection)

    def _copy(self, connection: sqlite3.Connection, target: Path) -> None:
        if target.exists():
            # Of an attempt that failed after it.
            return
        make_file(target)
        copy = connect(target)
        try:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        except BaseException:
            copy.close()
            remove_file(target)
            raise
        copy.close()
        sync_folder(target)

    def _connection(self) -> sqlite3.Connection:
        """The connection, made again if it was given back; for who holds `_threads`."""
        if self._is_closed:
            raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
        if self._open is None:
            self._open = connect(self._path)
            _follow(self._open)
        return self._open

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a SELECT finds. Raises NodeStopped."""
        with self._threads, self._troubles():
            return self._connection().execute(statement, values).fetchall()

    def write(self, statement: str, *values: Any) -> None:
        """One statement, alone or in a group; durable when this, or the group, ends. Raises NodeStopped."""
        with self._threads, self._troubles():
            self._connection().execute(statement, values)

    @contextmanager
    def group(self) -> Iterator[None]:
        """All that is written inside becomes durable together, or nothing of it. Raises NodeStopped.

        A group inside of another one is a part of it.
        """
        with self._threads, self._troubles():
            connection = self._connection()
            with nullcontext() if connection.in_transaction else transaction(connection):
                yield

    def reader(self) -> SmallReader:
        """One more connection, only for reading, for another thread; the caller closes it."""
        return read_only(self._path)

    def rest(self) -> None:
        """Give back the memory until somebody asks for something, which then takes a few ms longer."""
        with self._threads:
            # Never in the midst of a group, which the same thread may have begun.
            if self._open is not None and not self._open.in_transaction:
                self._let_go(self._open)

    def close(self) -> None:
        """Fold the log into the file and let go."""
        with self._threads:
            self._is_closed = True
            if self._open is not None:
                self._let_go(self._open)

    def _let_go(self, connection: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        connection.close()
        self._open = None

    def _troubles(self) -> AbstractContextManager[None]:
        return _troubles(self._path)


def _follow(connection: sqlite3.Connection) -> None:
    """Copy the log into the database now and then."""
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def read_only(path: Path) -> SmallReader:
    """A connection to a file that nobody has to have open; the caller closes it. Raises NodeStopped."""
    with _troubles(path):
        connection = sqlite3.connect(
            f"{Path(os.path.realpath(path)).as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        connection.execute("PRAGMA query_only = ON")
    return SmallReader(path, connection)


class SmallReader:
    """A connection that only reads. For one thread at a time; it sees what was durable when a statement began."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `SmallDatabase.reader`."""
        self._path, self._connection = path, connection

    def rows(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """What a SELECT finds, row by row. Raises NodeStopped."""
        with _troubles(self._path):
            yield from self._connection.execute(statement, values)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


@contextmanager
def _troubles(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise NodeStopped(sentence(path, error)) from error
