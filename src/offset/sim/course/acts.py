"""Carries out the acts of a scenario: one function for each class of them."""

from __future__ import annotations

from functools import partial, singledispatch

from offset.base.credits import Rate
from offset.base.ids import Uid
from offset.base.instants import Millis
from offset.core.dealings.records import Request
from offset.core.funder.records import FriendKey
from offset.crypto.hashing import sha512_256
from offset.sim.cast.errand import Errand
from offset.sim.cast.purchase import Purchase
from offset.sim.cast.rude import RudeCaller
from offset.sim.cast.unprivileged import UnprivilegedApp
from offset.sim.course.run import Run
from offset.sim.physics.disk import Rows, restored
from offset.sim.physics.host import Host
from offset.sim.script.act import Act
from offset.sim.script.changes import (
    Befriend,
    ChangeLimit,
    ChangeRate,
    MoveRelay,
    PartForGood,
    PauseFriend,
    ShutCurrency,
    TryUnprivileged,
    Unfriend,
)
from offset.sim.script.errands import CloseWallet, Flood, PayByLetter
from offset.sim.script.faults import (
    NOW,
    Clog,
    CloseApp,
    Crash,
    Doze,
    KillServer,
    Partition,
    ReadSlowly,
    ResetConnection,
    Silence,
    SlowDisk,
    Swizzle,
    Wipe,
)
from offset.sim.script.losses import LoseKey, MakeCopy, StartFromCopy
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import Friendship
from offset.wire.app import (
    CloseFriendCurrency,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    RemoveFriend,
    SetFriendCurrencyRate,
)

FIRST_ERRAND = 1000
"""Errands have other numbers than purchases, from which their ids are drawn."""


def carry_out(run: Run, act: Act) -> None:
    """Note it, count it, and do it, now."""
    # A purchase notes by itself that it begins.
    if not isinstance(act, Pay | PayByLetter):
        run.cast.world.note(act.words())
    run.counts[act.kind] = run.counts.get(act.kind, 0) + 1
    perform(act, run)


@singledispatch
def perform(act: Act, run: Run) -> None:
    """Do it; the functions below are chosen by the class of the act."""
    raise NotImplementedError(f"nobody knows how to carry out {act} in seed {run.scenario.seed}")


# What people do


@perform.register
def _pay(act: Pay, run: Run) -> None:
    purchase = Purchase(run.cast, len(run.evidence.purchases), act)
    run.evidence.purchases.append(purchase)
    purchase.begin()


@perform.register
def _pay_by_letter(act: PayByLetter, run: Run) -> None:
    request_id = None
    if act.to != "address":
        request_id = Uid(sha512_256(f"request {act.request}".encode())[:16])
        run.evidence.purses[act.seller].add_request(
            Request(
                request_id=request_id,
                currency=act.currency,
                amount=act.amount,
                decimals=None,
                note="",
                is_once=act.to == "once",
            )
        )
    errand = Errand(run.cast, run.evidence.purses, FIRST_ERRAND + len(run.evidence.errands), act, request_id)
    run.evidence.errands.append(errand)
    errand.begin()


@perform.register
def _close_wallet(act: CloseWallet, run: Run) -> None:
    run.evidence.purses[act.node].close(act.span)


@perform.register
def _flood(act: Flood, run: Run) -> None:
    cast = run.cast
    purse, until = run.evidence.purses[act.node], cast.world.now + act.span

    def make(host: Host) -> RudeCaller:
        left = until - cast.world.now if not cast.is_healed else 0
        return RudeCaller(host, purse.address, act.currency, list(purse.requests), host.clock.now() + left)

    name = f"rude caller {len(cast.hosts)}"
    caller = cast.hosts[name] = Host(cast.world, cast.network, name, make)
    caller.start()


@perform.register
def _change_limit(act: ChangeLimit, run: Run) -> None:
    run.cast.want_limit(act.name, act.other, act.currency, act.limit)


