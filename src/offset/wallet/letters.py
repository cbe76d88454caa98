"""The letters of an open card: its mailbox on real sockets, and what letters mean for purchases and sales.

    Paying ── each row that is durable ──► dealings ── Priced, Settled, Refused ──► Paying
    Receiving ◄── orders: open, collect, withdraw ── dealings ◄── what became of them, and of sales ── Receiving

Books of the wallet and rows of the dealings are written one after the other, and any of both may be the last one
before a crash: so at each start every open purchase is told again, and each sale of a guest whose row has not ended,
and the dealings order and tell again. Each of these changes nothing the second time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial

from offset.base import base64url
from offset.base.backoff import Backoff
from offset.base.entropy import Entropy
from offset.base.faults import OffsetError
from offset.base.ids import InvoiceId, PublicKey, Uid
from offset.base.instants import Instant, Millis
from offset.base.limits import TEXT_RELAYS_MAX, WALLET_RESTART_MS_MAX, WALLET_RESTART_MS_MIN
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import (
    Answer,
    Changed,
    Collect,
    Collected,
    OpenInvoice,
    OrderId,
    Step,
    Withdraw,
    Withdrawn,
)
from offset.core.dealings.records import OpenTo, Request, RequestState
from offset.core.dealings.terms import Terms
from offset.crypto.derived import mailbox_identity
from offset.crypto.identity import Identity
from offset.engine.card import TOPIC, CardEngine
from offset.engine.surface import Persist, Tell
from offset.shell.driver import Driver
from offset.shell.log import log_tell
from offset.shell.network import InterfaceWatch
from offset.shell.system import monotonic_ms
from offset.store.card.rows import AddressRow, PurchaseRow, SaleRow
from offset.wallet.access import CardAccess
from offset.wallet.books import Books
from offset.wallet.guest_terms import currencies_of, standings, terms_of
from offset.wallet.letter_orders import Orders
from offset.wallet.letter_rows import LetterRows
from offset.wallet.local import new_identity
from offset.wallet.own_letters import Act, OwnLetters, OwnNews
from offset.wallet.paying import Paying
from offset.wallet.receiving import Receiving
from offset.wallet.refusals import Refusal
from offset.wallet.sales import is_lost
from offset.wire.common import RelayAddress
from offset.wire.report import (
    AddFriendReport,
    AddRelayMutation,
    ChangeFriend,
    FunderMutation,
    NodeReport,
    RemoveRelayMutation,
)
from offset.wire.text_values import MailboxAddress

MAIN = 0
"""The number of the one address that a card has."""
LOOK_S = 0.25
"""Seconds from a change of the report to the look at what it means for guests."""

log = logging.getLogger("offset")


class Letters:
    """The letters of one open card."""

    def __init__(
        self,
        card: CardAccess,
        books: Books,
        paying: Paying,
        receiving: Receiving,
        entropy: Entropy,
        now: Callable[[], Millis],
        decimals: Callable[[str], int],
        request_changed: Callable[[Uid], None],
    ) -> None:
        """`now`: the time of day. `decimals` of a currency. `request_changed` hears of each that changed."""
        self._card, self._books = card, books
        self._entropy, self._now = entropy, now
        self._decimals, self._request_changed = decimals, request_changed
        self._row = AddressRow(MAIN, "", OpenTo.ANYONE.value)
        self._key: Identity | None = None
        """Of the mailbox, once the card was reached."""
        self._running: tuple[CardEngine, Driver] | None = None
        self._rows: LetterRows | None = None
        """What makes the rows of the engine that runs durable."""
        self._own = OwnLetters(books, paying, now, self._do, self._write_with)
        self._receiving = receiving
        self._orders = Orders(receiving, entropy, self._answered)
        self._news: asyncio.Queue[OwnNews] = asyncio.Queue()
        self._changes: dict[Uid, list[asyncio.Future[None]]] = {}
        """Who waits until a change of a request is durable."""
        self._terms = Terms()
        self._look: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._relays: tuple[RelayAddress, ...] = ()

    # Its life

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Be called, and call, until the block ends. Raises NodeStopped when the books cannot be read."""
        found = await self._books.do(lambda books: books.addresses())
        self._row = next((row for row in found if row.number == MAIN), self._row)
        tasks = [
            asyncio.create_task(self._live()),
            asyncio.create_task(self._read_news()),
            asyncio.create_task(self._own.sweep(self.dealings)),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _live(self) -> None:
        backoff = Backoff(WALLET_RESTART_MS_MIN, WALLET_RESTART_MS_MAX)
        while True:
            try:
                # The first report comes once the card was reached, so its key is known then.
                async for _ in self._card.updates():
                    break
                owner = self._card.owner
                if owner is None:
                    return
                self._key = mailbox_identity(owner, MAIN)
                await self._serve(self._key, backoff.reset)
            except Exception as error:
                log.error("the mailbox of a card stopped, and is started again", exc_info=error)
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)

    async def _serve(self, key: Identity, succeeded: Callable[[], None]) -> None:
        """Run the engine until it fails. Raises what stopped it."""
        database = await self._books.do(lambda books: books)
        rows = await self._books.do(lambda books: books.dealings().load())
        store = LetterRows(database, self._receiving.note)
        with closing(await self._books.do(lambda books: books.past())) as past:
            engine = CardEngine(
                key,
                self._entropy,
                new_identity,
                [*rows.own_asks, *rows.guest_asks, *rows.requests],
                monotonic_ms(),
                self._now,
                past=past,
            )
            driver = Driver(engine, committer=store, tell=self._tell, network=InterfaceWatch())
            tasks = [asyncio.create_task(driver.run())]
            try:
                # It begins before anything is asked of it; the card may be closed at that very moment.
                await asyncio.sleep(0)
                self._running, self._rows, self._relays = (engine, driver), store, ()
                # Before anybody can call: a request that was paid meanwhile must not be answered once more.
                await self._tell_sales(engine.dealings)
                tasks.append(asyncio.create_task(self._follow()))
                await self._own.tell_all(engine.dealings)
                succeeded()
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._running = self._rows = None
                self._leave()
                for following in tasks[1:]:
                    following.cancel()
                driver.stop()
                await self._orders.stop()
                await asyncio.wait(tasks)
            for task in tasks:
                task.result()

    def _leave(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for waiting in self._changes.values():
            for future in waiting:
                if not future.done():
                    future.set_exception(_not_running())
        self._changes.clear()

    def dealings(self) -> Dealings | None:
        """For looking; None while they do not run."""
        return None if self._running is None else self._running[0].dealings

    def _do(self, act: Act) -> None:
        """Have the dealings do something; nothing, while they do not run. Raises UserFault."""
        if self._running is not None:
            engine, driver = self._running
            driver.carry_out(engine.do(act, monotonic_ms()))

    def _write_with(self, act: Act, row: PurchaseRow) -> asyncio.Future[None] | None:
        """As `_do`, and a purchase is written together with the rows of that; None: there are none."""
        if self._running is None or self._rows is None:
            return None
        engine, driver = self._running
        effects = engine.do(act, monotonic_ms())
        written = self._rows.beside(row) if any(isinstance(one, Persist) for one in effects) else None
        driver.carry_out(effects)
        return written

    # What is told of purchases and sales

    def deliver(self, row: PurchaseRow) -> asyncio.Future[None] | None:
        """See `OwnLetters.deliver`."""
        return self._own.deliver(row)

    def purchase(self, row: PurchaseRow) -> None:
        """A purchase is this by now, and durable."""
        self._own.tell(row)

    def sale(self, row: SaleRow) -> None:
        """A sale is this by now, and durable: whoever ended it, its guest is told; at the next start if not now."""
        if row.ask_id is None:
            return
        if row.stage in ("committed", "collected") or is_lost(row):
            self._do(lambda dealings, now: dealings.ended(row.invoice_id, Collected(), now))
        elif row.stage == "canceled":
            self._do(lambda dealings, now: dealings.ended(row.invoice_id, Withdrawn(), now))

    async def _tell_sales(self, dealings: Dealings) -> None:
        """Each sale whose guest's row has not ended: it may have, while the dealings did not run."""
        ids = [
            base64url.encode(ask.invoice_id) for ask in dealings.guest_asks() if ask.invoice_id is not None
        ]
        for row in await self._books.do(lambda books: [books.sale(id) for id in ids]):
            if row is not None:
                self.sale(row)

    # Our own address and requests

    @property
    def key(self) -> PublicKey | None:
        """That of the mailbox; None before the node was reached."""
        return None if self._key is None else self._key.public_key

    @property
    def row(self) -> AddressRow:
        """What the owner has set for the address."""
        return self._row

    async def set_address(self, row: AddressRow) -> None:
        """Call it so, and open it to these. Raises NodeStopped."""
        await self._books.do(lambda books: books.put_address(row))
        self._row = row
        self._look_now()

    @property
    def address(self) -> MailboxAddress:
        """Where we are called. Raises Refusal before the node was reached, and while it has no relay."""
        if self._key is None:
            raise _not_running()
        if not self._relays:
            raise Refusal(
                "conflict",
                "This card has no relay, so nobody can call its wallet. Add a relay first.",
                cause="no-relay",
                remedies=["add-relay"],
            )
        return MailboxAddress(self._key.public_key, self._relays, self._row.label)

    async def add_request(self, request: Request) -> None:
        """A new one; one that is known stays as it is. Raises UserFault, Refusal, NodeStopped."""
        await self._durably(request.request_id, lambda dealings, _: dealings.add_request(request))

    async def close_request(self, id: Uid) -> None:
        """Answer it no more. Raises Refusal, NodeStopped."""
        dealings = self.dealings()
        if dealings is None:
            raise _not_running()
        found = dealings.request(id)
        if found is not None and found.state is RequestState.OPEN:
            await self._durably(id, lambda dealings, now: dealings.close_request(id, now))

    async def _durably(self, id: Uid, act: Act) -> None:
        if self._running is None:
            raise _not_running()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changes.setdefault(id, []).append(future)
        try:
            self._do(act)
        except BaseException:
            self._changes[id].remove(future)
            raise
        # Its news come once it is durable.
        await future

    # What the dealings tell

    def _tell(self, tell: Tell) -> None:
        if tell.topic != TOPIC:
            log_tell(tell)
            return
        match tell.detail:
            case OpenInvoice() | Collect() | Withdraw():
                self._orders.carry_out(tell.detail)
            case Changed():
                self._changed(tell.detail)
            case _:
                # At most a few for each question of ours, of which there are not many.
                self._news.put_nowait(tell.detail)

    def _answered(self, order: OrderId, answer: Answer) -> None:
        self._do(lambda dealings, now: dealings.answered(order, answer, now))
        self._look_soon()

    async def _read_news(self) -> None:
        while True:
            news = await self._news.get()
            try:
                await self._own.take(news)
            except OffsetError as error:
                # The rows of the dealings say it again at the next start.
                log.warning("what a letter says was not written down: %s", error)
            except Exception as error:
                log.error("news of a letter were lost until the next start", exc_info=error)

    def _changed(self, news: Changed) -> None:
        if news.request_id is None:
            return
        for future in self._changes.pop(news.request_id, []):
            if not future.done():
                future.set_result(None)
        self._request_changed(news.request_id)

    # What the node tells

    async def _follow(self) -> None:
        async for _, update in self._card.updates():
            match update:
                case NodeReport():
                    self._set_relays()
                    self._look_now()
                case FunderMutation(mutation=AddRelayMutation() | RemoveRelayMutation()):
                    self._set_relays()
                case FunderMutation(
                    mutation=AddFriendReport(friend_public_key=key) | ChangeFriend(friend_public_key=key)
                ):
                    friend = self._card.report.friends.get(key)
                    if friend is not None and not currencies_of(friend) <= self._terms.currencies.keys():
                        # From the next moment on somebody may ask for it.
                        self._look_now()
                    else:
                        self._look_soon()
                case FunderMutation():
                    self._look_soon()
                case _:
                    pass

    def _set_relays(self) -> None:
        relays = tuple(
            RelayAddress(relay.public_key, relay.address) for relay in self._card.report.relays.values()
        )[:TEXT_RELAYS_MAX]
        if relays != self._relays and self._running is not None:
            self._relays = relays
            engine, driver = self._running
            driver.carry_out(engine.set_relays(relays, monotonic_ms()))

    def _look_soon(self) -> None:
        if self._look is None and self._running is not None:
            self._look = asyncio.get_running_loop().call_later(LOOK_S, self._look_now)

    def _look_now(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        try:
            report = self._card.report
        except Refusal:
            return
        terms = self._terms = terms_of(report, OpenTo(self._row.open_to), self._decimals)

        def set_all(dealings: Dealings, _: Instant) -> Step | None:
            dealings.set_node(report.public_key)
            dealings.set_terms(terms)
            return None

        self._do(set_all)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at_invoices())

    async def _look_at_invoices(self) -> None:
        dealings = self.dealings()
        if dealings is None:
            return
        try:
            for invoice_id, is_touched, is_complete in await standings(self._card, dealings):
                self._do(partial(_stands, invoice_id, is_touched, is_complete))
        except OffsetError as error:
            # It is advice: who waits keeps its place a little longer.
            log.info("how invoices stand was not told: %s", error)


def _stands(
    invoice_id: InvoiceId, is_touched: bool, is_complete: bool, dealings: Dealings, now: Instant
) -> Step | None:
    return dealings.standing(invoice_id, now, is_touched=is_touched, is_complete=is_complete)


def _not_running() -> Refusal:
    return Refusal(
        "node-down",
        "The mailbox of this card does not run yet, since its node was not reached. Wait a moment.",
        remedies=["wait"],
    )
