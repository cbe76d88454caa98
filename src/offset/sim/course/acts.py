"""Carries out the acts of a scenario: faults, changes of mind, and purchases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from offset.base.credits import Rate
from offset.base.ids import Currency
from offset.sim.cast.purchase import Purchase
from offset.sim.script.scenario import Act, Friendship
from offset.wire.app import (
    CloseFriendCurrency,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    SetFriendCurrencyRate,
)

if TYPE_CHECKING:
    from offset.sim.course.run import Run


def carry_out(run: Run, act: Act) -> None:
    """Do it, now."""
    if act.kind != "pay":
        run.cast.world.note(act.words())
    kind = f"crash {act.args[1]}" if act.kind == "crash" else act.kind
    run.counts[kind] = run.counts.get(kind, 0) + 1
    ACTS[act.kind](run, *act.args)


# Workload


def _pay(run: Run, *args: Any) -> None:
    purchase = Purchase(run.cast, len(run.purchases), *args)
    run.purchases.append(purchase)
    purchase.begin()


def _limit(run: Run, name: str, other: str, currency: Currency, limit: int) -> None:
    run.cast.want_limit(name, other, currency, limit)


def _rate(run: Run, name: str, other: str, currency: Currency, rate: int) -> None:
    key = run.cast.key(other)
    run.cast.want(name, ("rate", key, currency), SetFriendCurrencyRate(key, currency, Rate(0, rate)))


def _shut(run: Run, name: str, other: str, currency: Currency, span: int) -> None:
    key = run.cast.key(other)
    run.cast.want(name, ("open", key, currency), CloseFriendCurrency(key, currency))
    reopen = OpenFriendCurrency(key, currency)
    run.cast.world.after(span, lambda: run.cast.want(name, ("open", key, currency), reopen))


def _sleep(run: Run, name: str, other: str, span: int) -> None:
    key = run.cast.key(other)
    run.cast.want(name, ("enable", key), DisableFriend(key))
    run.cast.world.after(span, lambda: run.cast.want(name, ("enable", key), EnableFriend(key)))


def _move(run: Run, relay: str) -> None:
    """A relay gets another address; the owners who use it tell their nodes."""
    cast = run.cast
    old = cast.relay_addresses[relay]
    new = f"{relay}:{int(old.rpartition(':')[2]) + 1}"
    cast.relay_addresses[relay] = new
    cast.network.listeners[new] = cast.network.listeners.pop(old)
    cast.hosts[relay].die("it moves", 1000)
    for name in cast.scenario.nodes:
        if f"relay{cast.scenario.relay_of(name)}" == relay:
            cast.want_relay(name)
            for other in cast.neighbours(name):  # people also tell each other
                cast.want_friend_relays(other, name)


def _befriend(run: Run, left: str, right: str, ours: int, theirs: int) -> None:
    """Two meet in the midst of the run."""
    cast = run.cast
    if right in cast.neighbours(left):
        return
    friendship = Friendship(left, right, dict.fromkeys(cast.scenario.currencies(), (ours, theirs)))
    cast.friendships.append(friendship)
    if not (cast.is_honest(left) and cast.is_honest(right)):
        run.disturb(left, right, "one of them is hostile")
    cast.befriend(friendship)


def _unfriend(run: Run, name: str, other: str, span: int) -> None:
    """One removes the other, and thinks better of it."""
    cast = run.cast
    friendship = cast.friendship(name, other)
    if friendship is not None:
        _part_ways(run, name, other, "unfriended")
        cast.world.after(span, lambda: cast.befriend_again(name, friendship))


def _leave(run: Run, left: str, right: str) -> None:
    """Two remove each other for good."""
    cast = run.cast
    friendship = cast.friendship(left, right)
    if friendship is not None:
        cast.friendships.remove(friendship)
        _part_ways(run, left, right, "they left each other")
        _part_ways(run, right, left, "they left each other")


def _part_ways(run: Run, name: str, other: str, why: str) -> None:
    """One removes the other. What goes over them then is excused: now, and when it has happened."""
    run.disturb(name, other, why)
    run.cast.remove_friend(name, other, lambda: run.disturb(name, other, why))


def _unprivileged_app(run: Run, node: str) -> None:
    run.unprivileged_app(node)


# Faults


def _crash(run: Run, node: str, how: str) -> None:
    host = run.cast.hosts[node]
    assert host.disk is not None
    if how == "now":
        host.die("a crash")
    elif host.is_alive:
        host.disk.fault = how


def _wipe(run: Run, node: str) -> None:
    """The database is lost; the owner sets the node up again."""
    cast = run.cast
    for other in cast.neighbours(node):
        run.disturb(node, other, f"{node} lost its database")
    run.excuse_node(node, "lost its database")
    cast.watcher.wiped[node] = cast.world.now
    host = cast.hosts[node]
    assert host.disk is not None
    host.die("its database is lost")
    host.disk.wipe()
    for request in cast.settings[node].values():
        cast.clients[node].ask(request)


def _app(run: Run, node: str) -> None:
    run.cast.clients[node].host.die("the app is closed")


def _reset(run: Run, site: str) -> None:
    ends = run.cast.hosts[site].ends
    if ends:
        run.cast.network.reset(run.rng.pick(list(ends.values())), "connection reset")


def _silence(run: Run, site: str) -> None:
    ends = run.cast.hosts[site].ends
    if ends:
        run.cast.network.fall_silent(run.rng.pick(list(ends.values())))


def _clog(run: Run, site: str, span: int) -> None:
    run.cast.network.clog(site, run.cast.world.now + span)


def _slow(run: Run, site: str, span: int) -> None:
    run.cast.network.slow_down(site, run.cast.world.now + span)


def _swizzle(run: Run, sites: tuple[str, ...], span: int) -> None:
    """Clog some hosts one after another, and let them go in another order."""
    world, network = run.cast.world, run.cast.network
    order = run.rng.shuffled(sites)
    for place, site in enumerate(sites):
        until = world.now + span + (order.index(site) + 1) * span // len(sites)
        world.after(place * span // len(sites), partial(network.clog, site, until))


def _part(run: Run, left: str, right: str, span: int) -> None:
    run.cast.network.part(left, right, run.cast.world.now + span)


def _disk(run: Run, node: str, span: int) -> None:
    disk = run.cast.hosts[node].disk
    assert disk is not None
    disk.slow_until = run.cast.world.now + span


def _server(run: Run, server: str) -> None:
    run.cast.hosts[server].die("a crash")


def _doze(run: Run, site: str, span: int, is_counted: bool) -> None:
    """A machine sleeps; the clock of some goes on meanwhile, that of others does not."""
    run.cast.hosts[site].sleep(span, is_counted=is_counted)


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
    "poor app": _unprivileged_app,
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
