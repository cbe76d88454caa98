"""A chain of nodes over one relay and one index server, set up with the command lines alone.

    n1 ── n2 ── ... ── nN       every link: the relay; every node: the same index server

The times that the network needs to come up are watched through an app at each node.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import NamedTuple

from offset.app import LiveReport, Node, connect_files
from offset.base.faults import OffsetError
from offset.base.ids import PublicKey
from offset.core.apps.reports import balance_of
from offset.programs.offset.network import DemoNetwork, DemoNode

CURRENCY = "FST"
LIMIT = 10**15  # no run comes near it
RATE_ADD = 1  # credits per mediator, the same on both sides of a link: a reference index reads the other one
AMOUNT = 100
READY_SECONDS = 90.0
_LOOK_SECONDS = 0.05

Link = tuple[DemoNode, DemoNode]


class ComingUp(NamedTuple):
    """Seconds until the slowest link or node was ready."""

    online_s: float
    """Both friends see each other, after both have enabled one another."""
    active_s: float
    """Both have the currency in use, after both have configured it."""
    routes_s: float
    """The index server knows a route along the whole chain, after the last currency became active."""


def build(network: DemoNetwork, length: int) -> list[DemoNode]:
    """Start the programs; the nodes are friends afterwards, but not yet enabled."""
    network.add_relay("relay")
    network.add_index_servers("index")
    members = [network.add_node(f"n{number}") for number in range(1, length + 1)]
    for left, right in links(members):
        for one, other in ((left, right), (right, left)):
            card = network.export_friend(other)
            one.ctl("config", "add-friend", "-f", str(card), "-n", other.name)
    return members


def links(members: list[DemoNode]) -> list[Link]:
    """The neighbours of a chain."""
    return list(pairwise(members))


async def come_up(members: list[DemoNode]) -> ComingUp:
    """Enable all friends, then the currency, and wait until payments can go from end to end."""
    async with AsyncExitStack() as stack:
        apps: dict[str, Node] = {}
        for member in members:
            connection = connect_files(member.app_ident, member.ticket)
            apps[member.name] = await stack.enter_async_context(connection)
        online = await _each_link(members, apps, _enable, _is_online)
        active = await _each_link(members, apps, _configure, _is_active)
        routes = await _until_routed(apps[members[0].name], apps[members[-1].name].public_key)
    return ComingUp(online, active, routes)


def _enable(one: DemoNode, other: DemoNode) -> None:
    one.ctl("config", "enable-friend", "-n", other.name)


def _is_online(report: LiveReport, friend: PublicKey) -> bool:
    found = report.friends.get(friend)
    return found is not None and bool(found.liveness)


def _configure(one: DemoNode, other: DemoNode) -> None:
    name = ("-n", other.name, "-c", CURRENCY)
    one.ctl("config", "set-currency-rate", *name, "-m", "0", "-a", str(RATE_ADD))
    one.ctl("config", "open-currency", *name)
    one.ctl("config", "set-currency-max-debt", *name, "-m", str(LIMIT))


def _is_active(report: LiveReport, friend: PublicKey) -> bool:
    found = report.friends.get(friend)
    return found is not None and balance_of(found, CURRENCY) is not None


async def _each_link(
    members: list[DemoNode],
    apps: dict[str, Node],
    act: Callable[[DemoNode, DemoNode], None],
    is_done: Callable[[LiveReport, PublicKey], bool],
) -> float:
    """Let both sides of each link act; seconds until both sides of the slowest link see the result."""
    waits = []
    for left, right in links(members):
        await asyncio.gather(asyncio.to_thread(act, left, right), asyncio.to_thread(act, right, left))
        acted = time.monotonic()
        for one, other in ((left, right), (right, left)):
            key = apps[other.name].public_key
            waits.append(asyncio.create_task(_when(apps[one.name].report, key, is_done, acted)))
    try:
        return max(await asyncio.gather(*waits))
    finally:
        for wait in waits:
            wait.cancel()


async def _when(
    report: LiveReport, friend: PublicKey, is_done: Callable[[LiveReport, PublicKey], bool], since: float
) -> float:
    await report.wait_until(lambda now: is_done(now, friend), READY_SECONDS)
    return time.monotonic() - since


async def _until_routed(buyer: Node, seller: PublicKey) -> float:
    started = time.monotonic()
    while time.monotonic() < started + READY_SECONDS:
        found = await buyer.routes.find(CURRENCY, AMOUNT, seller)
        if any(route.rate.max_payable(route.capacity) >= AMOUNT for multi in found for route in multi.routes):
            return time.monotonic() - started
        await asyncio.sleep(_LOOK_SECONDS)
    raise OffsetError(f"the index server knows no route along the chain after {READY_SECONDS:g} s")


def program_pids(network: DemoNetwork) -> dict[str, int]:
    """The process of each part of the network, by name."""
    return {name: process.pid for name, process in network.processes.items()}
