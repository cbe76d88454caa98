"""What a run consists of: nodes, friendships, and a list of acts, each at its moment. All drawn from a seed."""

from __future__ import annotations

import msgspec

from offset.base.ids import Currency
from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.script.act import Act

CALM_MS: Millis = 20 * SECOND
"""Before this nothing goes wrong: friends meet."""


class Friendship(msgspec.Struct, frozen=True):
    """Two friends and, for each currency, how much each may owe the other."""

    left: str
    right: str
    limits: dict[Currency, tuple[int, int]]
    """(what right may owe left, what left may owe right)."""
    rate: int = 1
    """What each charges for passing on requests of the other."""


class Scenario(msgspec.Struct, frozen=True):
    """A whole run before it happens."""

    seed: int
    shape: str
    nodes: tuple[str, ...]
    friendships: tuple[Friendship, ...]
    relays: int = 1
    indexes: int = 0
    acts: tuple[Act, ...] = ()
    wallets: tuple[str, ...] = ()
    """The nodes whose owners have a wallet that is called by letter."""
    hostile: dict[str, str] = {}
    """How some nodes, relays and index servers misbehave, by name."""
    until: Instant = 3 * MINUTE
    """When the acts are over."""
    delay_max: Millis = 20
    high_bytes: int = 256 * 1024
    drift_ppm: int = 0

    def neighbours(self) -> dict[str, list[str]]:
        """Friends of each node."""
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for friendship in self.friendships:
            found[friendship.left].append(friendship.right)
            found[friendship.right].append(friendship.left)
        return found

    def currencies(self) -> list[Currency]:
        """All currencies."""
        return list(dict.fromkeys(name for item in self.friendships for name in item.limits))

    def relay_of(self, node: str) -> int:
        """Which relay a node uses."""
        return self.nodes.index(node) % self.relays
