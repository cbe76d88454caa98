"""How long an index server searches for routes, in a small world of random capacities and tolls.

The world is a ring in which each node knows its neighbors, and a tenth of the friendships lead somewhere else.
Capacities are log-normal (median about 3000), tolls up to 1.6 % and 3 credits. Each line asks for one amount:
that percentile of all capacities. It tells how many of the requests were answered, first with one route, or a greedy
split, alone, then with the augmenting flow behind it; and the milliseconds of both, CPU time: nothing is waited for.

    scripts/bench routes
    .venv/bin/python benchmarks/routes.py --nodes 100000 --searches 50
"""

import argparse
import gc
import math
import random
import time

from offset.base.credits import Rate
from offset.base.limits import INDEX_SEARCH_ARCS_MAX
from offset.core.index.atlas import Atlas
from offset.core.index.graph import Graph
from offset.core.index.multi_routes import find_multi_routes
from offset.core.index.search import Budget, Query, UsedArcs
from offset.core.index.shares import greedy
from offset.core.index.single import single
from offset.wire.index import RequestRoutes

CURRENCY = "FST"
PERCENTILES = (50, 75, 85, 90, 95)


def friendships(nodes: int, degree: int, chance: random.Random) -> list[tuple[int, int]]:
    """Pairs of nodes."""
    pairs = set()
    for i in range(nodes):
        for step in range(1, degree // 2 + 1):
            j = chance.randrange(nodes) if chance.random() < 0.1 else (i + step) % nodes
            if i != j:
                pairs.add((min(i, j), max(i, j)))
    return sorted(pairs)


def make_world(nodes: int, degree: int, chance: random.Random) -> tuple[Atlas, list[bytes], list[int], float]:
    """The atlas, its nodes, all capacities in order, and the seconds the updates took."""
    keys = [chance.randbytes(32) for _ in range(nodes)]
    updates = []
    for i, j in friendships(nodes, degree, chance):
        for one, other in ((i, j), (j, i)):
            toll = Rate(chance.randrange(2**32 * 16 // 1000), chance.randrange(4))
            updates.append((keys[one], keys[other], int(math.exp(chance.gauss(8, 1.5))), toll))
    chance.shuffle(updates)
    atlas = Atlas()
    started = time.process_time()
    for node, friend, capacity, toll in updates:
        atlas.update(node, CURRENCY, friend, capacity, toll)
    seconds = time.process_time() - started
    return atlas, keys, sorted(capacity for _, _, capacity, _ in updates), seconds


def part(values: list[float], percent: int) -> float:
    """A percentile of sorted values."""
    return values[min(len(values) - 1, len(values) * percent // 100)]


def is_greedily_found(graph: Graph, request: RequestRoutes) -> bool:
    """Whether one route, or a greedy split, carries it."""
    amount, budget = request.capacity, Budget(INDEX_SEARCH_ARCS_MAX)
    query = Query(graph, request.source, request.destination, UsedArcs(), budget)
    return single(query, amount) is not None or not greedy(query, amount).rest


def measure(atlas: Atlas, keys: list[bytes], amount: int, searches: int, chance: random.Random) -> list[str]:
    """One line of the table."""
    graph = atlas.graph(CURRENCY)
    assert graph is not None
    greedy_times, greedily, times, arcs, hops, found, split = [], 0, [], [], [], 0, 0
    for _ in range(searches):
        source, destination = chance.sample(keys, 2)
        request = RequestRoutes(bytes(16), CURRENCY, amount, source, destination, None)
        started = time.process_time()
        greedily += is_greedily_found(graph, request)
        greedy_times.append(1000 * (time.process_time() - started))
        budget = Budget(INDEX_SEARCH_ARCS_MAX)
        started = time.process_time()
        answer = find_multi_routes(graph, request, budget)
        times.append(1000 * (time.process_time() - started))
        arcs.append(float(INDEX_SEARCH_ARCS_MAX - budget.arcs))
        if answer:
            found += 1
            split += len(answer[0].routes) > 1
            hops += [len(route.route.public_keys) - 1 for route in answer[0].routes]
    for values in (greedy_times, times, arcs):
        values.sort()
    milliseconds = [f"{part(times, percent):.1f}" for percent in (50, 90, 99)]
    mean_hops = f"{sum(hops) / len(hops):.1f}" if hops else "-"
    first = [str(amount), str(greedily), f"{part(greedy_times, 50):.1f}"]
    return [*first, str(found), str(split), *milliseconds, f"{part(arcs, 50):.0f}", mean_hops]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--degree", type=int, default=10, help="friends of a node, on average")
    parser.add_argument("--searches", type=int, default=100, help="for each amount, between random nodes")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    gc.disable()  # records hold no cycles; what is measured is the search
    atlas, keys, capacities, seconds = make_world(options.nodes, options.degree, chance)
    print(
        f"{options.nodes} nodes, {len(atlas)} arcs, {len(atlas) / seconds:.0f} updates/s, seed {options.seed}"
    )
    header = ["amount", "greedy", "ms p50", "found", "split", "ms p50", "p90", "p99", "arcs p50", "hops"]
    print(f"{'percentile':>10} " + " ".join(f"{name:>9}" for name in header))
    for percentile in PERCENTILES:
        amount = capacities[len(capacities) * percentile // 100]
        row = measure(atlas, keys, amount, options.searches, chance)
        print(f"{percentile:>10} " + " ".join(f"{cell:>9}" for cell in row), flush=True)


if __name__ == "__main__":
    main()
