"""The exact search: finds a route whenever one carries the amount, and the cheapest of those."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import Rate
from offset.core.index.exact import exact
from offset.core.index.search import Budget, Query, UsedArcs, hop_cost
from support.payments import Arc, Arcs, graph_of, hops, key, payable, rate_of, simple_routes


@st.composite
def worlds(draw: st.DrawFn) -> dict[Arc, tuple[int, Rate]]:
    nodes = [key(name) for name in "ABCDEF"[: draw(st.integers(2, 6))]]
    toll = st.builds(Rate, st.sampled_from([0, 1, 2**28, 2**29]), st.integers(0, 2))
    return {
        arc: (draw(st.integers(0, 25)), draw(toll))
        for i, one in enumerate(nodes)
        for other in nodes[:i]
        if draw(st.integers(0, 3))
        for arc in ((one, other), (other, one))
    }


def cost(keys: tuple[bytes, ...], arcs: Arcs, amount: int, hop: int) -> int:
    total = rate_of(keys, arcs)
    return (amount * total.mul + (total.add << 32) >> 22) + hop * len(hops(keys))


@given(worlds(), st.integers(1, 20))
@settings(max_examples=300)
def test_against_all_routes(arcs: dict[Arc, tuple[int, Rate]], amount: int) -> None:
    """It finds the cheapest of the routes that carry the amount with fees and rounding, and none only if none does."""
    query = Query(graph_of(arcs), key("A"), key("B"), UsedArcs(), Budget(100_000))
    hop = hop_cost(amount)
    found = exact(query, amount, hop)
    routes = [keys for keys in simple_routes(arcs, key("A"), key("B")) if payable(keys, arcs) >= amount]
    if not routes:
        assert found is None
        return
    assert found in routes
    assert cost(found, arcs, amount, hop) == min(cost(keys, arcs, amount, hop) for keys in routes)


def test_cheap_but_narrow_gives_way() -> None:
    """A node keeps a dearer way on when the cheaper one has no room for the tolls before it."""
    wide, narrow = (1000, Rate(0, 5)), (100, Rate(0, 0))
    arcs = {
        (key("S"), key("M")): (1000, Rate(0, 9)),
        (key("M"), key("N")): narrow,
        (key("N"), key("T")): narrow,
        (key("M"), key("W")): wide,
        (key("W"), key("T")): wide,
        (key("N"), key("K")): wide,
    }
    arcs |= {arc[::-1]: (0, Rate()) for arc in arcs}
    query = Query(graph_of(arcs), key("S"), key("T"), UsedArcs(), Budget(1000))
    assert exact(query, 100, 1) == (key("S"), key("M"), key("N"), key("T"))
    assert exact(query, 101, 1) == (key("S"), key("M"), key("W"), key("T"))


def test_the_budget_ends_it() -> None:
    """With too small a budget it finds nothing and stops."""
    arcs = {(key(i), key(i + 1)): (9, Rate()) for i in range(20)}
    arcs |= {arc[::-1]: value for arc, value in arcs.items()}
    budget = Budget(5)
    assert exact(Query(graph_of(arcs), key(0), key(20), UsedArcs(), budget), 1, 1) is None
    assert budget.spent
