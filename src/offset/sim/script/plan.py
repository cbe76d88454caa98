"""Draws a scenario from a seed."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from offset.base.ids import Currency
from offset.base.instants import SECOND
from offset.sim.physics.disk import FAULTS
from offset.sim.physics.rng import Rng
from offset.sim.script.paths import find_paths
from offset.sim.script.scenario import CALM_MS, Act, Friendship, Scenario

SHAPES = ("row", "ring", "star", "small world", "two communities")
CURRENCIES = (Currency("FST"), Currency("EUR"), Currency("hours"))
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOSTILE_NODES = ("liar", "greedy", "replayer", "silent", "odd")


def draw(seed: int, *, nodes_max: int = 8) -> Scenario:
    """The scenario of this seed."""
    rng = Rng(f"scenario {seed}")
    shape = rng.pick(SHAPES)
    count = rng.between(3, nodes_max if rng.percent(90) else 2 * nodes_max)
    names = tuple(NAMES[:count])
    currencies = CURRENCIES[: rng.pick((1, 1, 2, 3))]
    friendships = tuple(
        Friendship(
            left,
            right,
            {currency: (_limit(rng), _limit(rng)) for currency in currencies},
            rng.below(3),
        )
        for left, right in edges(shape, count, rng)
    )
    until = CALM_MS + rng.between(60, 240) * SECOND
    draft = Scenario(
        seed,
        shape,
        names,
        friendships,
        relays=rng.pick((1, 1, 2, 3)),
        indexes=rng.pick((0, 0, 1, 2)),
        until=until,
        delay_max=rng.pick((2, 20, 60, 300)),
        high_bytes=rng.pick((2048, 16 * 1024, 256 * 1024)),
        drift_ppm=rng.pick((0, 0, 200, 20_000)),
    )
    draft = msgspec.structs.replace(draft, acts=tuple(_newcomers(draft, rng.fork("newcomers"))))
    acts = [*draft.acts, *_payments(draft, rng.fork("payments")), *_faults(draft, rng.fork("faults"))]
    acts += _changes(draft, rng.fork("changes"))
    acts += _storms(draft, rng.fork("storms"))
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(draft, acts=tuple(acts), hostile=_hostile(draft, rng.fork("hostile")))


def _limit(rng: Rng) -> int:
    return rng.pick((0, 100, 100, 1000, 1000, 2000, 2000, 2000, 10_000, 10_000, 10_000, 10_000))


def edges(shape: str, count: int, rng: Rng) -> list[tuple[str, str]]:
    """Pairs of friends."""
    names = NAMES[:count]
    row = list(pairwise(names))
    if shape == "star":
        return [(names[0], name) for name in names[1:]]
    if shape == "ring" and count > 2:
        return [*row, (names[0], names[-1])]
    if shape == "two communities" and count > 3:
        half = count // 2
        return [*_all(names[:half]), *_all(names[half:]), (names[0], names[-1])]
    if shape == "small world":
        found = dict.fromkeys(row)
        for _ in range(count // 2):
            left, right = sorted(rng.shuffled(names)[:2])
            found[left, right] = None
        return list(found)
    return row


def _all(names: str) -> list[tuple[str, str]]:
    return [(left, right) for place, left in enumerate(names) for right in names[place + 1 :]]


def _storms(scenario: Scenario, rng: Rng) -> list[Act]:
    """Moments at which many pay over a node that is just being cut off: requests wait for a token that stays away."""
    found: list[Act] = []
    for _ in range(rng.pick((0, 0, 1, 2))):
        at = rng.between(CALM_MS, scenario.until - 1)
        node = rng.pick(scenario.nodes)
        if rng.percent(70):
            found.append(Act(at, "part", (node, f"relay{scenario.relay_of(node)}", 60_000)))
        else:
            found += [Act(at, "silence", (node,)) for _ in range(4)]
        for _ in range(rng.pick((3, 5, 10, 10, 40))):
            moment = min(at + rng.between(-50, 8000), scenario.until)
            act = _payment(scenario, rng, moment, node)
            if act is not None:
                found.append(act)
    return found


def _newcomers(scenario: Scenario, rng: Rng) -> list[Act]:
    """Friends who meet in the midst of the run."""
    found: list[Act] = []
    neighbours = scenario.neighbours()
    for _ in range(rng.pick((0, 0, 0, 1, 2))):
        left, right = rng.shuffled(scenario.nodes)[:2]
        if right not in neighbours[left]:
            at = rng.between(CALM_MS, scenario.until)
            found.append(Act(at, "befriend", (left, right, _limit(rng), _limit(rng))))
    return found


def _payments(scenario: Scenario, rng: Rng) -> list[Act]:
    found = [
        _payment(scenario, rng, rng.between(CALM_MS, scenario.until)) for _ in range(rng.between(10, 40))
    ]
    return [act for act in found if act is not None]


def _payment(scenario: Scenario, rng: Rng, at: int, over: str = "") -> Act | None:
    """A purchase at that moment; over a node, if one is named."""
    buyer, seller = rng.shuffled(scenario.nodes)[:2]
    if rng.percent(5):
        seller = buyer  # a cycle
    neighbours = scenario.neighbours()
    for act in scenario.acts:  # so far only newcomers
        if act.at < at:
            left, right = map(str, act.args[:2])
            neighbours[left].append(right)
            neighbours[right].append(left)
    paths = find_paths(neighbours, buyer, seller, 6)
    if over:
        paths = [path for path in paths if over in path]
    if not paths:
        return None
    routes: tuple[tuple[str, ...], ...] = ()
    if over or buyer == seller or not scenario.indexes or rng.percent(40):
        routes = tuple(rng.shuffled(paths)[: rng.pick((1, 1, 1, 2, 3))])
    return Act(
        at,
        "pay",
        (
            buyer,
            seller,
            rng.pick(scenario.currencies()),
            rng.pick((1, 5, 20, 20, 60, 150, 400)),
            routes,
            rng.pick((0, 0, 10, 500, 5000, 30_000)),
            rng.pick((60_000,) * 12 + (300, 1000, 5000)),
            rng.pick((0, 0, 0, 0, 50, 200, 2000)),
            rng.pick(("",) * 12 + ("currency", "total", "twice", "regret")),
        ),
    )


def _faults(scenario: Scenario, rng: Rng) -> list[Act]:
    found: list[Act] = []
    servers = [f"relay{place}" for place in range(scenario.relays)]
    servers += [f"index{place}" for place in range(scenario.indexes)]
    sites = [*scenario.nodes, *servers]
    kinds = (
        "crash",
        "crash",
        "crash",
        "app",
        "reset",
        "silence",
        "clog",
        "swizzle",
        "part",
        "slow",
        "disk",
        "server",
        "doze",
    )
    swarm = rng.shuffled(kinds)[: rng.between(1, 6)]  # each run knows only some faults, so each goes deep
    for _ in range(rng.between(0, 25)):
        at = rng.between(CALM_MS, scenario.until)
        kind = rng.pick(swarm)
        node, span = rng.pick(scenario.nodes), rng.pick((200, 2000, 10_000, 45_000))
        match kind:
            case "crash":
                found.append(Act(at, "crash", (node, rng.pick((*FAULTS, "now")))))
            case "app" | "reset" | "silence":
                found.append(Act(at, kind, (rng.pick(sites) if kind != "app" else node,)))
            case "clog" | "slow":
                found.append(Act(at, kind, (rng.pick(sites), span)))
            case "swizzle":
                chosen = tuple(rng.shuffled(sites)[: rng.between(1, len(sites))])
                found.append(Act(at, kind, (chosen, span)))
            case "part":
                left, right = rng.shuffled(sites)[:2]
                found.append(Act(at, kind, (left, right, span)))
            case "disk":
                found.append(Act(at, "disk", (node, span)))
            case "doze":
                found.append(Act(at, "doze", (rng.pick(sites), span, rng.percent(50))))
            case _:
                found.append(Act(at, "server", (rng.pick(servers),)))
    return found


def _changes(scenario: Scenario, rng: Rng) -> list[Act]:
    found: list[Act] = []
    for _ in range(rng.pick((0, 0, 3, 10))):
        friendship = rng.pick(scenario.friendships)
        left, right = rng.shuffled((friendship.left, friendship.right))
        currency = rng.pick(list(friendship.limits))
        at = rng.between(CALM_MS, scenario.until)
        match rng.pick(("limit", "limit", "limit", "rate", "shut", "move", "sleep")):
            case "limit":
                found.append(Act(at, "limit", (left, right, currency, _limit(rng))))
            case "rate":
                found.append(Act(at, "rate", (left, right, currency, rng.below(5))))
            case "shut":
                found.append(Act(at, "shut", (left, right, currency, rng.pick((100, 5000, 20_000)))))
            case "move":
                found.append(Act(at, "move", (f"relay{rng.below(scenario.relays)}",)))
            case _:
                found.append(Act(at, "sleep", (left, right, rng.pick((100, 5000, 20_000)))))
    if rng.percent(15):
        friendship = rng.pick(scenario.friendships)
        args = (friendship.left, friendship.right, rng.pick((100, 5000, 20_000)))
        found.append(Act(rng.between(CALM_MS, scenario.until), "unfriend", args))
    if rng.percent(10):
        friendship = rng.pick(scenario.friendships)
        at = rng.between(CALM_MS, scenario.until)
        found.append(Act(at, "leave", (friendship.left, friendship.right)))
    if rng.percent(10):
        found.append(Act(rng.between(CALM_MS, scenario.until), "wipe", (rng.pick(scenario.nodes),)))
    if rng.percent(20):
        found.append(Act(rng.between(CALM_MS, scenario.until), "poor app", (rng.pick(scenario.nodes),)))
    return found


def _hostile(scenario: Scenario, rng: Rng) -> dict[str, str]:
    found: dict[str, str] = {}
    if rng.percent(20):
        found[rng.pick(scenario.nodes)] = rng.pick(HOSTILE_NODES)
    if rng.percent(20):
        for name in rng.shuffled(scenario.nodes)[: rng.pick((1, 2, len(scenario.nodes)))]:
            found.setdefault(name, "odd")
    if scenario.relays > 1 and rng.percent(15):
        found["relay1"] = "drops"
    if scenario.indexes and rng.percent(15):
        found["index0"] = "invents"
    return found
