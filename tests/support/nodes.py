"""Nodes, apps and a relay in the virtual world of `engines`: everything short of sockets and disks."""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.core.funder.records import in_order
from offset.core.funder.state.state import Friend
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Heard, Over, Ready
from offset.engine.node import APPS, NodeEngine
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import Woken
from offset.wire.app import (
    AddFriend,
    AddInvoice,
    AddRelay,
    AppPermissions,
    AppRequest,
    AppToAppServer,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    EnableFriend,
    OpenFriendCurrency,
    ReportMutations,
    RequestClosePayment,
    ResponseClosePayment,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
    TransactionResult,
)
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.friend import FriendsRoute
from support.engines import Host, World, identity_of

ALL = AppPermissions(routes=True, buyer=True, seller=True, config=True)
CURRENCY = "FST"
T = TypeVar("T")


class TestApp:
    """An app of one node, steered by a test."""

    __test__ = False

    def __init__(self, world: World, name: str, node: Identity, address: str) -> None:
        self.world = world
        self.entropy = SeededEntropy(f"app of {name}")
        self.news: list[Any] = []
        self.engine = AppEngine(identity_of(f"app {name}"), self.entropy, address, node.public_key)
        self.host = world.add(f"app {name}", self.engine)
        self.host.on_tell = lambda tell: self.news.append(tell.detail)

    def wait_ready(self) -> Ready:
        """Wait until the node knows this app."""
        self.world.run(lambda: any(isinstance(item, Ready) for item in self.news))
        return next(item for item in self.news if isinstance(item, Ready))

    def post(self, request: AppRequest) -> bytes:
        """Send a request; returns its id."""
        request_id = self.entropy.bytes(16)
        self.engine.post(AppToAppServer(request_id, request))
        self.host.feed(Woken())
        return request_id

    def ask(self, request: AppRequest) -> ReportMutations:
        """Send a request and wait for its acknowledgement."""
        request_id = self.post(request)

        def acks() -> list[ReportMutations]:
            return [m for m in self.heard(ReportMutations) if m.opt_app_request_id == request_id]

        self.world.run(lambda: bool(acks()))
        return acks()[0]

    def heard(self, kind: type[T]) -> list[T]:
        """Messages of this kind, oldest first."""
        return [
            item.message for item in self.news if isinstance(item, Heard) and isinstance(item.message, kind)
        ]

    def is_over(self) -> bool:
        """Whether the node hung up."""
        return any(isinstance(item, Over) for item in self.news)


