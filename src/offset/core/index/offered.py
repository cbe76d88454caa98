"""Which routes of an answer can be used at all (spec 04, 7.5): nobody vouches for what an index server says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from offset.base.credits import Rate
from offset.base.ids import PublicKey
from offset.base.limits import CREDIT_MAX, ROUTE_KEYS_MIN, TRANSACTIONS_PER_PAYMENT_MAX
from offset.base.route_rules import valid_route
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RouteCapacityRate

_FREE = Rate(0, 0)


class Offered(NamedTuple):
    """The usable part of an answer."""

    multi_routes: tuple[MultiRoute, ...]
    dropped: int
    """How many routes were left out."""


def usable(answer: Iterable[MultiRoute], source: PublicKey, destination: PublicKey) -> Offered:
    """What is left of an answer without routes that are none, and without multi-routes of which nothing is left.

    A route begins at `source`, ends at `destination`, and no node stands in it twice, but for the ends of a ring. Each
    stands once in its multi-route, which has no more of them than a payment may have parts. No balance can hold more
    than CREDIT_MAX credits, so no capacity is taken for more; and where nobody mediates nobody takes a fee.
    """
    kept: list[MultiRoute] = []
    dropped = 0
    for multi_route in answer:
        routes: dict[FriendsRoute, RouteCapacityRate] = {}
        for found in multi_route.routes:
            is_ours = _leads(found, source, destination) and found.route not in routes
            if is_ours and len(routes) < TRANSACTIONS_PER_PAYMENT_MAX:
                routes[found.route] = _sane(found)
            else:
                dropped += 1
        if routes:
            kept.append(MultiRoute(tuple(routes.values())))
    return Offered(tuple(kept), dropped)


def _leads(found: RouteCapacityRate, source: PublicKey, destination: PublicKey) -> bool:
    keys = found.route.public_keys
    return valid_route(keys) and keys[0] == source and keys[-1] == destination


def _sane(found: RouteCapacityRate) -> RouteCapacityRate:
    is_direct = len(found.route.public_keys) == ROUTE_KEYS_MIN
    return replace(found, capacity=min(found.capacity, CREDIT_MAX), rate=_FREE if is_direct else found.rate)
