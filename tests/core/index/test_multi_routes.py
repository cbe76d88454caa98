"""Answers to route requests: the recorded ones, and what really happens to payments that follow them."""

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.base.ids import PublicKey
from offset.base.limits import (
    INDEX_ALTERNATIVES_MAX,
    INDEX_SEARCH_ARCS_MAX,
    MULTI_ROUTE_ROUTES_MAX,
    ROUTE_KEYS_MAX,
    U32_MAX,
)
from offset.core.index.atlas import Atlas
from offset.core.index.exact import _Label
from offset.core.index.graph import CapacityRecord, Graph
from offset.core.index.multi_routes import find_multi_routes
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.shares import greedy
from offset.core.index.split import choose_multi_route
from offset.wire.index import MultiRoute, RequestRoutes
from support.payments import (
    CURRENCY,
    Arc,
    Arcs,
    atlas_of,
    crossing,
    graph_of,
    hops,
    key,
    most_flow,
    payable,
    rate_of,
    request,
    simple_routes,
)
from support.vectors import Case, cases

U128 = str(2**128 - 1)

# Reasons to answer otherwise than the reference.
FEES = "fees need room too (issue 195): what the reference names would be cancelled on the way"
ROOM = "behind a mediator less room is needed, so the route carries more than its narrowest arc (7.2)"
SPLIT = "no route carries it alone, but two do together (7.4)"
RINGS = "a ring is a route (7.5)"
ONE_SIDE = "an arc needs the word of both sides, even for nothing (4.1, 3.11)"
D19 = "the reference adds up the tolls of the other direction (R3, D-19)"
D19_FEES = f"{D19}; with the true ones it does not fit"
D19_ROOM = "with the true tolls the sum does not overflow (R3, D-19)"
HOPS = "nodes refuse a route of more than 32 keys"

# (case, step): the reason, and what we answer: routes as "node-node capacity mul add", alternatives separated.
DIFFERENT: dict[tuple[str, int], tuple[str, list[list[str]]]] = {
    ("a line A - B - C - D", 9): (FEES, []),
    ("a line A - B - C - D", 12): (FEES, []),
    ("a cycle with two tails", 14): (FEES, [["0-1-3-4-2-5 30 0 4"]]),
    ("a cycle with two tails", 20): (ROOM, [["2-4-3-1 8 0 2"]]),
    ("a cycle with two tails", 23): (FEES, []),
    ("a cycle with two tails", 24): (FEES, []),
    ("two routes of the same length", 11): (SPLIT, [["S-P-T 10 0 1", "S-Q-T 3 0 1"]]),
    ("two routes of the same length", 14): (ROOM, [["S-P-T 5 0 1"], ["S-Q-T 10 0 1"]]),
    ("a triangle", 6): (RINGS, [["A-C-B-A 10 0 2"], ["A-B-C-A 10 0 2"]]),
    ("one side reports alone, then both; a request of no capacity", 3): (ONE_SIDE, []),
    ("rates", 7): (D19, [["A-B-C 50 10 20"]]),
    ("rates", 8): (D19_FEES, []),
    ("rates", 9): (D19_FEES, []),
    ("rates", 10): (D19_FEES, []),
    ("rates", 11): (D19_FEES, []),
    ("the sum of the rates overflows", 10): (FEES, []),
    ("the sum of the rates overflows", 11): (D19_ROOM, [[f"A-B-C-D {int(U128) - 1} {U32_MAX} 0"]]),
    ("the sum of the rates overflows", 12): (D19, [[f"B-C-D {U128} 0 0"]]),
    ("the sum of the rates overflows", 13): (D19, [[f"A-B-E-F {U128} {U32_MAX} 5"]]),
    ("the sum of the rates overflows", 14): (D19, [[f"F-E-B-A {U128} 0 {U32_MAX}"]]),
    ("the sum of the rates overflows", 15): (D19, [[f"D-C-B-A {U128} 1 0"]]),
    ("updates, removal of an edge and of a node", 10): (FEES, []),
    ("a long chain", 71): (HOPS, []),
}


