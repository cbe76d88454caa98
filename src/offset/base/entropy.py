"""Chance as an argument: pure code draws its keys, nonces and ids from an Entropy."""

from __future__ import annotations

import hashlib
from typing import Protocol


class Entropy(Protocol):
    """A source of random bytes."""

    def bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        ...


class SeededEntropy:
    """The same seed gives the same bytes, on every machine and day. For tests and simulation only."""

    def __init__(self, seed: int | str) -> None:
        self._seed = f"offset entropy {seed}".encode()
        self._counter = 0
        self._left = b""

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        while len(self._left) < count:
            block = hashlib.sha512(self._seed + self._counter.to_bytes(8, "big"))
            self._left += block.digest()
            self._counter += 1
        drawn, self._left = self._left[:count], self._left[count:]
        return drawn

    def below(self, limit: int) -> int:
        """A number 0 <= n < limit; the tiny bias of 64 bits does not matter to tests."""
        return int.from_bytes(self.bytes(8), "big") % limit


def fraction(entropy: Entropy) -> float:
    """A number 0 <= x < 1, for jitter."""
    return int.from_bytes(entropy.bytes(4), "big") / 2**32
