"""The cheapest route that carries an amount alone (spec 04, 7.3): the fast search, and the exact one behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from offset.base.credits import Amount
from offset.base.limits import ROUTE_KEYS_MAX
from offset.core.index.exact import exact
from offset.core.index.path import Path
from offset.core.index.search import COST_BITS, Keys, Query, cheapest, hop_cost

_TRIES = 4
"""How often the fast search is asked again, for wider arcs or fewer hops, before the exact one."""
_EXACT_PART = 5
"""The exact search may use the fifth part of what is left of the budget."""


def single(query: Query, amount: Amount, thorough: bool = True) -> Path | None:
    """The cheapest path that carries the amount alone.

    First among all arcs with room for the amount. When the tolls of what is found do not fit too, among arcs
    with room for amount and tolls; when it is too long, with dearer hops. At last, if `thorough`, exactly.
    """
    floor, hop = amount, hop_cost(amount)
    for attempt in range(_TRIES):
        path = _best(query, amount, floor, hop, partial(cheapest, amount=amount, floor=floor, hop=hop))
        if path is None:
            if attempt == 0:
                # Not even without counting tolls.
                return None
            break
        if len(path.keys) > ROUTE_KEYS_MAX:
            hop *= 4
        elif path.carries(amount):
            return path
        else:
            floor = amount + path.total.fee(amount) + len(path.keys)
    return _exactly(query, amount) if thorough else None


def _exactly(query: Query, amount: Amount) -> Path | None:
    """The same by the slow search, which may use a part of the budget; the rest is kept for a split."""
    budget, hop = query.budget, hop_cost(amount)
    kept = budget.arcs - budget.arcs // _EXACT_PART
    budget.arcs -= kept
    path = _best(query, amount, amount, hop, partial(exact, amount=amount, hop=hop))
    budget.arcs = max(0, budget.arcs) + kept
    return path if path is not None and path.carries(amount) else None


def _best(
    query: Query, amount: Amount, floor: Amount, hop: int, find: Callable[[Query], Keys | None]
) -> Path | None:
    """What `find` finds; for rings the best of all friends to come back over, while the budget lasts."""
    if query.source != query.destination:
        keys = find(query)
        return None if keys is None else query.path(keys)
    paths: list[Path] = []
    for friend in query.last_hops(floor):
        if query.budget.spent:
            break
        keys = find(query.coming_back_over(friend))
        if keys is not None:
            paths.append(query.path(keys))
    return min(paths, key=lambda path: _cost(path, amount, hop), default=None)


def _cost(path: Path, amount: Amount, hop: int) -> int:
    return (path.total.fee(amount) << COST_BITS) + hop * len(path.keys)
