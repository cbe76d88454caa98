"""What the key of a mailbox signs, and the checks of these signatures (docs/MAILBOX.md, "Signatures").

Each buffer begins with the hash of a tag of its own, fields of variable length carry their length, and none is as long
as the 80 bytes that the same key signs in a handshake (spec 01, 5.8). So no signature stands for anything else.
"""

from __future__ import annotations

from offset.base.ids import PublicKey, Uid
from offset.crypto.hashing import sha512_256
from offset.crypto.public_keys import verify
from offset.wire.canonical import optional, u64, u128
from offset.wire.mailbox import NOBODY_ASKED, Introduce, Invoice, Settled
from offset.wire.text_values import InvoiceOrigin, InvoiceText

_INVOICE = sha512_256(b"OFFSET_INVOICE_1")
_SETTLED = sha512_256(b"OFFSET_SETTLED_1")
_CALLER = sha512_256(b"OFFSET_CALLER_1")


def invoice_buffer(invoice: Invoice) -> bytes:
    """What the owner signs of an invoice that it was asked for."""
    return _invoice_bytes(invoice, invoice.ask_id, invoice.request_id, invoice.issued, invoice.pay_within)


def origin_buffer(invoice: InvoiceText, origin: InvoiceOrigin) -> bytes:
    """What the owner signs of an invoice that stands in a text, for which nobody asked (spec 07, 4)."""
    return _invoice_bytes(invoice, NOBODY_ASKED, origin.request_id, origin.issued, origin.pay_within)


def settled_buffer(settled: Settled) -> bytes:
    """What the owner signs when it says what became of a question or an invoice."""
    return b"".join((_SETTLED, settled.ask_id, settled.invoice_id, bytes((settled.state,)), u64(settled.at)))


def caller_buffer(call_key: PublicKey, owner: PublicKey) -> bytes:
    """What the mailbox of a caller signs: the key that was made for this call, and who is called."""
    return _CALLER + call_key + owner


def verify_invoice(invoice: Invoice, owner: PublicKey) -> bool:
    """Whether the mailbox `owner` asks for this, and whoever has the question's id is asked."""
    return verify(owner, invoice_buffer(invoice), invoice.signature)


def verify_origin(invoice: InvoiceText) -> bool:
    """Whether the mailbox that the invoice names has signed it; False also when it names none."""
    origin = invoice.opt_origin
    return origin is not None and verify(
        origin.address.mailbox, origin_buffer(invoice, origin), origin.signature
    )


def verify_settled(settled: Settled, owner: PublicKey) -> bool:
    """Whether the mailbox `owner` said so."""
    return verify(owner, settled_buffer(settled), settled.signature)


def verify_introduction(letter: Introduce, call_key: PublicKey, owner: PublicKey) -> bool:
    """Whether the mailbox that `letter` names makes this call, to `owner`, by `call_key`."""
    return verify(letter.address.mailbox, caller_buffer(call_key, owner), letter.signature)


def _invoice_bytes(
    invoice: Invoice | InvoiceText, ask_id: Uid, request_id: Uid, issued: int, pay_within: int
) -> bytes:
    currency = invoice.currency.encode()
    decimals = invoice.opt_decimals
    return b"".join(
        (
            _INVOICE,
            ask_id,
            request_id,
            invoice.invoice_id,
            u64(len(currency)),
            currency,
            optional(None if decimals is None else bytes((decimals,))),
            invoice.dest_public_key,
            u128(invoice.dest_payment),
            u64(issued),
            pay_within.to_bytes(4),
            sha512_256(invoice.note.encode()),
        )
    )
