"""Payments of the node. Permissions: buyer, and routes to pay.

Money is safe in this order: credits are frozen part by part, the seller answers the last part, and the node makes
the commit. Only who holds the commit can collect. So until `pay` returns and you give its commit away, nothing is
paid; and when you do, the seller collects all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from offset.app.errors import PaymentCanceled, PaymentError, PaymentUnknown
from offset.app.payment.attempts import Attempts, Began, Sends
from offset.app.payment.closing import UNKNOWN, acknowledge, ended
from offset.app.payment.plan import Plan, Waits
from offset.app.payment.reasons import why_not
from offset.app.payment.resuming import has_commit, resume
from offset.app.quote import QUOTE_S, Capacity, Quote, capacity, quote
from offset.app.routes import Routes
from offset.app.session import Session
from offset.base.credits import Amount
from offset.base.ids import Currency, PaymentId, PublicKey, Uid
from offset.core.index.split import Part
from offset.wire.app import PaymentStatus, PaymentStatusNotFound, PaymentStatusSuccess
from offset.wire.common import Commit, Receipt
from offset.wire.files import InvoiceFile

PAY_S = 60.0
"""Seconds for a whole payment, all attempts together."""

Store = Callable[[Receipt], None]


class Payment:
    """A payment that the seller can collect: give it the commit, then wait for the receipt."""

    __slots__ = ("_buyer", "commit", "fees", "invoice", "parts", "payment_id")

    def __init__(
        self,
        buyer: Buyer,
        invoice: InvoiceFile,
        payment_id: PaymentId,
        commit: Commit,
        fees: Amount | None,
        parts: tuple[Part, ...] = (),
    ) -> None:
        """`commit` is to be given to the seller; `fees` are for the mediators, in credits, all parts together.

        After `resume` the fees are None and there are no parts: the node does not tell them.
        """
        self._buyer = buyer
        self.invoice = invoice
        self.payment_id = payment_id
        self.commit = commit
        self.fees = fees
        self.parts = parts
        """What arrived over which route."""

    async def receipt(self, timeout_s: float, store: Store | None = None) -> Receipt:
        """The proof of the payment, once the seller has collected; see `Buyer.receipt`."""
        return await self._buyer.receipt(self.payment_id, timeout_s, store)


class Buyer:
    """Paying invoices, and learning how payments ended."""

    def __init__(self, session: Session, routes: Routes) -> None:
        self._session, self._routes = session, routes

    async def pay(
        self,
        invoice: InvoiceFile,
        *,
        timeout_s: float = PAY_S,
        fees_max: Amount | None = None,
        began: Began | None = None,
        sends: Sends | None = None,
        waits: Waits = lambda _: None,
        keep_canceled: bool = False,
    ) -> Payment:
        """Freeze credits on the way to the seller, until it promises a receipt for them.

        It looks at the report, as `quote` and `capacity` do: without one they raise NoReport.
        Ends within `timeout_s` seconds (and CLOSE_S for leaving things in order), with a Payment or with an error
        that says why: a PaymentError, NotPermitted, NoAnswer or Disconnected. Only after PaymentUnfinished and
        Disconnected can credits still be frozen; then `resume` the payment later, or leave it: its commit was given
        to nobody, so nothing is paid. If you cancel this coroutine the payment stays in the node, under the last id
        that `began` was told.

        `fees_max`: the most that mediators may get, in credits; unless given, the limit of `fees_allowed`, beyond
        which TooExpensive says what the routes cost. `began` and `sends`: told the id of each payment and its parts
        before the node hears of them; what they return is awaited, and what they raise ends it. `waits`: told what
        is waited for, when a friend is connecting or an index server has just come back, as the end of a sentence.
        `keep_canceled`: leave the last payment, if it was cancelled, for somebody else to ask for and to
        acknowledge; PaymentRefused then names it.
        """
        attempts = Attempts(
            self._session,
            Plan(self._routes, self._session.wanted_report, invoice, fees_max, waits),
            invoice,
            timeout_s=timeout_s,
            began=began,
            sends=sends,
            waits=waits,
            keep_canceled=keep_canceled,
        )
        with self._explained(invoice):
            return Payment(self, invoice, *await attempts.run())

    async def quote(self, invoice: InvoiceFile, timeout_s: float = QUOTE_S) -> Quote:
        """How the invoice would be paid now, and what that would cost, however much. Nothing is frozen.

        Raises why it cannot be paid: a PaymentError with its `why`, NoAnswer, Disconnected.
        """
        with self._explained(invoice):
            return await quote(self._routes, self._session.wanted_report, invoice, timeout_s)

    async def capacity(self, currency: Currency, to: PublicKey, timeout_s: float = QUOTE_S) -> Capacity:
        """The most that could be paid to a node now, 0 if nothing. Raises NoIndexServer, NoAnswer, Disconnected."""
        return await capacity(self._routes, self._session.wanted_report, currency, to, timeout_s)

    @contextmanager
    def _explained(self, invoice: InvoiceFile) -> Iterator[None]:
        """Errors say why, and what helps; that takes a report."""
        try:
            yield
        except PaymentError as error:
            if self._session.known is not None:
                error.why = why_not(self._session.known, invoice, error)
            raise

    async def resume(
        self, invoice: InvoiceFile, payment_id: PaymentId, *, timeout_s: float = PAY_S
    ) -> Payment:
        """The commit of a payment that `pay` began, over whatever connection and in whatever process.

        Waits for the parts that were sent, and sends no others. Ends within `timeout_s` seconds (and CLOSE_S) with
        the Payment, or with PaymentCollected when the seller has collected it; with PaymentCanceled when
        nothing was paid and the node has forgotten it, so that the invoice can be paid anew; with PaymentUnknown
        when this node cannot say what became of it; with PaymentLost when nobody can; with PaymentUnfinished when it
        is still under way; with UserFault when it is for another invoice.
        """
        with self._explained(invoice):
            return Payment(self, invoice, *await resume(self._session, invoice, payment_id, timeout_s))

    async def has_commit(self, payment_id: PaymentId, timeout_s: float) -> bool:
        """Whether a payment that has not ended can be collected by whoever holds its commit; else it is under way.

        From now on the payment takes no more parts. False also when that is not known after `timeout_s` seconds.
        """
        return await has_commit(self._session, payment_id, timeout_s)

    async def ended(self, payment_id: PaymentId, timeout_s: float) -> PaymentStatus:
        """How a payment ended, as soon as it has; from now on it takes no more parts.

        Store what you need, then call `acknowledge`. Raises NoAnswer after `timeout_s` seconds, and PaymentLost when
        nobody can prove how it ended: acknowledge that too, with the error's `ack_uid`, when it may be forgotten.
        """
        return await ended(self._session, payment_id, timeout_s)

    async def acknowledge(self, payment_id: PaymentId, ack_uid: Uid) -> None:
        """Let the node forget a payment that has ended."""
        await acknowledge(self._session, payment_id, ack_uid)

    async def receipt(self, payment_id: PaymentId, timeout_s: float, store: Store | None = None) -> Receipt:
        """The proof of a payment, once the seller has collected; then the node forgets the payment.

        `store` gets the receipt before that: if it raises, the node keeps it. Raises PaymentCanceled,
        PaymentUnknown, PaymentLost, or NoAnswer when the seller has not collected within `timeout_s` seconds.
        """
        status = await self.ended(payment_id, timeout_s)
        if isinstance(status, PaymentStatusNotFound):
            raise PaymentUnknown(UNKNOWN)
        if isinstance(status, PaymentStatusSuccess):
            if store is not None:
                store(status.receipt)
            await self.acknowledge(payment_id, status.ack_uid)
            return status.receipt
        await self.acknowledge(payment_id, status.ack_uid)
        raise PaymentCanceled("the payment was cancelled: nothing was paid")
