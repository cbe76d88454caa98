"""Acts of owners who lose a database and go on from a copy, and networks in which they do."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.physics.rng import Rng
from offset.sim.script.act import Act
from offset.sim.script.faults import Wipe
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS, Scenario

AGES: tuple[Millis, ...] = (20, 500, 5 * SECOND, 30 * SECOND, 2 * MINUTE)
"""How old a copy is when it is needed."""


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


def draw_with_losses(seed: int) -> Scenario:
    """The network of this seed, whose owners lose databases. Nobody is hostile, but some are odd."""
    base = draw(seed, nodes_max=6)
    rng = Rng(f"losses {seed}")
    hostile = {name: how for name, how in base.hostile.items() if how == "odd"}
    acts = [act for act in base.acts if not isinstance(act, Wipe)]
    for _ in range(rng.pick((1, 1, 2, 3))):
        acts += _loss(rng, base, rng.pick(base.nodes))
    acts.sort(key=lambda act: act.at)
    return msgspec.structs.replace(base, acts=tuple(acts), hostile=hostile)


def _loss(rng: Rng, scenario: Scenario, node: str) -> list[Act]:
    lost_at = rng.between(CALM_MS, scenario.until)
    away = rng.pick((0, 300, 3 * SECOND, 40 * SECOND))
    return [MakeCopy(_before(lost_at, rng.pick(AGES)), node), StartFromCopy(lost_at, node, away)]


def _before(at: Instant, age: Millis) -> Instant:
    return max(CALM_MS // 2, at - age)
