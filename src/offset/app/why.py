"""Why a payment cannot be, and what helps: the same for programs and for people.

A PaymentError that `Buyer.pay`, `quote` and `resume` raise carries one as `why`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from offset.base.credits import Amount
from offset.base.ids import Currency, PublicKey


class Cause(StrEnum):
    """What is in the way."""

    OWN_LINES = "own-lines"
    """Our own friends let less pass."""
    BEYOND = "beyond"
    """Our friends let it pass, and farther off there is too little credit."""
    NO_CURRENCY = "no-currency"
    """No friend uses the currency with us."""
    ALL_CLOSED = "all-closed"
    """Those who do are offline, or disabled."""
    BOOKS_DIFFER = "books-differ"
    """Those who do disagree with us on the balances."""
    NO_SERVER = "no-server"
    """Nobody can be asked for a way."""
    NO_WAY = "no-way"
    """No chain of friends leads to the seller."""
    FEES = "fees"
    """The ways cost more than what is allowed."""
    CANCELLED = "cancelled"
    """Every way gave the credits back."""
    OWN_INVOICE = "own-invoice"
    """The seller is the node itself."""
    NODE_AWAY = "node-away"
    """The node does not answer."""
    NOT_KNOWN = "not-known"
    """The node cannot say what became of the payment, or it is still under way."""
    OTHER = "other"


class Action(StrEnum):
    """What a person can do about it."""

    ASK_FRIEND = "ask-friend"
    """Ask the friend to let us owe so much more."""
    PAY_LESS = "pay-less"
    WAIT = "wait"
    """Until the friend is back."""
    TRY_AGAIN = "try-again"
    ALLOW_FEES = "allow-fees"
    ADD_SERVER = "add-server"
    ADD_FRIEND = "add-friend"
    OPEN_CURRENCY = "open-currency"
    ENABLE_FRIEND = "enable-friend"
    SETTLE_BOOKS = "settle-books"
    ASK_ANEW = "ask-anew"
    """Ask the seller for another invoice."""
    LOOK_AT_HELD = "look-at-held"


class Remedy(msgspec.Struct, frozen=True):
    """One thing that helps."""

    action: Action
    friend: PublicKey | None = None
    """With whom."""
    amount: Amount | None = None
    """How much: to pay instead, to ask for, or to allow as fees; in credits."""


class Why(msgspec.Struct, frozen=True):
    """The cause, in one sentence, with numbers and remedies."""

    cause: Cause
    sentence: str
    currency: Currency
    most: Amount | None = None
    """What could be paid instead; None if that is not known."""
    is_at_least: bool = False
    """Whether more than `most` may be possible, because not all friends tell their limits."""
    remedies: tuple[Remedy, ...] = ()
    """Best first."""
