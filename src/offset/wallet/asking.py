"""Paying an address or a request: what its owner is asked for, before there is an invoice."""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from offset.base.credits import Amount
from offset.base.ids import INVOICE_ID_BYTES, Currency, InvoiceId
from offset.base.instants import SECOND
from offset.store.card.rows import PurchaseRow
from offset.wallet.clerk import Clerk
from offset.wallet.own_letters import ASK_MS, ASK_WHEN_OPEN_MS
from offset.wallet.refusals import Refusal
from offset.wire.text_values import InvoiceText, MailboxAddress, PaymentRequest
from offset.wire.texts import write_text

NONE_YET = InvoiceId(bytes(INVOICE_ID_BYTES))
"""In the place of an invoice that was not made yet."""

Askable = MailboxAddress | PaymentRequest
Value = TypeVar("Value", Amount, str)


def asked_for(
    clerk: Clerk, to: Askable, amount: Amount | None, currency: str | None, note: str
) -> InvoiceText:
    """What is to be paid, in the form of the invoice that is asked for; the mailbox stands in place of the node.

    Raises Refusal when something is missing, or is not as the request has it.
    """
    address = to.pay_to if isinstance(to, PaymentRequest) else to
    if address.mailbox == clerk.letters.key:
        raise Refusal("cannot-pay", "This is of this card: somebody else has to pay it.", cause="own-invoice")
    if isinstance(to, PaymentRequest):
        if to.valid_until and to.valid_until * SECOND < clerk.now():
            raise Refusal(
                "cannot-pay",
                "By the clock of this computer the time to pay this request is over. Ask for a new one.",
                cause="expired",
                remedies=["ask-anew"],
            )
        amount = _same("amount", amount, to.opt_amount)
        currency = _same("currency", currency, to.opt_currency)
        note = to.note
    if amount is None or currency is None:
        missing = "how much" if amount is None else "in which currency"
        raise Refusal("refused", f"Say {missing} is to be paid.", cause="amount")
    if not amount:
        raise Refusal("refused", "Pay more than 0.", cause="amount")
    return InvoiceText(NONE_YET, Currency(currency), address.mailbox, amount, note)


def asking(row: PurchaseRow, to: Askable, payer: str, *, when_open: bool) -> PurchaseRow:
    """The row of a purchase whose owner is to be asked."""
    ask_ms = ASK_WHEN_OPEN_MS if when_open else ASK_MS
    return replace(row, stage="asking", asked=write_text(to), payer=payer, until=row.made + ask_ms)


def label_of(to: InvoiceText | Askable) -> str:
    """What the owner of an address calls it."""
    match to:
        case MailboxAddress():
            return to.label
        case PaymentRequest():
            return to.pay_to.label
        case InvoiceText():
            return ""


def _same(what: str, chosen: Value | None, asked: Value | None) -> Value | None:
    if chosen is not None and asked is not None and chosen != asked:
        raise Refusal(
            "refused",
            f"This request has another {what}: {asked}. Pay that, or ask for another one.",
            cause=what,
        )
    return chosen if asked is None else asked
