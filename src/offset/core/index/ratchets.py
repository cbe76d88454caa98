"""Which reports are new (spec 04, 3.8): per node, the highest counter of each of its last sessions.

The reference remembers one session, so two interleaved ones make it take old messages again; we remember a few.
This is also what ends the travel of a report between servers: the second copy is not new.
"""

from __future__ import annotations

from offset.base.ids import PublicKey, Uid
from offset.base.instants import Instant
from offset.base.limits import (
    INDEX_FORWARDED_COST_BURST,
    INDEX_FORWARDED_COST_PER_SECOND,
    INDEX_NODE_TICKS,
    INDEX_NODES_MAX,
    INDEX_SESSIONS_REMEMBERED,
)
from offset.base.token_bucket import TokenBucket


class _NodeRatchet:
    __slots__ = ("accepted_tick", "bucket", "counters", "spent_until")

    def __init__(self, tick: int) -> None:
        self.accepted_tick = tick
        self.bucket: TokenBucket | None = None
        """What others may still bring of it; None while they have brought nothing."""
        self.spent_until: Instant = 0
        """Until when they have brought too much."""
        self.counters: dict[Uid, int] = {}
        """The session that spoke last is at the end."""


class Ratchets:
    """The nodes that spoke during the last ticks. A tick costs O(nodes that may have fallen silent)."""

    __slots__ = ("_due", "_nodes", "_nodes_max", "_nodes_reserved", "_tick", "_ticks_to_live")

    def __init__(
        self,
        ticks_to_live: int = INDEX_NODE_TICKS,
        nodes_max: int = INDEX_NODES_MAX,
        nodes_reserved: int = 0,
    ) -> None:
        """`nodes_reserved` of the places are for nodes that report themselves."""
        self._ticks_to_live = ticks_to_live
        self._nodes_max = nodes_max
        self._nodes_reserved = nodes_reserved
        self._tick = 0
        self._nodes: dict[PublicKey, _NodeRatchet] = {}
        # Each node stands in exactly one list: that of the tick at which it is to be looked at next. Who spoke
        # in the meantime is moved then, so a message costs no move.
        self._due: dict[int, list[PublicKey]] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, node: PublicKey) -> bool:
        """Whether it spoke during the last ticks."""
        return node in self._nodes

    def is_new(self, node: PublicKey, session: Uid, counter: int, *, is_own: bool = False) -> bool:
        """Whether a message with this counter would be the first of its kind; changes nothing.

        `is_own`: the node brings it itself.
        """
        known = self._nodes.get(node)
        if known is None:
            return len(self._nodes) < self._nodes_max - (0 if is_own else self._nodes_reserved)
        return counter > known.counters.get(session, -1)

    def accept(self, node: PublicKey, session: Uid, counter: int) -> None:
        """Remember a message that `is_new`, and that its node lives."""
        known = self._nodes.get(node)
        if known is None:
            known = self._nodes[node] = _NodeRatchet(self._tick)
            self._due.setdefault(self._tick + self._ticks_to_live, []).append(node)
        known.accepted_tick = self._tick
        known.counters.pop(session, None)
        known.counters[session] = counter
        if len(known.counters) > INDEX_SESSIONS_REMEMBERED:
            del known.counters[next(iter(known.counters))]

    def spend(self, node: PublicKey, cost: int, now: Instant) -> bool:
        """Count what others bring of a node that was accepted; whether that is within its pace.

        What is not within its pace is not counted, so that a node that never stops is heard at its pace.
        """
        known = self._nodes[node]
        if now < known.spent_until:
            return False
        if known.bucket is None:
            known.bucket = TokenBucket(INDEX_FORWARDED_COST_PER_SECOND, INDEX_FORWARDED_COST_BURST)
        known.spent_until = known.bucket.spend(cost, now)
        return True

    def tick(self) -> list[PublicKey]:
        """A tick has passed; returns the nodes that were silent for their whole life, and forgets them."""
        self._tick += 1
        silent: list[PublicKey] = []
        for node in self._due.pop(self._tick, ()):
            look_at = self._nodes[node].accepted_tick + self._ticks_to_live
            if look_at > self._tick:
                self._due.setdefault(look_at, []).append(node)
            else:
                del self._nodes[node]
                silent.append(node)
        return silent
