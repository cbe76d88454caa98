"""Friends: what is agreed with them, and how it stands."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from offset.base.limits import ADDRESS_BYTES_MAX
from offset.wallet.values.cards import Reach
from offset.wallet.values.parts import (
    AmountText,
    BalanceText,
    Body,
    CurrencyText,
    FileText,
    KeyText,
    NameText,
    RatePart,
    Value,
)


class RelayPlace(Value):
    """A relay where somebody is found."""

    key: KeyText
    address: Annotated[str, Meta(max_length=ADDRESS_BYTES_MAX)]


class RateValue(Value):
    """What you take for passing a payment of this friend on: amount * mul / 2^32 + add credits."""

    mul: RatePart = 0
    add: RatePart = 0


class CurrencyLine(Value):
    """One currency with one friend."""

    currency: CurrencyText
    state: Literal["active", "waiting", "offered"]
    """Waiting: you have set it, and the friend has not yet. Offered: the friend tells a limit, you have set none."""
    balance: BalanceText
    """Above 0 the friend owes you."""
    held_out: AmountText
    """Frozen by you."""
    held_in: AmountText
    """Frozen by the friend, for you."""
    may_owe: AmountText
    """The most that the friend may owe you: the most that you can lose."""
    may_owe_them: AmountText | None
    """The most that the friend lets you owe; None if it does not tell."""
    can_send: AmountText | None
    """What you can send over this friend now; None if its limit is not known."""
    can_take: AmountText
    """What you can take in over this friend now."""
    is_open: bool
    """Whether you let payments of others pass over this friend."""
    is_open_there: bool | None
    """Whether the friend does; None if it does not tell."""
    rate: RateValue


class TermsLine(Value):
    """What books that differ say of one currency."""

    currency: CurrencyText
    ours: BalanceText
    theirs: BalanceText | None
    """In our view too: above 0 the friend owes you. None while the friend has not told."""
    signed: BalanceText | None
    """What the friend signed last."""
    cost: BalanceText | None
    """What you would have less, if you accepted the friend's number."""


class Books(Value):
    """The books of the two differ, so nothing goes over this friend."""

    lines: tuple[TermsLine, ...]
    terms: str | None
    """What is accepted by POST .../reset; None while the friend has not told its numbers."""


class Friend(Value):
    """A friend, as the node tells of it."""

    key: KeyText
    name: str
    is_enabled: bool
    is_online: bool
    reach: Reach
    relays: tuple[RelayPlace, ...]
    currencies: tuple[CurrencyLine, ...]
    """Sorted by name; empty while the books differ."""
    books: Books | None
    has_proof: bool
    """Whether the node holds the friend's last signature of the balances: GET .../proof."""


class CurrencyTerms(Body):
    """What to set in a currency; what is left out stays, and is 0 and closed at first."""

    may_owe: AmountText | None = None
    is_open: bool | None = None
    rate: RateValue | None = None


class NewFriend(Body):
    """Somebody to be added, by what it exported."""

    card: FileText
    name: NameText
    currencies: dict[CurrencyText, CurrencyTerms] = msgspec.field(default_factory=dict)
    """What to agree on at once."""


class FriendChange(Body):
    """What to change about a friend; what is left out stays."""

    name: NameText | None = None
    is_enabled: bool | None = None
    card: FileText | None = None
    """Its newest card: where it is found now. It must be of the same key."""


class Reset(Body):
    """Accept the friend's numbers."""

    terms: Annotated[str, Meta(min_length=1, max_length=128)]
    """`Books.terms`, as they were shown: newer ones are not accepted unseen."""


class ResetDone(Value):
    """How a reset went."""

    is_done: bool
    """False: it is done as soon as the friend is online."""


class Proof(Value):
    """The friend's last signature of the balances, as a file that `stverify` checks."""

    file: str
