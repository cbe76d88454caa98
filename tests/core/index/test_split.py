"""How a payer splits: every recorded choice of the reference, and what holds for all."""

from collections.abc import Sequence
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import Rate
from offset.base.limits import U32_MAX
from offset.core.index.split import RouteChoice, choose_multi_route, split
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RouteCapacityRate
from support.vectors import Case, cases


def rate(value: Case) -> Rate:
    return Rate(int(value["mul"]), int(value["add"]))


def multi_routes(case: Case) -> list[MultiRoute]:
    return [
        MultiRoute(
            tuple(
                RouteCapacityRate(FriendsRoute(()), int(route["capacity"]), rate(route["rate"]))
                for route in routes
            )
        )
        for routes in case["multiRoutes"]
    ]


@pytest.mark.parametrize("case", cases("routes", "calcFee"))
def test_fee(case: Case) -> None:
    """The fee of each payment and rate is that of the reference."""
    assert rate(case["rate"]).fee(int(case["payment"])) == int(case["fee"])


@pytest.mark.parametrize("case", cases("routes", "maxPayable"))
def test_max_payable(case: Case) -> None:
    """The most that can be paid out of a capacity is that of the reference."""
    assert rate(case["rate"]).max_payable(int(case["capacity"])) == int(case["payable"])


@pytest.mark.parametrize("case", cases("routes", "addRates"))
def test_plus(case: Case) -> None:
    """Rates add up as in the reference, or not at all when they overflow."""
    expected = None if case["sum"] is None else rate(case["sum"])
    assert rate(case["a"]).plus(rate(case["b"])) == expected


@pytest.mark.parametrize("case", cases("routes", "chooseMultiRoute"))
def test_choose_multi_route(case: Case) -> None:
    """The choice and the order of its parts are those of the reference, without its parts of no credits."""
    amount = int(case["amount"])
    choice = choose_multi_route(multi_routes(case), amount)
    if case["result"] is None:
        assert choice is None
        return
    assert choice is not None
    parts = [(int(part["route"]), int(part["amount"]), int(part["fee"])) for part in case["result"]["parts"]]
    assert choice.multi_route == int(case["result"]["multiRoute"])
    assert [(part.index, part.amount, part.fee) for part in choice.parts] == [
        part for part in parts if part[1] or not amount
    ]


def test_zero_shares_cost_nothing() -> None:
    """Where the reference pays a flat fee to send nothing over two further routes, we use one route."""
    routes = tuple(RouteCapacityRate(FriendsRoute(()), 15, Rate(0, 5)) for _ in range(3))
    choice = choose_multi_route([MultiRoute(routes)], 1)
    assert choice is not None
    assert [part.amount for part in choice.parts] == [1]
    assert choice.fee == 5


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, U32_MAX), st.integers(0, 9)), max_size=6),
    st.integers(0, 900),
)
def test_split_is_whole_and_fits(routes: list[tuple[int, int, int]], amount: int) -> None:
    """The parts add up to the amount, each fits its route with its fee, and None means that it cannot fit."""
    offers = tuple(
        RouteCapacityRate(FriendsRoute(()), capacity, Rate(mul, add)) for capacity, mul, add in routes
    )
    payable = [offer.rate.max_payable(offer.capacity) for offer in offers]
    choice: RouteChoice | None = choose_multi_route([MultiRoute(offers)], amount)
    if choice is None:
        assert amount > sum(payable) or not routes
        return
    assert sum(part.amount for part in choice.parts) == amount
    for part in choice.parts:
        assert 0 <= part.amount <= payable[part.index]
        assert part.fee == offers[part.index].rate.fee(part.amount)
        assert part.amount + part.fee <= offers[part.index].capacity or part.amount == 0


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6), st.data())
def test_split_levels_the_room(payable: list[int], data: st.DataObject) -> None:
    """What is left of the used routes differs by at most one, and no unused route has more left."""
    amount = data.draw(st.integers(0, sum(payable)))
    shares = dict(split(payable, amount) or [])
    left = [payable[index] - share for index, share in shares.items()]
    unused = [room for index, room in enumerate(payable) if index not in shares]
    assert max(left) - min(left) <= 1
    assert max(unused, default=0) <= max(left)


def surely_payable(offer: RouteCapacityRate, amount: int) -> bool:
    """Whether amount and toll fit, the toll not rounded down: what spec 04, 6.1 means by payable, as fractions."""
    toll = Fraction(amount * offer.rate.mul, 2**32) + offer.rate.add
    return amount == 0 or amount + toll <= offer.capacity


def dividable(offers: Sequence[RouteCapacityRate], amount: int) -> bool:
    """Whether some choice of shares pays the amount, by trying all."""
    if not offers:
        return amount == 0
    return any(
        surely_payable(offers[0], share) and dividable(offers[1:], amount - share)
        for share in range(amount + 1)
    )


offers = st.builds(
    RouteCapacityRate,
    st.just(FriendsRoute(())),
    st.integers(0, 12),
    st.builds(Rate, st.sampled_from([0, 1, 2**28, 2**31, U32_MAX]), st.integers(0, 4)),
)


@given(st.lists(st.lists(offers, max_size=3), max_size=3), st.integers(1, 24))
@settings(max_examples=200)
def test_a_split_is_found_whenever_there_is_one(answer: list[list[RouteCapacityRate]], amount: int) -> None:
    """The first multi-route over which any shares at all would pay the amount is chosen, with the exact fees."""
    choice = choose_multi_route([MultiRoute(tuple(routes)) for routes in answer], amount)
    possible = [place for place, routes in enumerate(answer) if dividable(routes, amount)]
    assert (choice.multi_route if choice is not None else None) == (possible[0] if possible else None)
    if choice is not None:
        routes = answer[choice.multi_route]
        assert sum(part.amount for part in choice.parts) == amount
        for part in choice.parts:
            toll = Fraction(part.amount * routes[part.index].rate.mul, 2**32)
            assert part.fee == floor(toll) + routes[part.index].rate.add
            assert part.amount > 0
            assert surely_payable(routes[part.index], part.amount)
        assert choice.fee == sum(part.fee for part in choice.parts)
