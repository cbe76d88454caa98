"""What a node tells apps of a recovery: rows of listings in schema/extension.capnp (docs/WIRE.md)."""

from __future__ import annotations

from offset.base.credits import Amount, Balance
from offset.base.ids import Currency, PublicKey
from offset.wire.codec import Message, struct


class FoundBalance(Message):
    """What stands in a currency between this node and a friend that was found, as this node sees it."""

    currency: Currency
    balance: Balance
    frozen_here: Amount
    """By this node, for the friend."""
    frozen_there: Amount
    """By the friend, for this node."""


class FoundRow(Message):
    """A friend that was found by a node which lost its list of friends, and is not taken yet."""

    public_key: PublicKey
    signed_at: int
    """When we signed what it shows, in seconds since 1970; 0 if the signature does not say."""
    balances: tuple[FoundBalance, ...]
    """What stands between us by that."""


class Stake(Message):
    """Credits that wait for somebody's word."""

    currency: Currency
    amount: Amount


class RecoveryRow(Message):
    """Of a friend, or of a key that is none, whether it has told after a loss of our books."""

    public_key: PublicKey
    state: str
    """A word for people: told, here (and has not told), away, differs, or unknown of one who is no friend."""
    known_at: int
    """When our newest signature was made that these books hold, in seconds since 1970; 0 if that is not known."""
    stakes: tuple[Stake, ...]
    """What friends have frozen for requests that wait for its word."""


for _cls in (FoundBalance, FoundRow, Stake, RecoveryRow):
    struct(_cls, "extension", _cls.__name__)
