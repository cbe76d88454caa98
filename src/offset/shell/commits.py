"""Group commit: while one group is made durable in a thread, the next one gathers.

    step, step ──► group 1 ──► write (loop's thread) ──► flush (worker thread) ──► Persisted
                     step, step, step ──► group 2, when group 1 is done

So a lone step waits for one flush and one hop between threads, and the number of flushes falls as the load rises.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Protocol

from offset.base.faults import NodeStopped, OffsetError
from offset.engine.surface import Persist, Rows


class Committer(Protocol):
    """What makes changes durable."""

    def write(self, changes: Rows) -> None:
        """Put the rows into the open transaction; called in the loop's thread, never during a flush."""
        ...

    def flush(self) -> None:
        """Make all that was written durable, the fsync included; called in a worker thread."""
        ...

    def close(self) -> None:
        """Let go of the database; called once, in the loop's thread, when nothing else is under way."""
        ...


class GroupCommit:
    """The commits of one engine: one group under way, one that gathers."""

    __slots__ = (
        "_changes",
        "_committer",
        "_is_flushing",
        "_loop",
        "_number",
        "_on_durable",
        "_on_failure",
        "_worker",
    )

    def __init__(
        self,
        committer: Committer,
        on_durable: Callable[[int], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._committer = committer
        self._on_durable = on_durable
        self._on_failure = on_failure
        # By its whole name: the library loads its threads only for whoever wants some, and an app commits nothing.
        self._worker = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._changes: Rows = {}
        self._number: int | None = None
        """Of the last commit in the gathering group."""
        self._is_flushing = False

    def add(self, commit: Persist) -> None:
        """Take a commit into the gathering group; a later row takes the place of an earlier one."""
        if self._number is None:
            # A new dict: the engine may go on to use its own.
            self._changes = dict(commit.changes)
        else:
            self._changes.update(commit.changes)
        self._number = commit.number

    def is_idle(self) -> bool:
        """Whether all that was added is durable."""
        return self._number is None and not self._is_flushing

    def start(self) -> None:
        """Begin with the gathered group, unless there is none or one is under way; call it when a turn ends."""
        if self._number is None or self._is_flushing:
            return
        changes, number = self._changes, self._number
        self._changes, self._number = {}, None
        try:
            self._committer.write(changes)
        except Exception as error:
            self._on_failure(_as_stop(error))
            return
        self._is_flushing = True
        flushed = self._loop.run_in_executor(self._worker, self._committer.flush)
        flushed.add_done_callback(lambda future: self._flushed(future, number))

    def close(self) -> None:
        """Wait for the flush under way, drop what gathers, let go of the database."""
        self._worker.shutdown(wait=True)
        self._changes, self._number = {}, None
        self._committer.close()

    def _flushed(self, flushed: asyncio.Future[None], number: int) -> None:
        self._is_flushing = False
        if flushed.cancelled():
            return
        error = flushed.exception()
        if isinstance(error, Exception):
            self._on_failure(_as_stop(error))
        else:
            self._on_durable(number)


def _as_stop(error: Exception) -> Exception:
    if isinstance(error, OffsetError):
        return error
    stop = NodeStopped(f"the database cannot be written ({error}); nothing was sent that it does not hold")
    stop.__cause__ = error
    return stop
