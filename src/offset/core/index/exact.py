"""The route search that counts fees, hops and rounding on the way: for when the fast one does not answer.

It goes backward from the destination, because what an arc must have room for depends on the tolls behind it. A
cheaper way on may be longer, or narrower; so a node keeps every label that no other is better than in all
respects. That is exact, at a price the budget bounds.
"""

from __future__ import annotations

import heapq

import msgspec

from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.base.limits import ROUTE_KEYS_MAX
from offset.core.index.search import COST_BITS, Keys, Query

_ONE_BITS = 32
"""Tolls are counted in credits / 2**32 here."""
_COST_SHIFT = _ONE_BITS - COST_BITS


class _Label(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A way from `node` to the destination."""

    node: PublicKey
    tolls: int
    """Of the nodes behind `node`, in credits / 2**32; its own comes on top when somebody pays through it."""
    hops: int
    odd: int
    """How many of those tolls round."""
    slack: int
    """How many tolls may round, in all the route, before an arc of this way gets too narrow."""
    narrowest: int
    """The least room of an arc of this way."""
    behind: _Label | None

    def beats(self, other: _Label) -> bool:
        """Whether whatever leads to `node` goes on at least as well here."""
        return (
            self.tolls <= other.tolls
            and self.hops <= other.hops
            and self.odd <= other.odd
            and self.slack >= other.slack
            and self.narrowest >= other.narrowest
        )

    def fits(self, amount: Amount) -> bool:
        """Whether the arcs have room for all of it, if no toll came before (spec 04, 7.2, x1 and x2)."""
        return self.odd <= self.slack or self.narrowest >= amount + _credits(self.tolls)


def exact(query: Query, amount: Amount, hop: int) -> Keys | None:
    """The cheapest route of at most ROUTE_KEYS_MAX keys that carries `amount`; `hop` is the cost of a hop.

    None when there is none, or when the budget ended.
    """
    labels: dict[PublicKey, list[_Label]] = {}
    heap: list[tuple[int, int, _Label]] = []

    def offer(label: _Label) -> None:
        if not label.fits(amount):
            return
        known = labels.setdefault(label.node, [])
        # A hostile graph may have very many.
        if not query.budget.affords(1 + len(known)):
            return
        if any(old.beats(label) for old in known):
            return
        known[:] = [old for old in known if not label.beats(old)]
        known.append(label)
        cost = (label.tolls >> _COST_SHIFT) + hop * label.hops
        # The budget sinks with each push, so no two entries are alike.
        heapq.heappush(heap, (cost, query.budget.arcs, label))

    for node in query.last_hops(amount):
        room = query.room(node, query.destination)
        offer(_Label(node, 0, 1, 0, min(room - amount, ROUTE_KEYS_MAX), room, None))
    while heap and not query.budget.spent:
        label = heapq.heappop(heap)[2]
        if label.node == query.source:
            return _keys(label, query.destination)
        known, arcs = labels[label.node], query.graph.into(label.node)
        if not query.budget.affords(len(known) + len(arcs)):
            break
        if label.hops + 1 >= ROUTE_KEYS_MAX or label not in known:
            # Too long, or beaten since.
            continue
        for tail, record in arcs.items():
            if record.room < amount or (tail == query.destination and tail != query.source):
                continue
            room = record.room - query.taken.of(tail, label.node)
            tolls = label.tolls + amount * record.mul + (record.add << _ONE_BITS)
            left = room - amount - _credits(tolls)
            if left < 0:
                continue
            odd = label.odd + (record.mul != 0)
            slack = min(label.slack, left + odd)
            offer(_Label(tail, tolls, label.hops + 1, odd, slack, min(label.narrowest, room), label))
    return None


def _credits(tolls: int) -> int:
    return -(-tolls >> _ONE_BITS)


def _keys(label: _Label, destination: PublicKey) -> Keys:
    keys = []
    step: _Label | None = label
    while step is not None:
        keys.append(step.node)
        step = step.behind
    return (*keys, destination)
