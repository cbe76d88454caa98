"""`offset demo --wallet`: the demo's network with pages for both ends, and a payment that is left to a person."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from offset.base.credits import Amount
from offset.base.faults import OffsetError, UserFault
from offset.base.ids import Currency
from offset.programs.offset.network import DemoNetwork, DemoNode, free_port
from offset.programs.offset.pages import show_page
from offset.programs.offset.progress import Progress
from offset.programs.offset.rest import Rest

NOTE = "Lunch"
_OPEN_SECONDS = 60.0
# A moment that a person does not notice.
_LOOK_SECONDS = 0.1


class DemoWallets:
    """A wallet with one remote card for each end of the row."""

    def __init__(self, network: DemoNetwork, progress: Progress) -> None:
        self._network, self._progress = network, progress
        self._rests: dict[str, Rest] = {}
        self._cards: dict[str, str] = {}

    async def prepare(self, buyer: str, seller: str, currency: Currency, amount: Amount) -> None:
        """Start both wallets, let the seller ask and the buyer be asked. Raises OffsetError."""
        async with self._progress.step(f"wallets of {buyer} and {seller} are open"):
            await asyncio.gather(*[asyncio.to_thread(self._open, name) for name in (buyer, seller)])
        await asyncio.to_thread(self._ask, buyer, seller, currency, amount)

    def _open(self, name: str) -> None:
        network, node = self._network, self._network.nodes[name]
        folder, port = network.folder / f"wallet-{name}", free_port()
        options = ("--headless", "--port", str(port), "--folder", str(folder))
        network.start(f"wallet-{name}", "offset", port, "wallet", *options)
        rest = self._rests[name] = Rest(folder)
        rest.call("PATCH", "settings", body={"owner": name})
        self._cards[name] = rest.call("POST", "cards", body=_card_of(node))["id"]
        until = time.monotonic() + _OPEN_SECONDS
        while (card := rest.get("cards", self._cards[name]))["state"] != "open":
            if time.monotonic() > until:
                raise OffsetError(f"the card of {name} did not open: {card['why']}")
            time.sleep(_LOOK_SECONDS)

    def _ask(self, buyer: str, seller: str, currency: Currency, amount: Amount) -> None:
        wish = {"currency": currency, "amount": str(amount), "note": NOTE}
        sale = self._rests[seller].call("POST", "cards", self._cards[seller], "sales", body=wish)
        order = {"to": sale["text"], "name": seller}
        self._rests[buyer].call("POST", "cards", self._cards[buyer], "purchases", body=order)

    async def show(self) -> None:
        """Open a page for each in the browser, or say how to."""
        for name, rest in self._rests.items():
            page = Path((await asyncio.to_thread(self._login, rest))["page"])
            try:
                await asyncio.to_thread(show_page, page)
            except UserFault as fault:
                self._progress.say(f"{name}: {fault}")

    def _login(self, rest: Rest) -> Any:
        return rest.call("POST", "logins", body={"form": "page"})

    def folder_of(self, name: str) -> Path:
        """Where the wallet of this end is."""
        return self._network.folder / f"wallet-{name}"


def _card_of(node: DemoNode) -> dict[str, str]:
    return {
        "name": node.name,
        "kind": "remote",
        "node": node.ticket.read_text("utf-8"),
        "identity": node.app_ident.read_text("utf-8"),
    }
