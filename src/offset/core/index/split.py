"""How a payer divides an amount over the routes of a multi-route (spec 04, 6).

The reference pays the same way, so the server knows what becomes of the routes it answers with.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from offset.base.credits import Amount
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute


class Part(msgspec.Struct, frozen=True, gc=False):
    """One transaction of a payment: a route, what arrives over it, and what its mediators get together."""

    index: int
    """The place of the route in its multi-route."""
    route: FriendsRoute
    amount: Amount
    fee: Amount


class RouteChoice(msgspec.Struct, frozen=True, gc=False):
    """The multi-route that was chosen, by its place in the answer, and the parts of the payment."""

    multi_route: int
    parts: tuple[Part, ...]

    @property
    def fee(self) -> Amount:
        """The fees of all parts together, in credits."""
        return sum(part.fee for part in self.parts)


def choose_multi_route(multi_routes: Sequence[MultiRoute], amount: Amount) -> RouteChoice | None:
    """The first multi-route that carries `amount` credits, with the parts in the order of the reference.

    The server puts the best first, so costs are not compared here (6.2). The reference also makes parts of
    no credits, and pays the flat fee for them; here there is none, unless the amount itself is 0 (6.3).
    """
    for place, multi_route in enumerate(multi_routes):
        routes = multi_route.routes
        shares = split([route.rate.max_payable(route.capacity) for route in routes], amount)
        if shares is None:
            continue
        parts = tuple(
            Part(index, routes[index].route, share, routes[index].rate.fee(share))
            for index, share in shares
            if share or not amount
        )
        return RouteChoice(place, parts)
    return None


def split(payable: Sequence[Amount], amount: Amount) -> list[tuple[int, Amount]] | None:
    """Divide `amount` so that the room left on the roomiest routes becomes equal; None when it does not fit.

    `payable` is what each route can carry at most. The pairs are (place of the route, its share), from the
    route with the least room to the one with the most; a share can be 0 (6.3).
    """
    order = sorted(range(len(payable)), key=lambda index: payable[index], reverse=True)
    # What routes 0 .. used - 1 of the order can carry together.
    above = 0
    for used, index in enumerate(order, 1):
        above += payable[index]
        level_below = payable[order[used]] if used < len(order) else 0
        if amount > above - used * level_below:
            continue
        level = payable[index]
        each, odd = divmod(amount - (above - used * level), used)
        return [
            (order[j], payable[order[j]] - level + each + (1 if j < odd else 0))
            for j in range(used - 1, -1, -1)
        ]
    return None
