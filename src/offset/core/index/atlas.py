"""The graphs of all currencies, and which records are still believed (spec 04, 4.2 and 4.3)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, PublicKey
from offset.base.limits import (
    INDEX_AGE_BASE,
    INDEX_AGE_FACTOR,
    INDEX_RECORDS_MAX,
    INDEX_RECORDS_PER_NODE_MAX,
    INDEX_SWEPT_RECORDS,
)
from offset.core.index.census import Census
from offset.core.index.graph import CapacityRecord, Graph


class _Node:
    __slots__ = ("messages", "records")

    def __init__(self) -> None:
        self.messages = 0
        # Of all currencies, the one refreshed longest ago first: the old ones are always at hand.
        self.records: OrderedDict[CapacityRecord, None] = OrderedDict()


class Atlas:
    """What all nodes state about all their friends.

    A record ages by one with each message of its node, whatever the message says, and goes when the node could
    have repeated all its records several times. The reference counts the records of the one currency, but
    nodes repeat those of all currencies in turn (R8); so we count all.

    When there is no room, the nodes that state most give way to those that have less than their share.
    """

    __slots__ = (
        "_graphs",
        "_leaving",
        "_nodes",
        "_records",
        "_records_max",
        "_records_per_node_max",
        "_shares",
    )

    def __init__(
        self,
        records_max: int = INDEX_RECORDS_MAX,
        records_per_node_max: int = INDEX_RECORDS_PER_NODE_MAX,
    ) -> None:
        self._graphs: dict[Currency, Graph] = {}
        """Only currencies that have a record."""
        self._nodes: dict[PublicKey, _Node] = {}
        """Only nodes that have a record."""
        self._shares: Census[PublicKey] = Census()
        """Records by node."""
        self._leaving: dict[PublicKey, None] = {}
        """Nodes whose records are to go."""
        self._records = 0
        self._records_max = records_max
        self._records_per_node_max = records_per_node_max

    def __len__(self) -> int:
        """How many records there are."""
        return self._records

    def graph(self, currency: Currency) -> Graph | None:
        """The graph of a currency, None when nobody states anything in it."""
        return self._graphs.get(currency)

    def records(self) -> Iterator[tuple[PublicKey, CapacityRecord]]:
        """All records of all currencies, each with its node."""
        for graph in self._graphs.values():
            yield from graph.records()

    def update(
        self, node: PublicKey, currency: Currency, friend: PublicKey, capacity: Amount, toll: Rate
    ) -> None:
        """`node` states that `friend` can push `capacity` credits to it.

        Beyond the limit of a node nothing happens. Beyond that of all nodes the one that states most loses what it
        said longest ago; nothing happens when `node` has its share already.
        """
        graph = self._graphs.get(currency)
        known = self._nodes.get(node)
        record = graph.record(friend, node) if graph is not None else None
        if graph is not None and known is not None and record is not None:
            graph.change(record, capacity, toll)
            record.refreshed = known.messages
            known.records.move_to_end(record)
            return
        if friend == node or (known is not None and len(known.records) >= self._records_per_node_max):
            return
        if self._records >= self._records_max and not self._make_room(node):
            return
        if known is None:
            known = self._nodes[node] = _Node()
        # Only now: making room may have ended a graph.
        graph = self._graphs.setdefault(currency, Graph())
        record = CapacityRecord(currency, friend, capacity, toll.mul, toll.add, known.messages)
        graph.add(node, record)
        known.records[record] = None
        self._shares.add(node)
        self._records += 1

    def remove(self, node: PublicKey, currency: Currency, friend: PublicKey) -> None:
        """`node` takes back what it stated; nothing happens when there is no such record, or graph (R2)."""
        graph = self._graphs.get(currency)
        record = graph.record(friend, node) if graph is not None else None
        if record is not None:
            self._drop(node, self._nodes[node], record)

    def age(self, node: PublicKey) -> None:
        """`node` sent a message: its records grow older, the too old ones go; if they are many, not all at once."""
        known = self._nodes.get(node)
        if known is None:
            return
        # It is back before its records were swept: they live on and age, as if it had spoken a moment earlier.
        self._leaving.pop(node, None)
        known.messages += 1
        oldest = known.messages - (INDEX_AGE_BASE + INDEX_AGE_FACTOR * len(known.records))
        for _ in range(min(INDEX_SWEPT_RECORDS, len(known.records))):
            record = next(iter(known.records))
            if record.refreshed > oldest:
                return
            self._drop(node, known, record)

    def forget_node(self, node: PublicKey) -> None:
        """What `node` stated is to go, and nothing else (R1); `sweep` does it."""
        if node in self._nodes:
            self._leaving[node] = None

    def sweep(self, most: int = INDEX_SWEPT_RECORDS) -> bool:
        """Remove up to `most` records of nodes that were forgotten; returns whether more are left."""
        for _ in range(most):
            node = next(iter(self._leaving), None)
            if node is None:
                return False
            known = self._nodes[node]
            self._drop(node, known, next(iter(known.records)))
        return bool(self._leaving)

    def _make_room(self, node: PublicKey) -> bool:
        fullest = self._shares.fullest_beside(node)
        if fullest is None:
            return False
        known = self._nodes[fullest]
        self._drop(fullest, known, next(iter(known.records)))
        return True

    def _drop(self, node: PublicKey, known: _Node, record: CapacityRecord) -> None:
        graph = self._graphs[record.currency]
        graph.remove(node, record.friend)
        if not graph:
            del self._graphs[record.currency]
        del known.records[record]
        if not known.records:
            del self._nodes[node]
            self._leaving.pop(node, None)
        self._shares.remove(node)
        self._records -= 1
