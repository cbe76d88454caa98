"""Chance as an argument: pure code draws its keys, nonces and ids from an Entropy."""

from __future__ import annotations

import hashlib
from typing import Protocol

from offset.base.ids import (
    INVOICE_ID_BYTES,
    PAYMENT_ID_BYTES,
    RAND_VALUE_BYTES,
    SALT_BYTES,
    SIGNATURE_BYTES,
    UID_BYTES,
    InvoiceId,
    PaymentId,
    RandValue,
    RequestId,
    Salt,
    Signature,
    Uid,
)


class Entropy(Protocol):
    """A source of random bytes."""

    def bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        ...


class SeededEntropy:
    """The same seed gives the same bytes, on every machine and day. For tests and simulation only."""

    def __init__(self, seed: int | str) -> None:
        self._seed = f"offset entropy {seed}".encode()
        self._counter = 0
        self._left = b""

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        while len(self._left) < count:
            block = hashlib.sha512(self._seed + self._counter.to_bytes(8, "big"))
            self._left += block.digest()
            self._counter += 1
        drawn, self._left = self._left[:count], self._left[count:]
        return drawn

    def below(self, limit: int) -> int:
        """A number 0 <= n < limit; the tiny bias of 64 bits does not matter to tests."""
        return int.from_bytes(self.bytes(8), "big") % limit


def fraction(entropy: Entropy) -> float:
    """A number 0 <= x < 1, for jitter."""
    return int.from_bytes(entropy.bytes(4), "big") / 2**32


# Fresh names and secrets


def new_uid(entropy: Entropy) -> Uid:
    """A fresh id of a question, session or acknowledgement."""
    return Uid(entropy.bytes(UID_BYTES))


def new_request_id(entropy: Entropy) -> RequestId:
    """A fresh id of a transaction."""
    return RequestId(entropy.bytes(UID_BYTES))


def new_payment_id(entropy: Entropy) -> PaymentId:
    """A fresh id of a payment."""
    return PaymentId(entropy.bytes(PAYMENT_ID_BYTES))


def new_invoice_id(entropy: Entropy) -> InvoiceId:
    """A fresh id of an invoice."""
    return InvoiceId(entropy.bytes(INVOICE_ID_BYTES))


def new_rand_value(entropy: Entropy) -> RandValue:
    """A fresh nonce."""
    return RandValue(entropy.bytes(RAND_VALUE_BYTES))


def new_salt(entropy: Entropy) -> Salt:
    """A fresh salt for an exchange of keys."""
    return Salt(entropy.bytes(SALT_BYTES))


def new_reset_token(entropy: Entropy) -> Signature:
    """A fresh token for the terms of a reset: nobody signs it, but it stands where a signature does."""
    return Signature(entropy.bytes(SIGNATURE_BYTES))
