"""What mediators may get for a payment when its owner sets no limit.

Rates come from an index server, and nobody signs them (spec 04, 6.4): whatever is paid beyond what the mediators take
goes to the seller. So there is always a limit, which only the owner can raise.
"""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.credits import Amount
from offset.base.limits import FEES_PER_MEDIATOR_MAX, FEES_PERCENT_MAX, ROUTE_KEYS_MAX
from offset.core.index.split import Part
from offset.wire.friend import FriendsRoute


def mediators_of(route: FriendsRoute) -> int:
    """How many nodes stand between the ends of the route, and may take a fee."""
    return max(0, len(route.public_keys) - 2)


def fees_allowed(amount: Amount, parts: Iterable[Part]) -> Amount:
    """The highest fees, in credits, for a payment of `amount` in these parts: a share, and a little for each mediator.

    No more mediators count than stand in one longest route, so that many parts do not make the limit void.
    """
    mediators = min(sum(mediators_of(part.route) for part in parts), ROUTE_KEYS_MAX - 2)
    return amount * FEES_PERCENT_MAX // 100 + mediators * FEES_PER_MEDIATOR_MAX
