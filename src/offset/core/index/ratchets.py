"""Which reports are new (spec 04, 3.8): per node, the highest counter of each of its last sessions.

The reference remembers one session, so two interleaved ones make it take old messages again; we remember a few.
This is also what ends the travel of a report between servers: the second copy is not new.
"""

from __future__ import annotations

from offset.base.ids import PublicKey, Uid
from offset.base.limits import INDEX_NODE_TICKS, INDEX_NODES_MAX, INDEX_SESSIONS_REMEMBERED


class _NodeRatchet:
    __slots__ = ("accepted_tick", "counters")

    def __init__(self, tick: int) -> None:
        self.accepted_tick = tick
        self.counters: dict[Uid, int] = {}
        """The session that spoke last is at the end."""


class Ratchets:
    """The nodes that spoke during the last ticks. A tick costs O(nodes that may have fallen silent)."""

    __slots__ = ("_due", "_nodes", "_nodes_max", "_tick", "_ticks_to_live")

    def __init__(self, ticks_to_live: int = INDEX_NODE_TICKS, nodes_max: int = INDEX_NODES_MAX) -> None:
        self._ticks_to_live = ticks_to_live
        self._nodes_max = nodes_max
        self._tick = 0
        self._nodes: dict[PublicKey, _NodeRatchet] = {}
        # Each node stands in exactly one list: that of the tick at which it is to be looked at next. Who spoke
        # in the meantime is moved then, so a message costs no move.
        self._due: dict[int, list[PublicKey]] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def is_new(self, node: PublicKey, session: Uid, counter: int) -> bool:
        """Whether a message with this counter would be the first of its kind; changes nothing."""
        known = self._nodes.get(node)
        if known is None:
            return len(self._nodes) < self._nodes_max
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