@perform.register
def _change_rate(act: ChangeRate, run: Run) -> None:
    key = run.cast.key(act.other)
    request = SetFriendCurrencyRate(key, act.currency, Rate(0, act.rate))
    run.cast.want(act.name, ("rate", key, act.currency), request)


@perform.register
def _shut_currency(act: ShutCurrency, run: Run) -> None:
    key = run.cast.key(act.other)
    place = ("open", key, act.currency)
    run.cast.want(act.name, place, CloseFriendCurrency(key, act.currency))
    reopen = OpenFriendCurrency(key, act.currency)
    run.cast.world.after(act.span, lambda: run.cast.want(act.name, place, reopen))


@perform.register
def _pause_friend(act: PauseFriend, run: Run) -> None:
    key = run.cast.key(act.other)
    run.cast.want(act.name, ("enable", key), DisableFriend(key))
    run.cast.world.after(act.span, lambda: run.cast.want(act.name, ("enable", key), EnableFriend(key)))


@perform.register
def _move_relay(act: MoveRelay, run: Run) -> None:
    cast, relay = run.cast, act.relay
    old = cast.relay_addresses[relay]
    new = f"{relay}:{int(old.rpartition(':')[2]) + 1}"
    cast.relay_addresses[relay] = new
    cast.network.listeners[new] = cast.network.listeners.pop(old)
    cast.hosts[relay].die("it moves", 1000)
    for name in cast.scenario.nodes:
        if f"relay{cast.scenario.relay_of(name)}" == relay:
            cast.want_relay(name)
            # People also tell each other.
            for other in cast.neighbours(name):
                cast.want_friend_relays(other, name)


@perform.register
def _befriend(act: Befriend, run: Run) -> None:
    cast, left, right = run.cast, act.left, act.right
    if right in cast.neighbours(left) or {left, right} & cast.lost_keys:
        return
    limits = dict.fromkeys(cast.scenario.currencies(), (act.ours, act.theirs))
    friendship = Friendship(left, right, limits)
    cast.friendships.append(friendship)
    if not (cast.is_honest(left) and cast.is_honest(right)):
        run.evidence.excuses.disturb(left, right, "one of them is hostile")
    cast.befriend(friendship)


@perform.register
def _unfriend(act: Unfriend, run: Run) -> None:
    cast, name = run.cast, act.name
    friendship = cast.friendship(name, act.other)
    if friendship is not None:
        _remove_friend(run, name, act.other, "unfriended")
        cast.world.after(act.span, lambda: cast.befriend_again(name, friendship))


@perform.register
def _part_for_good(act: PartForGood, run: Run) -> None:
    friendship = run.cast.friendship(act.left, act.right)
    if friendship is not None:
        run.cast.friendships.remove(friendship)
        _remove_friend(run, act.left, act.right, "they left each other")
        _remove_friend(run, act.right, act.left, "they left each other")


def _remove_friend(run: Run, name: str, other: str, why: str) -> None:
    """One removes the other. What goes over them then is excused: now, and when it has happened."""
    disturb = partial(run.evidence.excuses.disturb, name, other, why)
    disturb()
    run.cast.remove_friend(name, other, disturb)


@perform.register
def _try_unprivileged(act: TryUnprivileged, run: Run) -> None:
    run.evidence.unprivileged.append(UnprivilegedApp(run.cast, act.node))


# What goes wrong


@perform.register
def _crash(act: Crash, run: Run) -> None:
    host = run.cast.hosts[act.node]
    assert host.disk is not None
    if act.how == NOW:
        host.die("a crash")
    elif host.is_alive:
        host.disk.fault = act.how


@perform.register
def _wipe(act: Wipe, run: Run) -> None:
    _lose(run, act.node, {}, None)


@perform.register
def _make_copy(act: MakeCopy, run: Run) -> None:
    disk = run.cast.hosts[act.node].disk
    assert disk is not None
    run.cast.copies[act.node] = dict(disk.rows)


