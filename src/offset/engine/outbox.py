"""First remember, then speak: what was decided waits here until it is durable (docs/ARCHITECTURE.md).

    put(changes 7, say g) ──►  held: (5, e) (6, f) (7, g)  ──► committed(6) ──► e, f are said, g waits

Things leave in the order in which they were decided, each once every change made before it is on disk.
Invariant: the numbers of what is held never fall, and none of them is durable while nothing is being released.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from offset.engine.surface import Effect, Persist, Rows

Release = Callable[[], None]


class Outbox:
    """Holds releases back until the commits before them are durable."""

    def __init__(self) -> None:
        self._last = 0
        """The number of the newest commit asked for."""
        self._durable = 0
        self._held: deque[tuple[int, Release]] = deque()

    def __len__(self) -> int:
        return len(self._held)

    def put(self, changes: Rows, release: Release) -> list[Effect]:
        """Make `changes` durable, then call `release`; at once when nothing has to wait."""
        effects: list[Effect] = []
        if changes:
            self._last += 1
            effects.append(Persist(self._last, changes))
        # What is decided while one is being released comes after those that are still held.
        if self._durable < self._last or self._held:
            assert not self._held or self._held[-1][0] <= self._last, "numbers rise"
            self._held.append((self._last, release))
        else:
            release()
        return effects

    def committed(self, number: int) -> None:
        """All commits up to `number` are durable."""
        assert number <= self._last, "only what was asked for can be durable"
        self._durable = max(self._durable, number)
        while self._held and self._held[0][0] <= self._durable:
            self._held.popleft()[1]()
