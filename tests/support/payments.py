"""Small networks as plain dicts, and what really happens to a payment in them: the judge of route searches.

Written apart from the product and as simple as possible; exponential, so for a handful of nodes only.
"""

from collections.abc import Iterable, Iterator, Mapping

from offset.base.credits import Amount, Rate
from offset.base.ids import PublicKey
from offset.core.index.atlas import Atlas
from offset.core.index.graph import Graph
from offset.wire.index import Edge, RequestRoutes

Arc = tuple[PublicKey, PublicKey]
Arcs = Mapping[Arc, tuple[Amount, Rate]]
"""By (tail, head): capacity and toll, both as the head states them."""

CURRENCY = "FST"


def key(name: int | str) -> PublicKey:
    """A key for a node of a test."""
    return str(name).encode().ljust(32, b".")


def atlas_of(arcs: Arcs) -> Atlas:
    """An atlas in which each head has stated its arcs."""
    atlas = Atlas()
    for (tail, head), (capacity, toll) in arcs.items():
        atlas.update(head, CURRENCY, tail, capacity, toll)
    return atlas


def graph_of(arcs: Arcs) -> Graph:
    """The graph of that atlas."""
    return atlas_of(arcs).graph(CURRENCY) or Graph()


def request(
    source: PublicKey, destination: PublicKey, amount: Amount, exclude: Arc | None = None
) -> RequestRoutes:
    """A route request."""
    return RequestRoutes(
        bytes(16), CURRENCY, amount, source, destination, None if exclude is None else Edge(*exclude)
    )


def hops(keys: Iterable[PublicKey]) -> list[Arc]:
    """The arcs of a route."""
    keys = list(keys)
    return [(keys[i], keys[i + 1]) for i in range(len(keys) - 1)]


def rate_of(keys: tuple[PublicKey, ...], arcs: Arcs) -> Rate:
    """What the nodes between the ends take together (spec 04, 4.5); may exceed 32 bits."""
    tolls = [arcs[arc][1] for arc in hops(keys)[:-1]]
    return Rate(sum(toll.mul for toll in tolls), sum(toll.add for toll in tolls))


def crossing(keys: tuple[PublicKey, ...], arcs: Arcs, amount: Amount, fee: Amount) -> dict[Arc, Amount]:
    """What is frozen on each arc when `amount` is sent with `fee` (spec 03, 1.5); each mediator takes its toll."""
    frozen: dict[Arc, Amount] = {}
    left = fee
    for arc in hops(keys):
        frozen[arc] = frozen.get(arc, 0) + amount + left
        if arc[1] != keys[-1]:
            left -= arcs[arc][1].fee(amount)
            assert left >= 0, "a mediator would cancel"
    return frozen


def simple_routes(
    arcs: Arcs, source: PublicKey, destination: PublicKey, exclude: Arc | None = None, keys_max: int = 32
) -> Iterator[tuple[PublicKey, ...]]:
    """All routes without a node twice; rings when both ends are the same."""
    heads: dict[PublicKey, list[PublicKey]] = {}
    for tail, head in arcs:
        if (head, tail) in arcs and (tail, head) != exclude:
            heads.setdefault(tail, []).append(head)

    def walk(keys: tuple[PublicKey, ...]) -> Iterator[tuple[PublicKey, ...]]:
        for head in heads.get(keys[-1], []) if len(keys) < keys_max else ():
            if head == destination and not (source == destination and len(keys) < 3):
                yield (*keys, head)
            elif head not in keys and head != destination:
                yield from walk((*keys, head))

    yield from walk((source,))


def payable(keys: tuple[PublicKey, ...], arcs: Arcs) -> Amount:
    """x* = max(x1, x2) of spec 04, 7.2, from its text."""
    capacities = [arcs[arc][0] for arc in hops(keys)]
    tolls = [arcs[arc][1] for arc in hops(keys)[:-1]]
    x1 = []
    for i, capacity in enumerate(capacities):
        rest = Rate(sum(toll.mul for toll in tolls[i:]), sum(toll.add for toll in tolls[i:]))
        x1.append(rest.max_payable(capacity - sum(toll.mul != 0 for toll in tolls[:i])))
    return max(min(x1), rate_of(keys, arcs).max_payable(min(capacities)))


def most_flow(arcs: Arcs, source: bytes, destination: bytes) -> int:
    """The most that can be sent at once without tolls, by augmenting paths."""
    left = {arc: capacity for arc, (capacity, _) in arcs.items()}
    flow = 0
    while True:
        came_from: dict[bytes, bytes] = {source: source}
        queue = [source]
        for node in queue:
            for (tail, head), room in left.items():
                if tail == node and room > 0 and head not in came_from:
                    came_from[head] = node
                    queue.append(head)
        if destination not in came_from:
            return flow
        path, node = [], destination
        while node != source:
            path.append((came_from[node], node))
            node = came_from[node]
        step = min(left[arc] for arc in path)
        for tail, head in path:
            left[tail, head] -= step
            left[head, tail] = left.get((head, tail), 0) + step
        flow += step
