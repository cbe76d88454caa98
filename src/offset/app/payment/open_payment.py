"""A payment that is open in the node: its parts, what became of them, and how it is left.

The ids of its parts follow from its own id. So whoever knows the payment can ask for each of its parts once more,
and the node answers with what it has kept, the commit too (spec 05, D-8): nothing else needs to be stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from offset.app.errors import NoAnswer, PaymentUnfinished
from offset.app.payment.closing import ended
from offset.app.payment.lost import lost_words
from offset.app.session import Session
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.ids import UID_BYTES, PaymentId, RequestId
from offset.base.limits import TRANSACTIONS_PER_PAYMENT_MAX
from offset.core.index.split import Part
from offset.crypto.hashing import sha512_256
from offset.wire.app import Complete, CreateTransaction, PaymentStatus, RequestClosePayment, RequestResult
from offset.wire.common import Commit
from offset.wire.files import InvoiceFile
from offset.wire.friend import FriendsRoute

CLOSE_S = 5.0
"""Seconds beyond the time of a payment for leaving it in good order."""

_NOWHERE = FriendsRoute(())
"""No node sends a part over it; the answer of one that was sent before comes all the same."""


class Promised(NamedTuple):
    """The seller promised a receipt for this payment; whoever holds the commit can collect it."""

    payment_id: PaymentId
    commit: Commit
    fees: Amount | None
    parts: tuple[Part, ...]
    """What was sent and arrived; none where that is not known."""


class OpenPayment:
    """One payment, by its id, until `until` in the time of the loop."""

    def __init__(
        self, session: Session, invoice: InvoiceFile | None, payment_id: PaymentId, until: float
    ) -> None:
        """`invoice` is None when nobody wants its commit."""
        self._session, self._invoice, self._until = session, invoice, until
        self.payment_id = payment_id
        self._sent = 0

    def time_left(self) -> float:
        """Seconds until its time is over."""
        return self._until - asyncio.get_running_loop().time()

    # Parts

    async def send(self, parts: Sequence[Part]) -> list[RequestResult | None]:
        """Send parts; how each of them ended, None if that does not matter any more.

        Raises PaymentUnfinished when the time is over.
        """
        first, self._sent = self._sent, self._sent + len(parts)
        return await self._ask(
            [
                CreateTransaction(self.payment_id, self._part_id(number), part.route, part.amount, part.fee)
                for number, part in enumerate(parts, first)
            ]
        )

    async def ask_again(self) -> list[RequestResult | None]:
        """What became of all parts that were ever sent; a Failure stands also for each that was not.

        Raises PaymentUnfinished when the time is over.
        """
        return await self._ask(
            [
                CreateTransaction(self.payment_id, self._part_id(number), _NOWHERE, 0, 0)
                for number in range(TRANSACTIONS_PER_PAYMENT_MAX)
            ]
        )

    def _part_id(self, number: int) -> RequestId:
        hashed = sha512_256(b"part of a payment", self.payment_id, number.to_bytes(4))
        return RequestId(hashed[:UID_BYTES])

    async def _ask(self, requests: list[CreateTransaction]) -> list[RequestResult | None]:
        session = self._session
        with ExitStack() as stack:
            answers = [stack.enter_context(session.transactions.expect(part.request_id)) for part in requests]
            for part in requests:
                session.post(part)
            waiting = set(answers)
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=max(0.0, self.time_left()), return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                if any(isinstance(answer.result(), Complete) for answer in done):
                    # The other parts have arrived too; their answers may come over slower routes.
                    waiting.clear()
            else:
                return [answer.result() if answer.done() else None for answer in answers]
        raise await self.give_up("the time is over and it is still under way")

    # The end

    async def ended(self) -> PaymentStatus:
        """How it ended, when no part is under way any more. Raises PaymentUnfinished or PaymentLost."""
        try:
            return await ended(self._session, self.payment_id, max(self.time_left(), CLOSE_S))
        except NoAnswer:
            raise self.unfinished("the node did not say how it ended") from None

    async def give_up(self, why: str) -> PaymentUnfinished:
        """Let the payment take no more parts, so that it can come to its end."""
        with suppress(NoAnswer):
            await self._session.ask(RequestClosePayment(self.payment_id), timeout_s=CLOSE_S)
        return self.unfinished(why)

    def unfinished(self, why: str) -> PaymentUnfinished:
        """The payment is left as it is."""
        lost = self._session.lost_payments.get(self.payment_id)
        given = "" if lost is None else f"; {lost_words(self._session.known, lost)}"
        return PaymentUnfinished(
            f"the payment {base64url.encode(self.payment_id)} is not finished: {why}; nothing is paid, and what is "
            "frozen comes back when the routes or the seller give up: ask for its commit or its status later"
            f"{given}",
            self.payment_id,
        )

    def is_for(self, commit: Commit) -> bool:
        """Whether a commit is for the invoice that was to be paid, its currency and its amount (D-20)."""
        invoice = self._invoice
        return invoice is not None and (commit.invoice_id, commit.currency, commit.total_dest_payment) == (
            invoice.invoice_id,
            invoice.currency,
            invoice.dest_payment,
        )


def commit_in(results: Sequence[RequestResult | None]) -> Commit | None:
    """The commit that came with the last part to arrive, if it did."""
    return next((result.commit for result in results if isinstance(result, Complete)), None)
