"""Paying and being paid: quotes, purchases, sales, and what is held."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from offset.wallet.values.parts import (
    AmountText,
    Body,
    CurrencyText,
    FileText,
    IdText,
    KeyText,
    Time,
    Value,
)
from offset.wallet.values.problems import Remedy
from offset.wallet.values.texts import InvoiceView

PurchaseStage = Literal[
    "asking", "priced", "sending", "held", "delivered", "stopping", "not-known", "done", "failed", "stopped"
]
"""Asking: the wallet at an address is asked for an invoice. Priced: waits for your yes. Sending: credits are being
frozen on the way. Held: the commit is there, and the seller has not collected. Delivered: the seller has the commit.
Stopping: you stopped it, or the seller did, and all is not back yet. Not-known: the node has lost the payment after its
commit was shown, so it may have been paid.

Done, failed and stopped are ends, and only the own node says so: paid; nothing was paid; nothing was paid, as you
wished.
"""
SaleStage = Literal["opening", "open", "committed", "collected", "canceling", "canceled", "not-known"]
"""Opening: the node is asked to open it. Open: waits for a commit. Committed: the node has
taken the commit, and the credits are on the way."""
WhyKind = Literal[
    "own-lines",
    "beyond",
    "too-much",
    "no-currency",
    "all-closed",
    "no-server",
    "fees",
    "cancelled",
    "expired",
    "no-way",
    "own-invoice",
    "books-differ",
    "node-away",
    "card-closed",
    "not-known",
    "closed",
    "busy",
    "refused",
    "other",
]


class Why(Value):
    """Why a payment cannot be, or was not, and what helps (docs/manual/wallet.md)."""

    kind: WhyKind
    sentence: str
    most: AmountText | None = None
    """What could be paid instead."""
    is_at_least: bool = False
    """Whether `most` is only what is surely there, because not all friends tell their limits."""
    remedies: tuple[Remedy, ...] = ()


class OwnLine(Value):
    """What can go out over one friend."""

    friend: KeyText
    name: str
    is_online: bool
    can_send: AmountText | None
    """None if the friend does not tell its limit."""


class Capacity(Value):
    """How much can be paid to somebody now."""

    most: AmountText | None
    """Over the best routes, fees included; None if nobody could be asked."""
    fees: AmountText | None
    """For `most`."""
    is_at_least: bool
    own_lines: tuple[OwnLine, ...]
    why: Why | None
    """Why it is not more, or nothing at all."""


class ToQuote(Body):
    """An invoice to be looked at before it is paid; nothing is sent to the seller."""

    to: FileText
    amount: AmountText | None = None
    """For what leaves the amount open."""


class Quote(Value):
    """What a payment would cost now."""

    invoice: InvoiceView
    fees: AmountText | None
    """None if it cannot be paid now."""
    total: AmountText | None
    asks_again: bool
    """Whether the fees are above the limit of the settings, so that they are to be agreed to."""
    routes: int
    """Over how many ways."""
    over: tuple[KeyText, ...]
    """The friends over which it goes."""
    most: AmountText | None
    why: Why | None
    """Why it cannot be paid now."""
    earlier: tuple[IdText, ...]
    """Purchases of the same invoice, or of as much to the same seller, that are still held: pay once only."""


class NewPurchase(Body):
    """Somebody to be paid. It waits in `priced` until it is confirmed.

    To an address or a request the wallet there is asked for an invoice first, in `asking`.
    """

    to: FileText
    """An invoice, an address or a request."""
    amount: AmountText | None = None
    """For an address, and a request without an amount: how much."""
    currency: CurrencyText | None = None
    """For an address, and a request without a currency: in what."""
    note: Annotated[str, Meta(max_length=256)] = ""
    """For your history; whoever is asked at an address sees it too."""
    name: Annotated[str, Meta(max_length=64)] = ""
    """What to call the seller."""
    payer: Annotated[str, Meta(max_length=64)] = ""
    """What to call you, towards the owner of an address; empty: nothing is said."""
    when_open: bool = False
    """Whether a wallet that is closed is asked for a day, until it is opened; else for two minutes."""


class Confirm(Body):
    """A yes to a purchase."""

    fees_max: AmountText
    """The most that the way may cost; more is not paid."""


class HeldBy(Value):
    """What a friend holds for a payment."""

    friend: KeyText
    name: str
    amount: AmountText


class Purchase(Value):
    """A payment that you make."""

    id: IdText
    stage: PurchaseStage
    invoice: InvoiceView
    """While it is asked for: what is asked for, with the key of the mailbox in place of that of the node."""
    name: str
    note: str
    fees_max: AmountText | None
    fees: AmountText | None
    why: Why | None
    """Of an end without payment, or of what it waits for."""
    quote: Quote | None
    """While it is priced."""
    held: tuple[HeldBy, ...]
    """Credits that are frozen for it, by friend; empty also if the node does not tell."""
    has_commit: bool
    has_receipt: bool
    made: Time
    changed: Time
    asked: Literal["address", "request"] | None = None
    """Whose owner is asked for the invoice; None: the invoice was there from the start."""


class CommitText(Value):
    """A commit to be handed to the seller: worth the amount to it."""

    text: str
    file: str


class ReceiptText(Value):
    """A receipt, as a file that `stverify` checks."""

    text: str
    file: str


class NewSale(Body):
    """Credits to be asked for."""

    currency: CurrencyText
    amount: AmountText
    note: Annotated[str, Meta(max_length=256)] = ""


class Delivery(Body):
    """The commit of a buyer, as text or file."""

    commit: FileText


class Sale(Value):
    """A payment that you ask for."""

    id: IdText
    """The id of its invoice."""
    stage: SaleStage
    currency: CurrencyText
    amount: AmountText
    note: str
    text: str
    """The invoice as a text, for a QR code and chats."""
    file: str
    """The invoice as a file of 0.1.11."""
    most: AmountText | None
    """What you can be paid at most now; None if that is not known."""
    frozen: AmountText | None
    """What buyers have frozen for it; None if the node does not tell."""
    why: Why | None
    made: Time
    changed: Time
    payer: str = ""
    """As the payer calls itself, who has asked for it; anybody can choose any name."""
    request: IdText | None = None
    """The request that it answers."""
    is_asked: bool = False
    """Whether a payer's wallet has asked for it; else you made it to be shown or sent."""


class HeldLine(Value):
    """What is frozen with one friend in one currency."""

    friend: KeyText
    name: str
    is_online: bool
    currency: CurrencyText
    out: AmountText
    """By you."""
    coming: AmountText
    """By the friend, for you."""


class Held(Value):
    """All that is frozen, and what for."""

    purchases: tuple[Purchase, ...]
    sales: tuple[Sale, ...]
    """Those that wait for the credits of a commit."""
    lines: tuple[HeldLine, ...]
    passing_out: tuple[HeldLine, ...] = ()
    """The part of the lines that no purchase explains: payments of others that pass over you."""
