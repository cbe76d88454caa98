"""What goes on by itself for the payments and requests of a card, until it is done or the card is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger("offset")


class Errands:
    """Tasks, each for the id of a row. What they have not done when they are stopped is done after the next start."""

    def __init__(self, what: str) -> None:
        """`what` they are for, as in "the payment"; for the log."""
        self._what = what
        self._tasks: dict[asyncio.Task[None], str] = {}

    def __contains__(self, id: str) -> bool:
        """Whether something is under way for this row."""
        return id in self._tasks.values()

    def start(self, id: str, job: Coroutine[Any, Any, None]) -> None:
        """Do one more thing for this row."""
        task = asyncio.create_task(job)
        self._tasks[task] = id
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        id = self._tasks.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s %s is left as it is until the next start", self._what, id, exc_info=error)

    async def rest(self, id: str) -> None:
        """Do nothing more for this row."""
        await self._end([task for task, its in self._tasks.items() if its == id])

    async def stop(self) -> None:
        """Do nothing more at all."""
        await self._end(list(self._tasks))

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
