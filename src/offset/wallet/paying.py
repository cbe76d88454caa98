"""Paying: each purchase is a row before anything is asked of the node, and a task that carries it to its end.

    priced ──► sending ──► held ──────► done        paid: the own node has the receipt
       │          │ │        │  ▲                   failed, stopped: the own node says that nothing was paid
       │          │ └──────► │ failed               not-known: the node has lost it after its commit was shown
       │          ▼          ▼  │
       └─stop─► stopping ◄─stop─┘──► stopped, done

What is said to anybody is in the row before. The commit is given to nobody before it is in the row, and a row notes
when it was shown: until then nothing can be paid, whatever a node that has lost the payment says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from msgspec.structs import replace

from offset.app.errors import (
    AppError,
    Disconnected,
    NoAnswer,
    NotPermitted,
    PaymentCanceled,
    PaymentCollected,
    PaymentError,
    PaymentUnfinished,
    PaymentUnknown,
)
from offset.app.payment.reasons import why_not
from offset.app.why import Action, Cause, Remedy, Why
from offset.base.backoff import Backoff
from offset.base.credits import Amount
from offset.base.entropy import Entropy
from offset.base.faults import OffsetError
from offset.base.ids import PaymentId, Uid
from offset.base.instants import SECOND, Millis
from offset.core.index.split import Part
from offset.store.card.database import CardDatabase
from offset.store.card.rows import PartRow, PurchaseRow
from offset.wallet.access import CardAccess
from offset.wallet.books import Books
from offset.wallet.moves import Expectations, Expected
from offset.wallet.refusals import Refusal
from offset.wallet.whys import pack_why
from offset.wire.app import PaymentStatusCanceled, PaymentStatusNotFound, PaymentStatusSuccess
from offset.wire.common import COMMIT, RECEIPT
from offset.wire.files import InvoiceFile

OPEN = ("sending", "held", "delivered", "stopping", "not-known")
"""Stages in which it may be paid: no other purchase of its invoice is begun."""
ENDS = ("done", "failed", "stopped")
HAS_COMMIT = ("held", "delivered")
"""Stages in which the seller is to have the commit."""

SEND_S = 60.0
"""Seconds for finding ways and freezing."""
ASK_S = 60.0
"""Seconds for one question what became of a payment."""
AWAY_S = 30.0
"""Seconds to wait for the node before it is looked at again."""
PAUSE_MS_MIN: Millis = 1 * SECOND
PAUSE_MS_LONGEST: Millis = 60 * SECOND
"""Between two questions when the first was not answered."""

log = logging.getLogger("offset")

Told = Callable[[PurchaseRow], None]
Allow = Callable[[PurchaseRow], Awaitable[None]]


class Paying:
    """The purchases of one open card."""

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
        self._rows: dict[str, PurchaseRow] = {}
        """Those that are open."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        """So that two requests do not both find that nothing was begun."""
        self._writing = asyncio.Lock()
        """Each change is made to the row as the one before has left it."""
        self._fresh: set[str] = set()
        """Confirmed since the start: nothing was sent for them before."""

    async def start(self) -> None:
        """Go on with what was open. Raises NodeStopped."""
        rows = await self._books.do(lambda books: books.purchases_in(OPEN))
        seen = await self._books.do(lambda books: books.explained([row.id for row in rows], ()))
        for row in rows:
            self._rows[row.id] = row
            expected = self._expect(row)
            for id, friend, delta in seen:
                if id == row.id:
                    expected.paid_over(friend, -delta)
            self._carry(row.id)
        for row in await self._books.do(lambda books: books.unacknowledged(ENDS)):
            self._start(row.id, self._acknowledge(row))

    async def stop(self) -> None:
        """Leave everything as it is; the next start goes on."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # Looking

    def open_rows(self) -> list[PurchaseRow]:
        """Those that may be paid or under way, oldest first."""
        return list(self._rows.values())

    async def get(self, id: str) -> PurchaseRow:
        """One purchase. Raises Refusal, NodeStopped."""
        row = self._rows.get(id) or await self._books.do(lambda books: books.purchase(id))
        if row is None:
            raise Refusal("not-found", "There is no such payment on this card.")
        return row

    # What a person does

    async def begin(self, row: PurchaseRow) -> PurchaseRow:
        """Write a new purchase down, or find the one that the same request made before. Raises Refusal."""
        async with self._turn:
            known = await self._books.do(lambda books: books.purchase(row.id))
            if known is not None:
                if known.body_hash != row.body_hash:
                    raise Refusal("other-body", "This payment was begun with other contents.")
                return known
            await self._check_single(row)
            async with self._writing:
                return await self._put(row)

    async def confirm(self, id: str, fees_max: Amount, allow: Allow | None = None) -> PurchaseRow:
        """The yes of a person: from now on it is sent. A second yes changes nothing. Raises Refusal.

        `allow` raises a Refusal if it is more than a program may pay; no other payment is begun meanwhile.
        """
        async with self._turn:
            row = await self.get(id)
            if row.stage in OPEN or row.stage == "done":
                return row
            if row.stage in ENDS:
                raise Refusal(
                    "conflict", "This payment has ended: begin another one.", remedies=["try-again"]
                )
            await self._check_single(row)
            if allow is not None:
                await allow(row)
            # So that nothing is written down for a node that cannot be asked.
            _ = self._card.node
            row = await self._change(id, stage="sending", fees_max=fees_max, why=None)
            self._fresh.add(id)
            self._carry(id)
            return row

    async def stop_one(self, id: str) -> PurchaseRow:
        """No more parts, and no commit for the seller from now on. Raises Refusal."""
        async with self._turn:
            row = await self.get(id)
            if row.stage in ENDS or row.stage in ("stopping", "not-known"):
                return row
            if row.stage == "priced":
                return await self._change(id, stage="stopped")
            await self._rest(id)
            # It may have come to its end meanwhile.
            row = await self.get(id)
            row = await self._change(
                id, unless=ENDS, stage="stopped" if row.payment_id is None else "stopping"
            )
            self._carry(id)
            return row

    async def hand_out(self, id: str) -> PurchaseRow:
        """The commit is to be shown: from now on somebody may collect with it. Raises Refusal."""
        async with self._turn:
            row = await self.get(id)
            if row.stage in HAS_COMMIT and row.handed is None:
                row = await self._change(id, unless=ENDS, handed=self._now())
            if row.commit is None or row.stage not in (*HAS_COMMIT, "done"):
                raise Refusal(
                    "conflict",
                    "There is no commit to show: the credits are not frozen yet, or the payment has ended or "
                    "was stopped.",
                )
            return row

    async def deliver_after_all(self, id: str) -> PurchaseRow:
        """A person has stopped it, and wants it to be paid after all. Raises Refusal."""
        async with self._turn:
            row = await self.get(id)
            if row.stage == "stopping" and row.commit is not None:
                row = await self._change(id, unless=ENDS, stage="held", why=None)
            if row.stage not in (*HAS_COMMIT, "done"):
                raise Refusal("conflict", "This payment cannot be delivered any more: begin another one.")
            return row

    async def _check_single(self, row: PurchaseRow) -> None:
        for other in await self._books.do(lambda books: books.purchases_of(row.invoice_id)):
            if other.id == row.id:
                continue
            if other.stage in OPEN:
                raise Refusal(
                    "conflict",
                    "This is being paid already: look at what is held. Do not pay it twice.",
                    cause="held",
                    remedies=["look-at-held"],
                )
            if other.stage == "done":
                raise Refusal(
                    "conflict",
                    "You have paid this already. Ask for a new invoice to pay once more.",
                    cause="paid",
                    remedies=["ask-anew"],
                )

    # Carrying

    def _carry(self, id: str) -> None:
        if id not in self._tasks and id in self._rows:
            self._start(id, self._carry_on(id))

    def _start(self, id: str, job: Coroutine[Any, Any, None]) -> None:
        self._tasks[id] = task = asyncio.create_task(job)
        task.add_done_callback(partial(self._carried, id))

    def _carried(self, id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(id) is task:
            del self._tasks[id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the payment %s is left as it is until the next start", id, exc_info=error)

    async def _rest(self, id: str) -> None:
        """Carry it no farther."""
        task = self._tasks.get(id)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _carry_on(self, id: str) -> None:
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while (row := self._rows.get(id)) is not None:
            try:
                is_fresh = id in self._fresh
                self._fresh.discard(id)
                if await self._step(row, is_fresh=is_fresh):
                    backoff.reset()
                    continue
            except OffsetError as error:
                # The row says what is durable, so nothing is lost; the next look may know more.
                log.warning("a payment waits: %s", error)
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)

    async def _step(self, row: PurchaseRow, *, is_fresh: bool) -> bool:
        """One step on the way to its end; False: nothing has changed, look again later."""
        if row.payment_id is None:
            if row.stage == "sending" and is_fresh:
                return await self._send(row)
            why = Why(
                Cause.OTHER,
                "Nothing was sent: the wallet was closed before, or could not write it down.",
                row.currency,
                remedies=(Remedy(Action.TRY_AGAIN),),
            )
            await self._end_unpaid(row, why)
            return True
        if row.commit is None:
            return await self._resume(row, row.payment_id)
        return await self._watch(row, row.payment_id)

    async def _send(self, row: PurchaseRow) -> bool:
        invoice = invoice_of(row)

        async def began(payment_id: PaymentId, fees: Amount) -> None:
            await self._change(row.id, payment_id=payment_id, fees=fees, parts=())

        async def sends(_: PaymentId, parts: tuple[Part, ...]) -> None:
            before = self._rows[row.id].parts
            await self._change(row.id, parts=(*before, *map(part_row, parts)))

        try:
            payment = await self._card.node.buyer.pay(
                invoice, timeout_s=SEND_S, fees_max=row.fees_max, began=began, sends=sends
            )
        except (PaymentUnfinished, Disconnected):
            # Credits may be frozen: the next step asks what became of them.
            return self._rows[row.id].payment_id is None
        except (PaymentError, NoAnswer) as error:
            # Nothing was opened, or all of it came back.
            why = getattr(error, "why", None) or why_not(self._card.report, invoice, error)
            await self._end_unpaid(self._rows[row.id], why)
            return True
        except Refusal as refusal:
            remedies = (Remedy(Action.TRY_AGAIN),)
            await self._end_unpaid(row, Why(Cause.NODE_AWAY, str(refusal), row.currency, remedies=remedies))
            return True
        except AppError as error:
            if self._rows[row.id].payment_id is not None and not isinstance(error, NotPermitted):
                # Something may be on the way: the next step asks what became of it.
                return False
            # Such as a permission that the node does not give: nothing was sent.
            await self._end_unpaid(self._rows[row.id], Why(Cause.OTHER, str(error), row.currency))
            return True
        parts = tuple(map(part_row, payment.parts))
        await self._hold(row.id, COMMIT.encode(payment.commit), fees=payment.fees, parts=parts)
        return True

    async def _hold(self, id: str, commit: bytes, **more: Any) -> None:
        stage = "stopping" if self._rows[id].stage == "stopping" else "held"
        await self._change(id, stage=stage, commit=commit, why=None, **more)

    async def _resume(self, row: PurchaseRow, payment_id: PaymentId) -> bool:
        """What became of parts that were sent; nobody has a commit, so nothing can be paid yet."""
        node = await self._card.until_open(AWAY_S)
        try:
            payment = await node.buyer.resume(invoice_of(row), payment_id, timeout_s=ASK_S)
        except PaymentUnfinished:
            return False
        except PaymentCollected:
            return await self._watch(row, payment_id)
        except (PaymentCanceled, PaymentUnknown) as error:
            # Unknown: the node never heard of it, or its end was acknowledged when it was cancelled.
            why = why_not(self._card.report, invoice_of(row), PaymentCanceled(str(error)))
            await self._end_unpaid(row, why)
            return True
        await self._hold(row.id, COMMIT.encode(payment.commit))
        return True

    async def _watch(self, row: PurchaseRow, payment_id: PaymentId) -> bool:
        """How it ended, as the own node says; whoever has the commit may collect until then."""
        node = await self._card.until_open(AWAY_S)
        try:
            status = await node.buyer.ended(payment_id, ASK_S)
        except NoAnswer:
            return True
        # A person may have stopped it meanwhile, or shown its commit.
        row = self._rows[row.id]
        match status:
            case PaymentStatusSuccess(receipt=receipt, ack_uid=ack_uid):
                row = await self._change(row.id, stage="done", receipt=RECEIPT.encode(receipt), why=None)
                await self._acknowledge(row, ack_uid)
            case PaymentStatusCanceled(ack_uid=ack_uid):
                row = await self._end_unpaid(row, _cancelled(self._card, row), is_acked=False)
                await self._acknowledge(row, ack_uid)
            case PaymentStatusNotFound():
                if row.handed is None:
                    # Its commit was shown to nobody, so nobody can collect.
                    await self._end_unpaid(row, _cancelled(self._card, row))
                    return True
                if row.stage != "not-known":
                    await self._change(row.id, stage="not-known", why=pack_why(_lost(row)))
                return False
        return True

    async def _end_unpaid(self, row: PurchaseRow, why: Why, *, is_acked: bool = True) -> PurchaseRow:
        stage = "stopped" if row.stage == "stopping" else "failed"
        return await self._change(row.id, stage=stage, why=pack_why(why), parts=(), is_acked=is_acked)

    async def _acknowledge(self, row: PurchaseRow, ack_uid: Uid | None = None) -> None:
        """The end is durable here, so the node may forget it; asked again until it has heard."""
        assert row.payment_id is not None
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while True:
            try:
                buyer = (await self._card.until_open(AWAY_S)).buyer
                if ack_uid is None:
                    status = await buyer.ended(row.payment_id, ASK_S)
                    if not isinstance(status, PaymentStatusNotFound):
                        ack_uid = status.ack_uid
                if ack_uid is not None:
                    await buyer.acknowledge(row.payment_id, ack_uid)
                await self._change(row.id, is_acked=True)
                return
            except OffsetError as error:
                log.info("the end of a payment is not acknowledged yet: %s", error)
                ack_uid = None
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)

    # Writing

    async def _change(self, id: str, *, unless: tuple[str, ...] = (), **fields: Any) -> PurchaseRow:
        """Change these fields, unless the row is in one of these stages by now; the row as it is then."""
        async with self._writing:
            row = await self.get(id)
            if row.stage in unless:
                return row
            return await self._put(replace(row, changed=self._now(), **fields))

    async def _put(self, row: PurchaseRow) -> PurchaseRow:
        await self._books.do(partial(CardDatabase.put_purchase, row=row))
        if row.stage in OPEN:
            self._rows[row.id] = row
            self._expect(row)
        else:
            self._rows.pop(row.id, None)
            if row.stage != "done":
                self._expected.purchases.pop(row.id, None)
        self._told(row)
        return row

    def _expect(self, row: PurchaseRow) -> Expected:
        """Its parts, but for those that were seen in the ledgers."""
        known = self._expected.purchases.get(row.id)
        if known is None or known.sent != row.parts:
            known = self._expected.purchases[row.id] = Expected(row.id, row.currency, parts=row.parts)
        return known


def invoice_of(row: PurchaseRow) -> InvoiceFile:
    """The invoice as the node takes it."""
    return InvoiceFile(row.invoice_id, row.currency, row.seller, row.amount)


def part_row(part: Part) -> PartRow:
    """A part by its first friend."""
    return PartRow(part.route.public_keys[1], part.amount, part.fee)


def _cancelled(card: CardAccess, row: PurchaseRow) -> Why:
    return why_not(card.report, invoice_of(row), PaymentCanceled(""))


def _lost(row: PurchaseRow) -> Why:
    sentence = (
        "Your node does not know this payment any more, and its commit was shown: it may have been paid. "
        "Ask the seller before you pay again."
    )
    return Why(Cause.NOT_KNOWN, sentence, row.currency, remedies=(Remedy(Action.LOOK_AT_HELD),))
