"""The books of an open card, for the loop: all writing in one thread of their own, all reading beside it.

A disk may take its time, and the loop must not wait for it. Jobs are carried out in the order in which they were
given, also those whose waiter was cancelled meanwhile. Books that nobody uses for a while give back their memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from offset.base.instants import Millis
from offset.base.limits import WALLET_BOOKS_REST_MS
from offset.shell.system import give_back_memory
from offset.store.card.database import CardDatabase
from offset.store.sqlite.small import SmallReader

T = TypeVar("T")

FILE = "card.db"
"""In the folder of a card."""


class Books:
    """Made by `open_books`."""

    def __init__(self, writer: ThreadPoolExecutor, database: CardDatabase, rest_ms: Millis) -> None:
        """Use `open_books`."""
        self._writer, self._database, self._rest_ms = writer, database, rest_ms
        self._loop = asyncio.get_running_loop()
        self._under_way = 0
        """Jobs that were given and are not done."""
        self._resting: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._rest_later()

    async def do(self, job: Callable[[CardDatabase], T]) -> T:
        """What the job returns, once what it wrote is durable. Raises NodeStopped: the disk is full, say."""
        self._wake()
        self._under_way += 1
        doing = self._writer.submit(job, self._database)
        # Told by the job itself: whoever waits for it may be cancelled earlier.
        doing.add_done_callback(self._done)
        return await asyncio.wrap_future(doing)

    async def read(self, job: Callable[[SmallReader], T]) -> T:
        """What the job finds, over a connection of its own. Raises NodeStopped."""

        def run() -> T:
            with closing(self._database.reader()) as reader:
                return job(reader)

        return await asyncio.to_thread(run)

    def _done(self, _: Future[T]) -> None:
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._one_less)

    def _one_less(self) -> None:
        self._under_way -= 1
        if not self._under_way and not self._is_closed:
            self._rest_later()

    def _wake(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    def _rest_later(self) -> None:
        self._wake()
        self._resting = self._loop.call_later(self._rest_ms / 1000, self._rest)

    def _rest(self) -> None:
        """Give back what the file and the thread hold: what a thread has freed stays with it as long as it lives."""
        self._resting = None

        def rest() -> None:
            self._database.rest()
            give_back_memory()

        self._writer.submit(rest)
        self._writer.shutdown(wait=False)
        # It starts a thread when it is given something.
        self._writer = _new_writer()

    async def close(self) -> None:
        """Write what was given, and let go of the file."""
        self._is_closed = True
        try:
            await self.do(CardDatabase.close)
        finally:
            self._writer.shutdown(wait=False)


def _new_writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "books")


async def open_books(folder: Path, rest_ms: Millis = WALLET_BOOKS_REST_MS) -> Books:
    """The books in the folder of a card, made if there are none. Raises UserFault."""
    writer = _new_writer()
    try:
        database = await asyncio.get_running_loop().run_in_executor(writer, CardDatabase, folder / FILE)
    except BaseException:
        writer.shutdown(wait=False)
        raise
    return Books(writer, database, rest_ms)
