"""The cheapest route from one node to another, looked for from both ends (spec 04, 7.3).

Dijkstra's algorithm twice, forward from the source and backward from the destination, until nothing shorter than
the best meeting is possible. Two small balls touch about the square root of what one large ball would.

Here an arc is good enough when it has room for the amount; that fees must pass too is judged on the whole route
(`path`), and if need be by the search that counts them on the way (`exact`).

Why it is right, and why it ends soon:

- Costs are whole numbers: the toll for the amount in 1/1024 credits, and something for each hop. They do not depend on
  what was paid on the way, so both directions may count them; this is the only liberty taken, and `path` checks it.
- A meeting is not the end. The search stops when the cheapest nodes still open on both sides together cost at least
  as much as the best meeting: no other meeting can undercut that.
- A node may be reached again at a lower cost; the older entry of the heap is then skipped when it comes up.
- Nothing passes through the destination: a closed cost there stops both sides.
- `Budget` counts arcs before they are touched, for a hostile hub may have a million of them. When it is spent, the
  best route found so far is the answer, or none: never one without room.
- How long a route may be is judged by `single`, which raises the cost of a hop when a route has too many.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Mapping

from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.base.limits import INDEX_HOP_COST_DIVISOR
from offset.core.index.graph import NO_ARC, CapacityRecord, Graph
from offset.core.index.path import Path

Keys = tuple[PublicKey, ...]
"""The nodes of a route, source and destination included."""

COST_BITS = 10
"""Costs are counted in credits / 2**10, so that tolls below one credit, and hops, still differ."""
_MUL_SHIFT = 32 - COST_BITS
_CLOSED = -1
"""A cost that nothing undercuts."""
_FAR = 1 << 256
"""A cost that everything undercuts."""


def hop_cost(amount: Amount) -> int:
    """What each hop costs beside its toll: long routes are slow and fail more often."""
    return (amount << COST_BITS) // INDEX_HOP_COST_DIVISOR + 1


class Budget:
    """How many arcs may still be touched."""

    __slots__ = ("arcs",)

    def __init__(self, arcs: int) -> None:
        self.arcs = arcs

    @property
    def spent(self) -> bool:
        """Whether a search has been cut short."""
        return self.arcs < 0

    def affords(self, arcs: int) -> bool:
        """Take `arcs` off; whether they may be touched. To be asked before, for a node can have very many."""
        self.arcs -= arcs
        return self.arcs >= 0


class UsedArcs:
    """What routes under construction have taken from arcs of the graph, and arcs that must not be used."""

    __slots__ = ("into", "out")

    def __init__(self) -> None:
        self.out: dict[PublicKey, dict[PublicKey, int]] = {}
        """Tail, then head."""
        self.into: dict[PublicKey, dict[PublicKey, int]] = {}
        """Head, then tail; the same numbers."""

    def take(self, tail: PublicKey, head: PublicKey, amount: int) -> None:
        """Less is left of the arc by `amount` credits; more, if that is below 0."""
        taken = self.of(tail, head) + amount
        self.out.setdefault(tail, {})[head] = taken
        self.into.setdefault(head, {})[tail] = taken

    def block(self, tail: PublicKey, head: PublicKey) -> None:
        """The arc must not be used at all."""
        self.take(tail, head, 1 << 256)

    def of(self, tail: PublicKey, head: PublicKey) -> int:
        """What is taken of the arc; below 0 when it has more room than the graph says."""
        return self.out.get(tail, {}).get(head, 0)

    def copy(self) -> UsedArcs:
        """The same, to be changed separately."""
        twin = UsedArcs()
        twin.out = {tail: dict(heads) for tail, heads in self.out.items()}
        twin.into = {head: dict(tails) for head, tails in self.into.items()}
        return twin


class Query:
    """From where to where, over which graph, and what stands in the way.

    When source and destination are the same the routes are rings (spec 04, 7.5); the searches then want to be
    told by `coming_back_over` which node is the last one.
    """

    __slots__ = ("budget", "destination", "graph", "last", "source", "taken")

    def __init__(
        self,
        graph: Graph,
        source: PublicKey,
        destination: PublicKey,
        taken: UsedArcs,
        budget: Budget,
        last: PublicKey | None = None,
    ) -> None:
        self.graph = graph
        self.source = source
        self.destination = destination
        self.taken = taken
        self.budget = budget
        self.last = last

    def room(self, tail: PublicKey, head: PublicKey) -> int:
        """What is left of an arc; below 0 when there is no arc."""
        record = self.graph.record(tail, head)
        return NO_ARC if record is None else record.room - self.taken.of(tail, head)

    def last_hops(self, floor: Amount) -> list[PublicKey]:
        """The nodes from which one arc with room for `floor` leads to the destination."""
        nodes = self.graph.into(self.destination) if self.last is None else (self.last,)
        if not self.budget.affords(len(nodes)):
            return []
        return [node for node in nodes if self.room(node, self.destination) >= floor]

    def apart(self) -> Query:
        """The same, with the same budget; what is taken there does not count here."""
        return Query(self.graph, self.source, self.destination, self.taken.copy(), self.budget, self.last)

    def coming_back_over(self, friend: PublicKey) -> Query:
        """The rings that end with an arc from `friend`, and so must not leave over it."""
        self.budget.affords(1 + len(self.taken.out))
        query = self.apart()
        query.taken.block(self.source, friend)
        query.last = friend
        return query

    def path(self, keys: Keys) -> Path:
        """The rooms and tolls along `keys`, which must be arcs of the graph."""
        arcs = tuple(itertools.pairwise(keys))
        self.budget.affords(len(arcs))
        tolls = [record.toll for tail, head in arcs[:-1] if (record := self.graph.record(tail, head))]
        return Path(keys, tuple(self.room(tail, head) for tail, head in arcs), tuple(tolls))

    def take(self, path: Path, amount: Amount) -> None:
        """Set aside what a payment of up to `amount` along `path` needs."""
        for (tail, head), load in zip(itertools.pairwise(path.keys), path.loads(amount), strict=True):
            self.taken.take(tail, head, load)

    def give_back(self, path: Path, amount: Amount) -> None:
        """Undo `take`."""
        for (tail, head), load in zip(itertools.pairwise(path.keys), path.loads(amount), strict=True):
            self.taken.take(tail, head, -load)


class _Side:
    """One of the two balls."""

    __slots__ = ("arcs", "cost", "heap", "step", "taken")

    def __init__(
        self,
        arcs: Callable[[PublicKey], Mapping[PublicKey, CapacityRecord]],
        taken: dict[PublicKey, dict[PublicKey, int]],
    ) -> None:
        self.arcs = arcs
        self.taken = taken
        self.cost: dict[PublicKey, int] = {}
        self.step: dict[PublicKey, PublicKey] = {}
        """From a node one step back towards where the ball began."""
        self.heap: list[tuple[int, PublicKey]] = []

    def reach(self, node: PublicKey, cost: int) -> None:
        self.cost[node] = cost
        heapq.heappush(self.heap, (cost, node))

    def walk(self, node: PublicKey) -> list[PublicKey]:
        nodes = [node]
        while (further := self.step.get(nodes[-1])) is not None:
            nodes.append(further)
        return nodes


def cheapest(query: Query, amount: Amount, floor: Amount, hop: int) -> Keys | None:
    """The cheapest route over arcs with room for `floor`; the cost is that of paying `amount`, and `hop` per hop.

    None when there is no such route, or when the budget ended before one was found.
    """
    source, destination = query.source, query.destination
    forward = _Side(query.graph.out, query.taken.out)
    backward = _Side(query.graph.into, query.taken.into)
    if source != destination:
        # Nothing passes through the destination; the last hop is given by `last_hops`, so it bears no toll.
        forward.cost[destination] = backward.cost[destination] = _CLOSED
    forward.reach(source, 0)
    for node in query.last_hops(floor):
        backward.reach(node, hop)
    if source in backward.cost:
        # One hop, no toll: nothing is cheaper.
        return (source, destination)

    best: int | None = None
    middle = source
    while forward.heap and backward.heap and not query.budget.spent:
        if best is not None and forward.heap[0][0] + backward.heap[0][0] >= best:
            break
        side, other = (forward, backward) if len(forward.heap) <= len(backward.heap) else (backward, forward)
        for node, cost in _expand(side, other.cost, amount, floor, hop, query.budget):
            if best is None or cost < best:
                best, middle = cost, node
    if best is None:
        return None
    return (*reversed(forward.walk(middle)), *backward.walk(middle)[1:], destination)


def _expand(
    side: _Side, other: dict[PublicKey, int], amount: Amount, floor: Amount, hop: int, budget: Budget
) -> list[tuple[PublicKey, int]]:
    """Take the nearest node of one ball and reach its neighbors; returns where the balls met, at what cost."""
    cost_here, node = heapq.heappop(side.heap)
    costs = side.cost
    if cost_here > costs[node]:
        # Reached more cheaply in the meantime.
        return []
    met: list[tuple[PublicKey, int]] = []
    taken = side.taken.get(node)
    arcs = side.arcs(node)
    if not budget.affords(len(arcs) + 1):
        return []
    hop += cost_here
    for neighbor, record in arcs.items():
        if record.room < floor and taken is None:
            continue
        known = costs.get(neighbor, _FAR)
        if known <= hop:
            # Most arcs lead back; this saves working out their tolls.
            continue
        cost = hop + (amount * record.mul >> _MUL_SHIFT) + (record.add << COST_BITS)
        if known <= cost:
            continue
        if taken is not None and record.room - taken.get(neighbor, 0) < floor:
            # Less is left, or more where a flow can be cancelled.
            continue
        costs[neighbor] = cost
        side.step[neighbor] = node
        heapq.heappush(side.heap, (cost, neighbor))
        rest = other.get(neighbor)
        if rest is not None and rest != _CLOSED:
            met.append((neighbor, cost + rest))
    return met
