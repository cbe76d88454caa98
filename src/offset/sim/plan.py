"""Draws a scenario from a seed."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from offset.base.instants import SECOND
from offset.sim.chance import Chance
from offset.sim.disk import FAULTS
from offset.sim.paths import find_paths
from offset.sim.scenario import CALM_MS, Act, Friendship, Scenario

SHAPES = ("row", "ring", "star", "small world", "two communities")
CURRENCIES = ("FST", "EUR", "hours")
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOSTILE_NODES = ("liar", "greedy", "replayer", "silent", "odd")


def draw(seed: int, *, nodes_max: int = 8) -> Scenario:
    """The scenario of this seed."""
    chance = Chance(f"scenario {seed}")
    shape = chance.pick(SHAPES)
    count = chance.between(3, nodes_max if chance.percent(90) else 2 * nodes_max)
    names = tuple(NAMES[:count])
    currencies = CURRENCIES[: chance.pick((1, 1, 2, 3))]
    friendships = tuple(
        Friendship(
            left,
            right,
            {currency: (_limit(chance), _limit(chance)) for currency in currencies},
            chance.below(3),
        )
        for left, right in edges(shape, count, chance)
    )
    until = CALM_MS + chance.between(60, 240) * SECOND
    draft = Scenario(
        seed,
        shape,
        names,
        friendships,
        relays=chance.pick((1, 1, 2, 3)),
        indexes=chance.pick((0, 0, 1, 2)),
        until=until,
        delay_max=chance.pick((2, 20, 60, 300)),
        high_bytes=chance.pick((2048, 16 * 1024, 256 * 1024)),
        drift_ppm=chance.pick((0, 0, 200, 20_000)),
    )
    draft = msgspec.structs.replace(draft, acts=tuple(_newcomers(draft, chance.fork("newcomers"))))
    acts = [*draft.acts, *_payments(draft, chance.fork("payments")), *_faults(draft, chance.fork("faults"))]
    acts += _changes(draft, chance.fork("changes"))
    acts += _storms(draft, chance.fork("storms"))
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(draft, acts=tuple(acts), hostile=_hostile(draft, chance.fork("hostile")))


def _limit(chance: Chance) -> int:
    return chance.pick((0, 100, 100, 1000, 1000, 2000, 2000, 2000, 10_000, 10_000, 10_000, 10_000))


def edges(shape: str, count: int, chance: Chance) -> list[tuple[str, str]]:
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
            left, right = sorted(chance.shuffled(names)[:2])
            found[left, right] = None
        return list(found)
    return row


def _all(names: str) -> list[tuple[str, str]]:
    return [(left, right) for place, left in enumerate(names) for right in names[place + 1 :]]


def _storms(scenario: Scenario, chance: Chance) -> list[Act]:
    """Moments at which many pay over a node that is just being cut off: requests wait for a token that stays away."""
    found: list[Act] = []
    for _ in range(chance.pick((0, 0, 1, 2))):
        at = chance.between(CALM_MS, scenario.until - 1)
        node = chance.pick(scenario.nodes)
        if chance.percent(70):
            found.append(Act(at, "part", (node, f"relay{scenario.relay_of(node)}", 60_000)))
        else:
            found += [Act(at, "silence", (node,)) for _ in range(4)]
        for _ in range(chance.pick((3, 5, 10, 10, 40))):
            moment = min(at + chance.between(-50, 8000), scenario.until)
            act = _payment(scenario, chance, moment, node)
            if act is not None:
                found.append(act)
    return found


def _newcomers(scenario: Scenario, chance: Chance) -> list[Act]:
    """Friends who meet in the midst of the run."""
    found: list[Act] = []
    neighbours = scenario.neighbours()
    for _ in range(chance.pick((0, 0, 0, 1, 2))):
        left, right = chance.shuffled(scenario.nodes)[:2]
        if right not in neighbours[left]:
            at = chance.between(CALM_MS, scenario.until)
            found.append(Act(at, "befriend", (left, right, _limit(chance), _limit(chance))))
    return found


def _payments(scenario: Scenario, chance: Chance) -> list[Act]:
    found = [
        _payment(scenario, chance, chance.between(CALM_MS, scenario.until))
        for _ in range(chance.between(10, 40))
    ]
    return [act for act in found if act is not None]


def _payment(scenario: Scenario, chance: Chance, at: int, over: str = "") -> Act | None:
    """A purchase at that moment; over a node, if one is named."""
    buyer, seller = chance.shuffled(scenario.nodes)[:2]
    if chance.percent(5):
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
    if over or buyer == seller or not scenario.indexes or chance.percent(40):
        routes = tuple(chance.shuffled(paths)[: chance.pick((1, 1, 1, 2, 3))])
    return Act(
        at,
        "pay",
        (
            buyer,
            seller,
            chance.pick(scenario.currencies()),
            chance.pick((1, 5, 20, 20, 60, 150, 400)),
            routes,
            chance.pick((0, 0, 10, 500, 5000, 30_000)),
            chance.pick((60_000,) * 12 + (300, 1000, 5000)),
            chance.pick((0, 0, 0, 0, 50, 200, 2000)),
            chance.pick(("",) * 12 + ("currency", "total", "twice", "regret")),
        ),
    )


def _faults(scenario: Scenario, chance: Chance) -> list[Act]:
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
    swarm = chance.shuffled(kinds)[
        : chance.between(1, 6)
    ]  # each run knows only some faults, so each goes deep
    for _ in range(chance.between(0, 25)):
        at = chance.between(CALM_MS, scenario.until)
        kind = chance.pick(swarm)
        node, span = chance.pick(scenario.nodes), chance.pick((200, 2000, 10_000, 45_000))
        match kind:
            case "crash":
                found.append(Act(at, "crash", (node, chance.pick((*FAULTS, "now")))))
            case "app" | "reset" | "silence":
                found.append(Act(at, kind, (chance.pick(sites) if kind != "app" else node,)))
            case "clog" | "slow":
                found.append(Act(at, kind, (chance.pick(sites), span)))
            case "swizzle":
                chosen = tuple(chance.shuffled(sites)[: chance.between(1, len(sites))])
                found.append(Act(at, kind, (chosen, span)))
            case "part":
                left, right = chance.shuffled(sites)[:2]
                found.append(Act(at, kind, (left, right, span)))
            case "disk":
                found.append(Act(at, "disk", (node, span)))
            case "doze":
                found.append(Act(at, "doze", (chance.pick(sites), span, chance.percent(50))))
            case _:
                found.append(Act(at, "server", (chance.pick(servers),)))
    return found


def _changes(scenario: Scenario, chance: Chance) -> list[Act]:
    found: list[Act] = []
    for _ in range(chance.pick((0, 0, 3, 10))):
        friendship = chance.pick(scenario.friendships)
        left, right = chance.shuffled((friendship.left, friendship.right))
        currency = chance.pick(list(friendship.limits))
        at = chance.between(CALM_MS, scenario.until)
        match chance.pick(("limit", "limit", "limit", "rate", "shut", "move", "sleep")):
            case "limit":
                found.append(Act(at, "limit", (left, right, currency, _limit(chance))))
            case "rate":
                found.append(Act(at, "rate", (left, right, currency, chance.below(5))))
            case "shut":
                found.append(Act(at, "shut", (left, right, currency, chance.pick((100, 5000, 20_000)))))
            case "move":
                found.append(Act(at, "move", (f"relay{chance.below(scenario.relays)}",)))
            case _:
                found.append(Act(at, "sleep", (left, right, chance.pick((100, 5000, 20_000)))))
    if chance.percent(15):
        friendship = chance.pick(scenario.friendships)
        args = (friendship.left, friendship.right, chance.pick((100, 5000, 20_000)))
        found.append(Act(chance.between(CALM_MS, scenario.until), "unfriend", args))
    if chance.percent(10):
        friendship = chance.pick(scenario.friendships)
        at = chance.between(CALM_MS, scenario.until)
        found.append(Act(at, "leave", (friendship.left, friendship.right)))
    if chance.percent(10):
        found.append(Act(chance.between(CALM_MS, scenario.until), "wipe", (chance.pick(scenario.nodes),)))
    if chance.percent(20):
        found.append(Act(chance.between(CALM_MS, scenario.until), "poor app", (chance.pick(scenario.nodes),)))
    return found


def _hostile(scenario: Scenario, chance: Chance) -> dict[str, str]:
    found: dict[str, str] = {}
    if chance.percent(20):
        found[chance.pick(scenario.nodes)] = chance.pick(HOSTILE_NODES)
    if chance.percent(20):
        for name in chance.shuffled(scenario.nodes)[: chance.pick((1, 2, len(scenario.nodes)))]:
            found.setdefault(name, "odd")
    if scenario.relays > 1 and chance.percent(15):
        found["relay1"] = "drops"
    if scenario.indexes and chance.percent(15):
        found["index0"] = "invents"
    return found
