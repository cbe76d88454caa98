"""What a node is shown when another copy of it lives."""

from __future__ import annotations

import msgspec

from offset.base.credits import Balance
from offset.base.ids import Currency, PublicKey


class BalanceChange(msgspec.Struct, frozen=True):
    """A balance that two copies of our books have otherwise."""

    currency: Currency
    ours: Balance
    theirs: Balance


class Twin(msgspec.Struct, frozen=True):
    """A friend showed a move token that we signed and these books do not know: another copy of this node lives."""

    friend: PublicKey
    number: int
    """Of that move token."""
    at: int
    """When it was signed, in seconds since 1970."""
    own_number: int
    """Of the last move token that we signed to this friend."""
    own_at: int
    """And when, in seconds since 1970; 0 if nobody knows."""
    changes: tuple[BalanceChange, ...]
    """What would be otherwise if it were taken over."""
