"""A flow grows to the greatest there is, and falls apart into routes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.base.limits import ROUTE_KEYS_MAX
from offset.core.index.flow import Flow, with_roles
from offset.core.index.search import Budget, Query, UsedArcs
from support.payments import Arc, Arcs, graph_of, hops, key, most_flow


@st.composite
def worlds(draw: st.DrawFn) -> dict[Arc, tuple[int, Rate]]:
    nodes = [key(name) for name in "ABCDEFG"[: draw(st.integers(2, 7))]]
    return {
        arc: (draw(st.integers(0, 20)), FREE)
        for i, one in enumerate(nodes)
        for other in nodes[:i]
        if draw(st.integers(0, 2))
        for arc in ((one, other), (other, one))
    }


def quest_of(arcs: Arcs, source: str = "A", destination: str = "B", budget: int = 100_000) -> Query:
    return Query(graph_of(arcs), key(source), key(destination), UsedArcs(), Budget(budget))


def chain(length: int) -> dict[Arc, tuple[int, Rate]]:
    """From A to B over so many arcs."""
    nodes = [key("A"), *(key(i) for i in range(length - 1)), key("B")]
    arcs = hops(nodes)
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (5, FREE))


@given(worlds(), st.lists(st.integers(1, 9), max_size=4), st.integers(1, 60))
@settings(max_examples=300)
def test_against_the_greatest_flow(arcs: dict[Arc, tuple[int, Rate]], floors: list[int], wanted: int) -> None:
    """Whatever was tried before, it grows to what is wanted or possible, and the routes carry all of it."""
    query, flow, grown = quest_of(arcs), 0, Flow(quest_of(arcs))
    for floor in [*floors, 1]:
        while flow < wanted and (more := grown.augment(wanted - flow, min(floor, wanted - flow))):
            assert more >= min(floor, wanted - flow)
            flow += more
    assert flow == min(wanted, most_flow(arcs, key("A"), key("B")))

    carried: dict[Arc, int] = {}
    routes = grown.routes(100)
    for keys, amount in routes:
        assert (keys[0], keys[-1]) == (query.source, query.destination)
        assert len(set(keys)) == len(keys)
        for arc in hops(keys):
            carried[arc] = carried.get(arc, 0) + amount
    assert sum(amount for _, amount in routes) == flow
    assert all(amount <= arcs[arc][0] for arc, amount in carried.items())
    assert [amount for _, amount in routes] == sorted((amount for _, amount in routes), reverse=True)


def test_what_is_taken_stays_free() -> None:
    """Room that others have taken is not used, nor an arc that must not be; and the query itself stays as it is."""
    arcs = dict.fromkeys(chain(2) | {(key("A"), key("B")): FREE, (key("B"), key("A")): FREE}, (5, FREE))
    query = quest_of(arcs)
    query.taken.take(key("A"), key(0), 2)
    query.taken.block(key("A"), key("B"))
    flow = Flow(query)
    assert flow.augment(9, 1) == 3
    assert flow.augment(9, 1) == 0
    assert query.room(key("A"), key(0)) == 3
    assert flow.routes(9) == [((key("A"), key(0), key("B")), 3)]


def test_routes_are_short_enough() -> None:
    """A way of 32 keys is a route; what flows on a longer one is let go."""
    for length, is_route in ((ROUTE_KEYS_MAX - 1, True), (ROUTE_KEYS_MAX, False)):
        flow = Flow(quest_of(chain(length)))
        assert flow.augment(5, 1) == 5
        assert [len(keys) for keys, _ in flow.routes(9)] == ([ROUTE_KEYS_MAX] if is_route else [])


def test_the_widest_routes_come_first() -> None:
    """Of more routes than are wanted the widest are kept."""
    arcs: dict[Arc, tuple[int, Rate]] = {}
    for i in (3, 9, 5):
        arcs |= dict.fromkeys(hops([key("A"), key(i), key("B"), key(i), key("A")]), (i, FREE))
    flow = Flow(quest_of(arcs))
    while flow.augment(99, 1):
        pass
    assert [amount for _, amount in flow.routes(2)] == [9, 5]


@given(worlds())
def test_roles_of_friends(arcs: dict[Arc, tuple[int, Rate]]) -> None:
    """Each friend is left by or come back over, and never both; so all routes of a flow are rings."""
    query = with_roles(quest_of(arcs, "A", "A"))
    for friend in query.graph.out(key("A")):
        there, back = arcs[key("A"), friend][0], arcs[friend, key("A")][0]
        assert (query.room(key("A"), friend) >= 0) == (there >= back)
        assert (query.room(friend, key("A")) >= 0) == (there < back)
    flow = Flow(query)
    while flow.augment(99, 1):
        pass
    for keys, _ in flow.routes(99):
        assert keys[0] == keys[-1] == key("A")
        assert len(set(keys)) == len(keys) - 1 >= 3


def test_the_budget_ends_it() -> None:
    """Without budget nothing grows, and nothing is taken apart."""
    flow = Flow(quest_of(chain(20), budget=5))
    assert flow.augment(5, 1) == 0
    query = quest_of(chain(20))
    flow = Flow(query)
    assert flow.augment(5, 1) == 5
    query.budget.arcs = 5
    assert flow.routes(9) == []
    assert query.budget.spent
