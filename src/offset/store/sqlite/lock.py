"""Keeping a second program out of a database.

The lock lies on a file beside the database, belongs to the process and goes with it, however it ends. The file itself
stays: to delete it would let two processes lock two files of one name.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from offset.base.faults import UserFault


class Taken(UserFault):
    """Another program holds the lock."""

    def __init__(self, database: Path, holder: str) -> None:
        super().__init__(
            f"another program (process {holder or 'unknown'}) works with the database {database}; "
            "stop it first, or name another database"
        )
        self.holder = holder
        """The number of its process; empty if it is not known."""


class Lock:
    """An exclusive lock on `<database>.lock`, until `release`."""

    def __init__(self, database: Path) -> None:
        """Raises Taken when another program holds the lock, UserFault when the folder cannot be written."""
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserFault(
                f"the folder of the database {database} must be writable, and {path.name} in it is not: "
                f"{error.strerror}"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            raise Taken(database, holder) from None
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(self._file)
            raise UserFault(
                f"beside the database {database} nothing can be written: {error.strerror}; make room and start again"
            ) from None

    def release(self) -> None:
        """Let others in."""
        os.close(self._file)
