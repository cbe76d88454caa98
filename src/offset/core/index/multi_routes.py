"""The answer to a route request (spec 04, 7): multi-routes, cheapest first, each of which carries the amount.

The payer takes the first, splits the amount by its own rule (`split`) and treats the routes as independent. So
routes that share an arc must share its room: for each route we report a capacity out of which the payer
computes just the share we mean, and what that share needs is set aside for it.

How much is looked at for one request is bounded by its budget. Beside that there are the few short routes found.
"""

from __future__ import annotations

from itertools import pairwise

from offset.base.credits import Amount
from offset.base.limits import INDEX_ALTERNATIVES_MAX
from offset.core.index.graph import Graph
from offset.core.index.path import Path
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.shares import divide
from offset.core.index.single import single
from offset.wire.index import MultiRoute, RequestRoutes


def find_multi_routes(graph: Graph, request: RequestRoutes, budget: Budget) -> tuple[MultiRoute, ...]:
    """Ways to bring `request.capacity` credits from source to destination, at best cost first.

    Equal source and destination ask for rings: out over one friend, back over another (7.5).
    """
    amount = request.capacity
    query = Query(graph, request.source, request.destination, UsedArcs(), budget)
    if request.opt_exclude is not None:
        query.taken.block(request.opt_exclude.from_public_key, request.opt_exclude.to_public_key)
    if not _may_carry(query, amount):
        return ()
    path = single(query, amount)
    if path is None:
        parts = divide(query, amount)
        return (MultiRoute(tuple(path.offer(share) for path, share in parts)),) if parts else ()
    paths = [path, *_alternatives(query, path, amount)]
    paths.sort(key=lambda path: (path.fee(amount), len(path.keys)))
    return tuple(MultiRoute((path.widest_offer(amount),)) for path in paths)


def _may_carry(query: Query, amount: Amount) -> bool:
    """Whether the arcs at the two ends have room for the amount together; answers most hopeless requests."""
    source, destination = query.source, query.destination
    out, into = query.graph.out(source), query.graph.into(destination)
    if not query.budget.affords(len(out) + len(into)):
        return False
    leaving = sum(max(0, query.room(source, friend)) for friend in out)
    arriving = sum(max(0, query.room(friend, destination)) for friend in into)
    return min(leaving, arriving) >= amount


def _alternatives(query: Query, path: Path, amount: Amount) -> list[Path]:
    """Further paths that share no arc with the first nor with each other: for a payer that tries again."""
    found: list[Path] = []
    apart = query.apart()
    while len(found) < INDEX_ALTERNATIVES_MAX:
        for tail, head in pairwise(path.keys):
            apart.taken.block(tail, head)
        further = single(apart, amount, thorough=False)
        if further is None:
            break
        found.append(further)
        path = further
    return found