def ask(
    graph: Graph | None, question: RequestRoutes, arcs: int = INDEX_SEARCH_ARCS_MAX
) -> tuple[MultiRoute, ...]:
    return find_multi_routes(graph or Graph(), question, Budget(arcs))


def shown(answer: tuple[MultiRoute, ...]) -> list[list[str]]:
    return [
        [
            "-".join(node.decode().strip(".") for node in route.route.public_keys)
            + f" {route.capacity} {route.rate.mul} {route.rate.add}"
            for route in multi_route.routes
        ]
        for multi_route in answer
    ]


def recorded(answer: list[list[Case]]) -> list[list[str]]:
    return [
        [
            f"{'-'.join(route['route'])} {route['capacity']} {route['rate']['mul']} {route['rate']['add']}"
            for route in multi_route
        ]
        for multi_route in answer
    ]


def take(atlas: Atlas, step: Case) -> None:
    """A step of a recorded case that changes the graph."""
    node = key(step["node"])
    match step["op"]:
        case "update":
            rate = Rate(int(step["rate"]["mul"]), int(step["rate"]["add"]))
            atlas.update(node, CURRENCY, key(step["friend"]), int(step["recvCapacity"]), rate)
        case "remove":
            atlas.remove(node, CURRENCY, key(step["friend"]))
        case "removeNode":
            atlas.remove_node(node)
        case "tick":
            for _ in range(int(step["times"])):
                atlas.age(node)
        case op:
            raise AssertionError(op)


@pytest.mark.parametrize("case", cases("index", "graph"), ids=lambda case: case["name"].partition(":")[0])
def test_recorded_answers(case: Case) -> None:
    """The best answer is one the reference gives, but where a reason is named; there it is the better one."""
    atlas, name = Atlas(), case["name"].partition(":")[0]
    for number, step in enumerate(case["steps"]):
        if step["op"] != "request":
            take(atlas, step)
            continue
        exclude = step["exclude"] and (key(step["exclude"]["from"]), key(step["exclude"]["to"]))
        question = request(key(step["source"]), key(step["destination"]), int(step["capacity"]), exclude)
        answer = shown(ask(atlas.graph(CURRENCY), question))
        if (name, number) in DIFFERENT:
            reason, ours = DIFFERENT[name, number]
            assert answer == ours, reason
            assert answer[:1] not in [recorded(other)[:1] for other in step["anyOf"]], "no longer different"
        else:
            assert answer[:1] in [recorded(other) for other in step["anyOf"]], number


def test_reasons_name_recorded_steps() -> None:
    """Each exception above belongs to a request of a recorded case."""
    steps = {case["name"].partition(":")[0]: case["steps"] for case in cases("index", "graph")}
    for name, number in DIFFERENT:
        assert steps[name][number]["op"] == "request"


# Payments that follow the answers

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


@given(worlds(one_sided=True), st.integers(1, 60), st.data())
@settings(max_examples=200)
def test_answers_against_all_routes(
    arcs: dict[Arc, tuple[int, Rate]], amount: int, data: st.DataObject
) -> None:
    """Every answer can be paid, alone or split, and there is one whenever some route carries the amount alone."""
    source, destination = key("A"), data.draw(st.sampled_from([key("A"), key("B"), key("C")]))
    exclude = data.draw(st.none() | st.sampled_from(sorted(arcs) or [(source, destination)]))
    question = request(source, destination, amount, exclude)
    answer = ask(graph_of(arcs), question)
    check_answer(arcs, question, answer)
    single = any(payable(keys, arcs) >= amount for keys in simple_routes(arcs, source, destination, exclude))
    if single:
        assert answer
        assert len(answer[0].routes) == 1
    else:
        assert all(len(multi_route.routes) > 1 for multi_route in answer)


