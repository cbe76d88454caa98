"""Draws a scenario from a seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec

from offset.base.ids import Currency
from offset.base.instants import MINUTE, SECOND, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.changes import (
    Befriend,
    Change,
    ChangeLimit,
    ChangeRate,
    MoveRelay,
    Occasion,
    PartForGood,
    PauseFriend,
    ShutCurrency,
    TryUnprivileged,
    Unfriend,
    draw_limit,
)
from offset.sim.script.faults import (
    NOW,
    Clog,
    CloseApp,
    Crash,
    Doze,
    Fault,
    KillServer,
    Mishap,
    Partition,
    ReadSlowly,
    ResetConnection,
    Silence,
    SlowDisk,
    Swizzle,
    Wipe,
)
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

SHAPES = ("row", "ring", "star", "small world", "two communities")
CURRENCIES = (Currency("FST"), Currency("EUR"), Currency("hours"))
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOSTILE_NODES = ("liar", "greedy", "replayer", "silent", "odd")
STORM_MS: Millis = MINUTE

FAULTS_DRAWN: tuple[Callable[[Rng, Mishap], Fault], ...] = (
    Crash.draw,
    Crash.draw,
    Crash.draw,
    CloseApp.draw,
    ResetConnection.draw,
    Silence.draw,
    Clog.draw,
    Swizzle.draw,
    Partition.draw,
    ReadSlowly.draw,
    SlowDisk.draw,
    KillServer.draw,
    Doze.draw,
)
"""What stands here more than once happens more often; so below."""
CHANGES_DRAWN: tuple[Callable[[Rng, Occasion], Change], ...] = (
    ChangeLimit.draw,
    ChangeLimit.draw,
    ChangeLimit.draw,
    ChangeRate.draw,
    ShutCurrency.draw,
    MoveRelay.draw,
    PauseFriend.draw,
)
SELDOM_DRAWN: tuple[tuple[int, Callable[[Rng, Scenario], Act]], ...] = (
    (15, Unfriend.draw),
    (10, PartForGood.draw),
    (10, Wipe.draw),
    (20, TryUnprivileged.draw),
)
"""In how many of a hundred runs each happens once."""


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
            {currency: (draw_limit(rng), draw_limit(rng)) for currency in currencies},
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
    acts += _partings(draft, rng.fork("partings"))
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(draft, acts=tuple(acts), hostile=_hostile(draft, rng.fork("hostile")))


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


def _newcomers(scenario: Scenario, rng: Rng) -> list[Act]:
    """Friends who meet in the midst of the run."""
    found = [Befriend.draw(rng, scenario) for _ in range(rng.pick((0, 0, 0, 1, 2)))]
    return [act for act in found if act is not None]


def _payments(scenario: Scenario, rng: Rng) -> list[Act]:
    found = [
        Pay.draw(rng, scenario, rng.between(CALM_MS, scenario.until)) for _ in range(rng.between(10, 40))
    ]
    return [act for act in found if act is not None]


def _storms(scenario: Scenario, rng: Rng) -> list[Act]:
    """Moments at which many pay over a node that is just being cut off: requests wait for a token that stays away."""
    found: list[Act] = []
    for _ in range(rng.pick((0, 0, 1, 2))):
        at = rng.between(CALM_MS, scenario.until - 1)
        node = rng.pick(scenario.nodes)
        if rng.percent(70):
            found.append(Partition(at, node, f"relay{scenario.relay_of(node)}", STORM_MS))
        else:
            found += [Silence(at, node) for _ in range(4)]
        for _ in range(rng.pick((3, 5, 10, 10, 40))):
            act = Pay.draw(rng, scenario, min(at + rng.between(-50, 8000), scenario.until), node)
            if act is not None:
                found.append(act)
    return found


def _partings(scenario: Scenario, rng: Rng) -> list[Act]:
    """Two part for good, and one of them dies around the moment at which it tells the index server of it."""
    if not rng.percent(15):
        return []
    parting = PartForGood.draw(rng, scenario)
    # Within a few ms: the friend is removed, and the server was not told.
    dies_at = min(parting.at + rng.pick((2, 3, 4, 20, 200, 1000)), scenario.until)
    return [parting, Crash(dies_at, rng.pick((parting.left, parting.right)), NOW)]


def _faults(scenario: Scenario, rng: Rng) -> list[Act]:
    found: list[Act] = []
    servers = (
        *(f"relay{place}" for place in range(scenario.relays)),
        *(f"index{place}" for place in range(scenario.indexes)),
    )
    sites = (*scenario.nodes, *servers)
    # Each run knows only some faults, so each goes deep.
    swarm = rng.shuffled(FAULTS_DRAWN)[: rng.between(1, 6)]
    for _ in range(rng.between(0, 25)):
        at = rng.between(CALM_MS, scenario.until)
        draw_fault = rng.pick(swarm)
        node, span = rng.pick(scenario.nodes), rng.pick((200, 2000, 10_000, 45_000))
        found.append(draw_fault(rng, Mishap(at, node, span, sites, servers)))
    return found


def _changes(scenario: Scenario, rng: Rng) -> list[Act]:
    found: list[Act] = []
    for _ in range(rng.pick((0, 0, 3, 10))):
        friendship = rng.pick(scenario.friendships)
        left, right = rng.shuffled((friendship.left, friendship.right))
        currency = rng.pick(list(friendship.limits))
        at = rng.between(CALM_MS, scenario.until)
        draw_change = rng.pick(CHANGES_DRAWN)
        found.append(draw_change(rng, Occasion(scenario, at, left, right, currency)))
    for percent, draw_seldom in SELDOM_DRAWN:
        if rng.percent(percent):
            found.append(draw_seldom(rng, scenario))
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
    if rng.percent(10):
        found.setdefault(rng.pick(scenario.nodes), "keeper")
    if rng.percent(10):
        found.setdefault(rng.pick(scenario.nodes), "nagger")
    if scenario.indexes > 1 and rng.percent(40):
        found.setdefault("index0", "mute")
    return found
