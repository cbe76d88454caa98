"""What a network at rest must still be able to do: every credit that is granted can be used, to the last.

A rule that is broken by doing too little, a node that passes nothing on, say, leaves no ledger wrong. So people pay
once more when all faults have stopped: as much as one of the longest ways can take, and then over what an index server
finds.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from offset.base.ids import Currency
from offset.base.instants import MINUTE, SECOND, Millis
from offset.base.limits import KEEPALIVE_CLOSE_MS
from offset.sim.cast.cast import Cast
from offset.sim.cast.purchase import Purchase
from offset.sim.judge import final_checks, leftovers
from offset.sim.judge.evidence import Evidence
from offset.sim.physics.rng import Rng
from offset.sim.physics.violation import claim
from offset.sim.script.paths import find_paths
from offset.sim.script.payments import Pay

Path = tuple[str, ...]

PATIENCE_MS: Millis = 3 * MINUTE
"""In a network at rest a purchase, and all that index servers learn of it, takes no longer."""
SPARE_MS: Millis = 8 * SECOND
HOPS = 5
PATHS_PER_PAIR = 4


def check(evidence: Evidence) -> None:
    """Pay, and claim that it worked. Raises Violation."""
    world = evidence.cast.world
    rng = world.rng.fork("service")
    # A connection that fell silent just before faults stopped is taken for a good one for so long.
    world.run_to(max(world.now, evidence.scenario.until + KEEPALIVE_CLOSE_MS + SPARE_MS))
    is_settled = evidence.cast.run_until(partial(final_checks.is_settled, evidence), PATIENCE_MS)
    claim(
        is_settled,
        "liveness",
        f"not at rest any more when dead lines are found: {final_checks.unsettled(evidence)}",
    )
    for is_routed in (False, True):
        if is_routed and not evidence.scenario.indexes:
            return
        first = len(evidence.last_purchases)
        for currency in evidence.scenario.currencies():
            evidence.last_purchases += _purchase(evidence, currency, rng, is_routed)
        purchases = evidence.last_purchases[first:]
        for purchase in purchases:
            purchase.begin()
        is_settled = evidence.cast.run_until(partial(_are_over, evidence, purchases), PATIENCE_MS)
        for purchase in purchases:
            claim(
                (purchase.buyer_end, purchase.seller_end) == ("paid", "collected")
                or not final_checks.is_clean(evidence, purchase),
                "service",
                f"{purchase} over {_words(purchase)} could pass, but is {purchase.buyer_end} for the buyer and"
                f" {purchase.seller_end} for the seller",
            )
        claim(
            is_settled,
            "liveness",
            f"not at rest again after the last purchases: {final_checks.unsettled(evidence)}",
        )


def _are_over(evidence: Evidence, purchases: list[Purchase]) -> bool:
    return all(
        purchase.is_over or not final_checks.is_clean(evidence, purchase) for purchase in purchases
    ) and final_checks.is_settled(evidence)


def _words(purchase: Purchase) -> str:
    return " and ".join("-".join(route) for route in purchase.routes) or "what the index finds"


def _purchase(evidence: Evidence, currency: Currency, rng: Rng, is_routed: bool) -> list[Purchase]:
    """A purchase over one of the longest ways that can pass anything; or none."""
    rooms = _rooms(evidence.cast, currency)
    neighbours: dict[str, list[str]] = {name: [] for name in evidence.scenario.nodes}
    for left, right in rooms:
        neighbours[left].append(right)
    starts = [name for name in neighbours if not is_routed or _is_answered_rightly(evidence, name)]
    paths = [
        path
        for start in starts
        for end in neighbours
        if start != end
        for path in find_paths(neighbours, start, end, HOPS, PATHS_PER_PAIR)
        if _amount(evidence.cast, rooms, path, currency) > 0
    ]
    if not paths:
        return []
    hops = max(map(len, paths))
    path = rng.pick([path for path in paths if len(path) == hops])
    amount = _amount(evidence.cast, rooms, path, currency)
    routes = () if is_routed else (path,)
    pay = Pay(evidence.cast.world.now, path[0], path[-1], currency, amount, routes)
    return [Purchase(evidence.cast, len(evidence.all_purchases), pay)]


def _is_answered_rightly(evidence: Evidence, name: str) -> bool:
    """Whether the index server that a node asks keeps the rules, or says nothing, so that the node asks another."""
    return evidence.scenario.hostile.get(evidence.cast.index_of(name)) in (None, "mute")


def _rooms(cast: Cast, currency: Currency) -> dict[tuple[str, str], int]:
    """How much each honest node can push to each honest friend that has the currency open as well."""
    arcs = {
        (cast.names[friend], cast.names[node]): room
        for (node, name, friend), (room, _, _) in leftovers.stated(cast).items()
        if name == currency and cast.is_honest(cast.names[friend])
    }
    return {(left, right): room for (left, right), room in arcs.items() if (right, left) in arcs}


def _amount(cast: Cast, rooms: dict[tuple[str, str], int], path: Path, currency: Currency) -> int:
    """The most that can pass, with the fees of all mediators that are still to come on each hop."""
    most = rooms[path[-2], path[-1]]
    fees = 0
    for before, node in reversed(list(pairwise(path[:-1]))):
        fees += cast.rate(node, before, currency)
        most = min(most, rooms[before, node] - fees)
    return most
