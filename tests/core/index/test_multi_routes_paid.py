"""Payments over the routes of an answer arrive, and the answers reach all that is possible."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.index.asking import ask, check_answer, high_tolls, worlds
from offset.base.credits import FREE, Rate
from support.payments import (
    Arc,
    Arcs,
    graph_of,
    key,
    most_flow,
    payable,
    request,
    simple_routes,
)


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
