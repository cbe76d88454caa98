"""Names of people, payments, secrets and connections, each of a type of its own (spec 01, 3.6).

At run time they are plain bytes, text and numbers, at no cost. For the type checker they are as many different things,
so that it refuses an invoice in the place of a payment. A name gets its type where it is born: decoders read the
fields of messages as these types, `base.entropy` draws fresh ones, hashes and signatures come typed from `crypto`,
and whatever reads files and command lines checks and types in one step.
"""

from __future__ import annotations

from typing import NewType

PublicKey = NewType("PublicKey", bytes)
"""32 bytes: an Ed25519 public key, the name of a node, relay, index server or app."""
DhPublicKey = NewType("DhPublicKey", bytes)
"""32 bytes: an X25519 public key, made for one exchange of keys."""
Salt = NewType("Salt", bytes)
"""32 bytes: what a side adds to an exchange of keys."""
Signature = NewType("Signature", bytes)
"""64 bytes: an Ed25519 signature, or a token that takes its place (spec 01, 5.5)."""
HashResult = NewType("HashResult", bytes)
"""32 bytes: SHA-512/256."""
PlainLock = NewType("PlainLock", bytes)
"""32 bytes: a secret whose hash was shown first."""
HashedLock = NewType("HashedLock", bytes)
"""32 bytes: the hash of a plain lock."""
InvoiceId = NewType("InvoiceId", bytes)
"""32 bytes."""
PaymentId = NewType("PaymentId", bytes)
"""16 bytes."""
RequestId = NewType("RequestId", bytes)
"""16 bytes, a Uid on the wire: names a transaction, in its request and in all that answers it."""
Uid = NewType("Uid", bytes)
"""16 bytes: every other id of a question, session or acknowledgement."""
RandValue = NewType("RandValue", bytes)
"""16 bytes: a nonce."""
Currency = NewType("Currency", str)
"""At most CURRENCY_BYTES_MAX bytes of UTF-8."""
Conn = NewType("Conn", int)
"""The number of a connection, given by whoever opens or accepts it; never used twice."""
CallId = NewType("CallId", int)
"""A line of letters: a call of ours, or one of a guest to us. Never used twice."""

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
HASH_BYTES = 32
LOCK_BYTES = 32
SALT_BYTES = 32
INVOICE_ID_BYTES = 32
PAYMENT_ID_BYTES = 16
UID_BYTES = 16
RAND_VALUE_BYTES = 16

UNSIGNED = Signature(bytes(SIGNATURE_BYTES))
"""Stands in a message until it is signed."""


def short(name: bytes) -> str:
    """The first characters of a key or id, for people and logs."""
    return name[:4].hex()
