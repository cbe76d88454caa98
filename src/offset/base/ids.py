"""Names of people, payments and secrets: fixed-size byte strings (spec 01, 3.6)."""

from __future__ import annotations

PublicKey = bytes
"""32 bytes: an Ed25519 public key, the name of a node, relay, index server or app."""
Signature = bytes
"""64 bytes: an Ed25519 signature, or a token that takes its place (spec 01, 5.5)."""
HashResult = bytes
"""32 bytes: SHA-512/256."""
PlainLock = bytes
"""32 bytes: a secret whose hash was shown first."""
HashedLock = bytes
"""32 bytes: the hash of a plain lock."""
InvoiceId = bytes
"""32 bytes."""
PaymentId = bytes
"""16 bytes."""
Uid = bytes
"""16 bytes: ids of requests, sessions and acknowledgements."""
RandValue = bytes
"""16 bytes: a nonce."""
Currency = str
"""At most CURRENCY_BYTES_MAX bytes of UTF-8."""

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
HASH_BYTES = 32
LOCK_BYTES = 32
SALT_BYTES = 32
INVOICE_ID_BYTES = 32
PAYMENT_ID_BYTES = 16
UID_BYTES = 16
RAND_VALUE_BYTES = 16


def short(name: bytes) -> str:
    """The first characters of a key or id, for people and logs."""
    return name[:4].hex()
