"""Invoices, payments, commits and receipts: what buyer and seller hand each other (spec 01, 7.3)."""

from __future__ import annotations

from offset.base.credits import Amount
from offset.base.ids import (
    HASH_BYTES,
    INVOICE_ID_BYTES,
    LOCK_BYTES,
    PAYMENT_ID_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Currency,
    InvoiceId,
    PaymentId,
    PublicKey,
)
from offset.wire.codec import Message
from offset.wire.common import Commit, Receipt
from offset.wire.files.forms import AMOUNT, CURRENCY, FLAG, Form, Spelling, raw


class InvoiceFile(Message):
    """What a seller asks for; `dest_payment` is the whole amount."""

    invoice_id: InvoiceId
    currency: Currency
    dest_public_key: PublicKey
    dest_payment: Amount


class PaymentFile(Message):
    """The name under which the buyer's node knows a payment."""

    payment_id: PaymentId
    node_public_key: PublicKey | None = None
    """The buyer's node; None in a file of the reference, which does not name it, and does not read it."""


_BOTH = Spelling.SNAKE_OR_CAMEL
_INVOICE_ID, _LOCK, _HASH = raw(INVOICE_ID_BYTES), raw(LOCK_BYTES), raw(HASH_BYTES)
_SIGNATURE = raw(SIGNATURE_BYTES)

_INVOICE = Form(
    "an invoice",
    InvoiceFile,
    {
        "invoice_id": _INVOICE_ID,
        "currency": CURRENCY,
        "dest_public_key": raw(PUBLIC_KEY_BYTES),
        "dest_payment": AMOUNT,
    },
    _BOTH,
)
_PAYMENT = Form(
    "a payment",
    PaymentFile,
    {"payment_id": raw(PAYMENT_ID_BYTES)},
    _BOTH,
    added={"node_public_key": raw(PUBLIC_KEY_BYTES)},
)
_COMMIT = Form(
    "a commit",
    Commit,
    {
        "response_hash": _HASH,
        "src_plain_lock": _LOCK,
        "dest_hashed_lock": _LOCK,
        "dest_payment": AMOUNT,
        "total_dest_payment": AMOUNT,
        "invoice_id": _INVOICE_ID,
        "currency": CURRENCY,
        "signature": _SIGNATURE,
    },
    _BOTH,
)
_RECEIPT = Form(
    "a receipt",
    Receipt,
    {
        "response_hash": _HASH,
        "invoice_id": _INVOICE_ID,
        "currency": CURRENCY,
        "src_plain_lock": _LOCK,
        "dest_plain_lock": _LOCK,
        "is_complete": FLAG,
        "dest_payment": AMOUNT,
        "total_dest_payment": AMOUNT,
        "signature": _SIGNATURE,
    },
    _BOTH,
)

# Each pair: text to object, which raises UserFault, and object to text, as it stands in the file.
parse_invoice, format_invoice = _INVOICE.parse, _INVOICE.format
parse_payment, format_payment = _PAYMENT.parse, _PAYMENT.format
parse_commit, format_commit = _COMMIT.parse, _COMMIT.format
parse_receipt, format_receipt = _RECEIPT.parse, _RECEIPT.format
