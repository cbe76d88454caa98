"""Addresses, commits and receipts: schema/common.capnp."""

from __future__ import annotations

from offset.base.credits import Amount, Rate
from offset.base.ids import (
    Currency,
    HashedLock,
    HashResult,
    InvoiceId,
    PlainLock,
    PublicKey,
    Signature,
)
from offset.wire.codec import Codec, Message, struct


class RelayAddress(Message):
    """Where a relay listens, and who it is."""

    public_key: PublicKey
    address: str


class NamedRelayAddress(Message):
    """A relay of this node, with the name its owner gave it."""

    public_key: PublicKey
    address: str
    name: str

    def unnamed(self) -> RelayAddress:
        """The address without the name, which never leaves the node."""
        return RelayAddress(self.public_key, self.address)


class NamedIndexServerAddress(Message):
    """An index server of this node (its client port), with the name its owner gave it."""

    public_key: PublicKey
    address: str
    name: str


class Commit(Message):
    """The buyer's word, given to the seller out of band: the seller may collect (spec 01, 5.4)."""

    response_hash: HashResult
    src_plain_lock: PlainLock
    dest_hashed_lock: HashedLock
    dest_payment: Amount
    total_dest_payment: Amount
    invoice_id: InvoiceId
    currency: Currency
    signature: Signature


class Receipt(Message):
    """Proof that a payment happened (spec 01, 5.4)."""

    response_hash: HashResult
    invoice_id: InvoiceId
    currency: Currency
    src_plain_lock: PlainLock
    dest_plain_lock: PlainLock
    is_complete: bool
    dest_payment: Amount
    total_dest_payment: Amount
    signature: Signature


struct(Rate, "common", "Rate")  # type: ignore[arg-type]  # a base type, but a message all the same
struct(RelayAddress, "common", "RelayAddress")
struct(NamedRelayAddress, "common", "NamedRelayAddress")
struct(NamedIndexServerAddress, "common", "NamedIndexServerAddress")
struct(Commit, "common", "Commit")
struct(Receipt, "common", "Receipt")

COMMIT: Codec[Commit] = Codec("common", "Commit")
RECEIPT: Codec[Receipt] = Codec("common", "Receipt")
RELAY_ADDRESS: Codec[RelayAddress] = Codec("common", "RelayAddress")
