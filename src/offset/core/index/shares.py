"""How an amount that no route carries alone is divided over several (spec 04, 7.4, steps 3 to 5)."""

from __future__ import annotations

from offset.base.credits import Amount
from offset.base.limits import MULTI_ROUTE_ROUTES_MAX
from offset.core.index.flow import Flow, with_roles
from offset.core.index.path import Path
from offset.core.index.search import COST_BITS, Keys, Query, hop_cost
from offset.core.index.single import single

_HALVINGS = 6
"""Shares go down to amount / 2**6, a quarter of a fair share of MULTI_ROUTE_ROUTES_MAX routes (7.4)."""
_FLOWS = 2
"""How often a flow is looked for: what tolls it needs to have room for is guessed at first, then known."""


class Shares:
    """Routes that carry an amount together; what one needs of an arc, tolls included, is not there for the next."""

    __slots__ = ("_query", "amount", "parts", "rest")

    def __init__(self, query: Query, amount: Amount) -> None:
        """No route yet. Nothing is taken from arcs in `query` itself."""
        self._query = query.apart()
        self.amount = amount
        self.rest = amount
        """What no route carries yet."""
        self.parts: list[tuple[Path, Amount]] = []

    @property
    def fees(self) -> Amount:
        """What the payer gives along."""
        return sum(path.fee(share) for path, share in self.parts)

    @property
    def cost(self) -> int:
        """The fees, and for each hop as much as the search counts."""
        hops = sum(len(path.rooms) for path, _ in self.parts)
        return (self.fees << COST_BITS) + hop_cost(self.amount) * hops

    def next_path(self, amount: Amount) -> Path | None:
        """The cheapest path that carries `amount` beside the routes that there are."""
        return single(self._query, amount, thorough=False)

    def add(self, keys: Keys, most: Amount, least: Amount = 0) -> None:
        """Let a further route carry what fits of the rest, up to `most`, or `least` if that alone suits the wire."""
        path = self._query.path(keys)
        share = min(path.most(), most, self.rest)
        if not path.carries(share):
            share = least
        if share:
            self._query.take(path, share)
            self.parts.append((path, share))
            self.rest -= share

    def fill(self) -> None:
        """Let the routes that there are carry the rest as far as it fits, those with the lowest tolls first."""
        for place in sorted(range(len(self.parts)), key=lambda place: self.parts[place][0].total.mul):
            if not self.rest:
                return
            path, share = self.parts[place]
            self._query.give_back(path, share)
            path = self._query.path(path.keys)
            more = min(path.most() - share, self.rest)
            if more > 0 and path.carries(share + more):
                share += more
                self.rest -= more
            self._query.take(path, share)
            self.parts[place] = path, share

    def trimmed(self) -> Shares:
        """Without routes whose hops cost more than what they save, the smallest first (7.4, step 5)."""
        best = self
        while len(best.parts) > 1:
            smallest = min(range(len(best.parts)), key=lambda place: best.parts[place][1])
            fewer = best._without(smallest)
            if fewer.rest or fewer.cost > best.cost:
                break
            best = fewer
        return best

    def _without(self, place: int) -> Shares:
        fewer = Shares(self._query, self.amount)
        fewer.parts = self.parts.copy()
        path, fewer.rest = fewer.parts.pop(place)
        fewer._query.give_back(path, fewer.rest)
        fewer.fill()
        return fewer


def divide(query: Query, amount: Amount) -> list[tuple[Path, Amount]] | None:
    """Paths that carry the amount together, with the share of each."""
    shares = greedy(query, amount)
    if shares.rest and not query.budget.spent:
        shares = _augmented(query, shares)
    return None if shares.rest else shares.trimmed().parts


def greedy(query: Query, amount: Amount) -> Shares:
    """Wide routes first, for they are few; each takes what it can. What is left over is the `rest`."""
    shares = Shares(query, amount)
    for step in _steps(amount):
        while shares.rest and len(shares.parts) < MULTI_ROUTE_ROUTES_MAX and not query.budget.spent:
            least = min(step, shares.rest)
            path = shares.next_path(least)
            if path is None:
                break
            shares.add(path.keys, shares.rest, least)
    return shares


def _augmented(query: Query, shares: Shares) -> Shares:
    """Out of a flow, where the greedy `shares` left something over; without tolls no other way carries more.

    The flow has room for tolls as those that were found last have; then each route is priced to the credit.
    """
    amount, room = shares.amount, 0
    roles = with_roles(query) if query.source == query.destination else query
    for _ in range(_FLOWS):
        carried = amount - shares.rest
        tolls = -(-shares.fees * amount // carried) if carried else 0
        if room >= amount + tolls:
            break
        room = amount + tolls
        flow = Flow(roles)
        if _let_flow(flow, room) < amount:
            break
        shares = Shares(query, amount)
        for keys, width in flow.routes(MULTI_ROUTE_ROUTES_MAX):
            shares.add(keys, query.path(keys).total.max_payable(width))
        shares.fill()
        if not shares.rest:
            break
    return shares


def _let_flow(flow: Flow, amount: Amount) -> Amount:
    rest = amount
    for step in _steps(amount):
        while rest and (more := flow.augment(rest, min(step, rest))):
            rest -= more
    return amount - rest


def _steps(amount: Amount) -> list[Amount]:
    return [*(-(-amount >> halving) for halving in range(1, _HALVINGS + 1)), 1]
