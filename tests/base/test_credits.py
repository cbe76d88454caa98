"""Amounts, rates and fees, at their edges too (tests/vectors/routes.json)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate, clamp_amount, is_amount, is_balance
from offset.base.limits import I128_MAX, I128_MIN, U32_MAX, U128_MAX
from support.vectors import Case, cases

AMOUNTS = st.integers(0, U128_MAX)
RATES = st.builds(Rate, st.integers(0, U32_MAX), st.integers(0, U32_MAX))


def _rate(fields: Case) -> Rate:
    return Rate(int(fields["mul"]), int(fields["add"]))


@pytest.mark.parametrize("case", cases("routes", "calcFee"))
def test_fee(case: Case) -> None:
    """The fee for each payment and rate is the one the reference takes, or no amount where it has none."""
    fee = _rate(case["rate"]).fee(int(case["payment"]))
    assert (str(fee) if is_amount(fee) else None) == case["fee"]


@pytest.mark.parametrize("case", cases("routes", "maxPayable"))
def test_max_payable(case: Case) -> None:
    """What a route can carry beside its fees is what the reference finds."""
    assert _rate(case["rate"]).max_payable(int(case["capacity"])) == int(case["payable"])


@pytest.mark.parametrize("case", cases("routes", "addRates"))
def test_sum_of_rates(case: Case) -> None:
    """Two rates add up part by part, or have no sum when a part does not fit 32 bits."""
    total = None if case["sum"] is None else _rate(case["sum"])
    assert _rate(case["a"]).plus(_rate(case["b"])) == total
    assert _rate(case["b"]).plus(_rate(case["a"])) == total


@given(RATES, AMOUNTS, AMOUNTS)
def test_fee_grows_with_the_amount(rate: Rate, one: int, two: int) -> None:
    """More credits never cost less, nothing costs the fixed part, and no fee is negative."""
    less, more = sorted((one, two))
    assert rate.add == rate.fee(0) <= rate.fee(less) <= rate.fee(more)
    assert FREE.fee(more) == 0


@given(RATES, AMOUNTS)
@example(Rate(2**31, 0), 1)
def test_max_payable_fits(rate: Rate, capacity: int) -> None:
    """What is called payable fits with its fee, and at most one credit more would as well (the reference rounds)."""
    payable = rate.max_payable(capacity)
    if capacity >= rate.add:
        assert payable + rate.fee(payable) <= capacity
        assert payable + 2 + rate.fee(payable + 2) > capacity
    else:
        assert payable == 0


@pytest.mark.parametrize(
    "value, amount, balance",
    [
        (I128_MIN - 1, False, False),
        (I128_MIN, False, True),
        (-1, False, True),
        (0, True, True),
        (I128_MAX, True, True),
        (I128_MAX + 1, True, False),
        (U128_MAX, True, False),
        (U128_MAX + 1, False, False),
    ],
)
def test_ranges(value: int, amount: bool, balance: bool) -> None:
    """Amounts are unsigned and balances signed, both of 128 bits; the edges belong to them."""
    assert is_amount(value) is amount
    assert is_balance(value) is balance
    assert is_amount(clamp_amount(value))
    assert (clamp_amount(value) == value) is amount
