"""Where promises hold no more: channels that were given up, and purchases whose ends may differ because of that."""

from __future__ import annotations

from offset.sim.cast.purchase import Purchase
from offset.sim.physics.world import World


class Excuses:
    """What is not asked for any more, and why."""

    def __init__(self, world: World, purchases: list[Purchase]) -> None:
        """`purchases`: those that may be excused, as they come."""
        self._world, self._purchases = world, purchases
        self.disturbed: dict[tuple[str, str], str] = {}
        """Friends whose channel was given up on purpose, or has a side that breaks the rules; and why."""

    def is_disturbed(self, left: str, right: str) -> bool:
        """Whether the ledgers of these two may differ."""
        return _pair(left, right) in self.disturbed

    def disturb(self, left: str, right: str, why: str) -> None:
        """The channel of two friends is given up, or one of them does not keep the rules.

        Purchases under way over it may end differently for their two sides.
        """
        pair = _pair(left, right)
        if pair not in self.disturbed:
            self.disturbed[pair] = why
            self._world.note(f"{left} and {right} are disturbed: {why}")
        for purchase in self._purchases:
            if not purchase.is_over and any({left, right} <= {*route} for route in purchase.routes):
                purchase.excuse = purchase.excuse or why

    def excuse_node(self, name: str, why: str) -> None:
        """A node forgets; its own payments under way may end in any way."""
        for purchase in self._purchases:
            if not purchase.is_over and name in (purchase.buyer, purchase.seller):
                purchase.excuse = purchase.excuse or f"{name} {why}"


def _pair(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)
