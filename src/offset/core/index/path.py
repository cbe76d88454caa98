"""One route and what it carries, fees and rounding included (spec 04, 7.2)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from offset.base.credits import Amount, Rate
from offset.base.ids import PublicKey
from offset.base.limits import U32_MAX
from offset.wire.friend import FriendsRoute
from offset.wire.index import RouteCapacityRate

_ONE = 2**32


class Path(msgspec.Struct, frozen=True, gc=False):
    """A route with the room of each arc, and the toll of each node between its ends.

    The payer adds up the tolls and gives floor(x * mul / 2**32) + add along with x credits; each mediator takes
    its own toll, rounded down. What rounding leaves travels on: at most one credit per mediator whose mul is
    not 0. So an arc must have room for x, for the tolls behind it, and for one credit per such mediator before it.
    """

    keys: tuple[PublicKey, ...]
    rooms: tuple[int, ...]
    """Of the arcs, one less than keys."""
    tolls: tuple[Rate, ...]
    """Of keys[1:-1]."""

    @property
    def total(self) -> Rate:
        """The sum of the tolls, which may exceed the 32 bits of the wire."""
        return Rate(sum(toll.mul for toll in self.tolls), sum(toll.add for toll in self.tolls))

    def carries(self, amount: Amount) -> bool:
        """Whether `amount`, and any smaller one, arrives when the payer pays the reported rate."""
        if self.reported_rate(amount) is None:
            return False
        loads = self._loads_by_arc(amount), self._loads_by_total(amount)
        return any(all(map(int.__le__, load, self.rooms)) for load in loads)

    def most(self) -> Amount:
        """The highest amount that the path carries, 0 if it carries nothing."""
        narrowest, total = min(self.rooms), self.total
        # The reported rate then rounds once more.
        if total.mul > U32_MAX:
            return Rate(total.mul, total.add + 1).max_payable(narrowest)
        by_arc = (
            rest.max_payable(room - odd) for room, (rest, odd) in zip(self.rooms, self._behind(), strict=True)
        )
        return max(min(by_arc), total.max_payable(narrowest))

    def loads(self, amount: Amount) -> tuple[Amount, ...]:
        """For each arc, the most that crosses it in a payment of `amount` or less."""
        return tuple(map(min, self._loads_by_arc(amount), self._loads_by_total(amount)))

    def reported_rate(self, amount: Amount) -> Rate | None:
        """The rate to report when at most `amount` is paid; None when the tolls do not fit the wire.

        A sum of mul above 32 bits (tolls of more than the amount itself) is cut; what is missing for `amount`,
        and so enough for less, goes into add.
        """
        total = self.total
        over = max(0, total.mul - U32_MAX)
        add = total.add + _ceil(amount * over)
        return Rate(total.mul - over, add) if add <= U32_MAX else None

    def offer(self, amount: Amount) -> RouteCapacityRate:
        """The route as the server reports it, so that a payer finds it can pay exactly `amount` over it.

        Rounding up does that: the payer computes max_payable(capacity). Raises AssertionError when the tolls do
        not fit the wire.
        """
        rate = self.reported_rate(amount)
        assert rate is not None
        return RouteCapacityRate(FriendsRoute(self.keys), amount + _ceil(amount * rate.mul) + rate.add, rate)

    def widest_offer(self, amount: Amount) -> RouteCapacityRate:
        """The route with all it carries, at least `amount`, as far as one rate can say that."""
        most = self.most() if self.total.mul <= U32_MAX else amount
        return self.offer(max(most, amount))

    def fee(self, amount: Amount) -> Amount:
        """What the payer gives along with `amount`."""
        rate = self.reported_rate(amount)
        assert rate is not None
        return rate.fee(amount)

    def _behind(self) -> list[tuple[Rate, int]]:
        """For each arc: the sum of the tolls still to be paid behind it, and how many tolls before it round."""
        mul, add, odd = self.total.mul, self.total.add, 0
        behind = [(Rate(mul, add), 0)]
        for toll in self.tolls:
            mul, add, odd = mul - toll.mul, add - toll.add, odd + (toll.mul != 0)
            behind.append((Rate(mul, add), odd))
        return behind

    def _loads_by_arc(self, amount: Amount) -> Sequence[Amount]:
        if self.total.mul > U32_MAX:
            return self._loads_by_total(amount)
        return [amount + _ceil(amount * rest.mul) + rest.add + odd for rest, odd in self._behind()]

    def _loads_by_total(self, amount: Amount) -> Sequence[Amount]:
        rate = self.reported_rate(amount)
        assert rate is not None
        return [amount + _ceil(amount * rate.mul) + rate.add] * len(self.rooms)


def _ceil(scaled: int) -> int:
    return -(-scaled // _ONE)
