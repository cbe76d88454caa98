"""Paying: each purchase is a row before anything is asked of the node, and a task that carries it to its end.

    asking ──► priced ──► sending ──► held ──► delivered ──► done        paid: the own node has the receipt
       │          │          │         │                 failed, stopped: the own node says that nothing was paid
       │          │          ├───────► failed            not-known: the node has lost it after its commit was shown
       │          │          ▼         ▼
       └──────────┴─stop─► stopping ◄─stop─┘──► stopped, done

Asking and delivered are those of an address or a request, whose letters another one writes (`letters`): it is told of
each row, and says here what the owner has answered. What the owner says ends nothing that was sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from offset.app.why import Cause, Why
from offset.base.credits import Amount
from offset.base.instants import Millis
from offset.store.card.rows import PurchaseRow
from offset.wallet.carrying import Carrying
from offset.wallet.purchases import (
    ENDS,
    HAS_COMMIT,
    OPEN,
    UNSENT,
    held_already,
    held_elsewhere,
    is_delivered,
    paid_already,
    request_in,
)
from offset.wallet.refusals import Refusal
from offset.wallet.values import payments as values
from offset.wallet.whys import pack_why
from offset.wire.text_values import INVOICE, InvoiceText

Allow = Callable[[PurchaseRow], Awaitable[None]]


class Paying(Carrying):
    """The purchases of one open card."""

    # What a person does

    async def begin(self, row: PurchaseRow) -> PurchaseRow:
        """Write a new purchase down, or find the one that the same request made before. Raises Refusal."""
        async with self._turn:
            known = await self._books.do(lambda books: books.purchase(row.id))
            if known is not None:
                if known.body_hash != row.body_hash:
                    raise Refusal("other-body", "This payment was begun with other contents.")
                return known
            if row.asked is None:
                await self._check_single(row)
            else:
                await self._check_request(row)
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
            if row.stage == "asking":
                raise Refusal(
                    "conflict",
                    "The price is not known yet: whoever is to be paid has not answered.",
                    cause="asking",
                    remedies=["wait"],
                )
            if row.until is not None and row.until < self._now():
                raise Refusal(
                    "cannot-pay",
                    "By the clock of this computer the time to pay this invoice is over. Ask for a new one.",
                    cause="expired",
                    remedies=["ask-anew"],
                )
            await self._check_single(row)
            await self._check_request(row)
            if allow is not None:
                await allow(row)
            # So that nothing is written down for a node that cannot be asked.
            _ = self._card.node
            return await self._say_yes(row, fees_max)

    async def stop_one(self, id: str) -> PurchaseRow:
        """No more parts, and no commit for the seller from now on. Raises Refusal."""
        async with self._turn:
            row = await self.get(id)
            if row.stage in ENDS or row.stage in ("stopping", "not-known"):
                return row
            if row.stage in UNSENT:
                return await self._change(id, unless=(*OPEN, *ENDS), stage="stopped")
            if row.stage == "delivered":
                raise Refusal(
                    "conflict", "The seller has the commit and collects: this cannot be stopped any more."
                )
            await self._errands.rest(id)
            # It may have come to its end meanwhile.
            row = await self.get(id)
            row = await self._change(
                id, unless=ENDS, stage="stopped" if row.payment_id is None else "stopping"
            )
            self._carry(id)
            if row.stage == "done" and not row.is_acked:
                # Telling the node so may have been broken off.
                self._errands.start(id, self._acknowledge(row))
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
                handed = self._now() if row.handed is None and is_delivered(row) else row.handed
                row = await self._change(id, unless=ENDS, stage="held", handed=handed, why=None)
            if row.stage not in (*HAS_COMMIT, "done"):
                raise Refusal("conflict", "This payment cannot be delivered any more: begin another one.")
            return row

    async def _check_single(self, row: PurchaseRow) -> None:
        for other in await self._books.do(lambda books: books.purchases_of(row.invoice_id)):
            if other.id == row.id:
                continue
            if other.stage in OPEN:
                raise held_already()
            if other.stage == "done":
                raise paid_already()
        for claim in await self._elsewhere():
            if claim.invoice_id == row.invoice_id:
                raise held_elsewhere(claim.card, is_closed=claim.is_closed)

    async def _check_request(self, row: PurchaseRow) -> None:
        """A request that may be paid already is not paid beside that; an address may be."""
        asked = request_in(row.asked)
        if asked is None:
            return
        for other in await self._books.do(lambda books: books.purchases_in(OPEN)):
            if other.id != row.id and request_in(other.asked) == asked:
                raise held_already()
        for claim in await self._elsewhere():
            if claim.request == asked:
                raise held_elsewhere(claim.card, is_closed=claim.is_closed)

    # What the owner of an address says

    async def price(self, id: str, invoice: InvoiceText, until: Millis) -> PurchaseRow:
        """Its invoice, which can be paid until then. Raises Refusal, NodeStopped."""
        row = await self.get(id)
        if row.stage != "asking":
            return row
        if (invoice.currency, invoice.dest_payment) != (row.currency, row.amount):
            sentence = (
                f"You were asked for {row.amount} {row.currency}, and now for {invoice.dest_payment} "
                f"{invoice.currency}. Ask whoever is to be paid which it is."
            )
            return await self.refused(id, Why(Cause.OTHER, sentence, row.currency))
        return await self._change(
            id,
            unless=(*OPEN, *ENDS),
            stage="priced",
            invoice=INVOICE.encode(invoice),
            invoice_id=invoice.invoice_id,
            seller=invoice.dest_public_key,
            until=until,
            why=None,
        )

    async def refused(self, id: str, why: Why | values.Why) -> PurchaseRow:
        """It will not be collected, says the owner: what was sent is waited for as after a stop.

        Raises Refusal, NodeStopped.
        """
        async with self._turn:
            row = await self.get(id)
            if row.stage in UNSENT:
                return await self._change(id, unless=(*OPEN, *ENDS), stage="failed", why=pack_why(why))
            if row.stage not in ("sending", *HAS_COMMIT):
                return row
            await self._errands.rest(id)
            # Where nothing was opened in the node the next step says so.
            row = await self._change(id, unless=(*ENDS, "not-known"), stage="stopping", why=pack_why(why))
            self._carry(id)
            if row.stage == "done" and not row.is_acked:
                # Telling the node so may have been broken off.
                self._errands.start(id, self._acknowledge(row))
            return row

    async def delivered(self, id: str) -> PurchaseRow:
        """The owner has the commit, as it says. Raises Refusal, NodeStopped."""
        row = await self.get(id)
        if row.stage in ("held", "stopping") and row.handed is not None:
            row = await self._change(id, unless=(*ENDS, "not-known"), stage="delivered", why=None)
        return row

    async def wait_for(self, id: str, why: values.Why) -> PurchaseRow:
        """What it waits for, while its owner is called. Raises Refusal, NodeStopped."""
        row = await self.get(id)
        text = pack_why(why)
        if row.stage in ("asking", "held") and row.why != text:
            others = ("priced", "sending", "delivered", "stopping", "not-known", *ENDS)
            row = await self._change(id, unless=others, why=text)
        return row
