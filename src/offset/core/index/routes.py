"""The answer to a route request (spec 04, 7): multi-routes, cheapest first, each of which carries the amount.

The payer takes the first, splits the amount by its own rule (`split`) and treats the routes as independent. So
routes that share an arc must share its room: for each route we report a capacity out of which the payer
computes just the share we mean, and what that share needs is set aside before the next route is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from offset.base.credits import Amount
from offset.base.limits import (
    INDEX_ALTERNATIVES_MAX,
    MULTI_ROUTE_ROUTES_MAX,
    ROUTE_KEYS_MAX,
)
from offset.core.index.exact import exact
from offset.core.index.graph import Graph
from offset.core.index.path import Path
from offset.core.index.search import COST_BITS, Budget, Keys, Quest, Taken, cheapest, hop_cost
from offset.wire.index import MultiRoute, RequestRoutes

_TRIES = 4
"""How often the fast search is asked again, for wider arcs or fewer hops, before the exact one."""
_EXACT_PART = 5
"""The exact search may use the fifth part of what is left of the budget."""
_HALVINGS = 5
"""Shares go down to amount / 2**5, a quarter of a fair share of MULTI_ROUTE_ROUTES_MAX routes (7.4)."""


def find_multi_routes(graph: Graph, request: RequestRoutes, budget: Budget) -> tuple[MultiRoute, ...]:
    """Ways to bring `request.capacity` credits from source to destination, at best cost first.

    Equal source and destination ask for rings: out over one friend, back over another (7.5).
    """
    amount = request.capacity
    quest = Quest(graph, request.source, request.destination, Taken(), budget)
    if request.opt_exclude is not None:
        quest.taken.block(request.opt_exclude.from_public_key, request.opt_exclude.to_public_key)
    if not _may_carry(quest, amount):
        return ()
    path = _single(quest, amount)
    if path is None:
        parts = _split(quest, amount)
        return (MultiRoute(tuple(path.offer(share) for path, share in parts)),) if parts else ()
    paths = [path, *_alternatives(quest, path, amount)]
    paths.sort(key=lambda path: (path.fee(amount), len(path.keys)))
    return tuple(MultiRoute((path.widest_offer(amount),)) for path in paths)


def _may_carry(quest: Quest, amount: Amount) -> bool:
    """Whether the arcs at the two ends have room for the amount together; answers most hopeless requests."""
    source, destination = quest.source, quest.destination
    leaving = sum(max(0, quest.room(source, friend)) for friend in quest.graph.out(source))
    arriving = sum(max(0, quest.room(friend, destination)) for friend in quest.graph.into(destination))
    return min(leaving, arriving) >= amount


def _single(quest: Quest, amount: Amount, thorough: bool = True) -> Path | None:
    """The cheapest path that carries the amount alone.

    First among all arcs with room for the amount. When the tolls of what is found do not fit too, among arcs
    with room for amount and tolls; when it is too long, with dearer hops. At last, if `thorough`, exactly.
    """
    floor, hop = amount, hop_cost(amount)
    for attempt in range(_TRIES):
        path = _best(quest, amount, floor, hop, partial(cheapest, amount=amount, floor=floor, hop=hop))
        if path is None:
            if attempt == 0:
                return None  # not even without counting tolls
            break
        if len(path.keys) > ROUTE_KEYS_MAX:
            hop *= 4
        elif path.carries(amount):
            return path
        else:
            floor = amount + path.total.fee(amount) + len(path.keys)
    return _exactly(quest, amount) if thorough else None


def _exactly(quest: Quest, amount: Amount) -> Path | None:
    """The same by the slow search, which may use a part of the budget; the rest is kept for a split."""
    budget, hop = quest.budget, hop_cost(amount)
    kept = budget.arcs - budget.arcs // _EXACT_PART
    budget.arcs -= kept
    path = _best(quest, amount, amount, hop, partial(exact, amount=amount, hop=hop))
    budget.arcs = max(0, budget.arcs) + kept
    return path if path is not None and path.carries(amount) else None


def _best(
    quest: Quest, amount: Amount, floor: Amount, hop: int, find: Callable[[Quest], Keys | None]
) -> Path | None:
    """What `find` finds; for rings the best of all friends to come back over."""
    if quest.source != quest.destination:
        keys = find(quest)
        return None if keys is None else quest.path(keys)
    found = [find(quest.coming_back_over(friend)) for friend in quest.last_hops(floor)]
    paths = [quest.path(keys) for keys in found if keys is not None]
    return min(paths, key=lambda path: _cost(path, amount, hop), default=None)


def _cost(path: Path, amount: Amount, hop: int) -> int:
    return (path.total.fee(amount) << COST_BITS) + hop * len(path.keys)


def _alternatives(quest: Quest, path: Path, amount: Amount) -> list[Path]:
    """Further paths that share no arc with the first nor with each other: for a payer that tries again."""
    found: list[Path] = []
    taken = quest.taken.copy()
    apart = Quest(quest.graph, quest.source, quest.destination, taken, quest.budget)
    while len(found) < INDEX_ALTERNATIVES_MAX:
        for tail, head in pairwise(path.keys):
            taken.block(tail, head)
        further = _single(apart, amount, thorough=False)
        if further is None:
            break
        found.append(further)
        path = further
    return found


def _split(quest: Quest, amount: Amount) -> list[tuple[Path, Amount]] | None:
    """Paths that carry the amount together, with the share of each; wide ones first, for they are few (7.4)."""
    parts: list[tuple[Path, Amount]] = []
    rest = amount
    steps = [-(-amount >> halving) for halving in range(1, _HALVINGS + 1)]
    for step in (*steps, 1):
        while rest and len(parts) < MULTI_ROUTE_ROUTES_MAX:
            path = _single(quest, min(step, rest), thorough=False)
            if path is None:
                break
            share = min(path.most(), rest)
            if not path.carries(share):  # the tolls of so much do not fit the wire
                share = min(step, rest)
            quest.take(path, share)
            parts.append((path, share))
            rest -= share
        if not rest:
            return parts
    return None
