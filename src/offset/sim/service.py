"""What a network at rest must still be able to do: every credit that is granted can be used, to the last.

A rule that is broken by doing too little, a node that passes nothing on, say, leaves no ledger wrong. So people pay
once more when all faults have stopped: as much as one of the longest ways can take, and then over what an index server
finds.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from offset.base.instants import MINUTE, SECOND, Millis
from offset.base.limits import KEEPALIVE_CLOSE_MS
from offset.sim import ends, leftovers
from offset.sim.deal import Deal
from offset.sim.paths import find_paths
from offset.sim.violation import claim

if TYPE_CHECKING:
    from offset.sim.chance import Chance
    from offset.sim.run import Run
    from offset.sim.town import Town

Path = tuple[str, ...]

PATIENCE_MS: Millis = 3 * MINUTE
"""In a network at rest a purchase, and all that index servers learn of it, takes no longer."""
SPARE_MS: Millis = 8 * SECOND
HOPS = 5
PATHS_PER_PAIR = 4


def check(run: Run) -> None:
    """Pay, and claim that it worked. Raises Violation."""
    world = run.town.world
    chance = world.chance.fork("service")
    # A connection that fell silent just before faults stopped is taken for a good one for so long.
    world.run_to(max(world.now, run.scenario.until + KEEPALIVE_CLOSE_MS + SPARE_MS))
    is_settled = run.town.run_until(partial(ends.is_settled, run), PATIENCE_MS)
    claim(is_settled, "liveness", f"not at rest any more when dead lines are found: {ends.unsettled(run)}")
    for is_routed in (False, True):
        if is_routed and not run.scenario.indexes:
            return
        first = len(run.last_deals)
        for currency in run.scenario.currencies():
            run.last_deals += _deal(run, currency, chance, is_routed)
        deals = run.last_deals[first:]
        for deal in deals:
            deal.begin()
        is_settled = run.town.run_until(partial(_are_over, run, deals), PATIENCE_MS)
        for deal in deals:
            claim(
                (deal.buyer_end, deal.seller_end) == ("paid", "collected") or not ends.is_clean(run, deal),
                "service",
                f"{deal} over {_words(deal)} could pass, but is {deal.buyer_end} for the buyer and"
                f" {deal.seller_end} for the seller",
            )
        claim(is_settled, "liveness", f"not at rest again after the last purchases: {ends.unsettled(run)}")


def _are_over(run: Run, deals: list[Deal]) -> bool:
    return all(deal.is_over or not ends.is_clean(run, deal) for deal in deals) and ends.is_settled(run)


def _words(deal: Deal) -> str:
    return " and ".join("-".join(route) for route in deal.routes) or "what the index finds"


def _deal(run: Run, currency: str, chance: Chance, is_routed: bool) -> list[Deal]:
    """A purchase over one of the longest ways that can pass anything; or none."""
    rooms = _rooms(run.town, currency)
    neighbours: dict[str, list[str]] = {name: [] for name in run.scenario.nodes}
    for left, right in rooms:
        neighbours[left].append(right)
    starts = [name for name in neighbours if not is_routed or _is_answered_rightly(run, name)]
    paths = [
        path
        for start in starts
        for end in neighbours
        if start != end
        for path in find_paths(neighbours, start, end, HOPS, PATHS_PER_PAIR)
        if _amount(run.town, rooms, path, currency) > 0
    ]
    if not paths:
        return []
    hops = max(map(len, paths))
    path = chance.pick([path for path in paths if len(path) == hops])
    amount = _amount(run.town, rooms, path, currency)
    routes = () if is_routed else (path,)
    return [Deal(run.town, len(run.all_deals), path[0], path[-1], currency, amount, routes)]


def _is_answered_rightly(run: Run, name: str) -> bool:
    """Whether the index server that a node asks keeps the rules."""
    return run.town.index_of(name) not in run.scenario.hostile


def _rooms(town: Town, currency: str) -> dict[tuple[str, str], int]:
    """How much each honest node can push to each honest friend that has the currency open as well."""
    arcs = {
        (town.names[friend], town.names[node]): room
        for (node, name, friend), (room, _, _) in leftovers.stated(town).items()
        if name == currency and town.is_honest(town.names[friend])
    }
    return {(left, right): room for (left, right), room in arcs.items() if (right, left) in arcs}


def _amount(town: Town, rooms: dict[tuple[str, str], int], path: Path, currency: str) -> int:
    """The most that can pass, with the fees of all mediators that are still to come on each hop."""
    most = rooms[path[-2], path[-1]]
    fees = 0
    for before, node in reversed(list(pairwise(path[:-1]))):
        fees += town.rate(node, before, currency)
        most = min(most, rooms[before, node] - fees)
    return most