@given(worlds(tolls=high_tolls), st.integers(1, 40))
@settings(max_examples=200)
def test_tolls_of_more_than_the_amount(arcs: dict[Arc, tuple[int, Rate]], amount: int) -> None:
    """Whatever is answered can be paid, also where the sum of the tolls is cut to fit the wire."""
    question = request(key("A"), key("B"), amount)
    check_answer(arcs, question, ask(graph_of(arcs), question))


def without_tolls(arcs: Arcs) -> dict[Arc, tuple[int, Rate]]:
    return {arc: (capacity, FREE) for arc, (capacity, _) in arcs.items()}


@given(worlds(one_sided=True), st.data())
@settings(max_examples=400)
def test_splits_reach_all_that_is_possible(arcs: dict[Arc, tuple[int, Rate]], data: st.DataObject) -> None:
    """Without tolls, what flow is possible is found to the last credit, and more than it never.

    A flow over six nodes has at most 15 arcs, so it falls into at most 15 - 6 + 2 routes: their number is no bound.
    """
    arcs = without_tolls(arcs)
    source, destination = key("A"), key("B")
    exclude = data.draw(st.none() | st.sampled_from(sorted(arcs) or [(source, destination)]))
    usable = {arc: value for arc, value in arcs.items() if arc[::-1] in arcs and arc != exclude}
    most = most_flow(usable, source, destination)
    assert not ask(graph_of(arcs), request(source, destination, most + 1, exclude))
    for amount in {most, data.draw(st.integers(0, most))} - {0}:
        question = request(source, destination, amount, exclude)
        answer = ask(graph_of(arcs), question)
        assert answer
        check_answer(arcs, question, answer)


@given(worlds(), st.data())
@settings(max_examples=300)
def test_rings_reach_all_that_levels_balances(arcs: dict[Arc, tuple[int, Rate]], data: st.DataObject) -> None:
    """Without tolls, rings are found up to the greatest flow from friends with more room there to those with less."""
    arcs = without_tolls(arcs)
    source, back = key("A"), key("back")
    divided = {}
    for (tail, head), value in arcs.items():
        friend = head if tail == source else tail
        is_out = source in (tail, head) and arcs[source, friend][0] >= arcs[friend, source][0]
        if source not in (tail, head) or (tail == source and is_out):
            divided[tail, head] = value
        elif head == source and not is_out:
            divided[tail, back] = value
    most = most_flow(divided, source, back)
    for amount in {most, data.draw(st.integers(0, most))} - {0}:
        question = request(source, source, amount)
        answer = ask(graph_of(arcs), question)
        assert answer
        check_answer(arcs, question, answer)


def line(names: str, capacity: int, toll: Rate = FREE) -> dict[Arc, tuple[int, Rate]]:
    arcs = hops([key(name) for name in names])
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (capacity, toll))


def test_fees_need_room() -> None:
    """Fees of 1 per hop: 12, 11 and 10 credits of room deliver 10, and 11, 11, 10 do not (issue 195)."""
    arcs = line("BCDE", 10, Rate(0, 1))
    arcs[key("B"), key("C")] = 12, Rate(0, 1)
    arcs[key("C"), key("D")] = 11, Rate(0, 1)
    question = request(key("B"), key("E"), 10)
    assert shown(ask(graph_of(arcs), question)) == [["B-C-D-E 12 0 2"]]
    arcs[key("B"), key("C")] = 11, Rate(0, 1)
    assert ask(graph_of(arcs), question) == ()


def test_r3_d19_example_of_the_specification() -> None:
    """R3, D-19: in the graph of spec 04, 9 the true toll is 18 (not 300), 42 can be paid, and 60 is reported."""
    arcs = {}
    for i, (there, back) in enumerate([(7, 100), (11, 200), (13, 400)]):
        arcs[key(i), key(i + 1)] = 60, Rate(0, there)
        arcs[key(i + 1), key(i)] = 50, Rate(0, back)
    graph = graph_of(arcs)
    assert shown(ask(graph, request(key(0), key(3), 10))) == [["0-1-2-3 60 0 18"]]
    assert ask(graph, request(key(0), key(3), 42))
    assert not ask(graph, request(key(0), key(3), 43))
    assert ask(graph, request(key(0), key(1), 60))
    assert not ask(graph, request(key(0), key(1), 61))
    assert not ask(graph, request(key(1), key(0), 51))
    assert not ask(graph, request(key(0), key(0), 1))


