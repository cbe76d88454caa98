"""Acts of owners who lose a database and go on from a copy, and networks in which they do."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.faults import Wipe
from offset.sim.script.plan import NAMES, draw
from offset.sim.script.scenario import CALM_MS, Scenario

AGES: tuple[Millis, ...] = (20, 500, 5 * SECOND, 30 * SECOND, 2 * MINUTE)
"""How old a copy is when it is needed."""
KEYS_LOST_PERCENT = 40
"""In how many of a hundred runs an owner loses a key."""


class MakeCopy(Act, frozen=True):
    """An owner copies the database of a node, which goes on. A newer copy takes the place of the one before."""

    word: ClassVar[str] = "copy"

    node: str


class StartFromCopy(Act, frozen=True):
    """A node loses its database, and goes on from the copy after a while; without one its owner sets it up again."""

    word: ClassVar[str] = "start from copy"

    node: str
    away: Millis
    """How long it is away."""


class LoseKey(Act, frozen=True):
    """An owner loses the key of a node for good, and its database with it. A new card takes over at each friend."""

    word: ClassVar[str] = "lose key"

    node: str
    card: str
    """The node with the new key, which has no friends before."""
    is_stolen: bool
    """Then friends get the revocation of the old key as well."""

    @property
    def kind(self) -> str:
        """A stolen key is counted by itself."""
        return "key stolen" if self.is_stolen else self.word


def draw_with_losses(seed: int) -> Scenario:
    """The network of this seed, whose owners lose databases. Nobody is hostile, but some are odd."""
    base = draw(seed, nodes_max=6)
    rng = Rng(f"losses {seed}")
    hostile = {name: how for name, how in base.hostile.items() if how == "odd"}
    acts = [act for act in base.acts if not isinstance(act, Wipe)]
    for _ in range(rng.pick((1, 1, 2, 3))):
        acts += _loss(rng, base, rng.pick(base.nodes))
    nodes = base.nodes
    if rng.percent(KEYS_LOST_PERCENT):
        card = next(name for name in NAMES if name not in nodes)
        lost = LoseKey(rng.between(CALM_MS, base.until), rng.pick(nodes), card, rng.percent(50))
        acts = [act for act in acts if not isinstance(act, MakeCopy | StartFromCopy) or act.node != lost.node]
        acts.append(lost)
        nodes = (*nodes, card)
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(base, nodes=nodes, acts=tuple(acts), hostile=hostile)


def _loss(rng: Rng, scenario: Scenario, node: str) -> list[Act]:
    lost_at = rng.between(CALM_MS, scenario.until)
    away = rng.pick((0, 300, 3 * SECOND, 40 * SECOND))
    return [MakeCopy(_before(lost_at, rng.pick(AGES)), node), StartFromCopy(lost_at, node, away)]


def _before(at: Instant, age: Millis) -> Instant:
    return max(CALM_MS // 2, at - age)
