"""Who waits for which answer: futures by name, one look-up per message."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from offset.app.errors import Disconnected

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Answers(Generic[K, V]):
    """Answers that are awaited. Several may wait under one name, and each gets the answer."""

    __slots__ = ("_lost", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._lost: Disconnected | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @contextmanager
    def expect(self, name: K) -> Iterator[asyncio.Future[V]]:
        """A future for the answer; begin before the question is sent. Raises Disconnected."""
        if self._lost is not None:
            raise Disconnected(str(self._lost))
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, []).append(future)
        try:
            yield future
        finally:
            self._forget(name, future)

    def give(self, name: K, answer: V) -> None:
        """The answer is here; nobody may wait for it."""
        for future in self._waiting.pop(name, ()):
            if not future.done():
                future.set_result(answer)

    def refuse(self, name: K, error: Exception) -> None:
        """The answer is an error."""
        for future in self._waiting.pop(name, ()):
            if not future.done():
                future.set_exception(error)

    def lose(self, error: Disconnected) -> None:
        """No answer will come to anybody any more."""
        self._lost = error
        for name in list(self._waiting):
            self.refuse(name, Disconnected(str(error)))

    def _forget(self, name: K, future: asyncio.Future[V]) -> None:
        waiting = self._waiting.get(name)
        if waiting is not None and future in waiting:
            waiting.remove(future)
            if not waiting:
                del self._waiting[name]
        if future.done() and not future.cancelled():
            # Looked at, so that asyncio does not complain that nobody did.
            future.exception()
