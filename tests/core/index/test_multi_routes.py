"""Answers to route requests: fees need room, hops cost, and routes are few and short."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.index.asking import (
    ask,
    beside,
    check_answer,
    check_payment,
    corner,
    line,
    shown,
    tolls,
)
from offset.base.credits import FREE, Rate
from offset.base.limits import (
    INDEX_ALTERNATIVES_MAX,
    MULTI_ROUTE_ROUTES_MAX,
    ROUTE_KEYS_MAX,
    U32_MAX,
)
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.shares import greedy
from offset.core.index.split import choose_multi_route
from support.payments import (
    CURRENCY,
    Arc,
    atlas_of,
    graph_of,
    hops,
    key,
    rate_of,
    request,
)


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
    assert shown(ask(graph_of(arcs), request(key("A"), key("T"), 2**128 - 1))) == [
        [f"A-P-T {2**128 - 1} 0 0"]
    ]
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


def test_answers_are_reproducible() -> None:
    """The same statements in the same order give the same answer."""
    arcs = line("SPTQS", 9, Rate(0, 1)) | line("SXT", 9, Rate(0, 1))
    question = request(key("S"), key("T"), 20)
    assert ask(atlas_of(arcs).graph(CURRENCY), question) == ask(atlas_of(arcs).graph(CURRENCY), question)
