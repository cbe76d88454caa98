"""Cards: their state, relays, index servers and links."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from offset.base.limits import ADDRESS_BYTES_MAX
from offset.wallet.values.parts import (
    AmountText,
    BalanceText,
    Body,
    CurrencyText,
    FileText,
    IdText,
    KeyText,
    NameText,
    Time,
    Value,
)

SECRET_CHARACTERS = 1024

CardKind = Literal["local", "remote"]
CardState = Literal["closed", "opening", "open", "away", "stopped", "locked"]
"""Closed by hand; on the way; its node answers; its node cannot be reached; its own engine stopped by a fault; its
identity waits for the passphrase or key that opens it.

A card that is away or stopped is tried again by itself.
"""
NodeRight = Literal["routes", "buyer", "seller", "config"]
"""A permission that a node gives to an app."""


class CardSum(Value):
    """All that a card has in one currency."""

    currency: CurrencyText
    balance: BalanceText
    """The sum over all friends; above 0 they owe you."""
    held_out: AmountText
    """Frozen by you, for payments that you make or pass on."""
    held_in: AmountText
    """Frozen for you by friends, for payments that you get or pass on."""


class Card(Value):
    """A card as it is now."""

    id: IdText
    kind: CardKind
    name: NameText
    state: CardState
    why: str | None
    """One sentence when it is away, stopped or locked."""
    retry: Time | None
    """When it is tried again by itself."""
    public_key: KeyText | None
    """That of its node."""
    address: str | None
    """Where the node of a remote card is."""
    app_ticket: str | None
    """Of a remote card whose node does not know this wallet: the file for the node's folder of trusted apps."""
    rights: tuple[NodeRight, ...]
    """What the node lets the wallet do; empty while that is not known."""
    tells: bool
    """Whether the node tells limits of friends, links and refusals, which one of the reference does not."""
    sums: tuple[CardSum, ...]
    """As last known, by currency."""


class NewCard(Body):
    """A card to be made."""

    name: NameText
    kind: CardKind
    node: FileText | None = None
    """Remote: the ticket of the node, or its `.rcard`, as text or file."""
    identity: FileText | None = None
    """Remote, beside a ticket: the identity of an app that the node trusts. Without it one is made."""


class CardChange(Body):
    """What to change in a card."""

    name: NameText


class CardSecret(Body):
    """What opens a locked card."""

    secret: Annotated[str, Meta(min_length=1, max_length=SECRET_CHARACTERS)]
    """Its passphrase, or its age key."""


class Empty(Body):
    """A body with nothing in it."""


class Reach(Value):
    """How it stands with a relay, an index server or the link to a friend."""

    state: Literal["up", "trying", "down", "off", "unknown"]
    """Off: disabled by hand. Unknown: the node does not tell."""
    why: str | None = None
    since: Time | None = None
    retry: Time | None = None


class ServerEntry(Value):
    """A relay or an index server of a card."""

    key: KeyText
    name: str
    address: str
    is_own: bool
    """False: a relay that the node keeps for friends who may know no newer one."""
    reach: Reach


class Link(Value):
    """The link to a friend."""

    friend: KeyText
    name: str
    relay: str | None
    """The address of the relay that it leads over."""
    reach: Reach


class Standing(Value):
    """How a card stands with the world."""

    relays: tuple[ServerEntry, ...]
    servers: tuple[ServerEntry, ...]
    links: tuple[Link, ...]


class ServerPlace(Body):
    """Where a relay or an index server is, and what to call it."""

    address: Annotated[str, Meta(min_length=1, max_length=ADDRESS_BYTES_MAX)]
    name: NameText


class OwnCard(Value):
    """What friends need to add this card: its key and relays, as text and as a `.friend` file."""

    text: str
    file: str
    relays: int
    """How many relays stand in it; without one nobody can reach the card."""
