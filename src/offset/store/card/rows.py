"""The rows of a card's books, as the wallet handles them; amounts are numbers, times are in ms since 1970."""

from __future__ import annotations

import msgspec

from offset.base.credits import Amount, Balance
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, Uid
from offset.base.instants import Millis


class PartRow(msgspec.Struct, frozen=True):
    """What was sent over one friend for a payment."""

    friend: PublicKey
    amount: Amount
    """What arrives."""
    fee: Amount

    @property
    def cost(self) -> Amount:
        """What leaves over the friend."""
        return self.amount + self.fee


class PurchaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of the owner."""

    id: str
    body_hash: bytes
    """Of the request that made it."""
    invoice: bytes
    """An InvoiceText, packed."""
    invoice_id: InvoiceId
    seller: PublicKey
    currency: Currency
    amount: Amount
    name: str
    note: str
    stage: str
    fees_max: Amount | None = None
    fees: Amount | None = None
    payment_id: PaymentId | None = None
    is_acked: bool = False
    """Whether the node may have forgotten it, because its end is known here."""
    parts: tuple[PartRow, ...] = ()
    commit: bytes | None = None
    """Packed."""
    receipt: bytes | None = None
    """Packed."""
    handed: Millis | None = None
    """When its commit was shown first."""
    why: str | None = None
    """JSON."""
    token: str | None = None
    """That of the program that began it; None: the owner did."""
    asked: str | None = None
    """The text of the address or the request whose owner is asked for the invoice; None: it was there from the start.

    Until the owner has answered, `invoice` has what was asked for, `seller` the key of the mailbox; the id is zeros.
    """
    payer: str = ""
    """As what the owner of the address is told who asks."""
    until: Millis | None = None
    """While it is asked for: until when; after that the time to pay the invoice, if it has one."""
    made: Millis
    changed: Millis


class SaleRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice of the owner."""

    id: str
    """The id of the invoice, as text."""
    request: str
    """Names the request that made it."""
    body_hash: bytes
    invoice: bytes
    """An InvoiceText, packed."""
    invoice_id: InvoiceId
    currency: Currency
    amount: Amount
    note: str
    stage: str
    commit: bytes | None = None
    """Packed."""
    why: str | None = None
    """JSON."""
    ask_id: Uid | None = None
    """The question of a guest that it answers; None: nobody asked by letter."""
    payer: str = ""
    """As the guest calls itself; anybody can choose any name."""
    request_id: Uid | None = None
    """The request that the guest answers."""
    made: Millis
    changed: Millis


class AddressRow(msgspec.Struct, frozen=True):
    """A mailbox of the owner."""

    number: int
    """Of its key."""
    label: str
    open_to: str
    """An OpenTo of the dealings."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the balance with a friend."""

    at: Millis
    cause: str
    currency: Currency
    friend: PublicKey
    friend_name: str
    delta: Balance
    balance: Balance
    """With the friend, after it."""
    total: Balance
    """With all friends, after it."""
    fees: Amount | None = None
    purchase: str | None = None
    sale: str | None = None


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history: a move, or several of payments that only passed, with what the books say of it."""

    id: int
    at: Millis
    cause: str
    currency: Currency
    friend: PublicKey | None
    friend_name: str | None
    delta: Balance
    balance: Balance
    total: Balance
    fees: Amount | None
    purchase: str | None
    sale: str | None
    name: str
    note: str


class Contact(msgspec.Struct, frozen=True):
    """What the owner calls a node, and wrote about it."""

    key: PublicKey
    name: str
    note: str = ""