def test_the_cheap_detour_is_taken() -> None:
    """Not the shortest route is the best, but the one with the lowest fees, and the other one comes second."""
    arcs = line("SXT", 1000, Rate(0, 50)) | line("SPQT", 1000, Rate(0, 3))
    answer = ask(graph_of(arcs), request(key("S"), key("T"), 100))
    assert shown(answer) == [["S-P-Q-T 1000 0 6"], ["S-X-T 1000 0 50"]]


def test_hops_cost() -> None:
    """A detour of many hops that saves next to nothing is not worth it."""
    arcs = line("SXT", 2000, Rate(0, 1)) | line("SABCDEFT", 2000)
    answer = ask(graph_of(arcs), request(key("S"), key("T"), 1000))
    assert "S-X-T 2000 0 1" in [routes[0] for routes in shown(answer)]
    assert choose_multi_route(answer, 1000) is not None


def beside(count: int, capacity: int) -> dict[Arc, tuple[int, Rate]]:
    """So many ways from S to T, over one node each."""
    return {arc: value for name in range(count) for arc, value in line_over(name, capacity).items()}


def line_over(name: int, capacity: int) -> dict[Arc, tuple[int, Rate]]:
    arcs = hops([key("S"), key(name), key("T")])
    return dict.fromkeys(arcs + [arc[::-1] for arc in arcs], (capacity, FREE))


def test_routes_of_one_answer_are_bounded() -> None:
    """MULTI_ROUTE_ROUTES_MAX routes may share an amount; what needs one more has no answer."""
    graph = graph_of(beside(MULTI_ROUTE_ROUTES_MAX + 1, 10))
    (answer,) = ask(graph, request(key("S"), key("T"), 10 * MULTI_ROUTE_ROUTES_MAX))
    assert len(answer.routes) == MULTI_ROUTE_ROUTES_MAX
    assert ask(graph, request(key("S"), key("T"), 10 * MULTI_ROUTE_ROUTES_MAX + 1)) == ()


def test_alternatives_are_bounded() -> None:
    """Beside the cheapest route an answer has INDEX_ALTERNATIVES_MAX others, however many there are."""
    for ways in (INDEX_ALTERNATIVES_MAX, INDEX_ALTERNATIVES_MAX + 1, INDEX_ALTERNATIVES_MAX + 5):
        answer = ask(graph_of(beside(ways, 10)), request(key("S"), key("T"), 10))
        assert len(answer) == min(ways, 1 + INDEX_ALTERNATIVES_MAX)


@pytest.mark.parametrize("nodes, is_found", [(ROUTE_KEYS_MAX, True), (ROUTE_KEYS_MAX + 1, False)])
def test_routes_have_at_most_32_keys(nodes: int, is_found: bool) -> None:
    """A route of 32 keys is answered, a longer one never, for nodes would refuse it."""
    arcs: dict[Arc, tuple[int, Rate]] = {}
    for i in range(nodes - 1):
        arcs[key(i), key(i + 1)] = arcs[key(i + 1), key(i)] = 100, FREE
    answer = ask(graph_of(arcs), request(key(0), key(nodes - 1), 5))
    assert bool(answer) == is_found


def test_short_enough_beats_cheap() -> None:
    """When the cheapest route is too long, a dearer one that nodes accept is found."""
    arcs = {(key(i), key(i + 1)): (10**9, FREE) for i in range(40)}
    arcs |= {arc[::-1]: value for arc, value in arcs.items()}
    for tail, head in ((0, "x"), ("x", 40)):
        arcs[key(tail), key(head)] = arcs[key(head), key(tail)] = 10**9, Rate(2**31, 0)
    answer = ask(graph_of(arcs), request(key(0), key(40), 10**6))
    assert [route[0].partition(" ")[0] for route in shown(answer)] == ["0-x-40"]


