"""Decisions of the simulator, all from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from offset.base.entropy import SeededEntropy

T = TypeVar("T")


class Rng:
    """A stream of decisions; streams of different names do not disturb each other."""

    __slots__ = ("_entropy", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._entropy = SeededEntropy(name)

    def fork(self, name: str) -> Rng:
        """A stream of its own."""
        return Rng(f"{self._name} / {name}")

    def bytes(self, count: int) -> bytes:
        """Random bytes."""
        return self._entropy.bytes(count)

    def below(self, limit: int) -> int:
        """A number 0 <= n < limit."""
        return self._entropy.below(limit)

    def between(self, low: int, high: int) -> int:
        """A number low <= n <= high."""
        return low + self._entropy.below(high - low + 1)

    def percent(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self._entropy.below(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        """One of these."""
        return items[self._entropy.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """These in another order."""
        left, out = list(items), []
        while left:
            out.append(left.pop(self._entropy.below(len(left))))
        return out
