"""Paying one invoice, from the first route to the commit.

    routes → choice → CreatePayment → CreateTransaction for each part
       ▲                                  │
       │      all parts cancelled:        ├─ Complete ──► the commit, the end
       ├── close and acknowledge, ────────┤
       │   then a new payment             └─ some arrived, some cancelled:
       │                                     the missing amount over other routes, in the same payment,
       └──────────────────────────────────── since the seller counts its parts together

All answers are awaited from before the questions are sent, so an early failure is not lost (spec 05, D-14).
A new payment has a new lock: what may still lie around of a former one can never be collected. It begins only when
the node has said that the former one is cancelled. A payment is not closed while its parts are under way: the
reference would then not give a lost commit a second time (D-8).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import NamedTuple

from offset.app.closing import acknowledge, ended
from offset.app.errors import NoAnswer, PaymentError, PaymentRefused, PaymentUnfinished
from offset.app.plan import Plan
from offset.app.session import Session
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.ids import PAYMENT_ID_BYTES, UID_BYTES, PaymentId, Uid
from offset.core.index.split import Choice, Part
from offset.wire.app import (
    Complete,
    CreatePayment,
    CreateTransaction,
    Failure,
    PaymentCanceled,
    PaymentNotFound,
    PaymentSuccess,
    RequestClosePayment,
    RequestResult,
)
from offset.wire.common import Commit
from offset.wire.files import InvoiceFile

ATTEMPTS_MAX = 6
"""Payments, and further rounds of a payment, for one invoice."""
CLOSE_S = 5.0
"""Seconds beyond the time of a payment for leaving it in good order."""

Began = Callable[[PaymentId, Amount], None]
"""Told before a payment is created: its id, and the fees of all its parts in credits."""


class Promised(NamedTuple):
    """The seller promised a receipt for this payment; whoever holds the commit can collect it."""

    payment_id: PaymentId
    commit: Commit
    fees: Amount


class Paying:
    """One invoice that is being paid."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        invoice: InvoiceFile,
        *,
        timeout_s: float,
        began: Began | None,
        keep_canceled: bool,
    ) -> None:
        """The arguments of `Buyer.pay`."""
        self._session, self._plan, self._invoice = session, plan, invoice
        self._began = began
        self._keep_canceled = keep_canceled
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + timeout_s
        self._attempts = 0

    async def run(self) -> Promised:
        """Try until it works or nothing is left to try; the errors are those of `Buyer.pay`."""
        canceled: tuple[PaymentId, Uid] | None = None
        while self._attempts < ATTEMPTS_MAX:
            try:
                choice = await self._next(self._invoice.dest_payment, 0)
            except (PaymentError, NoAnswer):
                if canceled is None:
                    raise
                break  # that a payment was refused says more
            if choice is None:
                break
            if canceled is not None:
                await acknowledge(self._session, *canceled, timeout_s=CLOSE_S)
            payment_id = self._session.entropy.bytes(PAYMENT_ID_BYTES)
            done = await self._attempt(payment_id, choice)
            if isinstance(done, Promised):
                return done
            canceled = (payment_id, done)
        if canceled is not None and not self._keep_canceled:
            await acknowledge(self._session, *canceled, timeout_s=CLOSE_S)
        raise PaymentRefused(
            f"the payment was refused on all routes that were tried ({self._attempts}): the seller may have cancelled "
            "the invoice or been paid already, or the credit on the way was used up meanwhile",
            canceled[0] if canceled is not None and self._keep_canceled else None,
        )

    # One payment

    async def _attempt(self, payment_id: PaymentId, choice: Choice) -> Promised | Uid:
        """The commit of a new payment, or the id that acknowledges its cancellation. Raises PaymentUnfinished."""
        fees = choice.fee
        if self._began is not None:
            self._began(payment_id, fees)
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
        arrived = 0
        missing = choice.parts
        while True:
            self._attempts += 1
            results = await self._send(payment_id, missing)
            for result in results:
                if isinstance(result, Complete):
                    return Promised(payment_id, self._checked(payment_id, result.commit), fees)
            failed = [
                part for part, result in zip(missing, results, strict=True) if isinstance(result, Failure)
            ]
            for part in failed:
                self._plan.failed(part.route)
            arrived += len(missing) - len(failed)
            if not arrived:
                return await self._cancel(payment_id)
            if not failed:
                raise await self._give_up(payment_id, "all of it arrived, and the seller waits for more")
            fees -= sum(part.fee for part in failed)
            again = await self._again(payment_id, failed, fees)
            fees += again.fee
            missing = again.parts

    async def _send(self, payment_id: PaymentId, parts: tuple[Part, ...]) -> list[RequestResult | None]:
        """Send parts of a payment; how each of them ended, None if that does not matter any more.

        Raises PaymentUnfinished when the time is over.
        """
        session = self._session
        requests = [(session.entropy.bytes(UID_BYTES), part) for part in parts]
        with ExitStack() as stack:
            answers = [stack.enter_context(session.transactions.expect(name)) for name, _ in requests]
            for name, part in requests:
                session.post(CreateTransaction(payment_id, name, part.route, part.amount, part.fee))
            waiting = set(answers)
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=max(0.0, self._time_left()), return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                if any(isinstance(answer.result(), Complete) for answer in done):
                    waiting.clear()  # the other parts have arrived too; their answers may come over slower routes
            else:
                return [answer.result() if answer.done() else None for answer in answers]
        raise await self._give_up(payment_id, "the time is over and it is still under way")

    async def _again(self, payment_id: PaymentId, failed: list[Part], fees: Amount) -> Choice:
        """Other routes for what is missing of a payment that arrived in part. Raises PaymentUnfinished."""
        if self._attempts < ATTEMPTS_MAX:
            with suppress(PaymentError, NoAnswer):
                choice = await self._next(sum(part.amount for part in failed), fees)
                if choice is not None:
                    return choice
        raise await self._give_up(payment_id, "a part of it found no way")

    # The end of a payment

    async def _cancel(self, payment_id: PaymentId) -> Uid:
        """Close a payment whose parts all failed; the id of its acknowledgement."""
        try:
            status = await ended(self._session, payment_id, max(self._time_left(), CLOSE_S))
        except NoAnswer:
            raise self._unfinished(payment_id, "the node did not say how it ended") from None
        match status:
            case PaymentCanceled():
                return status.ack_uid
            case PaymentNotFound():
                raise PaymentRefused("the node did not begin the payment: too many may be open")
            case PaymentSuccess():
                raise self._unfinished(payment_id, "the node calls it paid, though no part of it arrived")

    async def _give_up(self, payment_id: PaymentId, why: str) -> PaymentUnfinished:
        """Let the payment take no more parts, so that it can come to its end."""
        with suppress(NoAnswer):
            await self._session.ask(RequestClosePayment(payment_id), timeout_s=CLOSE_S)
        return self._unfinished(payment_id, why)

    def _unfinished(self, payment_id: PaymentId, why: str) -> PaymentUnfinished:
        return PaymentUnfinished(
            f"the payment {base64url.encode(payment_id)} is not finished: {why}; nothing is paid, and what is frozen "
            "comes back when the routes give up or the seller cancels the invoice: ask for its status later",
            payment_id,
        )

    def _checked(self, payment_id: PaymentId, commit: Commit) -> Commit:
        """A commit for anything but this invoice is not given away (D-20)."""
        invoice = self._invoice
        if (commit.invoice_id, commit.currency, commit.total_dest_payment) != (
            invoice.invoice_id,
            invoice.currency,
            invoice.dest_payment,
        ):
            raise self._unfinished(
                payment_id, "the node made a commit for another invoice, which is thrown away"
            )
        return commit

    async def _next(self, amount: Amount, fees_spent: Amount) -> Choice | None:
        left = self._time_left()
        if left <= 0:
            raise NoAnswer("the time for the payment is over")
        return await self._plan.next(amount, fees_spent, left)

    def _time_left(self) -> float:
        return self._until - self._loop.time()
