"""A search looks at a bounded part of whatever graph it is given."""

from collections.abc import Iterator, Mapping

import pytest

from core.index.asking import (
    ask,
    corner,
    line,
)
from offset.base.credits import FREE, Rate
from offset.base.ids import PublicKey
from offset.base.limits import (
    MULTI_ROUTE_ROUTES_MAX,
    ROUTE_KEYS_MAX,
)
from offset.core.index.exact import _Label
from offset.core.index.graph import CapacityRecord, Graph
from offset.core.index.search import Query
from support.payments import (
    CURRENCY,
    Arc,
    graph_of,
    hops,
    key,
    request,
)


class Watched(Graph):
    """A graph that counts what is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def into(self, node: PublicKey) -> Mapping[PublicKey, CapacityRecord]:
        arcs = super().into(node)
        return Looks(self, arcs)

    def out(self, node: PublicKey) -> Mapping[PublicKey, CapacityRecord]:
        return Looks(self, super().out(node))


class Looks(Mapping[PublicKey, CapacityRecord]):
    """The arcs of one node; going through them counts as many looks as there are."""

    def __init__(self, graph: Watched, arcs: Mapping[PublicKey, CapacityRecord]) -> None:
        self._graph, self._arcs = graph, arcs

    def __getitem__(self, node: PublicKey) -> CapacityRecord:
        self._graph.looks += 1
        return self._arcs[node]

    def __iter__(self) -> Iterator[PublicKey]:
        self._graph.looks += len(self._arcs)
        return iter(self._arcs)

    def __len__(self) -> int:
        return len(self._arcs)


def crowd() -> dict[Arc, tuple[int, Rate]]:
    """Forty nodes that all know each other, but for the first and the last; what one arc carries is little."""
    return {
        (key(i), key(j)): (100 + i * j % 7, Rate(2**27 * (i % 3), 1 + j % 5))
        for i in range(40)
        for j in range(40)
        if i != j and {i, j} != {0, 39}
    }


def star(rays: int) -> dict[Arc, tuple[int, Rate]]:
    """A hub with very many ways on to the last node, the wider the dearer, and one narrow way to the hub."""
    arcs = line("0h", 100)
    for i in range(1, rays + 1):
        ray = key(f"r{i}")
        arcs |= dict.fromkeys(hops([key("t"), ray, key("h"), ray]), (10**6, Rate(0, i)))
        arcs[ray, key("t")] = 100 + i, FREE
    return arcs


@pytest.mark.parametrize("arcs", [200, 3_000, 30_000])
@pytest.mark.parametrize(
    "world, source, destination, amount",
    [
        (crowd(), 0, 39, 60),
        (crowd(), 0, 39, 1500),
        (crowd(), 0, 39, 3400),
        (crowd(), 0, 0, 3000),
        (star(2_000), "0", "t", 100),
        (star(2_000), "h", "t", 3_000),
        (star(2_000), "h", "t", 10**6),
        (star(2_000), "h", "h", 50),
        (corner(), "S", "T", 20),
    ],
)
def test_work_is_bounded(
    world: dict[Arc, tuple[int, Rate]], source: object, destination: object, amount: int, arcs: int
) -> None:
    """Whatever is asked, hardly more is looked at than the budget says, and no node is gone through beyond it.

    Each arc that is paid for is looked at twice at most. What goes beyond it is a route that was found just then.
    """
    graph = Watched()
    for (tail, head), (capacity, toll) in world.items():
        graph.add(head, CapacityRecord(CURRENCY, tail, capacity, toll.mul, toll.add, 0))
    graph.looks = 0
    ask(graph, request(key(source), key(destination), amount), arcs)
    assert graph.looks <= 2 * arcs + ROUTE_KEYS_MAX * MULTI_ROUTE_ROUTES_MAX


def test_rings_over_very_many_friends_are_not_all_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each friend that one can come back over is a search; when the budget is spent the others are left."""
    tried = []

    def coming_back_over(query: Query, friend: PublicKey) -> Query:
        tried.append(friend)
        return real(query, friend)

    real = Query.coming_back_over
    monkeypatch.setattr(Query, "coming_back_over", coming_back_over)
    ask(graph_of(star(2_000)), request(key("h"), key("h"), 50), 30_000)
    assert 1 <= len(tried) < 50


def test_labels_are_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exact search compares ways on; where a hostile graph has very many of them, that counts as work too."""
    compared = 0

    def beats(label: _Label, other: _Label) -> bool:
        nonlocal compared
        compared += 1
        return better(label, other)

    better = _Label.beats
    monkeypatch.setattr(_Label, "beats", beats)
    graph, question = graph_of(star(2_000)), request(key("0"), key("t"), 100)
    ask(graph, question, 10_000_000)
    assert compared > 100_000, "the graph is harmless"
    compared = 0
    ask(graph, question, 20_000)
    assert compared <= 2 * 20_000
