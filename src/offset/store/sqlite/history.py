"""Taking the history out of the database of a node: reading a span of it, and pruning what was read.

The ids of invoices and payments stay known as used, and numbers of pruned rows never come again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from offset.base.faults import UserFault
from offset.base.instants import Millis
from offset.core.funder.state.past import Noted
from offset.store.sqlite.checks import check_format, check_header, check_sound
from offset.store.sqlite.connection import connect, transaction
from offset.store.sqlite.errors import DAMAGED, UNREADABLE, sentence
from offset.store.sqlite.lock import Lock
from offset.store.sqlite.migrate import FOLDER, format_of, scripts
from offset.store.sqlite.past import read_noted, select_noted

_HIGHEST = 2**63 - 1


class Span(msgspec.Struct, frozen=True):
    """Which rows of a history: those that all four bounds let through."""

    first: int = 1
    """The lowest number."""
    last: int = _HIGHEST
    """The highest number."""
    since: Millis = 0
    """The earliest time, in ms since 1970 (UTC)."""
    until: Millis = _HIGHEST
    """The first time that is too late."""


_WHERE = "WHERE number BETWEEN ? AND ? AND time >= ? AND time < ?"


class History:
    """The history in a database; use `open_history`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path, self._connection = path, connection

    def rows(self, span: Span) -> Iterator[Noted]:
        """Those of the span, the oldest first. Raises UserFault when one cannot be read."""
        try:
            for cells in self._connection.execute(select_noted(f"{_WHERE} ORDER BY number"), _cells(span)):
                yield read_noted(cells)
        except sqlite3.Error as error:
            raise UserFault(sentence(self._path, error)) from None
        except UNREADABLE:
            raise UserFault(
                f"trouble with the database {self._path}: a row of history cannot be read, {DAMAGED}"
            ) from None

    def prune(self, span: Span, count: int) -> None:
        """Delete the rows of the span, which are `count`. Raises UserFault when they are not, and deletes none."""
        try:
            with transaction(self._connection):
                kept = self._connection.execute(
                    "UPDATE meta SET value = max(value, (SELECT ifnull(max(number), 0) FROM history)) "
                    "WHERE name = 'history_pruned'"
                ).rowcount
                if kept != 1:
                    raise UserFault(
                        f"trouble with the database {self._path}: a row of meta is missing, {DAMAGED}"
                    )
                deleted = self._connection.execute(f"DELETE FROM history {_WHERE}", _cells(span)).rowcount
                if deleted != count:
                    raise UserFault(
                        f"{count} rows were read and {deleted} were to be pruned, so none was; try again"
                    )
        except sqlite3.Error as error:
            raise UserFault(sentence(self._path, error)) from None


def _cells(span: Span) -> tuple[int, int, int, int]:
    return span.first, span.last, span.since, span.until


@contextmanager
def open_history(path: Path, *, alone: bool) -> Iterator[History]:
    """The history in the database at `path`, also while a node works with it; with `alone` only if none does.

    Raises UserFault when this is no sound database of a node, or not of the newest format.
    """
    check_header(path)
    with ExitStack() as stack:
        if alone:
            stack.callback(Lock(path.resolve()).release)
        try:
            connection = connect(path)
            stack.callback(connection.close)
            check_sound(path, connection)
            newest = len(scripts(FOLDER))
            check_format(path, connection, newest)
            found = format_of(connection)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise UserFault(sentence(path, error)) from None
        if found < newest:
            raise UserFault(
                f"the database {path} has format {found}, and this program reads format {newest}; start its node "
                "once with this program"
            )
        yield History(path, connection)
