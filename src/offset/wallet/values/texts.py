"""What a text, a file or a picture is, and what can be done with it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from offset.wallet.values.friends import RelayPlace
from offset.wallet.values.parts import AmountText, Body, CurrencyText, FileText, IdText, KeyText, Time, Value

ReadKind = Literal[
    "address",
    "request",
    "invoice",
    "commit",
    "receipt",
    "friend",
    "relay",
    "server",
    "node",
    "app",
    "remote-card",
]
"""A ticket that may be that of a relay or of an index server is called by what it says, else `relay`."""
Doing = Literal["pay", "collect", "check", "add-friend", "add-relay", "add-server", "add-card"]


class ToRead(Body):
    """Something that was pasted, scanned or dropped."""

    text: FileText
    card: IdText | None = None
    """The card that is open on the page: what can be done depends on it."""


class InvoiceView(Value):
    """An invoice, of whomever."""

    id: IdText
    """The id of the invoice, of 32 bytes."""
    currency: CurrencyText
    amount: AmountText
    seller: KeyText
    """The key of the seller's node."""
    seller_name: str | None
    """What you call the seller, if it is a friend."""
    note: str
    decimals: int | None
    """As the invoice says; None if it says none."""
    is_checked: bool
    """Whether it is signed by somebody whom you have compared keys with."""
    is_own: bool
    """Whether one of your own cards made it."""
    until: Time | None


class FriendView(Value):
    """A card that somebody exported."""

    key: KeyText
    relays: tuple[RelayPlace, ...]
    is_own: bool
    name: str | None
    """What you call it, if it is a friend already."""


class AddressView(Value):
    """Where a wallet is called; nothing says whose it is but whoever gave it to you."""

    key: KeyText
    """Of its mailbox."""
    label: str
    """As its owner calls it; anybody can choose any name."""
    relays: tuple[RelayPlace, ...]
    is_own: bool
    """Whether it is that of a card of yours."""


class RequestView(Value):
    """What somebody asks whoever has the text for; its wallet makes the invoice."""

    id: IdText
    to: AddressView
    currency: CurrencyText | None
    """None: it does not say."""
    amount: AmountText | None
    """None: you choose."""
    decimals: int | None
    note: str
    until: Time | None


class ServerView(Value):
    """A relay or an index server."""

    key: KeyText
    address: str


class CommitView(Value):
    """A commit: worth the amount to the seller of its invoice."""

    invoice: IdText
    currency: CurrencyText
    amount: AmountText
    is_good: bool | None
    """Whether it fits an invoice of yours and its signature is right; None if you have no such invoice."""


class ReceiptView(Value):
    """The proof of a payment."""

    invoice: IdText
    currency: CurrencyText
    amount: AmountText
    is_good: bool | None
    """Whether its signature is that of the node named in a purchase or sale of yours; None if there is none."""


class ReadAnswer(Value):
    """What it is. Of the parts just that of its kind is there."""

    kind: ReadKind
    text: str | None
    """As a text of Offset, where the kind has one and it may be shown."""
    file: str | None
    """As the file of 0.1.11, where the kind has one and it may be shown."""
    can: tuple[Doing, ...]
    """What can be done with it, best first."""
    hint: str
    """One sentence for a person: what it is."""
    address: AddressView | None = None
    request: RequestView | None = None
    invoice: InvoiceView | None = None
    friend: FriendView | None = None
    server: ServerView | None = None
    commit: CommitView | None = None
    receipt: ReceiptView | None = None


class ToDraw(Body):
    """A text to be drawn as a QR code."""

    text: FileText
    form: Literal["svg", "png"] = "svg"
    scale: Annotated[int, Meta(ge=1, le=16)] = 4
    """Pixels for a module."""
