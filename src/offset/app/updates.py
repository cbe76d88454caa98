"""What changes of a report, numbered, for readers that outlive a connection.

The number rises by one with each update and never falls, over all connections. A reader first gets the whole report.
Then it gets each update in its order; a new connection begins with the whole report, for nobody knows what changed
before it, and so does a reader that was too slow. So whoever takes what it gets always comes to the present report,
and two readers that are at one number have the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from weakref import WeakSet

from offset.base.limits import SDK_CHANGES_MAX
from offset.wire.extension import Extra
from offset.wire.report import NodeReport, NodeReportMutation

Update = NodeReport | NodeReportMutation | Extra
"""The whole report; or one change of it; or what only nodes of ours tell: credit lines of friends, network
status, payments of which parts are lost."""


class Updates:
    """The number of the last update, and whoever reads."""

    def __init__(self, whole: Callable[[], NodeReport]) -> None:
        """`whole` gives the report as it is now; asked for only after the first update."""
        self.number = 0
        self._whole = whole
        # A loop that was left is forgotten with its iterator.
        self._readers: WeakSet[_Reader] = WeakSet()
        self._is_over = False

    def put(self, update: Update) -> None:
        """One more update, which the report contains already."""
        self.number += 1
        for reader in self._readers:
            reader.put(update)

    def end(self) -> None:
        """Nothing more will come: readers take what waits for them, and end."""
        self._is_over = True
        for reader in self._readers:
            reader.wake()

    def read(self) -> AsyncIterator[tuple[int, Update]]:
        """The whole report as soon as there is one, then each update with its number."""
        reader = _Reader(self)
        self._readers.add(reader)
        return reader

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self._is_over

    def whole(self) -> NodeReport:
        """The report as it is now."""
        return self._whole()


class _Reader(AsyncIterator[tuple[int, Update]]):
    """What one loop has not seen yet."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates
        self._waiting: deque[tuple[int, Update]] = deque()
        self._wants_whole = True
        self._came = asyncio.Event()

    def put(self, update: Update) -> None:
        if len(self._waiting) >= SDK_CHANGES_MAX:
            self._waiting.clear()
            self._wants_whole = True
        elif not self._wants_whole:
            self._waiting.append((self._updates.number, update))
        self._came.set()

    def wake(self) -> None:
        self._came.set()

    def __aiter__(self) -> _Reader:
        return self

    async def __anext__(self) -> tuple[int, Update]:
        while True:
            if self._wants_whole and self._updates.number:
                self._wants_whole = False
                return self._updates.number, self._updates.whole()
            if self._waiting:
                return self._waiting.popleft()
            if self._updates.is_over:
                raise StopAsyncIteration
            self._came.clear()
            await self._came.wait()
