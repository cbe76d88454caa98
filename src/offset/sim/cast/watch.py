"""How whoever judges a run is told what happens in it."""

from __future__ import annotations

from typing import Any, Protocol

from offset.base.ids import InvoiceId, RequestId
from offset.engine.surface import Effect
from offset.sim.cast.client import Asked
from offset.sim.physics.host import Host


class Watch(Protocol):
    """Looks on. Each method raises Violation when a promise is broken."""

    def saw(self, host: Host, effects: list[Effect]) -> None:
        """The engine of this host took an event, and these effects were carried out."""
        ...

    def acknowledged(self, name: str, request: Asked) -> None:
        """The node of this name acknowledged a request to its app."""
        ...

    def spoken(self, name: str, request_id: RequestId) -> None:
        """The node of this name gave its app the commit of a payment, for the part with this id."""
        ...

    def letter(self, name: str, told: Any) -> None:
        """The wallet of this node was told this by the engine of its letters: an order, or news."""
        ...

    def invoice_ended(self, name: str, invoice_id: InvoiceId, before: str, now: str) -> None:
        """The node of this name says how an invoice ended, and what it said of it first."""
        ...

    def errand_over(self, name: str, words: str, end: str | None) -> None:
        """The owner of this node takes a purchase by letter for ended, and is free to begin another one.

        `words` names it; `end` is how it ended by the word of the node, None if that has said nothing.
        """
        ...
