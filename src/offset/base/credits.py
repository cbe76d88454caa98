"""Amounts, fees and rates: unbounded integers, checked against 128 bits at the edges (spec 03, 1.5)."""

from __future__ import annotations

import msgspec

from offset.base.limits import I128_MAX, I128_MIN, U32_MAX, U128_MAX

Amount = int
"""0 .. 2**128 - 1 credits."""
Balance = int
"""-2**127 .. 2**127 - 1 credits; above 0 the friend owes us."""

_RATE_ONE = 2**32


class Rate(msgspec.Struct, frozen=True, gc=False):
    """What a mediator charges: floor(x * mul / 2**32) + add credits for x credits."""

    mul: int = 0
    add: int = 0

    def fee(self, amount: Amount) -> Amount:
        """The fee for passing `amount` to the destination. May exceed 128 bits: the caller checks."""
        return amount * self.mul // _RATE_ONE + self.add

    def max_payable(self, capacity: Amount) -> Amount:
        """The most that is surely payable: x + fee(x) <= capacity for every x up to it (spec 04, 6.1).

        One credit more may fit; the value is that of the reference, which every payer computes.
        """
        if capacity < self.add:
            return 0
        return (capacity - self.add) * _RATE_ONE // (_RATE_ONE + self.mul)

    def plus(self, other: Rate) -> Rate | None:
        """Both rates together, or None when a part does not fit 32 bits."""
        mul, add = self.mul + other.mul, self.add + other.add
        return Rate(mul, add) if mul <= U32_MAX and add <= U32_MAX else None


FREE = Rate(0, 0)


def is_amount(value: int) -> bool:
    """Whether `value` fits an unsigned 128-bit number."""
    return 0 <= value <= U128_MAX


def is_balance(value: int) -> bool:
    """Whether `value` fits a signed 128-bit number."""
    return I128_MIN <= value <= I128_MAX


def clamp_amount(value: int) -> Amount:
    """`value`, or the nearest amount."""
    return max(0, min(value, U128_MAX))
