"""The fees of a payment: what mediators may get when its owner sets no limit, and how to offer them more.

Rates come from an index server, and nobody signs them (spec 04, 6.4): whatever is paid beyond what the mediators take
goes to the seller. So there is always a limit, which only the owner can raise.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from offset.base.credits import Amount
from offset.base.limits import FEES_PER_MEDIATOR_MAX, FEES_PERCENT_MAX, ROUTE_KEYS_MAX
from offset.core.index.split import Part, RouteChoice
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute


def mediators_of(route: FriendsRoute) -> int:
    """How many nodes stand between the ends of the route, and may take a fee."""
    return max(0, len(route.public_keys) - 2)


def raised(choice: RouteChoice, multi_route: MultiRoute, factor: int) -> RouteChoice | None:
    """The same parts with fees that are so many times higher, but at least `factor` credits for each mediator.

    For rates that an index server named too low (spec 04, R3). None when that changes nothing, since there are no
    mediators, or when a route does not carry it.
    """
    parts: list[Part] = []
    for part in choice.parts:
        mediators = mediators_of(part.route)
        fee = max(part.fee, mediators) * factor if mediators else part.fee
        if part.amount + fee > multi_route.routes[part.index].capacity:
            return None
        parts.append(replace(part, fee=fee))
    higher = RouteChoice(choice.multi_route, tuple(parts))
    return None if higher == choice else higher


def fees_allowed(amount: Amount, parts: Iterable[Part]) -> Amount:
    """The highest fees, in credits, for a payment of `amount` in these parts: a share, and a little for each mediator.

    No more mediators count than stand in one longest route, so that many parts do not make the limit void.
    """
    mediators = min(sum(mediators_of(part.route) for part in parts), ROUTE_KEYS_MAX - 2)
    return amount * FEES_PERCENT_MAX // 100 + mediators * FEES_PER_MEDIATOR_MAX
