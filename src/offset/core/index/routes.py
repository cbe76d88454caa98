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
from offset.core.index.search import Budget, Quest, Taken
from offset.core.index.shares import divide
from offset.core.index.single import single
from offset.wire.index import MultiRoute, RequestRoutes


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
    path = single(quest, amount)
    if path is None:
        parts = divide(quest, amount)
        return (MultiRoute(tuple(path.offer(share) for path, share in parts)),) if parts else ()
    paths = [path, *_alternatives(quest, path, amount)]
    paths.sort(key=lambda path: (path.fee(amount), len(path.keys)))
    return tuple(MultiRoute((path.widest_offer(amount),)) for path in paths)


def _may_carry(quest: Quest, amount: Amount) -> bool:
    """Whether the arcs at the two ends have room for the amount together; answers most hopeless requests."""
    source, destination = quest.source, quest.destination
    out, into = quest.graph.out(source), quest.graph.into(destination)
    if not quest.budget.affords(len(out) + len(into)):
        return False
    leaving = sum(max(0, quest.room(source, friend)) for friend in out)
    arriving = sum(max(0, quest.room(friend, destination)) for friend in into)
    return min(leaving, arriving) >= amount


def _alternatives(quest: Quest, path: Path, amount: Amount) -> list[Path]:
    """Further paths that share no arc with the first nor with each other: for a payer that tries again."""
    found: list[Path] = []
    apart = quest.apart()
    while len(found) < INDEX_ALTERNATIVES_MAX:
        for tail, head in pairwise(path.keys):
            apart.taken.block(tail, head)
        further = single(apart, amount, thorough=False)
        if further is None:
            break
        found.append(further)
        path = further
    return found
