"""Being paid: each invoice is a row before the node is asked to open it, and so is each commit before it is used.

opening ──► open ──commit──► committed ──► collected
             │ └─────────────► not-known ◄──┘
             └─► canceling ──► canceled

Committed: the node has taken the commit. Collected: its credits are in the ledgers too; where the books with a friend
that held them came to differ, or went, before that, it is not known. What the node refuses when it is asked a second
time it may have done at the first: then its history says which, or it is not known. An invoice that nobody touched
leaves no history when it is withdrawn; that nobody did the node proves by taking its id once more. That credits came
meanwhile proves nothing, since payments of others pass.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from offset.app.errors import AppError, Disconnected, NoAnswer, Refused
from offset.app.seller import check_commit, frozen
from offset.app.why import Action, Cause, Remedy, Why
from offset.base import base64url
from offset.base.backoff import Backoff
from offset.base.credits import Amount
from offset.base.entropy import Entropy, new_invoice_id
from offset.base.faults import NodeStopped, UserFault
from offset.base.ids import Currency, PublicKey, Uid
from offset.base.instants import SECOND, Millis
from offset.core.dealings.records import GuestAsk
from offset.store.card.database import CardDatabase
from offset.store.card.rows import Move, SaleRow
from offset.wallet import sales
from offset.wallet.access import CardAccess
from offset.wallet.books import Books
from offset.wallet.endings import end_of_invoice, withdraw_untouched
from offset.wallet.errands import Errands
from offset.wallet.moves import Expectations, Expected
from offset.wallet.refusals import Refusal
from offset.wallet.whys import pack_why
from offset.wire.common import COMMIT, Commit
from offset.wire.text_values import INVOICE, InvoiceText

AWAY_S = 30.0
"""Seconds to wait for the node before it is looked at again."""
CREDITS_S = 2.0
"""Seconds in which credits come when all friends are there."""
PAUSE_MS_MIN: Millis = 1 * SECOND
PAUSE_MS_LONGEST: Millis = 60 * SECOND

log = logging.getLogger("offset")

Told = Callable[[SaleRow], None]


class Guest(NamedTuple):
    """Somebody who asked for an invoice by letter."""

    ask_id: Uid
    payer: str
    """As it calls itself."""
    request_id: Uid | None
    """The request that it answers."""


class Receiving:
    """The sales of one open card."""

    def __init__(
        self,
        card: CardAccess,
        books: Books,
        expected: Expectations,
        entropy: Entropy,
        now: Callable[[], Millis],
        told: Told,
    ) -> None:
        """`told` hears of each row once it is durable."""
        self._card, self._books, self._expected = card, books, expected
        self._entropy, self._now, self._told = entropy, now, told
        self._rows: dict[str, SaleRow] = {}
        """Those that are unsettled."""
        self._errands = Errands("the request")
        self._noted: dict[str, SaleRow] = {}
        """Sales whose commit is written down with the question of their guest, and is to be used next."""
        self._collecting: set[str] = set()
        """Sales of which it is being written down that they are collected."""
        self._turn = asyncio.Lock()
        self._is_stopped = False

    async def start(self) -> None:
        """Go on with what was unsettled. Raises NodeStopped."""
        rows = await self._books.do(lambda books: books.sales_in(sales.UNSETTLED))
        seen = await self._books.do(lambda books: books.explained((), [row.id for row in rows]))
        for row in rows:
            self._rows[row.id] = row
            if row.commit is not None:
                came = sum(delta for id, _, delta in seen if id == row.id)
                self._expected.sales[row.id] = Expected(
                    row.id, row.currency, to_come=max(0, row.amount - came)
                )
            if sales.is_lost(row):
                # No answer of the node can tell what the ledger does not show.
                continue
            if row.stage in ("opening", "canceling", "not-known") or (
                row.stage == "open" and row.commit is not None
            ):
                self._errands.start(row.id, self._settle(row.id))
            elif row.stage == "committed":
                self._errands.start(row.id, self._wait_for_credits(row.id))

    async def stop(self) -> None:
        """Leave everything as it is; the next start goes on."""
        self._is_stopped = True
        await self._errands.stop()

    # Looking

    def unsettled_rows(self) -> list[SaleRow]:
        """Those that may still bring something, oldest first."""
        return list(self._rows.values())

    async def get(self, id: str) -> SaleRow:
        """One sale. Raises Refusal, NodeStopped."""
        row = self._rows.get(id) or await self._books.do(lambda books: books.sale(id))
        if row is None:
            raise Refusal("not-found", "There is no such request on this card.")
        return row

    def noticed(self, moves: Iterable[Move]) -> None:
        """These moves are durable: a sale whose credits are all there is collected."""
        for id in dict.fromkeys(move.sale for move in moves if move.sale is not None):
            self._errands.start(id, self._look(id))

    # What a person does

    async def begin(
        self,
        request: str,
        body_hash: bytes,
        currency: Currency,
        amount: Amount,
        note: str,
        decimals: int | None,
        guest: Guest | None = None,
    ) -> SaleRow:
        """Open an invoice, or find the one that the same request opened before. Raises Refusal, UserFault, AppError.

        `guest` asks for it by letter; None: the owner does.
        """
        async with self._turn:
            known = await self._books.do(lambda books: books.sale_of(request))
            if known is not None:
                if known.body_hash != body_hash:
                    raise Refusal("other-body", "This request was made with other contents.")
                if known.stage == "opening":
                    raise sales.silent()
                return known
            node = self._card.node
            invoice = InvoiceText(
                new_invoice_id(self._entropy), currency, node.public_key, amount, note, decimals
            )
            row = await self._save(
                SaleRow(
                    id=base64url.encode(invoice.invoice_id),
                    request=request,
                    body_hash=body_hash,
                    invoice=INVOICE.encode(invoice),
                    invoice_id=invoice.invoice_id,
                    currency=currency,
                    amount=amount,
                    note=note,
                    stage="opening",
                    ask_id=None if guest is None else guest.ask_id,
                    payer="" if guest is None else guest.payer,
                    request_id=None if guest is None else guest.request_id,
                    made=self._now(),
                    changed=self._now(),
                )
            )
            try:
                await node.seller.open_invoice(invoice.file())
            except (Disconnected, NoAnswer):
                self._errands.start(row.id, self._settle(row.id))
                raise sales.silent() from None
            except UserFault:
                await self._forget(row)
                raise
            except BaseException:
                # It may have been opened: the node is asked to withdraw it, now or at the next start.
                self._errands.start(row.id, self._settle(row.id))
                raise
            with self._going_on(row.id):
                return await self._save(replace(row, stage="open"))

    def note(self, ask: GuestAsk) -> SaleRow | None:
        """The sale of a guest's question with the commit that the guest has brought, to be written with the question.

        None where that is for `take`: something else is being done, or the sale is not open.
        """
        if self._turn.locked() or ask.invoice_id is None or ask.commit is None:
            return None
        row = self._rows.get(base64url.encode(ask.invoice_id))
        if row is None or row.stage != "open" or row.commit is not None:
            return None
        noted = replace(row, commit=COMMIT.encode(ask.commit), why=None, changed=self._now())
        self._noted[row.id] = noted
        return noted

    async def take(self, id: str, commit: Commit, *, is_noted: bool = False) -> SaleRow:
        """Collect with the commit of a buyer. A second time changes nothing. Raises Refusal, UserFault.

        `is_noted`: it is durable in the question of a guest, and in what `note` gave to be written with that.
        """
        async with self._turn:
            row = await self.get(id)
            check_commit(sales.invoice_of(row), commit)
            if row.stage in ("committed", "collected") or sales.is_lost(row):
                return row
            if row.stage in ("canceling", "canceled"):
                raise Refusal(
                    "conflict",
                    "You have withdrawn this request, so nothing can be collected for it any more.",
                )
            if row.stage == "opening" or (row.stage == "open" and row.commit is not None):
                raise sales.silent()
            node = self._card.node
            before = row
            with self._going_on(id):
                packed = COMMIT.encode(commit)
                noted = self._noted.pop(id, None) if is_noted else None
                if noted is not None and noted.commit == packed:
                    row = self._keep(noted)
                else:
                    row = await self._save(replace(row, commit=packed, why=None))
                # Reports may tell of the credits before the node says that it took the commit.
                self._expected.sales[id] = Expected(id, row.currency, to_come=row.amount)
                try:
                    await node.seller.commit(sales.invoice_of(row), commit)
                except (Disconnected, NoAnswer):
                    self._errands.start(id, self._settle(id))
                    raise sales.silent() from None
                except (Refused, UserFault) as refused:
                    if isinstance(refused, Refused) and not node.report.tells_refusals:
                        # It never says so; that no credits came is all one knows (D-4).
                        return await self._save(
                            replace(row, stage="not-known", why=pack_why(sales.unsure(row, refused)))
                        )
                    try:
                        end = await end_of_invoice(node, row.invoice_id)
                    except (Disconnected, NoAnswer):
                        self._errands.start(id, self._settle(id))
                        raise sales.silent() from None
                    if end != "received":
                        self._expected.sales.pop(id, None)
                        await self._save(
                            replace(before, commit=None) if end is None else sales.ended(before, end)
                        )
                        raise Refusal("refused", f"Nothing was collected: {refused}") from None
                row = await self._save(replace(row, stage="committed"))
        self._errands.start(id, self._wait_for_credits(id))
        return await self._look_at(row)

    async def drop(self, id: str) -> None:
        """Forget what a guest asked for that was withdrawn before anybody could pay it. Raises NodeStopped."""
        async with self._turn:
            row = await self._books.do(lambda books: books.sale(id))
            if row is not None and row.stage == "canceled" and row.commit is None and row.ask_id is not None:
                await self._forget(row)

    async def cancel(self, id: str) -> SaleRow:
        """Withdraw an invoice: what buyers froze for it goes back to them. Raises Refusal."""
        async with self._turn:
            row = await self.get(id)
            if row.stage in ("canceling", "canceled"):
                return row
            if row.stage in ("committed", "collected"):
                raise Refusal("conflict", "This was paid: it cannot be withdrawn any more.")
            if sales.is_lost(row):
                raise Refusal("conflict", "Your node has taken its commit: it cannot be withdrawn any more.")
            if row.stage == "opening" or (row.stage == "open" and row.commit is not None):
                raise sales.silent()
            # So that nothing is written down for a node that cannot be asked.
            _ = self._card.node
            with self._going_on(id):
                row = await self._save(replace(row, stage="canceling"))
                try:
                    return await self._withdraw(row)
                except (Disconnected, NoAnswer):
                    self._errands.start(id, self._settle(id))
                    return row

    # What goes on by itself

    @contextmanager
    def _going_on(self, id: str) -> Iterator[None]:
        """Whoever asked may leave before the node has answered, or the disk be full: then this goes on by itself."""
        try:
            yield
        except Refusal:
            # It says what it came to, or that it goes on.
            raise
        except BaseException:
            if not self._is_stopped:
                self._errands.start(id, self._settle(id))
            raise

    async def _settle(self, id: str) -> None:
        """Ask the node again what it did not answer, until it does."""
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while True:
            try:
                await self._card.until_open(AWAY_S)
                async with self._turn:
                    row = self._rows.get(id)
                    if row is not None:
                        await self._ask_again(row)
                break
            except (AppError, Refusal, NodeStopped) as error:
                log.warning("a sale waits: %s", error)
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)
        await self._look(id)

    async def _ask_again(self, row: SaleRow) -> None:
        seller, invoice = self._card.node.seller, sales.invoice_of(row)
        match row.stage:
            case "opening":
                # Nobody was told of it, so it is of no use.
                with suppress(Refused):
                    await seller.cancel(invoice)
                await self._forget(row)
            case "canceling":
                await self._withdraw(row)
            case "open" if row.commit is not None:
                try:
                    await seller.commit(invoice, COMMIT.decode(row.commit))
                except (Refused, UserFault) as refused:
                    # Perhaps it was taken the first time.
                    end = await end_of_invoice(self._card.node, row.invoice_id)
                    unsure = replace(row, stage="not-known", why=pack_why(sales.unsure(row, refused)))
                    await self._go_on(unsure if end is None else sales.ended(row, end))
                else:
                    await self._go_on(sales.ended(row, "received"))
            case "not-known":
                end = await end_of_invoice(self._card.node, row.invoice_id)
                if end is not None:
                    await self._go_on(sales.ended(row, end))

    async def _withdraw(self, row: SaleRow) -> SaleRow:
        """Where it was not open any more the node says what became of it. Raises Disconnected, NoAnswer."""
        node, invoice = self._card.node, sales.invoice_of(row)
        try:
            await node.seller.cancel(invoice)
        except Refused as refused:
            end = await end_of_invoice(node, row.invoice_id)
            # Who has had a commit was promised something.
            if end is None and row.commit is None and await withdraw_untouched(node, invoice):
                end = "withdrawn"
            unsure = replace(row, stage="not-known", why=pack_why(sales.closed(row, refused)))
            return await self._go_on(unsure if end is None else sales.ended(row, end))
        if row.commit is not None and not node.report.tells_refusals:
            # A commit was used before, and such a node acknowledges also what it does not do (D-4).
            return await self._save(replace(row, stage="not-known", why=pack_why(sales.maybe_used(row))))
        return await self._go_on(sales.ended(row, "withdrawn"))

    async def _go_on(self, row: SaleRow) -> SaleRow:
        """From where the node says that it is."""
        row = await self._save(row)
        if row.stage == "committed":
            self._errands.start(row.id, self._wait_for_credits(row.id))
        elif row.stage in ("open", "canceled"):
            self._expected.sales.pop(row.id, None)
        return row

    async def _wait_for_credits(self, id: str) -> None:
        """Of credits that move in one report with others nobody can say what for; but the node took the commit."""
        await self._look(id)
        while (row := self._rows.get(id)) is not None and row.stage == "committed":
            await asyncio.sleep(CREDITS_S)
            with suppress(Refusal, Disconnected):
                report = (await self._card.until_open(AWAY_S)).report
                row = await self._look_at(row)
                # Where nothing is frozen for us nothing is still to come; unless it went otherwise, which the history
                # sees. It reads the same reports, perhaps a moment later.
                is_gone = not frozen(report, row.currency) and not self._expected.frozen_in(row.currency)
                if row.stage == "committed" and is_gone:
                    await self._collected(row)

    async def _look(self, id: str) -> None:
        row = self._rows.get(id)
        if row is not None:
            await self._look_at(row)

    async def _look_at(self, row: SaleRow) -> SaleRow:
        """Collected once all credits of a commit that the node took are there; not known once that cannot be seen."""
        expected = self._expected.sales.get(row.id)
        if row.stage != "committed" or expected is None:
            return row
        if not expected.to_come:
            return await self._collected(row)
        if expected.lost_with is not None:
            why = self._lost(row, expected.lost_with)
            row = await self._save(replace(row, stage="not-known", why=pack_why(why)))
            self._expected.sales.pop(row.id, None)
        return row

    def _lost(self, row: SaleRow, key: PublicKey) -> Why:
        try:
            friend = self._card.report.friends.get(key)
        except Refusal:
            friend = None
        name = "a friend that is gone" if friend is None else friend.name
        sentence = (
            f"Your node took the commit, and before its credits came your books and those of {name} did not agree any "
            "more: they may have held them. Settle the books with them so that they count this payment, and compare "
            "what your friends owe you before you call it paid."
        )
        remedies = () if friend is None else (Remedy(Action.SETTLE_BOOKS, key),)
        return Why(Cause.BOOKS_DIFFER, sentence, row.currency, remedies=remedies)

    async def _collected(self, row: SaleRow) -> SaleRow:
        if row.id in self._collecting:
            # It is seen from several sides at once.
            return row
        self._collecting.add(row.id)
        try:
            return await self._save(replace(row, stage="collected", why=None))
        finally:
            self._collecting.discard(row.id)

    # Writing

    async def _save(self, row: SaleRow) -> SaleRow:
        row = replace(row, changed=self._now())
        self._noted.pop(row.id, None)
        await self._books.do(partial(CardDatabase.put_sale, row=row))
        return self._keep(row)

    def _keep(self, row: SaleRow) -> SaleRow:
        """It is durable."""
        if row.stage in sales.UNSETTLED:
            self._rows[row.id] = row
        else:
            self._rows.pop(row.id, None)
        self._told(row)
        return row

    async def _forget(self, row: SaleRow) -> None:
        self._noted.pop(row.id, None)
        await self._books.do(partial(CardDatabase.remove_sale, id=row.id))
        self._rows.pop(row.id, None)
