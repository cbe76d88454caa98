"""The owner of a node and their app: asks until it is acknowledged, over as many lines as that takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offset.base.entropy import new_uid
from offset.base.faults import PeerFault
from offset.base.ids import PublicKey, Uid
from offset.base.instants import Millis
from offset.core.apps.reports import ReportView
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Heard, Over, Ready
from offset.engine.surface import Tell, Woken
from offset.sim.physics.host import Host, identity_seed
from offset.sim.physics.network import VirtualNetwork
from offset.sim.physics.violation import Violation
from offset.sim.physics.world import World
from offset.wire.app import (
    AppRequest,
    AppServerToApp,
    AppToAppServer,
    ClientResponseRoutes,
    ReportMutations,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.orders import Order, OrderRequest
from offset.wire.report import NodeReport

Then = Callable[[], None]
Asked = AppRequest | OrderRequest
Acknowledged = Callable[[str, Asked], None]
RETRY_MS: Millis = 1000


class Client:
    """An app of one node that never gives up. Its own memory is as durable as that of its user."""

    def __init__(
        self,
        world: World,
        network: VirtualNetwork,
        node: str,
        address: str,
        node_key: PublicKey,
        acknowledged: Acknowledged,
    ) -> None:
        """`acknowledged` is told the name of the node and each request that it acknowledged."""
        self.node = node
        self._world, self._tell_acknowledged = world, acknowledged
        self.identity = Identity(identity_seed(f"app of {node}"))
        self.rng = world.rng.fork(f"client {node}")
        self.host = Host(world, network, f"app {node}", self._make, site=node)
        self.host.on_tell = self._told
        self.host.is_wanted = True
        self.is_ready = False
        self.asks: dict[Uid, tuple[Asked, Then | None]] = {}
        """What is not acknowledged yet, by the id it was sent with last."""
        self.listeners: dict[tuple[str, bytes], Callable[[Any], None]] = {}
        self.on_ready: dict[object, Callable[[], None]] = {}
        self.acks = 0
        self.view: ReportView | None = None
        """What it shows its user, from the report and the changes since."""
        self._address, self._node_key = address, node_key

    def _make(self, host: Host) -> AppEngine:
        self.is_ready = False
        return AppEngine(self.identity, host.rng.fork(f"life {host.life}"), self._address, self._node_key)

    # Asking

    def ask(self, request: Asked, then: Then | None = None) -> None:
        """Ask until the node acknowledges it; then call `then`."""
        request_id = new_uid(self.rng)
        self.asks[request_id] = (request, then)
        if self.is_ready:
            self._post(request_id, request)

    def tell(self, request: Asked) -> None:
        """Ask once, if there is a line."""
        if self.is_ready:
            self._post(new_uid(self.rng), request)

    def listen(self, kind: str, ident: bytes, act: Callable[[Any], None]) -> None:
        """Call this for each answer about that id."""
        self.listeners[kind, ident] = act

    def _post(self, request_id: Uid, request: Asked) -> None:
        engine = self.host.engine
        assert isinstance(engine, AppEngine)
        if isinstance(request, OrderRequest):
            engine.order(Order(request_id, request))
        else:
            engine.post(AppToAppServer(request_id, request))
        self._world.after(0, lambda: self.host.feed(Woken()))

    # Hearing

    def _told(self, tell: Tell) -> None:
        match tell.detail:
            case Ready(_, NodeReport() as report):
                self.is_ready, self.view = True, ReportView(report)
                for request_id, (request, _) in list(self.asks.items()):
                    self._post(request_id, request)
                for act in list(self.on_ready.values()):
                    act()
            case Heard(message):
                self._hear(message)
            case Over():
                self.is_ready = False
                self.host.die("its line is over", RETRY_MS)

    def _hear(self, message: AppServerToApp) -> None:
        match message:
            case ReportMutations():
                self._follow(message)
                if message.opt_extra is not None:
                    for lost in message.opt_extra.lost_payments:
                        self._answer("payment", lost.payment_id, lost)
                if message.opt_app_request_id is not None:
                    self._acknowledged(message.opt_app_request_id)
            case TransactionResult():
                self._answer("transaction", message.request_id, message)
            case ResponseClosePayment():
                self._answer("payment", message.payment_id, message)
            case ClientResponseRoutes():
                self._answer("routes", message.request_id, message)

    def _follow(self, message: ReportMutations) -> None:
        assert self.view is not None
        try:
            self.view.apply_all(message.mutations)
        except PeerFault as fault:
            raise Violation(
                "report", f"the app of {self.node} cannot follow {message.mutations}: {fault}"
            ) from None
        self.view.take_extra(message.opt_extra)

    def _acknowledged(self, request_id: Uid) -> None:
        asked = self.asks.pop(request_id, None)
        if asked is not None:
            self.acks += 1
            self._tell_acknowledged(self.node, asked[0])
            if asked[1] is not None:
                asked[1]()

    def _answer(self, kind: str, ident: bytes, message: Any) -> None:
        act = self.listeners.get((kind, ident))
        if act is not None:
            act(message)
