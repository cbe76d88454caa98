"""How servers agree that a report is recent (spec 04, 3.6 and 3.7).

Each tick a server makes a time hash out of fresh randomness and of the last hashes of its neighbors. Whoever
knows a time hash got it after all that went into it was made. So a chain of such mixtures that leads from the
hash in a report to one of our own hashes proves that the report was signed after we made that hash.
"""

from __future__ import annotations

from collections.abc import Sequence

from offset.base.ids import HashResult, PublicKey, RandValue
from offset.base.limits import INDEX_NODE_TICKS
from offset.crypto.hashing import sha512_256
from offset.wire.index import TimeProofLink
from offset.wire.signing import time_hash

Expansion = tuple[HashResult, ...]
"""What a time hash was made of."""


class HashClock:
    """The last own time hashes with what they were made of, and the last hash of each neighbor."""

    __slots__ = ("_expansions", "_neighbors", "_ticks_kept", "current")

    def __init__(self, ticks_kept: int = INDEX_NODE_TICKS) -> None:
        self._ticks_kept = ticks_kept
        self._expansions: dict[HashResult, Expansion] = {}
        """Oldest first."""
        self._neighbors: dict[PublicKey, HashResult] = {}
        self.current: HashResult | None = None
        """The newest own time hash; None before the first tick."""

    def tick(self, rand_value: RandValue) -> HashResult:
        """Make the time hash of this tick; `rand_value` is 16 fresh random bytes."""
        expansion: Expansion = (sha512_256(rand_value), *self._neighbors.values())
        made = time_hash(expansion)
        self._expansions[made] = expansion
        if len(self._expansions) > self._ticks_kept:
            del self._expansions[next(iter(self._expansions))]
        self.current = made
        return made

    def neighbor_tick(self, neighbor: PublicKey, hash: HashResult) -> HashResult | None:
        """Remember the newest hash of a neighbor; returns the one it replaces."""
        replaced = self._neighbors.get(neighbor)
        self._neighbors[neighbor] = hash
        return replaced

    def remove_neighbor(self, neighbor: PublicKey) -> HashResult | None:
        """Leave the neighbor out of the next hashes; returns its last one."""
        return self._neighbors.pop(neighbor, None)

    def own_hash(self, origin: HashResult, chain: Sequence[TimeProofLink]) -> HashResult | None:
        """The own time hash, still remembered, that `chain` leads to from `origin`; None when it does not."""
        known: Expansion = (origin,)
        for link in chain:
            if time_hash(link.hashes) not in known:
                return None
            known = link.hashes
        return next((hash for hash in known if hash in self._expansions), None)

    def expansion(self, own: HashResult) -> Expansion:
        """What `own` was made of: the link that a forwarded report needs beside those it has.

        Raises KeyError when it is not a remembered own hash.
        """
        return self._expansions[own]
