"""Runs a network written by people, and says how each payment ended, and which limit stood in the way."""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import pairwise

import msgspec

from offset.base.ids import Currency
from offset.sim.cast.purchase import Purchase
from offset.sim.course.run import Run
from offset.sim.course.simulation import judge, live
from offset.sim.script.topology import Topology, Wish

Arc = tuple[str, str]


class Room(msgspec.Struct, frozen=True):
    """How much one friend can still push to another, and why not more."""

    from_: str
    to: str
    limit: int
    owed: int
    """What `from_` owes `to` already, frozen credits included; below 0 if it is the other way round."""

    @property
    def left(self) -> int:
        """Credits that still pass."""
        return max(0, self.limit - self.owed)

    def words(self) -> str:
        """For people."""
        owes = f"and is owed {-self.owed}" if self.owed < 0 else f"and owes {self.owed}"
        return f"{self.from_} may owe {self.to} {self.limit} {owes}: {self.left} left"


class Finding(msgspec.Struct, frozen=True):
    """How one payment ended."""

    wish: Wish
    is_paid: bool
    routes: tuple[tuple[tuple[str, ...], int, int], ...]
    """Nodes, what arrived, and the fees."""
    in_the_way: tuple[Room, ...]
    possible: int
    """What could have arrived at most, fees not counted."""


class WhatIfReport(msgspec.Struct, frozen=True):
    """What came of a topology."""

    findings: tuple[Finding, ...]
    rooms: dict[Currency, tuple[Room, ...]]
    """By currency, at the end, each friendship in both directions."""


def run(topology: Topology) -> WhatIfReport:
    """Let it happen, and look. Raises Violation, like any run."""
    happening = Run(topology.scenario())
    cast = happening.cast
    found: dict[int, tuple[tuple[Room, ...], int]] = {}

    def look(number: int, wish: Wish) -> None:
        found[number] = obstacles(rooms(happening, wish.currency), wish)

    for number, (wish, act) in enumerate(zip(topology.wishes, happening.scenario.acts, strict=True)):
        cast.world.at(act.at - 1, partial(look, number, wish))
    live(happening)
    judge(happening)
    findings = [
        _finding(wish, purchase, *found[number])
        for number, (wish, purchase) in enumerate(
            zip(topology.wishes, happening.evidence.purchases, strict=True)
        )
    ]
    currencies = happening.scenario.currencies()
    return WhatIfReport(
        tuple(findings), {name: tuple(rooms(happening, name).values()) for name in currencies}
    )


def _finding(wish: Wish, purchase: Purchase, in_the_way: tuple[Room, ...], possible: int) -> Finding:
    is_paid = purchase.buyer_end == "paid"
    parts = zip(purchase.routes, purchase.parts.values(), strict=False)
    routes = tuple((route, part.dest_payment, part.fees) for route, part in parts)
    return Finding(wish, is_paid, routes, () if is_paid else in_the_way, possible)


def rooms(happening: Run, currency: Currency) -> dict[Arc, Room]:
    """What each friend can push to each other at this moment."""
    found: dict[Arc, Room] = {}
    cast = happening.cast
    for item in happening.scenario.friendships:
        if currency not in item.limits:
            continue
        for from_, to in ((item.left, item.right), (item.right, item.left)):
            friend = cast.friend(to, from_)
            credit = friend.channel.credits.get(currency) if friend else None
            owed = 0 if credit is None else credit.balance + credit.remote_debt
            found[from_, to] = Room(from_, to, cast.limits.get((to, from_, currency), 0), owed)
    return found


def obstacles(found: dict[Arc, Room], wish: Wish) -> tuple[tuple[Room, ...], int]:
    """The limits that together hold a payment up, and how much passes them: a smallest cut."""
    if wish.route:
        arcs = list(pairwise(wish.route))
        known = [found[arc] for arc in arcs if arc in found]
        if len(known) < len(arcs):
            return (), 0
        least = min(room.left for room in known)
        return tuple(room for room in known if room.left < wish.amount) or tuple(
            room for room in known if room.left == least
        ), least
    left = {arc: room.left for arc, room in found.items()}
    flow = 0
    while True:
        came = _reach(left, wish.buyer)
        if wish.seller not in came or wish.seller == wish.buyer:
            break
        path = [wish.seller]
        while path[-1] != wish.buyer:
            path.append(came[path[-1]])
        arcs = [(path[place + 1], path[place]) for place in range(len(path) - 1)]
        step = min(left[arc] for arc in arcs)
        for from_, to in arcs:
            left[from_, to] -= step
            left[to, from_] = left.get((to, from_), 0) + step
        flow += step
    inside = {wish.buyer, *came}
    return tuple(room for arc, room in found.items() if arc[0] in inside and arc[1] not in inside), flow


def _reach(left: dict[Arc, int], start: str) -> dict[str, str]:
    """Nodes that something can still be pushed to, each with the one before it."""
    onward: dict[str, list[str]] = {}
    for (from_, to), room in left.items():
        if room > 0:
            onward.setdefault(from_, []).append(to)
    came: dict[str, str] = {}
    edge = deque([start])
    while edge:
        name = edge.popleft()
        for to in onward.get(name, ()):
            if to != start and to not in came:
                came[to] = name
                edge.append(to)
    return came
