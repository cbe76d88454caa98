"""How whoever judges a run is told what happens in it."""

from __future__ import annotations

from typing import Protocol

from offset.base.ids import RequestId
from offset.engine.surface import Effect
from offset.sim.physics.host import Host
from offset.wire.app import AppRequest


class Watch(Protocol):
    """Looks on. Each method raises Violation when a promise is broken."""

    def saw(self, host: Host, effects: list[Effect]) -> None:
        """The engine of this host took an event, and these effects were carried out."""
        ...

    def acknowledged(self, name: str, request: AppRequest) -> None:
        """The node of this name acknowledged a request to its app."""
        ...

    def spoken(self, name: str, request_id: RequestId) -> None:
        """The node of this name gave its app the commit of a payment, for the part with this id."""
        ...
