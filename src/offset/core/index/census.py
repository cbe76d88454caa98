"""How many of something each has, and who has most: those give way when there is no room (spec 04, 3.10)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Census(Generic[K]):
    """Counts by name. Every change and the question who has most cost O(1); a name without any takes no room."""

    __slots__ = ("_counts", "_levels", "_most")

    def __init__(self) -> None:
        self._counts: dict[K, int] = {}
        self._levels: dict[int, dict[K, None]] = {}
        """The names that have this many; whoever has had so many for longest stands first."""
        self._most = 0

    def of(self, name: K) -> int:
        """How many `name` has."""
        return self._counts.get(name, 0)

    def add(self, name: K) -> None:
        """One more of `name`."""
        count = self._counts.get(name, 0)
        self._move(name, count, count + 1)
        self._most = max(self._most, count + 1)

    def remove(self, name: K) -> None:
        """One less of `name`, which has some."""
        count = self._counts[name]
        self._move(name, count, count - 1)
        if self._most not in self._levels:
            # Whoever had most has one less now.
            self._most -= 1

    def fullest_beside(self, name: K) -> K | None:
        """Who has so much more than `name` that both are nearer to a fair share when one passes between them.

        None when nobody does: then `name` has its share.
        """
        if self._most <= self.of(name) + 1:
            return None
        return next(iter(self._levels[self._most]))

    def _move(self, name: K, before: int, after: int) -> None:
        if before:
            level = self._levels[before]
            del level[name]
            if not level:
                del self._levels[before]
        if after:
            self._counts[name] = after
            self._levels.setdefault(after, {})[name] = None
        else:
            del self._counts[name]
