"""Cards for tests of those who keep their books: a session with a node, without a wallet around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from offset.app.errors import NotConnected
from offset.app.lasting_session import LastingSession, stay_connected
from offset.app.node import Node
from offset.app.reports import LiveReport
from offset.app.updates import Update
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.store.card.rows import PurchaseRow
from offset.testing import APP
from offset.wallet.clerk import Clerk, Clerks
from offset.wallet.refusals import Refusal
from offset.wire.files import InvoiceFile, Ticket
from offset.wire.text_files import from_file
from offset.wire.text_values import INVOICE

PATIENCE_S = 20.0
"""For what comes soon, also on a slow machine."""


class LooseCard:
    """A card that is open as long as its session lasts."""

    def __init__(
        self, folder: Path, session: LastingSession, id: str = "card", identity: Identity | None = None
    ) -> None:
        self.id, self.folder, self.identity = id, folder, identity
        self.session = session

    @property
    def public_key(self) -> PublicKey | None:
        return self.report.public_key

    @property
    def owner(self) -> Identity | None:
        return self.identity

    @property
    def node(self) -> Node:
        try:
            return self.session.node
        except NotConnected as error:
            raise Refusal("node-down", str(error)) from None

    @property
    def report(self) -> LiveReport:
        try:
            return self.session.report
        except NotConnected as error:
            raise Refusal("node-down", str(error)) from None

    async def until_open(self, timeout_s: float) -> Node:
        try:
            return await self.session.until_connected(timeout_s)
        except NotConnected as error:
            raise Refusal("node-down", str(error)) from None

    def updates(self) -> AsyncIterator[tuple[int, Update]]:
        return self.session.updates()


class Pages:
    """Hears what pages would be told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str | None]] = []

    def __call__(
        self, kind: Any, value: Callable[[], Any], *, card: str | None = None, key: str | None = None
    ) -> None:
        value()
        self.heard.append((kind, key))


@asynccontextmanager
async def clerk_of(
    ticket: Ticket,
    folder: Path,
    *,
    app: Identity = APP,
    pages: Pages | None = None,
    beside: Clerks | None = None,
    id: str = "card",
) -> AsyncIterator[Clerk]:
    """The clerk of a card whose node is at `ticket`; leaving the block is as if the daemon had been killed.

    `beside`: those of the other cards of its wallet.
    """
    async with stay_connected(ticket, None, app) as session:
        card = LooseCard(folder, session, id)
        await card.until_open(PATIENCE_S)
        clerks = beside or Clerks(pages or Pages())
        async with clerks.attend(card):
            yield clerks.get(card.id)


def new_purchase(
    clerk: Clerk, invoice: InvoiceFile, id: str = "one", body_hash: bytes = b"body"
) -> PurchaseRow:
    """The row of a payment of this invoice."""
    return PurchaseRow(
        id=id,
        body_hash=body_hash,
        invoice=INVOICE.encode(from_file(invoice)),
        invoice_id=invoice.invoice_id,
        seller=invoice.dest_public_key,
        currency=invoice.currency,
        amount=invoice.dest_payment,
        name="",
        note="",
        stage="priced",
        made=clerk.now(),
        changed=clerk.now(),
    )


async def stage_of(clerk: Clerk, id: str, *stages: str) -> PurchaseRow:
    """The purchase, once it is in one of these stages."""
    return await _until(lambda: clerk.paying.get(id), stages)


async def sale_in(clerk: Clerk, id: str, *stages: str) -> Any:
    """The sale, once it is in one of these stages."""
    return await _until(lambda: clerk.receiving.get(id), stages)


async def _until(get: Callable[[], Any], stages: tuple[str, ...]) -> Any:

    async with asyncio.timeout(PATIENCE_S):
        while True:
            row = await get()
            if row.stage in stages:
                return row
            await asyncio.sleep(0.005)
