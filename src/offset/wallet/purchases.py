"""Purchases: their stages, and what follows from a row."""

from __future__ import annotations

from offset.base import base64url
from offset.base.credits import Amount
from offset.base.ids import UID_BYTES, PublicKey, Uid
from offset.core.index.split import Part
from offset.store.card.rows import PartRow, PurchaseRow
from offset.wallet.refusals import Refusal
from offset.wire.files import InvoiceFile
from offset.wire.text_values import INVOICE, PaymentRequest
from offset.wire.texts import class_of, read_text

OPEN = ("sending", "held", "delivered", "stopping", "not-known")
"""Stages in which it may be paid: no other purchase of its invoice is begun."""
ENDS = ("done", "failed", "stopped")
UNSENT = ("asking", "priced")
"""Stages in which nothing was sent."""
HAS_COMMIT = ("held", "delivered")
"""Stages in which the seller is to have the commit."""


def invoice_of(row: PurchaseRow) -> InvoiceFile:
    """The invoice as the node takes it."""
    return InvoiceFile(row.invoice_id, row.currency, row.seller, row.amount)


def is_delivered(row: PurchaseRow) -> bool:
    """Whether its commit goes to the seller by letter."""
    return row.asked is not None or INVOICE.decode(row.invoice).opt_origin is not None


def ask_id_of(row: PurchaseRow) -> Uid:
    """The id of the question to the owner of an address: that of the purchase."""
    return Uid(base64url.decode(row.id, UID_BYTES))


RequestKey = tuple[PublicKey, Uid]
"""The mailbox and the number of a request; its text may have been another one, with other relays."""


def request_in(asked: str | None) -> RequestKey | None:
    """The request in the text of what is paid; None where it is an address, or an invoice from the start."""
    if asked is None or class_of(asked) is not PaymentRequest:
        return None
    text = read_text(asked)
    assert isinstance(text, PaymentRequest), "its first letters say so"
    return text.pay_to.mailbox, text.request_id


def held_already() -> Refusal:
    """It may be paid by another purchase."""
    return Refusal(
        "conflict",
        "This is being paid already: look at what is held. Do not pay it twice.",
        cause="held",
        remedies=["look-at-held"],
    )


def held_elsewhere(card: str, *, is_closed: bool) -> Refusal:
    """It may be paid with another card, of this name."""
    sentence = f"This is being paid already, with your card {card}: look at what that card holds. Do not pay it twice."
    if is_closed:
        sentence = (
            f"This is being paid already, with your card {card}, which is closed: open it and look at what it holds. "
            "Do not pay it twice."
        )
    return Refusal(
        "conflict",
        sentence,
        cause="held",
        remedies=["look-at-held"],
    )


def paid_already() -> Refusal:
    """It was paid by another purchase."""
    return Refusal(
        "conflict",
        "You have paid this already. Ask for a new invoice to pay once more.",
        cause="paid",
        remedies=["ask-anew"],
    )


def part_row(part: Part) -> PartRow:
    """A part by its first friend."""
    return PartRow(part.route.public_keys[1], part.amount, part.fee)


def fees_of(row: PurchaseRow) -> Amount | None:
    """What the parts cost; None where some of them came back and others took their place: which, nobody tells."""
    return row.fees if sum(part.amount for part in row.parts) <= row.amount else None


FORGOTTEN = (
    "Your node does not know this payment any more, and its commit was shown: it may have been paid. "
    "Ask the seller before you pay again."
)
UNPROVED = (
    "Credits of this payment were given to friends whose channel was lost, and nobody can prove whether it was paid. "
    "Ask the seller before you pay again."
)
