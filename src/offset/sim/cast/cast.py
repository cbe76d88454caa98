"""The hosts of a scenario: relays, index servers, nodes with their apps, and who is a friend of whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offset.base.credits import Rate
from offset.base.ids import Currency, PublicKey
from offset.base.instants import SECOND, Instant, Millis
from offset.base.limits import REPORT_WHOLE_PARTS_MAX
from offset.core.funder.state.past import RowsPast, present
from offset.core.funder.state.state import Friend, FunderState
from offset.crypto.identity import Identity
from offset.engine.index import CLIENTS, SERVERS
from offset.engine.node import APPS, NodeEngine
from offset.engine.relay import LISTENER
from offset.engine.surface import Engine
from offset.sim.cast import bodies
from offset.sim.cast.client import Client
from offset.sim.cast.hostile import HONEST, Mischief
from offset.sim.cast.watch import Watch
from offset.sim.physics.disk import Rows
from offset.sim.physics.host import Host, identity_seed
from offset.sim.physics.network import VirtualNetwork, Weather
from offset.sim.physics.world import World
from offset.sim.script.scenario import Friendship, Scenario
from offset.wire.app import (
    AddFriend,
    AddIndexServer,
    AddRelay,
    AppPermissions,
    AppRequest,
    EnableFriend,
    OpenFriendCurrency,
    RemoveFriend,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    SetFriendRelays,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.orders import Revoke, Succeed
from offset.wire.revocations import revocation_bytes, sign_revocation

ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)
SUCCEED_MS: Millis = 3 * SECOND
"""Between the new card's becoming a friend and the order that it takes over."""
NONE = AppPermissions(routes=False, buyer=False, seller=False, config=False)


