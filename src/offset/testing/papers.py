"""What passes between a buyer and a seller: invoices, routes, commits and receipts, properly signed."""

from __future__ import annotations

from msgspec.structs import replace

from offset.base.credits import Rate
from offset.base.ids import HASH_BYTES, LOCK_BYTES, UNSIGNED, HashResult, InvoiceId, PlainLock, PublicKey
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.crypto.locks import hash_lock
from offset.testing.identities import CURRENCY, FRIEND, NODE, SELLER
from offset.wire.common import Commit, Receipt
from offset.wire.files import InvoiceFile
from offset.wire.friend import FriendsRoute
from offset.wire.index import RouteCapacityRate
from offset.wire.signing import commit_buffer

_BUYERS_LOCK, _SELLERS_LOCK = PlainLock(b"s" * LOCK_BYTES), PlainLock(b"d" * LOCK_BYTES)


def route(
    *through: PublicKey, capacity: int = 1000, rate: Rate | None = None, to: PublicKey = SELLER.public_key
) -> RouteCapacityRate:
    """A route from the fake node to the seller."""
    keys = FriendsRoute((NODE.public_key, *through, to))
    return RouteCapacityRate(keys, capacity, rate or Rate(0, 0))


ROUTE = route(FRIEND.public_key)
"""Over the friend, at no cost."""


def invoice(amount: int = 50, seller: Identity = SELLER, name: str = "lunch") -> InvoiceFile:
    """An invoice of the seller; another name gives another invoice."""
    return InvoiceFile(InvoiceId(sha512_256(name.encode())), CURRENCY, seller.public_key, amount)


def commit_for(asked: InvoiceFile, seller: Identity = SELLER) -> Commit:
    """The commit that a buyer of this invoice gets, which the seller can collect with."""
    unsigned = Commit(
        HashResult(bytes(HASH_BYTES)),
        _BUYERS_LOCK,
        hash_lock(_SELLERS_LOCK),
        asked.dest_payment,
        asked.dest_payment,
        asked.invoice_id,
        asked.currency,
        UNSIGNED,
    )
    return replace(unsigned, signature=seller.sign(commit_buffer(unsigned)))


def receipt_for(asked: InvoiceFile, seller: Identity = SELLER) -> Receipt:
    """The proof that this invoice was paid."""
    commit = commit_for(asked, seller)
    return Receipt(
        commit.response_hash,
        commit.invoice_id,
        commit.currency,
        commit.src_plain_lock,
        _SELLERS_LOCK,
        True,
        commit.dest_payment,
        commit.total_dest_payment,
        commit.signature,
    )
