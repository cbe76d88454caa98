"""Carrying purchases on: an errand for each, from a yes to the end that the own node tells, over crashes and bad days.

Not-known: also where a channel was lost with credits that its friend may claim. A node that does not know a payment any
more may have it in its history: then that is how it ended.

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
    PaymentLost,
    PaymentUnfinished,
    PaymentUnknown,
)
from offset.app.payment.buyer import Payment
from offset.app.payment.lost import lost_of
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
from offset.store.card.rows import PurchaseRow
from offset.wallet.access import CardAccess
from offset.wallet.books import Books
from offset.wallet.elsewhere import Claim
from offset.wallet.endings import end_of_payment
from offset.wallet.errands import Errands
from offset.wallet.moves import Expectations, Expected
from offset.wallet.purchases import (
    ENDS,
    FORGOTTEN,
    OPEN,
    UNPROVED,
    UNSENT,
    fees_of,
    invoice_of,
    is_delivered,
    part_row,
)
from offset.wallet.refusals import Refusal
from offset.wallet.whys import pack_why, unpack_why, why_value
from offset.wire.app import PaymentStatusCanceled, PaymentStatusNotFound, PaymentStatusSuccess
from offset.wire.common import COMMIT, RECEIPT, Receipt
from offset.wire.files import InvoiceFile

SEND_S = 60.0
"""Seconds for finding ways and freezing."""
ASK_S = 60.0
"""Seconds for one question what became of a payment."""
WHOLE_MS: Millis = 24 * 60 * 60 * SECOND
"""So long the node is asked for the receipt of the whole where there is one of a part: its friend may be offline."""
AWAY_S = 30.0
"""Seconds to wait for the node before it is looked at again."""
PAUSE_MS_MIN: Millis = 1 * SECOND
PAUSE_MS_LONGEST: Millis = 60 * SECOND
"""Between two questions when the first was not answered."""

log = logging.getLogger("offset")

Told = Callable[[PurchaseRow], None]
WithLetter = Callable[[PurchaseRow], asyncio.Future[None] | None]
"""Writes a purchase together with the letter that hands over its commit; None: no letter is to be written now."""


class Carrying:
    """The open purchases of one card."""

    def __init__(
        self,
        card: CardAccess,
        books: Books,
        expected: Expectations,
        entropy: Entropy,
        now: Callable[[], Millis],
        told: Told,
        turn: asyncio.Lock,
        elsewhere: Callable[[], Awaitable[list[Claim]]],
        with_letter: WithLetter = lambda _: None,
    ) -> None:
        """`told` hears of each row once it is durable. `turn`: one for all cards of a wallet, so that two requests do
        not both find that nothing was begun. `elsewhere`: what its other cards may be paying. `with_letter` is
        given each row with a new commit that goes out by letter.
        """
        self._card, self._books, self._expected = card, books, expected
        self._entropy, self._now, self._told = entropy, now, told
        self._rows: dict[str, PurchaseRow] = {}
        """Those that are open."""
        self._asked: dict[str, PurchaseRow] = {}
        """Those that wait for an answer by letter, or for a yes after it, as far as they were begun since the start."""
        self._errands = Errands("the payment")
        self._turn, self._elsewhere = turn, elsewhere
        self._with_letter = with_letter
        self._writing = asyncio.Lock()
        """Each change is made to the row as the one before has left it."""
        self._under_way: set[asyncio.Task[PurchaseRow]] = set()
        """Changes that go on to their end, also when whoever waits for them is broken off."""

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
            self._errands.start(row.id, self._acknowledge(row))

    async def stop(self) -> None:
        """Leave everything as it is; the next start goes on."""
        await self._errands.stop()

    # Looking

    def open_rows(self) -> list[PurchaseRow]:
        """Those that may be paid or under way, oldest first."""
        return list(self._rows.values())

    async def get(self, id: str) -> PurchaseRow:
        """One purchase. Raises Refusal, NodeStopped."""
        row = (
            self._rows.get(id)
            or self._asked.get(id)
            or await self._books.do(lambda books: books.purchase(id))
        )
        if row is None:
            raise Refusal("not-found", "There is no such payment on this card.")
        return row

    # Carrying

    def _carry(self, id: str) -> None:
        if id not in self._errands and id in self._rows:
            self._errands.start(id, self._carry_on(id))

    async def _carry_on(self, id: str) -> None:
        """Step by step, until it has ended."""
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while (row := self._rows.get(id)) is not None:
            try:
                if await self._step(row):
                    backoff.reset()
                    continue
            except OffsetError as error:
                # The row says what is durable, so nothing is lost; the next look may know more.
                log.warning("a payment waits: %s", error)
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)

    async def _say_yes(self, row: PurchaseRow, fees_max: Amount) -> PurchaseRow:
        """Write the yes of a person down, and begin. Raises NodeStopped: then nothing was begun.

        The ways are looked for meanwhile; nothing is sent before the yes is durable.
        """
        yes = self._to_the_end(self._change(row.id, stage="sending", fees_max=fees_max, why=None))
        self._errands.start(row.id, self._carry_new(replace(row, fees_max=fees_max), yes))
        return await asyncio.shield(yes)

    async def _carry_new(self, row: PurchaseRow, yes: asyncio.Task[PurchaseRow]) -> None:
        """From the yes on, which is being written down."""
        is_further = False
        try:
            is_further = await self._send(row, yes)
        except OffsetError as error:
            log.warning("a payment waits: %s", error)
        if yes.cancelled() or yes.exception() is not None:
            # Nothing was begun; a later yes has an errand of its own.
            return
        if not is_further:
            await asyncio.sleep(PAUSE_MS_MIN / 1000)
        await self._carry_on(row.id)

    def _to_the_end(self, change: Coroutine[Any, Any, PurchaseRow]) -> asyncio.Task[PurchaseRow]:
        task = asyncio.create_task(change)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _step(self, row: PurchaseRow) -> bool:
        """One step on the way to its end; False: nothing has changed, look again later."""
        if row.payment_id is None:
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

    async def _send(self, row: PurchaseRow, yes: asyncio.Task[PurchaseRow]) -> bool:
        """A step: the first one. `yes` writes the row."""
        invoice = invoice_of(row)
        try:
            payment = await self._freeze(row, invoice, yes)
        except (PaymentUnfinished, PaymentLost, Disconnected):
            # Credits may be frozen, or lost: the next step asks what became of them.
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

    async def _freeze(
        self, row: PurchaseRow, invoice: InvoiceFile, yes: asyncio.Task[PurchaseRow]
    ) -> Payment:
        all_fees: Amount = 0

        def began(_: PaymentId, fees: Amount) -> None:
            # Its parts are told before anything is sent, and written down with it.
            nonlocal all_fees
            all_fees = fees

        async def sends(payment_id: PaymentId, parts: tuple[Part, ...]) -> None:
            # First the yes, which is durable only now.
            await asyncio.shield(yes)
            now, new = self._rows[row.id], tuple(map(part_row, parts))
            if now.payment_id == payment_id:
                await self._change(row.id, parts=(*now.parts, *new))
            else:
                await self._change(row.id, payment_id=payment_id, fees=all_fees, parts=new)

        try:
            return await self._card.node.buyer.pay(
                invoice, timeout_s=SEND_S, fees_max=row.fees_max, began=began, sends=sends
            )
        finally:
            # What came of it is written behind the yes.
            await asyncio.shield(yes)

    async def _hold(self, id: str, commit: bytes, **more: Any) -> None:
        row = self._rows[id]
        is_stopping = row.stage == "stopping"
        if not is_stopping and is_delivered(row):
            # From now on the owner of the address may have it.
            more["handed"] = self._now()
        stage = "stopping" if is_stopping else "held"
        why = row.why if is_stopping else None
        # From here on the letter may leave, so the row has to say so whatever comes.
        await asyncio.shield(self._to_the_end(self._change(id, stage=stage, commit=commit, why=why, **more)))

    async def _resume(self, row: PurchaseRow, payment_id: PaymentId) -> bool:
        """What became of parts that were sent; nobody has a commit, so nothing can be paid yet."""
        node = await self._card.until_open(AWAY_S)
        try:
            payment = await node.buyer.resume(invoice_of(row), payment_id, timeout_s=ASK_S)
        except PaymentUnfinished:
            return False
        except PaymentCollected:
            return await self._watch(row, payment_id)
        except PaymentLost as lost:
            return await self._not_known(row, str(lost))
        except PaymentUnknown:
            # The node never heard of it, or its end was acknowledged when it was cancelled.
            return await self._forgotten(row, payment_id)
        except PaymentCanceled:
            await self._end_unpaid(row, self._cancelled(row))
            return True
        await self._hold(row.id, COMMIT.encode(payment.commit), fees=fees_of(row))
        return True

    async def _watch(self, row: PurchaseRow, payment_id: PaymentId) -> bool:
        """How it ended, as the own node says; whoever has the commit may collect until then."""
        node = await self._card.until_open(AWAY_S)
        try:
            status = await node.buyer.ended(payment_id, ASK_S)
        except NoAnswer:
            return True
        except PaymentLost as lost:
            return await self._not_known(row, str(lost))
        # A person may have stopped it meanwhile, or shown its commit.
        row = self._rows[row.id]
        match status:
            case PaymentStatusSuccess(receipt=receipt, ack_uid=ack_uid):
                row = await self._paid(row, receipt)
                await self._acknowledge(row, ack_uid if receipt.is_complete else None)
            case PaymentStatusCanceled(ack_uid=ack_uid):
                row = await self._end_unpaid(row, self._cancelled(row), is_acked=False)
                await self._acknowledge(row, ack_uid)
            case PaymentStatusNotFound():
                return await self._forgotten(row, payment_id)
        return True

    async def _forgotten(self, row: PurchaseRow, payment_id: PaymentId) -> bool:
        """The node does not know it any more: another program has acknowledged its end, or it is lost."""
        end = await end_of_payment(await self._card.until_open(AWAY_S), payment_id)
        row = self._rows[row.id]
        if isinstance(end, Receipt):
            await self._paid(row, end, is_acked=True)
        elif end == "unpaid":
            await self._end_unpaid(row, self._cancelled(row))
        elif row.stage == "not-known":
            return False
        elif end == "unproved":
            return await self._not_known(row, UNPROVED)
        elif row.handed is not None:
            return await self._not_known(row, FORGOTTEN)
        else:
            # As long as its commit is shown to nobody nobody can collect.
            await self._end_unpaid(row, self._cancelled(row), if_hidden=True)
        return True

    async def _paid(self, row: PurchaseRow, receipt: Receipt, *, is_acked: bool = False) -> PurchaseRow:
        packed = RECEIPT.encode(receipt)
        return await self._change(
            row.id, stage="done", receipt=packed, fees=fees_of(row), why=None, is_acked=is_acked
        )

    async def _not_known(self, row: PurchaseRow, sentence: str) -> bool:
        why = pack_why(Why(Cause.NOT_KNOWN, sentence, row.currency, remedies=(Remedy(Action.LOOK_AT_HELD),)))
        if (self._rows[row.id].stage, self._rows[row.id].why) != ("not-known", why):
            await self._change(row.id, stage="not-known", why=why)
        return False

    async def _end_unpaid(
        self, row: PurchaseRow, why: Why, *, is_acked: bool = True, if_hidden: bool = False
    ) -> PurchaseRow:
        is_stopping = row.stage == "stopping"
        # Why it was to be stopped says more than that all came back then.
        told = (unpack_why(row.why) if is_stopping else None) or why_value(why)
        if row.payment_id is not None and (lost := lost_of(self._card.report, row.payment_id)):
            # Nothing was paid, and friends may claim something all the same.
            told = replace(told, sentence=f"{told.sentence.rstrip('.')}{lost}.")
        stage = "stopped" if is_stopping else "failed"
        return await self._change(
            row.id, if_hidden=if_hidden, stage=stage, why=pack_why(told), parts=(), is_acked=is_acked
        )

    def _cancelled(self, row: PurchaseRow) -> Why:
        return why_not(self._card.report, invoice_of(row), PaymentCanceled(""))

    async def _acknowledge(self, row: PurchaseRow, ack_uid: Uid | None = None) -> None:
        """The end is durable here, so the node may forget it; asked again until it has heard.

        Where only a receipt of a part is there, that of the whole is waited for: the node keeps it as long as nobody
        acknowledges.
        """
        assert row.payment_id is not None
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while True:
            try:
                buyer = (await self._card.until_open(AWAY_S)).buyer
                if ack_uid is None:
                    status = await buyer.ended(row.payment_id, ASK_S)
                    if isinstance(status, PaymentStatusSuccess):
                        if not status.receipt.is_complete and self._now() < row.changed + WHOLE_MS:
                            raise NoAnswer("there is only the receipt of a part")
                        await self._change(row.id, receipt=RECEIPT.encode(status.receipt))
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

    async def _change(
        self, id: str, *, unless: tuple[str, ...] = (), if_hidden: bool = False, **fields: Any
    ) -> PurchaseRow:
        """Change these fields, unless the row is in one of these stages by now; the row as it is then.

        `if_hidden`: nor if its commit was shown.
        """
        async with self._writing:
            row = await self.get(id)
            if row.stage in unless or (if_hidden and row.handed is not None):
                return row
            return await self._put(replace(row, changed=self._now(), **fields))

    async def _put(self, row: PurchaseRow) -> PurchaseRow:
        known = self._rows.get(row.id)
        is_first = row.stage == "held" and (known is None or known.commit is None)
        written = self._with_letter(row) if is_first else None
        await (written or self._books.do(partial(CardDatabase.put_purchase, row=row)))
        if row.stage in OPEN:
            self._rows[row.id] = row
            self._expect(row)
        else:
            self._rows.pop(row.id, None)
            if row.stage != "done":
                self._expected.purchases.pop(row.id, None)
        if row.asked is not None and row.stage in UNSENT:
            self._asked[row.id] = row
        else:
            self._asked.pop(row.id, None)
        self._told(row)
        return row

    def _expect(self, row: PurchaseRow) -> Expected:
        """Its parts, but for those that were seen in the ledgers."""
        known = self._expected.purchases.get(row.id)
        if known is None or known.sent != row.parts:
            known = self._expected.purchases[row.id] = Expected(
                row.id, row.currency, parts=row.parts, amount=row.amount
            )
        return known