@perform.register
def _start_from_copy(act: StartFromCopy, run: Run) -> None:
    copy = run.cast.copies.get(act.node)
    if copy:
        run.cast.restored.add(act.node)
    _lose(run, act.node, copy or {}, act.away)


@perform.register
def _lose_key(act: LoseKey, run: Run) -> None:
    cast, excuses = run.cast, run.evidence.excuses
    friends = [(other, cast.friendship(act.node, other)) for other in cast.neighbours(act.node)]
    why = f"{act.node} lost its key"
    for other, _ in friends:
        excuses.disturb(act.card, other, why)
    cast.lost_keys.add(act.node)
    keys = {cast.key(other) for other, _ in friends}
    for place in [place for place in cast.settings[act.node] if keys & {*place}]:
        del cast.settings[act.node][place]
    _lose(run, act.node, {}, None)
    for other, friendship in friends:
        assert friendship is not None
        cast.friendships.remove(friendship)
        limits = {
            currency: pair if friendship.right == other else pair[::-1]
            for currency, pair in friendship.limits.items()
        }
        successor = Friendship(act.card, other, limits, friendship.rate)
        cast.succeed(act.node, successor, is_stolen=act.is_stolen)


def _lose(run: Run, node: str, left: Rows, away: Millis | None) -> None:
    """A node has these rows and no others; its owner wants again what it wanted last."""
    cast, excuses = run.cast, run.evidence.excuses
    for other in cast.neighbours(node):
        excuses.disturb(node, other, f"{node} lost its database")
    excuses.excuse_node(node, "lost its database")
    cast.wiped[node] = cast.world.now
    host = cast.hosts[node]
    assert host.disk is not None
    host.die("its database is lost", away)
    host.disk.put_back(restored(left))
    for key in left:
        if isinstance(key, FriendKey) and cast.names[key.public_key] not in cast.neighbours(node):
            cast.clients[node].ask(RemoveFriend(key.public_key))
    for request in cast.settings[node].values():
        cast.clients[node].ask(request)


@perform.register
def _close_app(act: CloseApp, run: Run) -> None:
    run.cast.clients[act.node].host.die("the app is closed")


@perform.register
def _reset_connection(act: ResetConnection, run: Run) -> None:
    ends = run.cast.hosts[act.site].ends
    if ends:
        run.cast.network.reset(run.rng.pick(list(ends.values())), "connection reset")


@perform.register
def _silence(act: Silence, run: Run) -> None:
    ends = run.cast.hosts[act.site].ends
    if ends:
        run.cast.network.fall_silent(run.rng.pick(list(ends.values())))


@perform.register
def _clog(act: Clog, run: Run) -> None:
    run.cast.network.clog(act.site, run.cast.world.now + act.span)


@perform.register
def _read_slowly(act: ReadSlowly, run: Run) -> None:
    run.cast.network.slow_down(act.site, run.cast.world.now + act.span)


@perform.register
def _swizzle(act: Swizzle, run: Run) -> None:
    world, network = run.cast.world, run.cast.network
    order = run.rng.shuffled(act.sites)
    count = len(act.sites)
    for place, site in enumerate(act.sites):
        until = world.now + act.span + (order.index(site) + 1) * act.span // count
        world.after(place * act.span // count, partial(network.clog, site, until))


@perform.register
def _partition(act: Partition, run: Run) -> None:
    run.cast.network.part(act.left, act.right, run.cast.world.now + act.span)


@perform.register
def _slow_disk(act: SlowDisk, run: Run) -> None:
    disk = run.cast.hosts[act.node].disk
    assert disk is not None
    disk.slow_until = run.cast.world.now + act.span


@perform.register
def _kill_server(act: KillServer, run: Run) -> None:
    run.cast.hosts[act.server].die("a crash")


@perform.register
def _doze(act: Doze, run: Run) -> None:
    run.cast.hosts[act.site].sleep(act.span, is_counted=act.is_counted)
