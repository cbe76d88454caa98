"""A copy of a database, also while a node works with it.

A backup is for a broken disk. To start a node from an older state than its friends remember costs the agreement with
each of them: the channels become inconsistent and must be reset, and whatever was paid since then is unknown.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.store.sqlite.checks import check_header, check_owner, check_sound
from offset.store.sqlite.connection import connect, make_file, remove_file, sync_folder
from offset.store.sqlite.errors import sentence


def backup(path: str | Path, target: str | Path, owner: PublicKey | None = None) -> None:
    """Copy the database at `path` to the new file `target`, for the owner's eyes only; it holds secrets.

    Raises UserFault when there is such a file already, the copy is not sound, or it is not that of the node `owner`.
    """
    path, target = Path(path), Path(target)
    check_header(path)
    make_file(target)
    try:
        with closing(connect(path)) as source, closing(connect(target)) as copy:
            source.backup(copy)
            # One file, with no log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            check_sound(path, copy)
            if owner is not None:
                check_owner(path, copy, owner)
        sync_folder(target)
    except BaseException as error:
        remove_file(target)
        if isinstance(error, sqlite3.Error):
            raise UserFault(sentence(path, error)) from None
        raise