def test_tolls_above_the_amount() -> None:
    """A sum of mul above 32 bits is reported as far as the wire goes, the rest in add, and can be paid."""
    arcs = line("ABCDE", 1000, Rate(U32_MAX, 1))
    answer = ask(graph_of(arcs), request(key("A"), key("E"), 100))
    (route,) = answer[0].routes
    assert route.rate.mul == U32_MAX
    for amount in (1, 50, 99, 100):
        check_payment(arcs, answer[0], amount)
    assert route.rate.fee(100) <= rate_of(route.route.public_keys, arcs).fee(100) + 1


def test_tolls_that_do_not_fit_the_wire() -> None:
    """When add overflows as well the route is dropped."""
    arcs = line("ABCD", 2**40, Rate(0, U32_MAX))
    assert ask(graph_of(arcs), request(key("A"), key("D"), 5)) == ()


def test_a_share_is_no_larger_than_its_tolls_allow() -> None:
    """Where a wide route may not carry all because its tolls would not fit the wire, the amount is split."""
    arcs = line("SABT", 2**40, Rate(U32_MAX, 0)) | line("SCDT", 2**40, Rate(U32_MAX, 0))
    question = request(key("S"), key("T"), 2**33 - 100)
    answer = ask(graph_of(arcs), question)
    check_answer(arcs, question, answer)
    assert [len(multi_route.routes) for multi_route in answer] == [2]


def test_the_largest_amounts() -> None:
    """Capacities of 2**128 - 1 are used to the last credit, also over two routes."""
    arcs = line("APT", 2**128 - 1)
    assert shown(ask(graph_of(arcs), request(key("A"), key("T"), 2**128 - 1))) == [[f"A-P-T {U128} 0 0"]]
    half = dict.fromkeys(line("APT", 1) | line("AQT", 1), (2**127, FREE))
    answer = ask(graph_of(half), request(key("A"), key("T"), 2**128 - 1))
    check_payment(half, answer[0], 2**128 - 1)


def test_nothing_to_pay_still_has_a_route() -> None:
    """A request of no credits is answered with a route whose arcs have room for the flat tolls."""
    arcs = line("ABC", 3, Rate(0, 3))
    assert shown(ask(graph_of(arcs), request(key("A"), key("C"), 0))) == [["A-B-C 3 0 3"]]
    assert ask(graph_of(line("ABC", 2, Rate(0, 3))), request(key("A"), key("C"), 0)) == ()


def test_unknown_nodes_have_no_routes() -> None:
    """Unknown source, destination or both give an empty answer."""
    graph = graph_of(line("AB", 5))
    assert ask(graph, request(key("A"), key("X"), 1)) == ()
    assert ask(graph, request(key("X"), key("A"), 1)) == ()
    assert ask(graph, request(key("X"), key("X"), 1)) == ()


def corner(toll: Rate = FREE) -> dict[Arc, tuple[int, Rate]]:
    """The short way S-A-B-T stands in the way of two long ones, which carry twice as much together; all one way."""
    arcs = dict.fromkeys(line("SABTYXABWVS", 0), (0, toll))
    for names in ("SABT", "AXYT", "SVWB"):
        arcs |= dict.fromkeys(hops([key(name) for name in names]), (10, toll))
    return arcs


def test_a_greedy_split_in_a_corner_is_led_out() -> None:
    """What the greedy split cannot carry goes over two routes, with part of what it chose cancelled."""
    arcs, question = corner(), request(key("S"), key("T"), 20)
    query = Query(graph_of(arcs), question.source, question.destination, UsedArcs(), Budget(10_000))
    assert greedy(query, 20).rest == 10
    answer = ask(graph_of(arcs), question)
    assert shown(answer) == [["S-A-X-Y-T 10 0 0", "S-V-W-B-T 10 0 0"]]
    assert not ask(graph_of(arcs), request(key("S"), key("T"), 21))


