"""Carries out the acts of a scenario: faults, changes of mind, and purchases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from offset.base.credits import Rate
from offset.sim.deal import Deal
from offset.sim.scenario import Act, Friendship
from offset.wire.app import (
    CloseFriendCurrency,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    SetFriendCurrencyRate,
)

if TYPE_CHECKING:
    from offset.sim.run import Run


def carry_out(run: Run, act: Act) -> None:
    """Do it, now."""
    if act.kind != "pay":
        run.town.world.note(act.words())
    kind = f"crash {act.args[1]}" if act.kind == "crash" else act.kind
    run.counts[kind] = run.counts.get(kind, 0) + 1
    ACTS[act.kind](run, *act.args)


# Workload


def _pay(run: Run, *args: Any) -> None:
    deal = Deal(run.town, len(run.deals), *args)
    run.deals.append(deal)
    deal.begin()


def _limit(run: Run, name: str, other: str, currency: str, limit: int) -> None:
    run.town.want_limit(name, other, currency, limit)


def _rate(run: Run, name: str, other: str, currency: str, rate: int) -> None:
    key = run.town.key(other)
    run.town.want(name, ("rate", key, currency), SetFriendCurrencyRate(key, currency, Rate(0, rate)))


def _shut(run: Run, name: str, other: str, currency: str, span: int) -> None:
    key = run.town.key(other)
    run.town.want(name, ("open", key, currency), CloseFriendCurrency(key, currency))
    reopen = OpenFriendCurrency(key, currency)
    run.town.world.after(span, lambda: run.town.want(name, ("open", key, currency), reopen))


def _sleep(run: Run, name: str, other: str, span: int) -> None:
    key = run.town.key(other)
    run.town.want(name, ("enable", key), DisableFriend(key))
    run.town.world.after(span, lambda: run.town.want(name, ("enable", key), EnableFriend(key)))


def _move(run: Run, relay: str) -> None:
    """A relay gets another address; the owners who use it tell their nodes."""
    town = run.town
    old = town.relay_addresses[relay]
    new = f"{relay}:{int(old.rpartition(':')[2]) + 1}"
    town.relay_addresses[relay] = new
    town.network.listeners[new] = town.network.listeners.pop(old)
    town.hosts[relay].die("it moves", 1000)
    for name in town.scenario.nodes:
        if f"relay{town.scenario.relay_of(name)}" == relay:
            town.want_relay(name)
            for other in town.neighbours(name):  # people also tell each other
                town.want_friend_relays(other, name)


def _befriend(run: Run, left: str, right: str, ours: int, theirs: int) -> None:
    """Two meet in the midst of the run."""
    town = run.town
    if right in town.neighbours(left):
        return
    friendship = Friendship(left, right, dict.fromkeys(town.scenario.currencies(), (ours, theirs)))
    town.friendships.append(friendship)
    if not (town.is_honest(left) and town.is_honest(right)):
        run.disturb(left, right, "one of them is hostile")
    town.befriend(friendship)


def _unfriend(run: Run, name: str, other: str, span: int) -> None:
    """One removes the other, and thinks better of it."""
    town = run.town
    friendship = town.friendship(name, other)
    if friendship is not None:
        _part_ways(run, name, other, "unfriended")
        town.world.after(span, lambda: town.befriend_again(name, friendship))


def _leave(run: Run, left: str, right: str) -> None:
    """Two remove each other for good."""
    town = run.town
    friendship = town.friendship(left, right)
    if friendship is not None:
        town.friendships.remove(friendship)
        _part_ways(run, left, right, "they left each other")
        _part_ways(run, right, left, "they left each other")


def _part_ways(run: Run, name: str, other: str, why: str) -> None:
    """One removes the other. What goes over them then is excused: now, and when it has happened."""
    run.disturb(name, other, why)
    run.town.remove_friend(name, other, lambda: run.disturb(name, other, why))


def _poor_app(run: Run, node: str) -> None:
    run.poor_app(node)


# Faults


def _crash(run: Run, node: str, how: str) -> None:
    host = run.town.hosts[node]
    assert host.disk is not None
    if how == "now":
        host.die("a crash")
    elif host.is_alive:
        host.disk.fault = how


def _wipe(run: Run, node: str) -> None:
    """The database is lost; the owner sets the node up again."""
    town = run.town
    for other in town.neighbours(node):
        run.disturb(node, other, f"{node} lost its database")
    run.excuse_node(node, "lost its database")
    town.watcher.wiped[node] = town.world.now
    host = town.hosts[node]
    assert host.disk is not None
    host.die("its database is lost")
    host.disk.wipe()
    for request in town.settings[node].values():
        town.clients[node].ask(request)


def _app(run: Run, node: str) -> None:
    run.town.clients[node].host.die("the app is closed")


def _reset(run: Run, site: str) -> None:
    ends = run.town.hosts[site].ends
    if ends:
        run.town.network.reset(run.chance.pick(list(ends.values())), "connection reset")


def _silence(run: Run, site: str) -> None:
    ends = run.town.hosts[site].ends
    if ends:
        run.town.network.fall_silent(run.chance.pick(list(ends.values())))


def _clog(run: Run, site: str, span: int) -> None:
    run.town.network.clog(site, run.town.world.now + span)


def _slow(run: Run, site: str, span: int) -> None:
    run.town.network.slow_down(site, run.town.world.now + span)


def _swizzle(run: Run, sites: tuple[str, ...], span: int) -> None:
    """Clog some hosts one after another, and let them go in another order."""
    world, network = run.town.world, run.town.network
    order = run.chance.shuffled(sites)
    for place, site in enumerate(sites):
        until = world.now + span + (order.index(site) + 1) * span // len(sites)
        world.after(place * span // len(sites), partial(network.clog, site, until))


def _part(run: Run, left: str, right: str, span: int) -> None:
    run.town.network.part(left, right, run.town.world.now + span)


def _disk(run: Run, node: str, span: int) -> None:
    disk = run.town.hosts[node].disk
    assert disk is not None
    disk.slow_until = run.town.world.now + span


def _server(run: Run, server: str) -> None:
    run.town.hosts[server].die("a crash")


def _doze(run: Run, site: str, span: int, is_counted: bool) -> None:
    """A machine sleeps; the clock of some goes on meanwhile, that of others does not."""
    run.town.hosts[site].sleep(span, is_counted=is_counted)


ACTS: dict[str, Callable[..., None]] = {
    "pay": _pay,
    "limit": _limit,
    "rate": _rate,
    "shut": _shut,
    "sleep": _sleep,
    "move": _move,
    "befriend": _befriend,
    "unfriend": _unfriend,
    "leave": _leave,
    "poor app": _poor_app,
    "crash": _crash,
    "wipe": _wipe,
    "app": _app,
    "reset": _reset,
    "silence": _silence,
    "clog": _clog,
    "slow": _slow,
    "swizzle": _swizzle,
    "part": _part,
    "disk": _disk,
    "server": _server,
    "doze": _doze,
}
