"""What a payment would cost, for a page: the price, or why there is none and what helps."""

from __future__ import annotations

import time

from offset.app.errors import PaymentError
from offset.app.payment.reasons import why_not
from offset.app.payment.rooms import Room, most_out, rooms
from offset.base.credits import Amount
from offset.base.ids import INVOICE_ID_BYTES, Currency, InvoiceId, PublicKey
from offset.wallet.clerk import Clerk
from offset.wallet.payment_views import invoice_view, text
from offset.wallet.purchases import paid_already
from offset.wallet.refusals import Refusal
from offset.wallet.values.parts import key_text
from offset.wallet.values.payments import Capacity, OwnLine, Quote, Why
from offset.wallet.whys import why_value
from offset.wire.letters_signing import verify_origin
from offset.wire.text_values import InvoiceText

FEES_MIN = 1
"""Credits of fees that are never asked again."""


def check_payable(clerk: Clerk, invoice: InvoiceText, amount: Amount | None) -> None:
    """Raise Refusal when nothing can be paid for this invoice, whatever the ways are."""
    if invoice.dest_public_key == clerk.card.public_key:
        raise Refusal(
            "cannot-pay", "This is an invoice of this card: somebody else has to pay it.", cause="own-invoice"
        )
    if not invoice.dest_payment:
        raise Refusal(
            "cannot-pay", "This invoice asks for nothing, so there is nothing to pay.", cause="amount"
        )
    if amount is not None and amount != invoice.dest_payment:
        raise Refusal(
            "refused",
            f"This invoice asks for {invoice.dest_payment} {invoice.currency}, and is paid in full or not at all. "
            "Ask for another one to pay another amount.",
            cause="amount",
            most=invoice.dest_payment,
        )
    origin = invoice.opt_origin
    if origin is None:
        return
    if not verify_origin(invoice):
        raise Refusal(
            "cannot-pay",
            "This invoice was changed after it was made: its signature is wrong. Ask for a new one.",
            cause="changed",
            remedies=["ask-anew"],
        )
    if origin.issued + origin.pay_within < time.time() * 1000:
        raise Refusal(
            "cannot-pay",
            "By the clock of this computer the time to pay this invoice is over. Ask for a new one.",
            cause="expired",
            remedies=["ask-anew"],
        )


async def check_not_paid(clerk: Clerk, invoice: InvoiceText) -> None:
    """Raise Refusal when this invoice was paid: whoever is shown a price would think that it was not.

    Raises NodeStopped.
    """
    for row in await clerk.books.do(lambda books: books.purchases_of(invoice.invoice_id)):
        if row.stage == "done":
            raise paid_already()


async def quote(clerk: Clerk, invoice: InvoiceText, fees_percent: int, *, is_own: bool) -> Quote:
    """The price now, or why there is none. Raises Refusal, Disconnected, NotPermitted."""
    fees: Amount | None = None
    over: tuple[PublicKey, ...] = ()
    routes = 0
    why: Why | None = None
    most: Amount | None = None
    node = clerk.card.node
    try:
        found = await node.buyer.quote(invoice.file())
    except PaymentError as error:
        reason = error.why or why_not(clerk.card.report, invoice.file(), error)
        why, most = why_value(reason), reason.most
    else:
        fees, over, routes = found.fees, found.over, len(found.parts)
    limit = max(FEES_MIN, invoice.dest_payment * fees_percent // 100)
    return Quote(
        invoice=invoice_view(invoice, name=clerk.name_of(invoice.dest_public_key), is_own=is_own),
        fees=text(fees),
        total=None if fees is None else str(invoice.dest_payment + fees),
        asks_again=fees is not None and fees > limit,
        routes=routes,
        over=tuple(map(key_text, over)),
        most=text(most),
        why=why,
        earlier=tuple(
            row.id
            for row in clerk.paying.open_rows()
            if row.invoice_id == invoice.invoice_id
            or (row.seller, row.currency, row.amount)
            == (invoice.dest_public_key, invoice.currency, invoice.dest_payment)
        ),
    )


async def capacity(clerk: Clerk, currency: Currency, to: PublicKey | None) -> Capacity:
    """How much can be paid, to somebody or as far as it depends on our own friends."""
    report = clerk.card.report
    found = rooms(report, currency)
    own = most_out(found)
    lines = tuple(map(_line, found))
    if to is None:
        return Capacity(
            most=str(own.amount), fees=None, is_at_least=own.is_at_least, own_lines=lines, why=None
        )
    try:
        most = await clerk.card.node.buyer.capacity(currency, to)
    except PaymentError as error:
        invoice = InvoiceText(_NOBODY, currency, to, own.amount + 1).file()
        why = why_value(why_not(report, invoice, error))
        return Capacity(most=None, fees=None, is_at_least=False, own_lines=lines, why=why)
    return Capacity(
        most=str(most.most), fees=str(most.fees), is_at_least=most.is_at_least, own_lines=lines, why=None
    )


_NOBODY = InvoiceId(bytes(INVOICE_ID_BYTES))


def _line(room: Room) -> OwnLine:
    return OwnLine(
        friend=key_text(room.key),
        name=room.name,
        is_online=room.is_online and room.is_enabled,
        can_send=text(room.out),
    )
