"""What guests are told: answers to their letters, and what becomes of their questions while their lines are up."""

from __future__ import annotations

from msgspec.structs import replace

from offset.base.ids import UNSIGNED, CallId, InvoiceId, Uid
from offset.base.instants import Instant
from offset.base.limits import PAY_WITHIN_MS
from offset.core.dealings.desk import Desk
from offset.core.dealings.effects import Opened, Reply
from offset.core.dealings.records import GuestAsk, GuestStage
from offset.wire.letters_signing import invoice_buffer, settled_buffer
from offset.wire.mailbox import Body, Invoice, Settled, SettledState

NO_INVOICE = InvoiceId(bytes(32))
"""In the place of an invoice that was not made."""


class Sayings:
    """Letters to guests."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lines: dict[Uid, CallId] = {}
        """Where each question was spoken of last."""

    def speaks(self, ask_id: Uid, call: CallId) -> None:
        """On this line the question is spoken of now."""
        self._lines[ask_id] = call

    def silent(self, ask_id: Uid) -> None:
        """Nobody is to be told of this question unasked."""
        self._lines.pop(ask_id, None)

    def gone(self, call: CallId) -> None:
        """The line is over."""
        for id in [id for id, line in self._lines.items() if line == call]:
            del self._lines[id]

    def reply(self, call: CallId, number: int, body: Body) -> None:
        """Answer the letter of this number."""
        self._desk.add(Reply(call, body, number))

    def tell(self, row: GuestAsk, state: SettledState, now: Instant) -> None:
        """Tell whoever spoke of it last, while its line is up."""
        if (call := self._lines.get(row.ask_id)) is not None and row.invoice is not None:
            self._desk.add(Reply(call, self.settled(row, state, now), 0))

    def invoice(self, row: GuestAsk, opened: Opened, now: Instant) -> Invoice:
        """What is asked for, signed."""
        invoice = Invoice(
            ask_id=row.ask_id,
            request_id=row.request_id,
            invoice_id=opened.invoice_id,
            currency=row.currency,
            dest_public_key=opened.dest_public_key,
            dest_payment=row.amount,
            note=row.note,
            opt_decimals=row.decimals,
            issued=self._desk.unix(now),
            pay_within=PAY_WITHIN_MS,
            signature=UNSIGNED,
        )
        return replace(invoice, signature=self._desk.signer.sign(invoice_buffer(invoice)))

    def settled(self, row: GuestAsk, state: SettledState, now: Instant) -> Settled:
        """What became of a question, signed."""
        return self.signed(row.ask_id, row.invoice_id or NO_INVOICE, state, now)

    def signed(self, ask_id: Uid, invoice_id: InvoiceId, state: SettledState, now: Instant) -> Settled:
        """The same of a question without a row, or of an invoice for which nobody asked."""
        settled = Settled(ask_id, invoice_id, state, self._desk.unix(now), UNSIGNED)
        return replace(settled, signature=self._desk.signer.sign(settled_buffer(settled)))


def state_of(row: GuestAsk) -> SettledState:
    """What is said of a question in this stage to whoever gives it up."""
    match row.stage:
        case GuestStage.COMMITTED:
            return SettledState.COLLECTING
        case GuestStage.COLLECTED:
            return SettledState.COLLECTED
        case _:
            return SettledState.WITHDRAWN
