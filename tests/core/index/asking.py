"""Asking for routes in a network that is a dict, and such networks."""

from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.base.limits import (
    INDEX_ALTERNATIVES_MAX,
    INDEX_SEARCH_ARCS_MAX,
    MULTI_ROUTE_ROUTES_MAX,
    ROUTE_KEYS_MAX,
    U32_MAX,
)
from offset.core.index.graph import Graph
from offset.core.index.multi_routes import find_multi_routes
from offset.core.index.search import Budget
from offset.core.index.split import choose_multi_route
from offset.wire.index import MultiRoute, RequestRoutes
from support.payments import (
    Arc,
    Arcs,
    crossing,
    hops,
    key,
    rate_of,
)


def ask(
    graph: Graph | None, question: RequestRoutes, arcs: int = INDEX_SEARCH_ARCS_MAX
) -> tuple[MultiRoute, ...]:
    """The answer to a question."""
    return find_multi_routes(graph or Graph(), question, Budget(arcs))


def shown(answer: tuple[MultiRoute, ...]) -> list[list[str]]:
    """An answer as "node-node capacity mul add" for each route."""
    return [
        [
            "-".join(node.decode().strip(".") for node in route.route.public_keys)
            + f" {route.capacity} {route.rate.mul} {route.rate.add}"
            for route in multi_route.routes
        ]
        for multi_route in answer
    ]


tolls = st.builds(Rate, st.sampled_from([0, 0, 1, 2**28, 2**29, 3 * 2**28]), st.integers(0, 3))
high_tolls = st.builds(Rate, st.sampled_from([0, 1, 2**31, U32_MAX]), st.integers(0, 3))


@st.composite
def worlds(
    draw: st.DrawFn, one_sided: bool = False, tolls: st.SearchStrategy[Rate] = tolls
) -> dict[Arc, tuple[int, Rate]]:
    """Up to six nodes; capacities so small that fees, rounding and splitting matter."""
    nodes = [key(name) for name in "ABCDEF"[: draw(st.integers(2, 6))]]
    arcs: dict[Arc, tuple[int, Rate]] = {}
    for i, one in enumerate(nodes):
        for other in nodes[:i]:
            kind = draw(st.sampled_from(["none", "both", "both", "one" if one_sided else "both"]))
            if kind != "none":
                arcs[one, other] = draw(st.integers(0, 40)), draw(tolls)
            if kind == "both":
                arcs[other, one] = draw(st.integers(0, 40)), draw(tolls)
    return arcs


def check_payment(arcs: Arcs, answer: MultiRoute, amount: int) -> None:
    """Pay `amount` as any payer does, with all parts frozen at once."""
    choice = choose_multi_route([answer], amount)
    assert choice is not None
    frozen: dict[Arc, int] = {}
    for part in choice.parts:
        for arc, load in crossing(part.route.public_keys, arcs, part.amount, part.fee).items():
            frozen[arc] = frozen.get(arc, 0) + load
    for arc, load in frozen.items():
        assert load <= arcs[arc][0]


def check_answer(arcs: Arcs, question: RequestRoutes, answer: tuple[MultiRoute, ...]) -> None:
    """What every answer must be (spec 04, 8), and that every payment it invites arrives."""
    amount = question.capacity
    exclude = question.opt_exclude and (
        question.opt_exclude.from_public_key,
        question.opt_exclude.to_public_key,
    )
    for multi_route in answer:
        assert 1 <= len(multi_route.routes) <= MULTI_ROUTE_ROUTES_MAX
        for route in multi_route.routes:
            keys = route.route.public_keys
            assert 2 <= len(keys) <= ROUTE_KEYS_MAX
            assert (keys[0], keys[-1]) == (question.source, question.destination)
            assert len(set(keys)) == len(keys) - (keys[0] == keys[-1])
            assert exclude not in hops(keys)
            assert all(arc in arcs and arc[::-1] in arcs for arc in hops(keys))
            true = rate_of(keys, arcs)
            assert route.rate == true or true.mul > U32_MAX
        most = sum(route.rate.max_payable(route.capacity) for route in multi_route.routes)
        assert most >= amount
        assert len(multi_route.routes) == 1 or most == amount
        for less in {amount, amount // 2, amount // 3, most, most - 1, 1}:
            if 1 <= less <= most:
                check_payment(arcs, multi_route, less)
    fees = [choice.fee for multi_route in answer if (choice := choose_multi_route([multi_route], amount))]
    assert fees == sorted(fees)
    assert len(answer) <= 1 + INDEX_ALTERNATIVES_MAX


def line(names: str, capacity: int, toll: Rate = FREE) -> dict[Arc, tuple[int, Rate]]:
    arcs = hops([key(name) for name in names])
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (capacity, toll))


def beside(count: int, capacity: int) -> dict[Arc, tuple[int, Rate]]:
    """So many ways from S to T, over one node each."""
    return {arc: value for name in range(count) for arc, value in line_over(name, capacity).items()}


def line_over(name: int, capacity: int) -> dict[Arc, tuple[int, Rate]]:
    arcs = hops([key("S"), key(name), key("T")])
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (capacity, FREE))


def corner(toll: Rate = FREE) -> dict[Arc, tuple[int, Rate]]:
    """The short way S-A-B-T stands in the way of two long ones, which carry twice as much together; all one way."""
    arcs = dict.fromkeys(line("SABTYXABWVS", 0), (0, toll))
    for names in ("SABT", "AXYT", "SVWB"):
        arcs |= dict.fromkeys(hops([key(name) for name in names]), (10, toll))
    return arcs
