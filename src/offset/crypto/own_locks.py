"""Locks of our own that follow from our key, so that whoever lost all else can still open them.

    I                =  invoice id ‖ total (16 bytes) ‖ currency
    dest(I)          =  HMAC-SHA512(K("offset dest lock 1"), I)[:32]
    others(I)        =  HMAC-SHA512(K("offset dest locks 1"), I)[:32]
    src(I, seller)   =  SHA-512/256(HMAC-SHA512(K("offset src lock 1"), seller ‖ I)[:32] ‖ number (2 bytes))

`dest` is the seller's lock for the first payer of an invoice; locks for further payers are made of `others`.
`src` is the buyer's lock for a payment; its number is drawn for each payment from SRC_LOCKS, and found again by trying
all of them, so that no counter must survive. Another invoice with the same id has other locks.

A lock is 32 bytes of our choice (spec 01, 3.5): nobody else sees a difference.
"""

from __future__ import annotations

import hmac

from offset.base.entropy import Entropy
from offset.base.ids import LOCK_BYTES, Currency, HashedLock, InvoiceId, PlainLock, PublicKey
from offset.crypto.hashing import sha512_256
from offset.crypto.locks import hash_lock
from offset.crypto.signer import Signer

SRC_LOCKS = 1024
"""How many locks a buyer has for one invoice. To try them all takes a millisecond or two."""
_DEST, _OTHERS, _SRC = b"offset dest lock 1", b"offset dest locks 1", b"offset src lock 1"


class OwnLocks:
    """The locks of one node. Made once for it, since its keys are the same for ever."""

    __slots__ = ("_dest", "_others", "_src")

    def __init__(self, signer: Signer) -> None:
        self._dest, self._others, self._src = (signer.derived(label) for label in (_DEST, _OTHERS, _SRC))

    def dest(self, invoice_id: InvoiceId, total: int, currency: Currency) -> PlainLock:
        """Our lock for the first payer of an invoice. `total` in credits."""
        return _lock(self._dest, _invoice(invoice_id, total, currency))

    def others(self, invoice_id: InvoiceId, total: int, currency: Currency) -> PlainLock:
        """What our locks for all further payers are made of."""
        return _lock(self._others, _invoice(invoice_id, total, currency))

    def src(
        self, invoice_id: InvoiceId, total: int, currency: Currency, seller: PublicKey, entropy: Entropy
    ) -> PlainLock:
        """Our lock for a new payment."""
        number = int.from_bytes(entropy.bytes(2)) % SRC_LOCKS
        return _numbered(self._base(invoice_id, total, currency, seller), number)

    def find_src(
        self,
        invoice_id: InvoiceId,
        total: int,
        currency: Currency,
        seller: PublicKey,
        hashed_lock: HashedLock,
    ) -> PlainLock | None:
        """Our lock of which this is the hash, or None if it is not ours."""
        base = self._base(invoice_id, total, currency, seller)
        for number in range(SRC_LOCKS):
            lock = _numbered(base, number)
            if hash_lock(lock) == hashed_lock:
                return lock
        return None

    def _base(self, invoice_id: InvoiceId, total: int, currency: Currency, seller: PublicKey) -> bytes:
        return _lock(self._src, seller + _invoice(invoice_id, total, currency))


def _invoice(invoice_id: InvoiceId, total: int, currency: Currency) -> bytes:
    return invoice_id + total.to_bytes(16) + currency.encode()


def _numbered(base: bytes, number: int) -> PlainLock:
    return PlainLock(sha512_256(base + number.to_bytes(2)))


def _lock(key: bytes, of: bytes) -> PlainLock:
    return PlainLock(hmac.digest(key, of, "sha512")[:LOCK_BYTES])
