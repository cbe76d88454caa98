"""The cheapest route that carries an amount alone, where the fast search is not enough too."""

from itertools import pairwise

import pytest

from offset.base.credits import FREE, Rate
from offset.base.limits import ROUTE_KEYS_MAX
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.single import single
from support.payments import Arcs, graph_of, key

A, B, C, D = (key(name) for name in "ABCD")
ONE = Rate(0, 1)


def both_ways(*edges: tuple[bytes, bytes, int, Rate]) -> Arcs:
    """Arcs in both directions: tail, head, capacity and toll."""
    return {
        arc: (capacity, toll) for one, other, capacity, toll in edges for arc in ((one, other), (other, one))
    }


def query_of(arcs: Arcs, source: bytes, destination: bytes, arcs_max: int = 10_000) -> Query:
    return Query(graph_of(arcs), source, destination, UsedArcs(), Budget(arcs_max))


def keys_of(arcs: Arcs, source: bytes, destination: bytes, amount: int) -> tuple[bytes, ...] | None:
    path = single(query_of(arcs, source, destination), amount)
    return None if path is None else path.keys


def test_the_cheaper_way_is_taken() -> None:
    """Of two ways of the same length the one with the lower toll is found."""
    arcs = both_ways((A, B, 100, Rate(0, 30)), (B, D, 100, FREE), (A, C, 100, ONE), (C, D, 100, FREE))
    assert keys_of(arcs, A, D, 10) == (A, C, D)


def test_tolls_must_fit_too() -> None:
    """A way with room for the amount alone, but not for the tolls behind it, gives way to a dearer one that has it."""
    arcs = both_ways((A, B, 10, ONE), (B, D, 10, FREE), (A, C, 100, Rate(0, 30)), (C, D, 100, FREE))
    assert keys_of(arcs, A, D, 9) == (A, B, D)
    assert keys_of(arcs, A, D, 10) == (A, C, D)


def test_nothing_that_does_not_carry() -> None:
    """Where the tolls fit nowhere there is no route."""
    arcs = both_ways((A, B, 10, ONE), (B, D, 10, FREE))
    assert keys_of(arcs, A, D, 10) is None
    assert keys_of(arcs, A, C, 1) is None


def test_a_long_free_way_gives_way_to_a_short_one() -> None:
    """A chain with more nodes than a route may have is not taken, though it costs nothing."""
    chain = [A, *[key(number) for number in range(ROUTE_KEYS_MAX - 1)], D]
    long = [(one, other, 10**9, FREE) for one, other in pairwise(chain)]
    arcs = both_ways(*long, (A, B, 10**9, Rate(2**31, 0)), (B, D, 10**9, FREE))
    assert keys_of(arcs, A, D, 10**6) == (A, B, D)
    assert keys_of(both_ways(*long), A, D, 10**6) is None


def test_a_ring_comes_back_over_the_cheapest_friend() -> None:
    """A payment to oneself goes once around, over two different friends."""
    arcs = both_ways((A, B, 100, FREE), (B, C, 100, FREE), (C, A, 100, FREE))
    found = keys_of(arcs, A, A, 10)
    assert found in ((A, B, C, A), (A, C, B, A))
    assert keys_of(both_ways((A, B, 100, FREE)), A, A, 10) is None


@pytest.mark.parametrize("thorough", [False, True])
def test_a_spent_budget_finds_nothing_more(thorough: bool) -> None:
    """Without a budget nothing is searched, and the budget never comes back."""
    arcs = both_ways((A, B, 100, FREE), (B, D, 100, FREE))
    query = query_of(arcs, A, D, 0)
    assert single(query, 10, thorough) is None
    assert query.budget.arcs <= 0
