"""Letters because of purchases: what is said as a purchase goes on, and what its owner's answers mean for it.

Each row of a purchase is told here once it is durable, and every open one again after a start; the dealings know what
was said before. Their news may come again after a start too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from offset.base import base64url
from offset.base.faults import OffsetError, UserFault
from offset.base.ids import Uid
from offset.base.instants import MINUTE, Instant, Millis
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import GaveUp, Priced, Refused, Settled, Step, Waiting
from offset.store.card.database import CardDatabase
from offset.store.card.rows import PurchaseRow
from offset.wallet.books import Books
from offset.wallet.letter_words import why_refused, why_waiting
from offset.wallet.paying import Paying
from offset.wallet.purchases import ENDS, OPEN, ask_id_of, is_delivered
from offset.wallet.values.payments import Why
from offset.wire.common import COMMIT
from offset.wire.mailbox import Invoice, OpenPurpose, Purpose, RefusalCode, RequestPurpose
from offset.wire.text_values import INVOICE, InvoiceText, MailboxAddress, PaymentRequest
from offset.wire.texts import read_text

ASK_MS: Millis = 2 * MINUTE
"""So long a wallet that does not answer is asked."""
ASK_WHEN_OPEN_MS: Millis = 24 * 60 * MINUTE
"""The same, where the person wants to wait until it is opened."""
SWEEP_S = 30.0
"""Seconds between two looks whether the time to pay is over."""

Act = Callable[[Dealings, Instant], Step | None]
WriteWith = Callable[[Act, PurchaseRow], asyncio.Future[None] | None]
"""Has the dealings do something, and writes a purchase together with the rows of that; None: there are none."""
OwnNews = Priced | Settled | Refused | GaveUp | Waiting

log = logging.getLogger("offset")


class OwnLetters:
    """The letters because of the purchases of one card."""

    def __init__(
        self,
        books: Books,
        paying: Paying,
        now: Callable[[], Millis],
        do: Callable[[Act], None],
        write_with: WriteWith,
    ) -> None:
        """`do` has the dealings do something, if they run."""
        self._books, self._paying, self._now, self._do = books, paying, now, do
        self._write_with = write_with
        self._failing: set[asyncio.Task[PurchaseRow]] = set()

    def tell(self, row: PurchaseRow) -> None:
        """A purchase is this by now, and durable."""
        if not is_delivered(row):
            return
        try:
            self._do(partial(_said, row, self._now()))
        except UserFault as fault:
            why = Why(kind="other", sentence=f"Nobody was asked: {fault}.")
            task = asyncio.create_task(self._paying.refused(row.id, why))
            self._failing.add(task)
            task.add_done_callback(self._failing.discard)

    def deliver(self, row: PurchaseRow) -> asyncio.Future[None] | None:
        """Write a purchase that has its commit together with the letter that hands it over, which leaves then.

        None: there is no such letter now, and the purchase is still to be written.
        """
        if not is_delivered(row):
            return None
        try:
            return self._write_with(partial(_said, row, self._now()), row)
        except UserFault:
            # It is told once more when the row is durable.
            return None

    async def tell_all(self, dealings: Dealings) -> None:
        """All that is open, after a start, and what has ended while its letters had not."""
        for row in await self._books.do(lambda books: books.purchases_in(("asking", *OPEN))):
            self.tell(row)
        for ask in dealings.own_asks():
            id = base64url.encode(ask.ask_id)
            known = await self._books.do(partial(CardDatabase.purchase, id=id))
            if known is None:
                self._do(partial(_forgotten, ask.ask_id))
            elif known.stage in ENDS:
                self.tell(known)

    async def take(self, news: OwnNews) -> None:
        """What the owner has answered. Raises OffsetError when it cannot be written down; it is told again then."""
        id = base64url.encode(news.ask_id)
        match news:
            case Priced():
                # By our own clock, since that of the owner may be another one.
                await self._paying.price(id, _text_of(news.invoice), self._now() + news.invoice.pay_within)
            case Settled():
                await self._paying.delivered(id)
            case Refused():
                await self._paying.refused(id, why_refused(news.code, news.text, news.opt_most))
            case Waiting():
                row = await self._paying.get(id)
                why = why_waiting(is_closed=news.is_closed, has_commit=row.commit is not None)
                await self._paying.wait_for(id, why)
            case GaveUp():
                # Only the own node says that all is back.
                pass

    async def sweep(self, dealings: Callable[[], Dealings | None]) -> None:
        """End what was priced, and was not wanted within its time; without end."""
        while True:
            await asyncio.sleep(SWEEP_S)
            running = dealings()
            if running is None or not running.own_asks():
                continue
            try:
                for row in await self._books.do(lambda books: books.purchases_in(("priced",))):
                    if row.until is not None and row.until < self._now():
                        await self._paying.refused(row.id, why_refused(RefusalCode.EXPIRED, "", None))
            except OffsetError as error:
                log.warning("what was not paid in time is looked for again: %s", error)


def _forgotten(ask_id: Uid, dealings: Dealings, _: Instant) -> Step | None:
    return dealings.forget(ask_id)


def _said(row: PurchaseRow, unix: Millis, dealings: Dealings, now: Instant) -> Step | None:
    ask_id = ask_id_of(row)
    match row.stage:
        case "asking":
            address, purpose = _asked(row)
            ask_ms = max(0, (row.until or unix) - unix)
            return dealings.ask(ask_id, address, purpose, now, payer_name=row.payer, ask_ms=ask_ms)
        case "held" if row.commit is not None:
            commit = COMMIT.decode(row.commit)
            origin = INVOICE.decode(row.invoice).opt_origin
            if origin is not None:
                return dealings.deliver_text(ask_id, origin.address, commit, now)
            return dealings.deliver(ask_id, commit, now)
        case "stopping":
            return dealings.give_up(ask_id, now, is_sent=True)
        case "stopped" | "failed":
            return dealings.give_up(ask_id, now, is_sent=False)
        case "done":
            return dealings.forget(ask_id)
        case _:
            return None


def _asked(row: PurchaseRow) -> tuple[MailboxAddress, Purpose]:
    assert row.asked is not None, "only what is asked for is in this stage"
    text = read_text(row.asked)
    match text:
        case MailboxAddress():
            return text, OpenPurpose(row.currency, row.amount, row.note)
        case PaymentRequest():
            # The note of the request is the owner's own.
            return text.pay_to, RequestPurpose(text.request_id, row.amount, "")
        case _:
            raise AssertionError("it was read before it was written down")


def _text_of(invoice: Invoice) -> InvoiceText:
    """Without its origin: the signature is good for our question alone, and was checked."""
    return InvoiceText(
        invoice.invoice_id,
        invoice.currency,
        invoice.dest_public_key,
        invoice.dest_payment,
        invoice.note,
        invoice.opt_decimals,
    )
