"""Which routes of an answer can be used at all."""

from collections.abc import Sequence

import pytest

from offset.base.credits import Rate
from offset.base.limits import CREDIT_MAX, ROUTE_KEYS_MAX, TRANSACTIONS_PER_PAYMENT_MAX, U128_MAX
from offset.core.index.offered import usable
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RouteCapacityRate

US, ANN, BEN, SELLER = (letter * 32 for letter in (b"u", b"a", b"b", b"s"))
MANY = [bytes([number]) * 32 for number in range(ROUTE_KEYS_MAX)]
RATE = Rate(7, 3)


def over(*keys: bytes, capacity: int = 50) -> RouteCapacityRate:
    """A route over these keys, both ends included."""
    return RouteCapacityRate(FriendsRoute(keys), capacity, RATE)  # type: ignore[arg-type]


GOOD = over(US, ANN, SELLER)


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [US],
        [ANN, SELLER],
        [US, ANN],
        [ANN, US, SELLER],
        [US, ANN, ANN, SELLER],
        [US, SELLER, ANN, SELLER],
        [US, *MANY[: ROUTE_KEYS_MAX - 1], SELLER],
    ],
)
def test_what_is_no_route_from_here_to_there(keys: Sequence[bytes]) -> None:
    """A bad route is dropped and counted; the good ones beside it stay, and an empty multi-route does not."""
    bad = over(*keys)
    answer = [MultiRoute((bad, GOOD)), MultiRoute((bad,)), MultiRoute(())]
    assert usable(answer, US, SELLER) == ((MultiRoute((GOOD,)),), 2)  # type: ignore[arg-type]


def test_longest_route_and_ring() -> None:
    """A route may have 32 keys, and only a ring ends where it begins."""
    longest = over(US, *MANY[: ROUTE_KEYS_MAX - 2], SELLER)
    assert usable([MultiRoute((longest,))], US, SELLER) == ((MultiRoute((longest,)),), 0)  # type: ignore[arg-type]
    ring, there_and_back = over(US, ANN, BEN, US), over(US, US)
    answer = [MultiRoute((ring, there_and_back))]
    assert usable(answer, US, US) == ((MultiRoute((ring,)),), 1)  # type: ignore[arg-type]


def test_sane_capacities_and_rates() -> None:
    """No capacity beyond what a balance holds, no fee where nobody mediates, no route twice, not more than parts."""
    wide, direct = over(US, ANN, SELLER, capacity=U128_MAX), over(US, SELLER)
    (found,), dropped = usable([MultiRoute((wide, direct, wide))], US, SELLER)  # type: ignore[arg-type]
    assert [(route.capacity, route.rate) for route in found.routes] == [(CREDIT_MAX, RATE), (50, Rate(0, 0))]
    assert dropped == 1
    many = [over(US, bytes([number]) * 32, SELLER) for number in range(TRANSACTIONS_PER_PAYMENT_MAX + 9)]
    (found,), dropped = usable([MultiRoute(tuple(many))], US, SELLER)  # type: ignore[arg-type]
    assert (len(found.routes), dropped) == (TRANSACTIONS_PER_PAYMENT_MAX, 9)
