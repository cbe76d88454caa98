"""The books of an open card, for the loop: all writing in one thread of their own, all reading beside it.

A disk may take its time, and the loop must not wait for it. Jobs are carried out in the order in which they were
given, also those whose waiter was cancelled meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from offset.store.card.database import CardDatabase
from offset.store.sqlite.small import SmallReader

T = TypeVar("T")

FILE = "card.db"
"""In the folder of a card."""


class Books:
    """Made by `open_books`."""

    def __init__(self, writer: ThreadPoolExecutor, database: CardDatabase) -> None:
        """Use `open_books`."""
        self._writer, self._database = writer, database

    async def do(self, job: Callable[[CardDatabase], T]) -> T:
        """What the job returns, once what it wrote is durable. Raises NodeStopped: the disk is full, say."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, job, self._database)

    async def read(self, job: Callable[[SmallReader], T]) -> T:
        """What the job finds, over a connection of its own. Raises NodeStopped."""

        def run() -> T:
            with closing(self._database.reader()) as reader:
                return job(reader)

        return await asyncio.to_thread(run)

    async def close(self) -> None:
        """Write what was given, and let go of the file."""
        await self.do(CardDatabase.close)
        self._writer.shutdown(wait=False)


async def open_books(folder: Path) -> Books:
    """The books in the folder of a card, made if there are none. Raises UserFault."""
    writer = ThreadPoolExecutor(1, "books")
    try:
        database = await asyncio.get_running_loop().run_in_executor(writer, CardDatabase, folder / FILE)
    except BaseException:
        writer.shutdown(wait=False)
        raise
    return Books(writer, database)
