"""An app of one node in a virtual world, steered message by message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from offset.base.entropy import SeededEntropy, new_uid
from offset.base.ids import PublicKey, Uid
from offset.core.apps.reports import ReportView
from offset.crypto.identity import Identity
from offset.engine.app import AppEngine, Heard, Over, Ready
from offset.engine.surface import Woken
from offset.testing.calm import CalmWorld
from offset.testing.identities import identity
from offset.wire.app import AppRequest, AppToAppServer, ReportMutations
from offset.wire.orders import Order, OrderRequest

T = TypeVar("T")


class VirtualApp:
    """The engine of an app, what it was told, and its requests."""

    def __init__(
        self,
        world: CalmWorld,
        name: str,
        node: PublicKey,
        address: str,
        key: Identity | None = None,
        *,
        wants_report: bool = True,
    ) -> None:
        """Connects to the node of this key at this address; apps of the same name have the same ids and identity.

        `wants_report`: else a node with a long report leaves it out.
        """
        self.world = world
        self.entropy = SeededEntropy(f"app of {name}")
        """Of the ids of its requests, payments and invoices."""
        self.news: list[Any] = []
        """What it was told: Ready, Heard and Over."""
        self.engine = AppEngine(
            key or identity(f"app {name}"), self.entropy, address, node, wants_report=wants_report
        )
        self.host = world.add(f"app {name}", lambda _: self.engine)
        self.host.on_tell = lambda tell: self.news.append(tell.detail)

    def wait_ready(self) -> Ready:
        """Wait until the node knows this app; what it said first."""
        self.world.run_until(lambda: any(isinstance(item, Ready) for item in self.news))
        return next(item for item in self.news if isinstance(item, Ready))

    def post(self, request: AppRequest | OrderRequest) -> Uid:
        """Send a request; returns its id."""
        request_id = new_uid(self.entropy)
        if isinstance(request, OrderRequest):
            self.engine.order(Order(request_id, request))
        else:
            self.engine.post(AppToAppServer(request_id, request))
        self.host.feed(Woken())
        return request_id

    def ask(self, request: AppRequest | OrderRequest) -> ReportMutations:
        """Send a request and wait for its acknowledgement."""
        request_id = self.post(request)
        return self.wait_for(ReportMutations, lambda message: message.opt_app_request_id == request_id)

    def heard(self, kind: type[T]) -> list[T]:
        """Messages of this kind, oldest first."""
        return [
            item.message for item in self.news if isinstance(item, Heard) and isinstance(item.message, kind)
        ]

    def wait_for(self, kind: type[T], is_meant: Callable[[T], bool] = lambda _: True) -> T:
        """Wait for a message of this kind that is meant; the first one."""

        def found() -> list[T]:
            return [message for message in self.heard(kind) if is_meant(message)]

        self.world.run_until(lambda: bool(found()))
        return found()[0]

    def report(self) -> ReportView:
        """The report, with every change that it was told."""
        report = self.wait_ready().report
        assert report is not None, "this app has no report"
        view = ReportView(report)
        for message in self.heard(ReportMutations):
            view.apply_all(message.mutations)
            view.take_extra(message.opt_extra)
        return view

    def is_over(self) -> bool:
        """Whether the node hung up."""
        return any(isinstance(item, Over) for item in self.news)
