"""Who can push how much to whom in one currency (spec 04, 4.1).

What X last said about its friend Y is a record. It describes the arc Y -> X whole: what can be pushed over it,
and the toll X takes for what comes that way. The arc exists only while Y has a record about X as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, PublicKey

NO_ARC = -1
"""The room of a record whose friend has not said anything: less than any amount."""


class CapacityRecord(msgspec.Struct, gc=False, eq=False):
    """The arc from `friend` to the node that stated this.

    `capacity` is as stated, in credits; `room` is the same while the arc exists, else NO_ARC. `mul` and `add`
    are the toll. `refreshed` counts messages of the node, for its age. All fields change in place: the record
    stands in several tables, and an update must stay O(1).
    """

    currency: Currency
    friend: PublicKey
    capacity: Amount
    mul: int
    add: int
    refreshed: int
    room: int = NO_ARC

    @property
    def toll(self) -> Rate:
        """What the node takes for passing on what comes over this arc."""
        return Rate(self.mul, self.add)


_NONE: Mapping[PublicKey, CapacityRecord] = MappingProxyType({})


class Graph:
    """The records of one currency, to be walked in both directions. Every change costs O(1)."""

    __slots__ = ("_into", "_out")

    def __init__(self) -> None:
        self._into: dict[PublicKey, dict[PublicKey, CapacityRecord]] = {}
        """By the node that states the record, then by its friend."""
        # Of these the arcs, friend first. What others state about a node alone is kept out of its way, for anybody
        # can make up any number of others.
        self._out: dict[PublicKey, dict[PublicKey, CapacityRecord]] = {}

    def __bool__(self) -> bool:
        return bool(self._into)

    def into(self, node: PublicKey) -> Mapping[PublicKey, CapacityRecord]:
        """What `node` states: friend, and the arc from that friend to `node`. Its room tells if it exists."""
        return self._into.get(node, _NONE)

    def out(self, node: PublicKey) -> Mapping[PublicKey, CapacityRecord]:
        """The arcs from `node`: friend, and what that friend states. No more than what `node` states itself."""
        return self._out.get(node, _NONE)

    def record(self, tail: PublicKey, head: PublicKey) -> CapacityRecord | None:
        """The record behind the arc from `tail` to `head`."""
        return self.into(head).get(tail)

    def records(self) -> Iterator[tuple[PublicKey, CapacityRecord]]:
        """Each record, with the node that stated it."""
        for node, stated in self._into.items():
            for record in stated.values():
                yield node, record

    def add(self, node: PublicKey, record: CapacityRecord) -> None:
        """Put in a record of `node` about a friend it has stated nothing about yet."""
        friend = record.friend
        self._into.setdefault(node, {})[friend] = record
        opposite = self.record(node, friend)
        if opposite is not None:
            record.room = record.capacity
            opposite.room = opposite.capacity
            self._out.setdefault(friend, {})[node] = record
            self._out.setdefault(node, {})[friend] = opposite

    def change(self, record: CapacityRecord, capacity: Amount, toll: Rate) -> None:
        """Give a record that is in the graph new content."""
        record.capacity, record.mul, record.add = capacity, toll.mul, toll.add
        if record.room != NO_ARC:
            record.room = capacity

    def remove(self, node: PublicKey, friend: PublicKey) -> None:
        """Take out the record of `node` about `friend`, which must be there."""
        record = self._into[node].pop(friend)
        if not self._into[node]:
            del self._into[node]
        record.room = NO_ARC
        opposite = self.record(node, friend)
        if opposite is not None:
            opposite.room = NO_ARC
            for tail, head in ((node, friend), (friend, node)):
                del self._out[tail][head]
                if not self._out[tail]:
                    del self._out[tail]