class Cast:
    """Everything that lives in one run."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.world = World(scenario.seed)
        weather = Weather(
            delay_max=scenario.delay_max, high_bytes=scenario.high_bytes, low_bytes=scenario.high_bytes // 4
        )
        self.network = VirtualNetwork(self.world, weather, self.world.rng.fork("network"))
        self.identities: dict[str, Identity] = {}
        self.hosts: dict[str, Host] = {}
        self.clients: dict[str, Client] = {}
        self.names: dict[PublicKey, str] = {}
        self.settings: dict[str, dict[tuple[Any, ...], AppRequest]] = {name: {} for name in scenario.nodes}
        """What each owner wants, to be asked for again after a lost database."""
        self.relay_addresses = {f"relay{i}": f"relay{i}:1" for i in range(scenario.relays)}
        self.friendships = list(scenario.friendships)
        """As they are now."""
        self.limits: dict[tuple[str, str, Currency], int] = {}
        """What each owner lets each friend owe in a currency now: by node, friend and currency."""
        self.limits_max: dict[tuple[str, str, Currency], int] = {}
        """The most that it ever was."""
        self.wiped: dict[str, Instant] = {}
        """When a node last lost its database."""
        self.copies: dict[str, Rows] = {}
        """The last copy of the database of a node, if its owner made one."""
        self.restored: set[str] = set()
        """Whose database was made from a copy."""
        self.lost_keys: set[str] = set()
        """Nodes whose owner has a new card: nobody befriends them any more."""
        self.is_healed = False
        """Whether faults have stopped."""
        self.watch: Watch

    def begin(self, watch: Watch) -> None:
        """All start, and owners tell their nodes what they want; `watch` looks on from now on."""
        self.watch = watch
        scenario = self.scenario
        for place in range(scenario.relays):
            self._add_relay(f"relay{place}")
        for place in range(scenario.indexes):
            self._add_index(f"index{place}")
        for name in scenario.nodes:
            self._add_node(name)
        for name in scenario.nodes:
            self._first_wishes(name)
        for friendship in scenario.friendships:
            self.befriend(friendship)

    # Questions

    def identity(self, name: str) -> Identity:
        """The identity of this name."""
        if name not in self.identities:
            self.identities[name] = Identity(identity_seed(name))
            self.names[self.identities[name].public_key] = name
        return self.identities[name]

    def key(self, name: str) -> PublicKey:
        """The public key of this name."""
        return self.identity(name).public_key

    def node(self, name: str) -> NodeEngine:
        """The engine of a node."""
        engine = self.hosts[name].engine
        assert isinstance(engine, NodeEngine)
        return engine

    def state(self, name: str) -> FunderState:
        """What the funder of a node remembers."""
        return self.node(name).view().state

    def friend(self, name: str, other: str) -> Friend | None:
        """How one node sees another."""
        return self.state(name).friends.get(self.key(other))

    def neighbours(self, name: str) -> list[str]:
        """Whom this node has as friends now."""
        pairs = [(item.left, item.right) for item in self.friendships]
        return [
            other for left, right in pairs for one, other in ((left, right), (right, left)) if one == name
        ]

    def friendship(self, left: str, right: str) -> Friendship | None:
        """That of these two, if there is one now."""
        return next((item for item in self.friendships if {item.left, item.right} == {left, right}), None)

    def is_honest(self, name: str) -> bool:
        """Whether this node keeps the rules."""
        return self.scenario.hostile.get(name, HONEST[0]) in HONEST

    def rate(self, name: str, other: str, currency: Currency) -> int:
        """What `name` wants for passing on a request of `other`."""
        request = self.settings.get(name, {}).get(("rate", self.key(other), currency))
        return request.rate.add if isinstance(request, SetFriendCurrencyRate) else 1

    # Hosts

    def heal(self) -> None:
        """Faults stop, for hostile bodies too, and for those that come back later."""
        self.is_healed = True
        self.network.heal()
        for host in self.hosts.values():
            if host.disk is not None:
                host.disk.slow_until, host.disk.fault = 0, None
            _calm(host.engine)
            if not host.is_wanted:
                host.is_wanted = True
                host.start()

    def _calmed(self, make: Callable[[Host], Engine]) -> Callable[[Host], Engine]:
        """What is born after faults have stopped does no mischief."""

        def born(host: Host) -> Engine:
            engine = make(host)
            if self.is_healed:
                _calm(engine)
            return engine

        return born

    def add(self, host: Host) -> Host:
        """It lives from now on, and is looked at."""
        self.hosts[host.name] = host
        host.watch = self.watch.saw
        host.start()
        return host

    def drift(self, name: str) -> int:
        """By how many parts in a million the clock of this host runs fast."""
        return self.world.rng.fork(f"drift {name}").between(-1, 1) * self.scenario.drift_ppm

    def _add_relay(self, name: str) -> None:
        make = bodies.relay(self.scenario.hostile.get(name), self.identity(name))
        addresses = {LISTENER: self.relay_addresses[name]}
        self.add(Host(self.world, self.network, name, self._calmed(make), addresses=addresses))

    def _add_index(self, name: str) -> None:
        others = [f"index{place}" for place in range(self.scenario.indexes)]
        trusted = {self.key(other): f"{other}:2" for other in others if other != name}
        make = bodies.index(self.scenario.hostile.get(name), self.identity(name), trusted)
        addresses = {CLIENTS: f"{name}:1", SERVERS: f"{name}:2"}
        self.add(Host(self.world, self.network, name, self._calmed(make), addresses=addresses))

    def _add_node(self, name: str) -> None:
        node_class = bodies.node(self.scenario.hostile.get(name))
        app_key = Identity(identity_seed(f"app of {name}")).public_key
        unprivileged_key = Identity(identity_seed(f"poor app of {name}")).public_key
        permissions = {app_key: ALL, unprivileged_key: NONE}

        # Every other node tells its report in pieces, as one with very many friends does.
        is_long = self.scenario.nodes.index(name) % 2 == 1
        whole_report_parts_max = 0 if is_long else REPORT_WHOLE_PARTS_MAX

        def make(host: Host) -> Engine:
            assert host.disk is not None
            return node_class(
                self.identity(name),
                host.rng.fork(f"life {host.life}"),
                permissions.get,
                present(host.disk.rows),
                host.clock.now(),
                unix=self.world.unix,
                past=RowsPast(host.disk.rows),
                is_restored=name in self.restored,
                whole_report_parts_max=whole_report_parts_max,
            )

        self.add(
            Host(
                self.world,
                self.network,
                name,
                self._calmed(make),
                addresses={APPS: f"{name}:1"},
                has_disk=True,
                drift_ppm=self.drift(name),
            )
        )
        client = Client(self.world, self.network, name, f"{name}:1", self.key(name), self.watch.acknowledged)
        self.clients[name] = client
        self.hosts[client.host.name] = client.host
        client.host.start()

    # Wishes of the owners

    def want(self, name: str, key: tuple[Any, ...], request: AppRequest) -> None:
        """The owner of a node wants this from now on."""
        self.settings[name].pop(key, None)
        self.settings[name][key] = request
        self.clients[name].ask(request)

    def relay_address(self, name: str) -> RelayAddress:
        """Where a node can be reached."""
        relay = f"relay{self.scenario.relay_of(name)}"
        return RelayAddress(self.key(relay), self.relay_addresses[relay])

    def index_of(self, name: str) -> str:
        """Which index server a node asks."""
        return f"index{self.scenario.nodes.index(name) % self.scenario.indexes}"

    def want_relay(self, name: str) -> None:
        """The node uses its relay, wherever that is now."""
        relay = self.relay_address(name)
        named = NamedRelayAddress(relay.public_key, relay.address, "relay")
        self.want(name, ("relay", relay.public_key), AddRelay(named))

    def _first_wishes(self, name: str) -> None:
        self.want_relay(name)
        if self.scenario.indexes:
            own = self.index_of(name)
            # Who asks a server that falls silent must know another one.
            others = (
                [f"index{place}" for place in range(self.scenario.indexes)] if self._is_any_mute() else []
            )
            for index in dict.fromkeys((own, *others)):
                address = NamedIndexServerAddress(self.key(index), f"{index}:1", index)
                self.want(name, ("index", index), AddIndexServer(address))

    def _is_any_mute(self) -> bool:
        return "mute" in self.scenario.hostile.values()

    def befriend(self, friendship: Friendship, only: str = "") -> None:
        """Two nodes become friends, or are to be again."""
        left, right = friendship.left, friendship.right
        for place, (name, other) in enumerate(((left, right), (right, left))):
            if only and name != only:
                continue
            key = self.key(other)
            self.want(name, ("friend", key), AddFriend(key, (self.relay_address(other),), other))
            self.want(name, ("enable", key), EnableFriend(key))
            for currency, limits in friendship.limits.items():
                self.want_limit(name, other, currency, limits[place])
                rate = SetFriendCurrencyRate(key, currency, Rate(0, friendship.rate))
                self.want(name, ("rate", key, currency), rate)
                self.want(name, ("open", key, currency), OpenFriendCurrency(key, currency))

    def befriend_again(self, name: str, friendship: Friendship) -> None:
        """A node takes a friend back that it had removed."""
        if friendship in self.friendships:
            self.befriend(friendship, only=name)

    def remove_friend(self, name: str, other: str, then: Callable[[], None] | None = None) -> None:
        """A node forgets a friend; `then` is called when it has, which may take until its app is back."""
        key = self.key(other)
        for place in [place for place in self.settings[name] if key in place]:
            del self.settings[name][place]
        self.clients[name].ask(RemoveFriend(key), then)

    def succeed(self, name: str, friendship: Friendship, *, is_stolen: bool) -> None:
        """Of a friendship one side, `name`, has lost its key and has a new card: the other side lets that take over."""
        old, new = self.key(name), friendship.left
        other = friendship.right
        client, key = self.clients[other], self.key(new)
        for place in [place for place in self.settings[other] if old in place]:
            del self.settings[other][place]
        if is_stolen:
            client.ask(Revoke(revocation_bytes(sign_revocation(self.identity(name)))))
        self.friendships.append(friendship)
        self.befriend(friendship)

        def remove_what_is_left() -> None:
            """The books with the old card were lost before, so there was nothing to take over."""
            if not self.hosts[other].is_alive or old not in self.state(other).successors:
                client.ask(RemoveFriend(old))

        # People meet first, and type then.
        self.world.after(SUCCEED_MS, lambda: client.ask(Succeed(old, key, True), remove_what_is_left))

    def want_friend_relays(self, name: str, other: str) -> None:
        """`name` learns from a person where `other` can be reached now."""
        key = self.key(other)
        self.want(name, ("relays", key), SetFriendRelays(key, (self.relay_address(other),)))

    def want_limit(self, name: str, other: str, currency: Currency, limit: int) -> None:
        """`other` may owe `name` so much."""
        key = self.key(other)
        place = (name, other, currency)
        self.limits[place] = limit
        self.limits_max[place] = max(limit, self.limits_max.get(place, 0))
        self.want(name, ("limit", key, currency), SetFriendCurrencyMaxDebt(key, currency, limit))

    def is_ready(self) -> bool:
        """Whether all friends are there and their currencies active."""
        return all(
            (friend := self.friend(name, other)) is not None and friend.is_ready(currency)
            for item in self.scenario.friendships
            for currency in item.limits
            for name, other in ((item.left, item.right), (item.right, item.left))
        )

    def run_until(self, condition: Callable[[], bool], within: int, look_ms: int = 500) -> bool:
        """Let time pass until this is true; False when it does not become so in time."""
        end = self.world.now + within
        while not condition():
            if self.world.now >= end:
                return False
            self.world.run_to(min(self.world.now + look_ms, end))
        return True


def _calm(engine: object) -> None:
    if isinstance(engine, Mischief):
        engine.stop_mischief()
