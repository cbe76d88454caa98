"""What goes with each open card: its books, the payments that are under way, and its history."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from offset.app.reports import LiveReport
from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import PublicKey, Uid
from offset.base.instants import Millis
from offset.shell.system import SystemEntropy
from offset.store.card.rows import Contact, Move, PurchaseRow, SaleRow
from offset.wallet.access import CardAccess
from offset.wallet.books import Books, open_books
from offset.wallet.elsewhere import Claim, OtherCard, claims
from offset.wallet.history import Historian
from offset.wallet.letters import Letters
from offset.wallet.moves import Expectations
from offset.wallet.paying import Paying
from offset.wallet.payment_views import purchase_value, sale_value
from offset.wallet.receiving import Receiving
from offset.wallet.refusals import Refusal
from offset.wallet.values.events import EventKind
from offset.wallet.values.payments import Purchase, Quote, Sale

log = logging.getLogger("offset")


KnownCard = tuple[str, str, Path]
"""A card of the wallet, open or closed: its id, its name and its folder."""


class Publish(Protocol):
    """Tells pages what changed, soon."""

    def __call__(
        self, kind: EventKind, value: Callable[[], Any], *, card: str | None = None, key: str | None = None
    ) -> None:
        """As `Events.changed`."""
        ...


def now_ms() -> Millis:
    """The time of day."""
    return time.time_ns() // 1_000_000


class Clerk:
    """Of one open card; made by `Clerks`."""

    def __init__(
        self,
        card: CardAccess,
        books: Books,
        publish: Publish,
        now: Callable[[], Millis],
        decimals: Callable[[str], int],
        turn: asyncio.Lock,
        elsewhere: Callable[[], Awaitable[list[Claim]]],
    ) -> None:
        """`now` stamps what happens; `decimals` of a currency, as the owner sees it. `turn` and `elsewhere`: see
        `Carrying`.
        """
        self.card, self.books = card, books
        self._publish = publish
        entropy, expected = SystemEntropy(), Expectations()
        self.paying = Paying(
            card, books, expected, entropy, now, self._purchase_changed, turn, elsewhere, self._with_letter
        )
        self.receiving = Receiving(card, books, expected, entropy, now, self._sale_changed)
        self.letters = Letters(
            card, books, self.paying, self.receiving, entropy, now, decimals, self._request_changed
        )
        self.historian = Historian(books, expected, self._name, now, self._moved)
        self.now = now
        self.trouble: str | None = None
        """Why no history is written."""
        self.contacts: dict[PublicKey, Contact] = {}

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Go on with what was under way, and write the history, until the block ends. Raises NodeStopped."""
        self.contacts = {
            contact.key: contact for contact in await self.books.do(lambda books: books.contacts())
        }
        await self.paying.start()
        await self.receiving.start()
        following = asyncio.create_task(self._follow())
        try:
            async with self.letters.working():
                yield
        finally:
            following.cancel()
            await asyncio.wait([following])
            await self.paying.stop()
            await self.receiving.stop()

    async def _follow(self) -> None:
        try:
            await self.historian.follow(self.card.updates())
        except UserFault as fault:
            self.trouble = f"{fault}"
            log.error("no history is written: %s", fault)

    def name_of(self, key: PublicKey) -> str | None:
        """What the owner calls a node: a friend, or a contact."""
        report = self.report()
        friend = None if report is None else report.friends.get(key)
        if friend is not None:
            return friend.name
        contact = self.contacts.get(key)
        return contact.name if contact is not None and contact.name else None

    async def call(self, key: PublicKey, name: str) -> None:
        """Call a node so from now on. Raises NodeStopped."""
        contact = Contact(key, name)
        if name and self.contacts.get(key) != contact:
            await self.books.do(lambda books: books.put_contact(contact))
            self.contacts[key] = contact

    def _name(self, key: PublicKey) -> str:
        return self.name_of(key) or ""

    def report(self) -> LiveReport | None:
        """What the node said last; None before it has said anything since this start."""
        try:
            return self.card.report
        except Refusal:
            return None

    def purchase_value(self, row: PurchaseRow, quote: Quote | None = None) -> Purchase:
        """A purchase as it is answered."""
        return purchase_value(row, self.report(), self.name_of(row.seller), quote)

    def sale_value(self, row: SaleRow) -> Sale:
        """A sale as it is answered."""
        return sale_value(row, self.report())

    def _with_letter(self, row: PurchaseRow) -> asyncio.Future[None] | None:
        return self.letters.deliver(row)

    def _purchase_changed(self, row: PurchaseRow) -> None:
        if row.stage == "done":
            self.historian.settle(row.id)
        self.letters.purchase(row)
        self._publish("purchase", lambda: self.purchase_value(row), card=self.card.id, key=row.id)

    def _sale_changed(self, row: SaleRow) -> None:
        if row.stage == "collected":
            self.historian.settle(row.id)
        self.letters.sale(row)
        if row.ask_id is None or row.commit is not None:
            # What strangers ask for, and do not pay, is nobody's concern.
            self._publish("sale", lambda: self.sale_value(row), card=self.card.id, key=row.id)
        if row.request_id is not None and row.commit is not None:
            self._request_changed(row.request_id)

    def _request_changed(self, id: Uid) -> None:
        self._publish("request", lambda: None, card=self.card.id, key=base64url.encode(id))

    def _moved(self, moves: list[Move]) -> None:
        self.receiving.noticed(moves)
        self._publish("history", lambda: None, card=self.card.id)


class Clerks:
    """Those of all open cards, by the id of the card."""

    def __init__(
        self,
        publish: Publish,
        now: Callable[[], Millis] = now_ms,
        decimals: Callable[[str], int] = lambda _: 0,
        cards: Callable[[], Iterable[KnownCard]] = lambda: (),
    ) -> None:
        """`publish` tells pages what changed; `decimals` of a currency, as the owner sees it; `cards`: all of them."""
        self._publish, self._now, self._decimals, self._cards = publish, now, decimals, cards
        self._clerks: dict[str, Clerk] = {}
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def attend(self, card: CardAccess) -> AsyncIterator[None]:
        """Keep the books of a card as long as it is open. Raises UserFault, NodeStopped."""
        books = await open_books(card.folder)
        try:
            clerk = Clerk(
                card,
                books,
                self._publish,
                self._now,
                self._decimals,
                self._turn,
                partial(self._elsewhere, card.id),
            )
            async with clerk.working():
                self._clerks[card.id] = clerk
                try:
                    yield
                finally:
                    del self._clerks[card.id]
        finally:
            await asyncio.shield(books.close())

    async def _elsewhere(self, id: str) -> list[Claim]:
        """What all cards but this one may be paying."""
        others: list[OtherCard] = []
        for other, name, folder in self._cards():
            clerk = self._clerks.get(other)
            if other != id:
                others.append(OtherCard(name, folder, None if clerk is None else clerk.paying.open_rows()))
        return await claims(others)

    def find(self, id: str) -> Clerk | None:
        """The clerk of a card, if it is open."""
        return self._clerks.get(id)

    def get(self, id: str) -> Clerk:
        """The clerk of a card. Raises Refusal when the card is closed."""
        clerk = self._clerks.get(id)
        if clerk is None:
            raise Refusal(
                "card-closed",
                "The card is closed, and its books with it. Open it first.",
                remedies=["open-card"],
            )
        return clerk
