"""Many deadlines, each with a name; the next one is always at hand."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

from offset.base.instants import Instant

K = TypeVar("K", bound=Hashable)


class Alarms(Generic[K]):
    """One deadline per name; setting and stopping cost O(log n).

    What is due together rings in the order of the deadlines, and of setting where those are equal.
    """

    __slots__ = ("_at", "_heap", "_serial")

    def __init__(self) -> None:
        self._at: dict[K, tuple[Instant, int]] = {}
        self._heap: list[tuple[Instant, int, K]] = []
        """Instant, serial, name: the serial decides ties, so that names are never compared."""
        self._serial = 0

    def set(self, name: K, at: Instant) -> None:
        """Ring for `name` at `at`; an earlier deadline of the same name is forgotten."""
        self._serial += 1
        self._at[name] = (at, self._serial)
        heapq.heappush(self._heap, (at, self._serial, name))
        if len(self._heap) > 2 * len(self._at) + 64:
            # Most of them were stopped: start afresh.
            self._heap = [(*entry, name) for name, entry in self._at.items()]
            heapq.heapify(self._heap)

    def stop(self, name: K) -> None:
        """Forget the deadline of `name`, if it has one."""
        self._at.pop(name, None)

    def at(self, name: K) -> Instant | None:
        """The deadline of `name`, or None when it has none."""
        entry = self._at.get(name)
        return None if entry is None else entry[0]

    def first(self) -> Instant | None:
        """The next deadline, or None when there is none."""
        while self._heap:
            at, serial, name = self._heap[0]
            if self._at.get(name) == (at, serial):
                return at
            heapq.heappop(self._heap)
        return None

    def pop(self, now: Instant) -> K | None:
        """The next name whose deadline has come, or None; its deadline is gone.

        One at a time, so that what is done for one may still stop or move the others.
        """
        at = self.first()
        if at is None or at > now:
            return None
        name = heapq.heappop(self._heap)[2]
        del self._at[name]
        return name

    def pop_due(self, now: Instant) -> list[K]:
        """All names whose deadline has come, in order; their deadlines are gone."""
        due: list[K] = []
        while (name := self.pop(now)) is not None:
            due.append(name)
        return due

    def __len__(self) -> int:
        return len(self._at)