def test_tolls_need_room_in_the_corner_too() -> None:
    """Three tolls of 1 leave 7 of 10 credits on each of the two routes, and all 14 are found."""
    arcs = corner(Rate(0, 1))
    question = request(key("S"), key("T"), 14)
    answer = ask(graph_of(arcs), question)
    assert shown(answer) == [["S-A-X-Y-T 10 0 3", "S-V-W-B-T 10 0 3"]]
    check_answer(arcs, question, answer)
    assert not ask(graph_of(arcs), request(key("S"), key("T"), 15))


def test_rooms_that_shrink_with_the_tolls_are_filled() -> None:
    """Where each arc has just the room for the tolls still to be paid, the last credit of all is used."""
    arcs = corner(Rate(0, 1))
    for names in ("SAXYT", "SVWBT"):
        for place, arc in enumerate(hops([key(name) for name in names])):
            arcs[arc] = 13 - place, Rate(0, 1)
    question = request(key("S"), key("T"), 20)
    answer = ask(graph_of(arcs), question)
    assert shown(answer) == [["S-A-X-Y-T 13 0 3", "S-V-W-B-T 13 0 3"]]
    check_answer(arcs, question, answer)


@given(st.data())
@settings(max_examples=200)
def test_whatever_comes_out_of_the_corner_can_be_paid(data: st.DataObject) -> None:
    """With any tolls and rooms, an answer keeps all routes together within the arcs, to the credit."""
    arcs = {arc: (data.draw(st.integers(5, 40)), data.draw(tolls)) for arc in corner()}
    question = request(key("S"), key("T"), data.draw(st.integers(1, 60)))
    check_answer(arcs, question, ask(graph_of(arcs), question))


def test_a_corner_of_rings() -> None:
    """A ring that stands in the way of two others is led elsewhere in the same way."""
    arcs = {
        tuple(key("S") if node == key("T") else node for node in arc): value
        for arc, value in corner().items()
    }
    arcs[key("B"), key("S")] = arcs[key("Y"), key("S")] = 10, FREE
    arcs[key("S"), key("B")] = arcs[key("S"), key("Y")] = 0, FREE
    question = request(key("S"), key("S"), 20)
    answer = ask(graph_of(arcs), question)
    assert shown(answer) == [["S-A-X-Y-S 10 0 0", "S-V-W-B-S 10 0 0"]]
    check_answer(arcs, question, answer)


@pytest.mark.parametrize("count", [MULTI_ROUTE_ROUTES_MAX, MULTI_ROUTE_ROUTES_MAX + 1])
def test_routes_are_few(count: int) -> None:
    """What needs more routes than a payer should use is not answered."""
    arcs: dict[Arc, tuple[int, Rate]] = {}
    for name in range(count):
        arcs |= dict.fromkeys(hops([key("S"), key(name), key("T"), key(name), key("S")]), (5, FREE))
    answer = ask(graph_of(arcs), request(key("S"), key("T"), 5 * count))
    assert [len(multi_route.routes) for multi_route in answer] == (
        [] if count > MULTI_ROUTE_ROUTES_MAX else [count]
    )


def test_rings_avoid_the_friend_they_left_by() -> None:
    """A ring never goes out and back over one friend, and honours the excluded arc."""
    arcs = line("APQA", 10)
    for first, last in ("PQ", "QP"):
        exclude = (key("A"), key(last))
        answer = ask(graph_of(arcs), request(key("A"), key("A"), 5, exclude))
        assert [routes[0].partition(" ")[0] for routes in shown(answer)] == [f"A-{first}-{last}-A"]
    assert ask(graph_of(line("AP", 10)), request(key("A"), key("A"), 5)) == ()


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


def test_answers_are_reproducible() -> None:
    """The same statements in the same order give the same answer."""
    arcs = line("SPTQS", 9, Rate(0, 1)) | line("SXT", 9, Rate(0, 1))
    question = request(key("S"), key("T"), 20)
    assert ask(atlas_of(arcs).graph(CURRENCY), question) == ask(atlas_of(arcs).graph(CURRENCY), question)
