"""The two-sided search finds the cheapest route, and what is taken away from arcs counts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.core.index.search import COST_BITS, Budget, Query, UsedArcs, cheapest, hop_cost
from support.payments import Arc, Arcs, graph_of, hops, key, simple_routes

AMOUNT = 100


def cost(keys: tuple[bytes, ...], arcs: Arcs, hop: int) -> int:
    """What the search minimizes, by its own words."""
    tolls = [arcs[arc][1] for arc in hops(keys)[:-1]]
    return hop * len(hops(keys)) + sum(
        (AMOUNT * toll.mul >> (32 - COST_BITS)) + (toll.add << COST_BITS) for toll in tolls
    )


@st.composite
def worlds(draw: st.DrawFn) -> dict[Arc, tuple[int, Rate]]:
    nodes = [key(name) for name in "ABCDEFG"[: draw(st.integers(2, 7))]]
    value = st.tuples(
        st.sampled_from([50, 100, 200]),
        st.builds(Rate, st.sampled_from([0, 2**24, 2**26]), st.integers(0, 2)),
    )
    return {
        arc: draw(value)
        for i, one in enumerate(nodes)
        for other in nodes[:i]
        if draw(st.booleans())
        for arc in ((one, other), (other, one))
    }


@given(worlds(), st.data())
@settings(max_examples=300)
def test_cheapest_of_all_routes(arcs: dict[Arc, tuple[int, Rate]], data: st.DataObject) -> None:
    """Among all routes with room on every arc left, none costs less than the one that is found."""
    taken, left = UsedArcs(), dict(arcs)
    for arc in data.draw(st.lists(st.sampled_from(sorted(arcs)), max_size=3)) if arcs else []:
        amount = data.draw(st.sampled_from([50, 100]))
        taken.take(*arc, amount)
        left[arc] = left[arc][0] - amount, left[arc][1]
    query = Query(graph_of(arcs), key("A"), key("B"), taken, Budget(10_000))
    hop = hop_cost(AMOUNT)
    found = cheapest(query, AMOUNT, AMOUNT, hop)
    routes = [
        keys
        for keys in simple_routes(arcs, key("A"), key("B"))
        if all(left[arc][0] >= AMOUNT for arc in hops(keys))
    ]
    if not routes:
        assert found is None
        return
    assert found in routes
    assert cost(found, arcs, hop) == min(cost(keys, arcs, hop) for keys in routes)


@given(worlds())
def test_rings_over_one_friend(arcs: dict[Arc, tuple[int, Rate]]) -> None:
    """A ring that comes back over a given friend is the cheapest of those that do not leave by it."""
    hop = hop_cost(AMOUNT)
    for friend in sorted({tail for tail, head in arcs if head == key("A")}):
        query = Query(graph_of(arcs), key("A"), key("A"), UsedArcs(), Budget(10_000))
        found = cheapest(query.coming_back_over(friend), AMOUNT, AMOUNT, hop)
        routes = [
            keys
            for keys in simple_routes(arcs, key("A"), key("A"))
            if keys[-2] == friend and all(arcs[arc][0] >= AMOUNT for arc in hops(keys))
        ]
        assert (found is None) == (not routes)
        if found is not None:
            assert found in routes
            assert cost(found, arcs, hop) == min(cost(keys, arcs, hop) for keys in routes)


def test_taken_adds_up() -> None:
    """What several routes take of an arc adds up, in both directions of looking; a copy goes its own way."""
    taken = UsedArcs()
    taken.take(b"a", b"b", 3)
    taken.take(b"a", b"b", 4)
    twin = taken.copy()
    twin.take(b"a", b"b", 1)
    assert taken.of(b"a", b"b") == taken.out[b"a"][b"b"] == taken.into[b"b"][b"a"] == 7
    assert twin.of(b"a", b"b") == 8
    assert taken.of(b"b", b"a") == 0


def test_a_path_knows_what_is_left() -> None:
    """The rooms of a path are those of the arcs without what was taken; its tolls are those of the nodes between."""
    arcs = {(key(i), key(i + 1)): (10 + i, Rate(i, i)) for i in range(3)}
    arcs |= {arc[::-1]: (5, FREE) for arc in arcs}
    taken = UsedArcs()
    taken.take(key(1), key(2), 4)
    query = Query(graph_of(arcs), key(0), key(3), taken, Budget(100))
    path = query.path((key(0), key(1), key(2), key(3)))
    assert path.rooms == (10, 7, 12)
    assert path.tolls == (Rate(0, 0), Rate(1, 1))
    query.take(path, 2)
    assert query.path(path.keys).rooms == tuple(
        room - load for room, load in zip((10, 7, 12), path.loads(2), strict=True)
    )


def test_the_budget_ends_a_search() -> None:
    """When the arcs that may be touched are used up, the search stops."""
    arcs = {(key(i), key(i + 1)): (100, FREE) for i in range(20)}
    arcs |= {arc[::-1]: value for arc, value in arcs.items()}
    budget = Budget(5)
    assert cheapest(Query(graph_of(arcs), key(0), key(20), UsedArcs(), budget), 1, 1, 1) is None
    assert budget.spent


def test_a_node_that_is_reached_more_cheaply_later() -> None:
    """A dear way that was noted first is forgotten for the cheap one, and not followed again."""
    chain = [key("S"), key("X"), key("Y"), *(key(i) for i in range(30)), key("T")]
    arcs = {arc: (AMOUNT, Rate(0, 1)) for arc in hops(tuple(chain))}
    for shortcut in ((key("S"), key("Y")), (key(27), key(29))):  # one for each ball
        arcs[shortcut] = AMOUNT, Rate(0, 9)
    arcs |= {arc[::-1]: (AMOUNT, Rate(0, 1)) for arc in arcs}
    query = Query(graph_of(arcs), key("S"), key("T"), UsedArcs(), Budget(10_000))
    assert cheapest(query, AMOUNT, AMOUNT, hop_cost(AMOUNT)) == tuple(chain)
