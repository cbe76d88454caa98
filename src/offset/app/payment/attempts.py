"""Paying one invoice: one payment after another, until one of them has its commit.

    routes → choice → CreatePayment → CreateTransaction for each part
       ▲                                  │
       │      all parts cancelled:        ├─ Complete ──► the commit, the end
       ├── close and acknowledge, ────────┤
       │   then a new payment             └─ some arrived, some cancelled:
       │                                     the missing amount over other routes, in the same payment,
       └──────────────────────────────────── since the seller counts its parts together

The states of a payment, as far as its app can know them:

    OPEN ──► PROMISED ──► COLLECTED
      │          │  └───► LOST
      ▼          ▼
    CLOSED ──► CANCELLED

OPEN: CreatePayment was sent; parts may follow, and each freezes credits along its route. PROMISED: the last part has
arrived, and the node has made the commit. COLLECTED: the seller got the commit and used it; there is a receipt.
CLOSED: RequestClosePayment was sent, so it takes no more parts; if all that were sent arrive after all it is PROMISED
all the same, and whoever asks by its id gets the commit. CANCELLED: every part has come back, because no way was
open, because the others did not come in time, or because the seller cancelled the invoice. LOST: after the commit was
made the channel of a friend who holds a part was lost, and nothing else decides: the seller may have collected, and
the friend may still claim the part. The node tells it by an extension.
At AckClosePayment the node forgets a payment that is COLLECTED, CANCELLED or LOST; from then on it is unknown.

Only the step from PROMISED to COLLECTED moves money, and it needs the commit. What the errors say about that:

    NoIndexServer, NoRoute, NotEnoughCredit, TooExpensive    no payment was opened: nothing is frozen
    NoAnswer, PaymentRefused                 none was opened, or each is CANCELLED or unknown: nothing is frozen
    PaymentUnfinished, Disconnected          the last one may hold frozen credits, and its commit was given to nobody,
                                             so nothing is paid: resume it by its id, or leave it and they come back
    PaymentCanceled                          (of `resume` and `receipt`) nothing was paid, nothing is frozen
    PaymentUnknown                           (of `resume` and `receipt`) the node cannot say what became of it
    PaymentLost                              it is LOST: nobody can prove whether it was paid
    PaymentCollected                         (of `resume`) it was paid
    NoAnswer                                 (of `ended` and `receipt`) as before: the seller may still collect

Why this never pays twice: `run` gives out one commit at most. A new payment begins only when the node has said that
the former one is CANCELLED, and it has a new lock, so what may still lie around of the former one can never be
collected. No failure is overlooked, since answers are awaited from before the questions are sent (spec 05, D-14).
A payment is not closed while its parts are under way and there is time: the reference would then not give a lost
commit a second time (D-8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from offset.app.errors import NoAnswer, PaymentError, PaymentRefused
from offset.app.payment.closing import acknowledge
from offset.app.payment.open_payment import CLOSE_S, OpenPayment, Promised, commit_in
from offset.app.payment.plan import Plan, Waits
from offset.app.session import Session
from offset.base.credits import Amount
from offset.base.entropy import new_payment_id
from offset.base.ids import PaymentId, Uid
from offset.core.index.split import Part, RouteChoice
from offset.wire.app import (
    CreatePayment,
    Failure,
    PaymentStatusCanceled,
    PaymentStatusNotFound,
    PaymentStatusSuccess,
)
from offset.wire.files import InvoiceFile

ATTEMPTS_MAX = 10
"""Payments, and further rounds of parts in one payment, for one invoice."""

Began = Callable[[PaymentId, Amount], Awaitable[None] | None]
"""Told before a payment is created: its id, and the fees of all its parts in credits. What it returns is awaited."""
Sends = Callable[[PaymentId, tuple[Part, ...]], Awaitable[None] | None]
"""Told before parts of a payment are sent; awaited likewise. Those of its first round are told right after `Began`,
before the payment is created, so that both may be written down at once; those of each further round when it begins."""


class Attempts:
    """What is tried for one invoice."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        invoice: InvoiceFile,
        *,
        timeout_s: float,
        began: Began | None,
        sends: Sends | None,
        waits: Waits,
        keep_canceled: bool,
    ) -> None:
        """The arguments of `Buyer.pay`."""
        self._session, self._plan, self._invoice = session, plan, invoice
        self._began, self._sends = began, sends
        self._waits = waits
        self._keep_canceled = keep_canceled
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + timeout_s
        self._attempts = 0

    async def run(self) -> Promised:
        """Try until it works or nothing is left to try; the errors are those of `Buyer.pay`."""
        canceled: tuple[PaymentId, Uid] | None = None
        while self._attempts < ATTEMPTS_MAX:
            try:
                choice = await self._next(self._invoice.dest_payment, [])
            except (PaymentError, NoAnswer):
                if canceled is None:
                    raise
                # That a payment was refused says more.
                break
            if choice is None:
                break
            if canceled is not None:
                await acknowledge(self._session, *canceled, timeout_s=CLOSE_S)
            payment_id = new_payment_id(self._session.entropy)
            done = await self._attempt(payment_id, choice)
            if isinstance(done, Promised):
                return done
            canceled = (payment_id, done)
        if canceled is not None and not self._keep_canceled:
            await acknowledge(self._session, *canceled, timeout_s=CLOSE_S)
        raise PaymentRefused(
            f"the payment was refused on all routes that were tried ({self._attempts}): the seller may have cancelled "
            "the invoice or been paid already, or the credit on the way was used up meanwhile; try again later, or ask "
            "the seller for a new invoice",
            canceled[0] if canceled is not None and self._keep_canceled else None,
        )

    # One payment

    async def _attempt(self, payment_id: PaymentId, choice: RouteChoice) -> Promised | Uid:
        """The commit of a new payment, or the id that acknowledges its cancellation. Raises PaymentUnfinished."""
        if self._began is not None:
            await _told(self._began(payment_id, choice.fee))
        await self._tell(payment_id, choice.parts)
        payment = OpenPayment(self._session, self._invoice, payment_id, self._until)
        # Not awaited: what follows is handled after it. If it is refused the parts fail, and `_cancel` sees it.
        self._session.post(
            CreatePayment(
                payment_id,
                self._invoice.invoice_id,
                self._invoice.currency,
                self._invoice.dest_payment,
                self._invoice.dest_public_key,
            )
        )
        held: list[Part] = []
        missing = choice.parts
        while True:
            self._attempts += 1
            self._waits("the nodes on the way to freeze the credits, and the seller's to promise a receipt")
            results = await payment.send(missing)
            commit = commit_in(results)
            if commit is not None:
                if not payment.is_for(commit):
                    raise await payment.give_up(
                        "the node made a commit for another invoice, which is thrown away"
                    )
                parts = (*held, *missing)
                return Promised(payment_id, commit, sum(part.fee for part in parts), parts)
            failed: list[Part] = []
            for part, result in zip(missing, results, strict=True):
                (failed if isinstance(result, Failure) else held).append(part)
            for part in failed:
                self._plan.failed(part.route)
            if not held:
                return await self._cancel(payment)
            if not failed:
                raise await payment.give_up("all of it arrived, and the seller waits for more")
            missing = (await self._again(payment, failed, held)).parts
            await self._tell(payment_id, missing)

    async def _tell(self, payment_id: PaymentId, parts: tuple[Part, ...]) -> None:
        if self._sends is not None:
            await _told(self._sends(payment_id, parts))

    async def _again(self, payment: OpenPayment, failed: list[Part], held: list[Part]) -> RouteChoice:
        """Other routes for what is missing of a payment that arrived in part. Raises PaymentUnfinished."""
        if self._attempts < ATTEMPTS_MAX:
            with suppress(PaymentError, NoAnswer):
                choice = await self._next(sum(part.amount for part in failed), held)
                if choice is not None:
                    return choice
        raise await payment.give_up("a part of it found no way")

    async def _cancel(self, payment: OpenPayment) -> Uid:
        """Close a payment whose parts all failed; the id of its acknowledgement."""
        match await payment.ended():
            case PaymentStatusCanceled(ack_uid):
                return ack_uid
            case PaymentStatusNotFound():
                raise PaymentRefused(
                    "the node did not begin the payment: too many may be open; finish some with their status"
                )
            case PaymentStatusSuccess():
                raise payment.unfinished("the node calls it paid, though no part of it arrived")

    async def _next(self, amount: Amount, held: list[Part]) -> RouteChoice | None:
        left = self._until - self._loop.time()
        if left <= 0:
            raise NoAnswer("the time for the payment was over before it began: give it more")
        return await self._plan.next(amount, held, left)


async def _told(answer: Awaitable[None] | None) -> None:
    if answer is not None:
        await answer
