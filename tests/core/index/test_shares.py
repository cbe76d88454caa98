"""Routes that share arcs: what one takes is not there for the others, and each must be worth its hops."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.shares import Shares, divide
from support.payments import Arc, Arcs, crossing, graph_of, hops, key


def line(names: str, capacity: int, toll: Rate = FREE) -> dict[Arc, tuple[int, Rate]]:
    arcs = hops([key(name) for name in names])
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (capacity, toll))


def quest_of(arcs: Arcs) -> Query:
    return Query(graph_of(arcs), key("S"), key("T"), UsedArcs(), Budget(100_000))


def keys(names: str) -> tuple[bytes, ...]:
    return tuple(key(name) for name in names)


def shown(shares: Shares) -> dict[str, int]:
    return {b"".join(node[:1] for node in path.keys).decode(): share for path, share in shares.parts}


def test_a_shared_arc_is_divided() -> None:
    """The second route gets what the first has left of the arc they share; with its toll, and no more than that."""
    arcs = line("SA", 100) | line("ABT", 60, Rate(0, 2)) | line("ACT", 60, Rate(0, 1))
    query = quest_of(arcs)
    shares = Shares(query, 200)
    shares.add(keys("SABT"), 200)
    assert (shown(shares), shares.fees, shares.rest) == ({"SABT": 58}, 2, 142)
    shares.add(keys("SACT"), 200)
    assert (shown(shares), shares.fees, shares.rest) == ({"SABT": 58, "SACT": 39}, 3, 103)
    shares.add(keys("SABT"), 200)
    assert len(shares.parts) == 2
    assert query.room(key("S"), key("A")) == 100


def test_the_rest_fills_the_cheapest() -> None:
    """What is left over goes to routes with room, the lowest toll first."""
    arcs = line("SAT", 50, Rate(2**30, 0)) | line("SBT", 50, Rate(0, 9))
    shares = Shares(quest_of(arcs), 65)
    shares.add(keys("SAT"), 10)
    shares.add(keys("SBT"), 10)
    shares.fill()
    assert (shown(shares), shares.rest) == ({"SAT": 24, "SBT": 41}, 0)


def test_small_routes_are_dropped() -> None:
    """A route of one credit goes when another can carry that too, and stays when none can."""
    for room, is_dropped in ((50, True), (49, False)):
        arcs = line("SAT", 50) | line("SBT", 20) | line("SCT", room)
        shares = Shares(quest_of(arcs), 100)
        for names, most in (("SAT", 50), ("SBT", 1), ("SCT", 49)):
            shares.add(keys(names), most)
        trimmed = shares.trimmed()
        assert trimmed.rest == 0
        assert shown(trimmed) == ({"SAT": 50, "SCT": 50} if is_dropped else {"SAT": 50, "SBT": 1, "SCT": 49})


def test_a_route_that_saves_enough_stays() -> None:
    """A small route is not dropped where the others are so dear that it is worth its hops."""
    for toll, is_dropped in ((Rate(2**25, 0), True), (Rate(2**31, 0), False)):
        arcs = line("SAT", 2000, toll) | line("SBT", 300)
        shares = Shares(quest_of(arcs), 1000)
        shares.add(keys("SAT"), 900)
        shares.add(keys("SBT"), 100)
        assert list(shown(shares.trimmed())) == (["SAT"] if is_dropped else ["SAT", "SBT"])


@st.composite
def worlds(draw: st.DrawFn) -> dict[Arc, tuple[int, Rate]]:
    nodes = [key(name) for name in "STABCD"[: draw(st.integers(3, 6))]]
    toll = st.builds(Rate, st.sampled_from([0, 1, 2**28, 2**29]), st.integers(0, 3))
    return {
        arc: (draw(st.integers(0, 60)), draw(toll))
        for i, one in enumerate(nodes)
        for other in nodes[:i]
        if draw(st.integers(0, 3))
        for arc in ((one, other), (other, one))
    }


@given(worlds(), st.integers(1, 90))
@settings(max_examples=150)
def test_all_routes_together_fit(arcs: dict[Arc, tuple[int, Rate]], amount: int) -> None:
    """The shares are all of the amount, and with the fees of each no arc is asked for more than its room."""
    parts = divide(quest_of(arcs), amount)
    if parts is None:
        return
    assert sum(share for _, share in parts) == amount
    assert all(share > 0 for _, share in parts)
    frozen: dict[Arc, int] = {}
    for path, share in parts:
        for arc, load in crossing(path.keys, arcs, share, path.fee(share)).items():
            frozen[arc] = frozen.get(arc, 0) + load
    assert all(load <= arcs[arc][0] for arc, load in frozen.items())
