"""A flow from source to destination, made of augmenting paths and taken apart into routes (spec 04, 7.4, step 4).

A greedy split can run into a corner: a route that it chose first stands in the way of two others. An augmenting
path may go back over an arc that carries flow already; where it does, that flow is cancelled and led elsewhere.

Tolls do not count here: whoever asks says how wide a tube each route needs, tolls included.
"""

from __future__ import annotations

from itertools import pairwise

from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.base.limits import ROUTE_KEYS_MAX
from offset.core.index.search import Keys, Query, UsedArcs, cheapest, hop_cost


class Flow:
    """What flows over each arc, and what may still flow in addition or back."""

    __slots__ = ("_left", "_net")

    def __init__(self, query: Query) -> None:
        """Nothing flows. What is taken in `query` stays free; rings need a query with roles (`with_roles`)."""
        self._left = query.apart()
        self._net = UsedArcs()

    def augment(self, amount: Amount, floor: Amount) -> Amount:
        """Let up to `amount` more flow along the cheapest path with room for `floor`; returns how much it was.

        The path may be longer than a route: it is the routes of the whole that count. 0 if there is none.
        """
        keys = cheapest(self._left, amount, floor, hop_cost(amount))
        if keys is None:
            return 0
        step = min(amount, *(self._left.room(tail, head) for tail, head in pairwise(keys)))
        for tail, head in pairwise(keys):
            self._push(tail, head, step)
        return step

    def _push(self, tail: PublicKey, head: PublicKey, amount: Amount) -> None:
        query = self._left
        query.taken.take(tail, head, amount)
        self._net.take(tail, head, amount)
        self._net.take(head, tail, -amount)
        # Nothing needs to lead back into the source, or out of the destination.
        if tail != query.source and head != query.destination:
            # An arc that must not be used, or is taken, has room for what is cancelled only.
            room = min(0, query.room(head, tail))
            query.taken.take(head, tail, room - amount)

    def routes(self, count: int) -> list[tuple[Keys, Amount]]:
        """Take the flow apart into at most `count` routes, the widest first; what is left over is let go.

        What flows in circles serves nobody and stays, as what flows on ways longer than a route may be.
        """
        found: list[tuple[Keys, Amount]] = []
        while len(found) < count and (widest := self._widest()) is not None:
            keys, amount = widest
            for tail, head in pairwise(keys):
                self._net.take(tail, head, -amount)
            found.append(widest)
        return found

    def _widest(self) -> tuple[Keys, Amount] | None:
        """The widest route through the flow, the shortest of these; layer by layer, for routes are short."""
        source, destination, budget = self._left.source, self._left.destination, self._left.budget
        layer: dict[PublicKey, tuple[Amount, PublicKey]] = {source: (1 << 256, source)}
        widths: dict[PublicKey, Amount] = {}
        layers = [layer]
        # Width, layer, and node before the destination.
        best: tuple[Amount, int, PublicKey] | None = None
        while layer and len(layers) < ROUTE_KEYS_MAX and not budget.spent:
            following: dict[PublicKey, tuple[Amount, PublicKey]] = {}
            for tail, (width, _) in layer.items():
                heads = self._net.out.get(tail, {})
                budget.affords(len(heads) + 1)
                for head, amount in heads.items():
                    wide = min(width, amount)
                    if head == destination:
                        if wide > (best[0] if best is not None else 0):
                            best = wide, len(layers) - 1, tail
                    elif head != source and wide > widths.get(head, 0):
                        widths[head] = wide
                        following[head] = wide, tail
            layers.append(following)
            layer = following
        if best is None:
            return None
        width, number, node = best
        keys = [destination, node]
        for earlier in reversed(layers[1 : number + 1]):
            node = earlier[node][1]
            keys.append(node)
        return tuple(reversed(keys)), width


def with_roles(query: Query) -> Query:
    """For rings: each friend is one to leave by or one to come back over, whatever it has more room for.

    So no route of a flow goes out and back over one friend, and credits move from friends where the balance is
    high towards those where it is low (7.5).
    """
    apart, friends = query.apart(), query.graph.out(query.source)
    query.budget.affords(len(friends))
    for friend in friends:
        if query.room(query.source, friend) >= query.room(friend, query.source):
            apart.taken.block(friend, query.source)
        else:
            apart.taken.block(query.source, friend)
    return apart
