"""Real nodes that are friends, with a relay and an index server, all in one virtual world: no sockets, no disk.

`reachable` lets apps that use the SDK talk to them over loopback.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from offset.base.credits import Amount, Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import Currency, PublicKey
from offset.core.funder.state.past import RowsPast, present
from offset.engine.index import CLIENTS, IndexEngine
from offset.engine.node import APPS, NodeEngine
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import Engine
from offset.sim.physics.disk import Rows, restored
from offset.sim.physics.host import Host
from offset.testing.calm import CalmWorld
from offset.testing.identities import ALL, CURRENCY, identity
from offset.testing.virtual_app import VirtualApp
from offset.wire.app import (
    AddFriend,
    AddIndexServer,
    AddRelay,
    AppPermissions,
    EnableFriend,
    OpenFriendCurrency,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.report import ChannelConsistent, McBalanceReport

RELAY = "relay"
INDEX = "index"


class FriendNetwork:
    """Nodes by name, each with an app of its owner. Virtual time passes only while somebody waits."""

    def __init__(
        self,
        names: Sequence[str],
        links: Iterable[tuple[str, str]] | None = None,
        *,
        currency: Currency = CURRENCY,
        limit: Amount = 1000,
        rate: Amount = 1,
        has_index: bool = True,
    ) -> None:
        """Start all and wait until the friends can pay each other.

        `links`: who is a friend of whom; without them the nodes are friends in a row. `limit` is what each grants
        the other, `rate` what each takes for a part that it passes on.
        """
        self.world = self.make_world()
        self.currency = currency
        self.trusted: AppPermissions | None = ALL
        """What every app may do that connects to any of the nodes; None: nodes turn apps away."""
        self.relay = identity(RELAY)
        self.index = identity(INDEX)
        self.identities = {name: identity(name) for name in names}
        self.apps: dict[str, VirtualApp] = {}
        """Those of the owners."""
        self.searching: set[str] = set()
        """Nodes that are started to look for friends that they forgot."""
        self.has_index = has_index
        self._lives = 0
        self.start_relay()
        if has_index:
            self.start_index()
        self.build(names, itertools.pairwise(names) if links is None else links, limit, rate)

    def build(
        self, names: Sequence[str], links: Iterable[tuple[str, str]], limit: Amount, rate: Amount
    ) -> None:
        """Start the nodes and make them friends."""
        relay = NamedRelayAddress(self.relay.public_key, f"{RELAY}:1", RELAY)
        for name in names:
            self.start(name)
            self.apps[name].ask(AddRelay(relay))
        for left, right in links:
            self.befriend(left, right, limit=limit, rate=rate)
        if self.has_index:
            self.use_index()

    def make_world(self) -> CalmWorld:
        """The world of this network."""
        return CalmWorld()

    # Hosts

    def start_relay(self) -> None:
        """Start the relay, perhaps again."""

        def make(host: Host) -> Engine:
            return RelayEngine(self.relay, SeededEntropy(RELAY), host.clock.now())

        self.world.add(RELAY, make, {LISTENER: f"{RELAY}:1"})

    def start_index(self) -> None:
        """Start the index server, perhaps again."""

        def make(host: Host) -> Engine:
            return IndexEngine(self.index, SeededEntropy(INDEX), {}, host.clock.now())

        self.world.add(INDEX, make, {CLIENTS: f"{INDEX}:1"})

    def use_index(self) -> None:
        """Let all nodes use the index server, and wait until it knows what they grant."""
        server = NamedIndexServerAddress(self.index.public_key, f"{INDEX}:1", INDEX)
        for app in self.apps.values():
            app.ask(AddIndexServer(server))
        self.world.run_until(
            lambda: all(app.report().connected_server is not None for app in self.apps.values())
        )
        self.world.run_for(1000)

    def start(self, name: str, rows: Rows | None = None, *, is_restored: bool = False) -> None:
        """Start a node, from the rows of an earlier life if there was one, and the app of its owner.

        `is_restored`: the rows are from a copy.
        """
        self.start_node(name, rows, is_restored=is_restored)
        self.apps[name] = self.add_app(name, name)
        self.apps[name].wait_ready()

    def start_node(self, name: str, rows: Rows | None = None, *, is_restored: bool = False) -> None:
        """Start a node without an app."""
        self._lives += 1
        entropy = SeededEntropy(f"{name} {self._lives}")

        def make(host: Host) -> Engine:
            assert host.disk is not None
            return NodeEngine(
                self.identities[name],
                entropy,
                lambda _: self.trusted,
                present(host.disk.rows),
                host.clock.now(),
                unix=self.world.unix,
                past=RowsPast(host.disk.rows),
                is_restored=is_restored,
                is_searching=name in self.searching,
            )

        self.world.add(
            name, make, {APPS: self.address(name)}, restored(rows or {}) if is_restored else rows or {}
        )

    def add_app(self, name: str, app: str) -> VirtualApp:
        """Start another app of a node."""
        return VirtualApp(self.world, app, self.key(name), self.address(name))

    def crash(self, name: str) -> None:
        """Kill a node and start it again from what was durable."""
        self.stop(name)
        self.start(name, self.rows(name))

    def stop(self, name: str) -> None:
        """Kill a node and the app of its owner; `start` with its `rows` lets it live again."""
        self.world.kill(name)
        self.apps[name].host.die("killed")

    # Looking

    def host(self, name: str) -> Host:
        """The host of a node."""
        return self.world.hosts[name]

    def rows(self, name: str) -> Rows:
        """What a node has made durable."""
        disk = self.host(name).disk
        assert disk is not None, f"{name} has no disk"
        return disk.rows

    def key(self, name: str) -> PublicKey:
        """The public key of a node."""
        return self.identities[name].public_key

    def address(self, name: str) -> str:
        """Where apps find a node within the virtual world."""
        return f"{name}:1"

    def balance(self, name: str, other: str) -> tuple[int, int, int]:
        """What `other` owes the node (negative: the node owes), and what both have frozen, as the node reports it."""
        status = self.apps[name].report().friends[self.key(other)].channel_status
        assert isinstance(status, ChannelConsistent), f"{name} and {other} do not agree on the balances"
        balances = {report.currency: report.balance for report in status.currency_reports}
        found = balances.get(self.currency, McBalanceReport(0, 0, 0))
        return found.balance, found.local_pending_debt, found.remote_pending_debt

    def can_pay(self, name: str, other: str) -> bool:
        """Whether a node runs, sees a friend online, agrees with it on the balances, and both use the currency."""
        friend = self.apps[name].report().friends.get(self.key(other))
        return (
            self.host(name).is_alive
            and friend is not None
            and friend.liveness
            and isinstance(friend.channel_status, ChannelConsistent)
            and self.currency in {report.currency for report in friend.channel_status.currency_reports}
        )

    # Friends

    def befriend(self, left: str, right: str, *, limit: Amount, rate: Amount) -> None:
        """Make two nodes friends and wait until they can pay each other."""
        for name, other in ((left, right), (right, left)):
            app, key = self.apps[name], self.key(other)
            app.ask(AddFriend(key, (RelayAddress(self.relay.public_key, f"{RELAY}:1"),), other))
            app.ask(EnableFriend(key))
            app.ask(SetFriendCurrencyMaxDebt(key, self.currency, limit))
            app.ask(SetFriendCurrencyRate(key, self.currency, Rate(0, rate)))
            app.ask(OpenFriendCurrency(key, self.currency))
        self.world.run_until(lambda: self.can_pay(left, right) and self.can_pay(right, left))