class Town:
    """A row of nodes that are friends in pairs, over one relay."""

    def __init__(
        self, names: str, *, limit: int = 1000, rate: int = 1, rows: dict[str, dict[Any, Any]] | None = None
    ) -> None:
        """`rows`: those of a town of the same names, which lives on here."""
        self.world = self.make_world()
        self.relay = identity_of("relay")
        self.start_relay()
        self.identities = {name: identity_of(name) for name in names}
        self.apps: dict[str, TestApp] = {}
        self.trusted = ALL
        self.generation = 0
        if rows is not None:
            for name in names:
                self.start(name, rows[name])
            return
        for name in names:
            self.start(name)
            self.apps[name].ask(AddRelay(NamedRelayAddress(self.relay.public_key, "relay:1", "relay")))
        for left, right in itertools.pairwise(names):
            self.befriend(left, right, limit=limit, rate=rate)

    def make_world(self) -> World:
        """The world of this town."""
        return World()

    def start_relay(self) -> None:
        """Start the relay, perhaps again."""
        engine = RelayEngine(self.relay, SeededEntropy("relay"), self.world.now)
        self.world.add("relay", engine, **{LISTENER: "relay:1"})

    def start(self, name: str, rows: dict[Any, Any] | None = None) -> None:
        """Start a node, from the rows of an earlier life if there was one, and its app."""
        self.start_node(name, rows)
        self.apps[name] = TestApp(self.world, name, self.identities[name], f"{name}:1")
        self.apps[name].wait_ready()

    def start_node(self, name: str, rows: dict[Any, Any] | None = None) -> None:
        """Start a node without an app."""
        self.generation += 1
        engine = NodeEngine(
            self.identities[name],
            SeededEntropy(f"{name} {self.generation}"),
            lambda _: self.trusted,
            in_order(rows or {}),
            self.world.now,
        )
        host = self.world.add(name, engine, **{APPS: f"{name}:1"})
        host.rows.update(rows or {})

    def crash(self, name: str) -> None:
        """Kill a node and start it again from what was durable."""
        host = self.host(name)
        host.die()
        self.apps[name].host.die()
        self.start(name, host.rows)

    def host(self, name: str) -> Host:
        """The host of a node."""
        return self.world.hosts[name]

    def key(self, name: str) -> PublicKey:
        """The public key of a node."""
        return self.identities[name].public_key

    def friend(self, name: str, other: str) -> Friend:
        """How one node sees the other."""
        engine = self.host(name).engine
        assert isinstance(engine, NodeEngine)
        return engine._funder.state.friends[self.key(other)]

    def balance(self, name: str, other: str) -> tuple[int, int, int]:
        """Balance, local and remote pending debt."""
        credit = self.friend(name, other).channel.credits[CURRENCY]
        return credit.balance, credit.local_debt, credit.remote_debt

    def befriend(self, left: str, right: str, *, limit: int, rate: int) -> None:
        """Make two nodes friends and wait until their currency is active."""
        for name, other in ((left, right), (right, left)):
            app, key = self.apps[name], self.key(other)
            app.ask(AddFriend(key, (RelayAddress(self.relay.public_key, "relay:1"),), other))
            app.ask(EnableFriend(key))
            app.ask(SetFriendCurrencyMaxDebt(key, CURRENCY, limit))
            app.ask(SetFriendCurrencyRate(key, CURRENCY, Rate(0, rate)))
            app.ask(OpenFriendCurrency(key, CURRENCY))
        self.world.run(
            lambda: (
                self.friend(left, right).is_ready(CURRENCY) and self.friend(right, left).is_ready(CURRENCY)
            )
        )

    # Payments

    def invoice(self, seller: str, amount: int) -> bytes:
        """Open an invoice; returns its id."""
        app = self.apps[seller]
        invoice_id = app.entropy.bytes(32)
        app.ask(AddInvoice(invoice_id, CURRENCY, amount))
        return invoice_id

    def send(self, route: str, invoice_id: bytes, amount: int, fees: int) -> tuple[bytes, bytes]:
        """Begin to pay along a route; returns the ids of payment and request."""
        app = self.apps[route[0]]
        payment_id, request_id = app.entropy.bytes(16), app.entropy.bytes(16)
        keys = FriendsRoute(tuple(self.key(name) for name in route))
        app.post(CreatePayment(payment_id, invoice_id, CURRENCY, amount, self.key(route[-1])))
        app.post(CreateTransaction(payment_id, request_id, keys, amount, fees))
        app.post(RequestClosePayment(payment_id))
        return payment_id, request_id

    def result(self, buyer: str, request_id: bytes) -> TransactionResult:
        """Wait for the result of a request."""

        def found() -> list[TransactionResult]:
            return [m for m in self.apps[buyer].heard(TransactionResult) if m.request_id == request_id]

        self.world.run(lambda: bool(found()))
        return found()[0]

    def ending(self, buyer: str, payment_id: bytes) -> ResponseClosePayment:
        """Wait for the end of a payment."""

        def found() -> list[ResponseClosePayment]:
            return [m for m in self.apps[buyer].heard(ResponseClosePayment) if m.payment_id == payment_id]

        self.world.run(lambda: bool(found()))
        return found()[0]

    def pay(self, route: str, amount: int, fees: int) -> ResponseClosePayment:
        """A whole payment along a route, from the invoice to the receipt."""
        invoice_id = self.invoice(route[-1], amount)
        payment_id, request_id = self.send(route, invoice_id, amount, fees)
        result = self.result(route[0], request_id).result
        assert isinstance(result, Complete)
        self.apps[route[-1]].ask(CommitInvoice(result.commit))
        return self.ending(route[0], payment_id)
