"""Scenarios as they are drawn from seeds."""

import pytest

from offset.sim.cast.hostile import INDEXES, NODES
from offset.sim.physics.rng import Rng
from offset.sim.script.changes import CHANGES
from offset.sim.script.faults import FAULTS
from offset.sim.script.payments import Pay
from offset.sim.script.plan import NAMES, SHAPES, draw, edges
from offset.sim.script.scenario import CALM_MS


def test_one_seed_one_scenario() -> None:
    """The same seed gives the same, another one another."""
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_every_act_is_drawn() -> None:
    """Some hundred seeds know all shapes, acts and bodies there are; acts stand in their order and in their time."""
    scenarios = [draw(seed) for seed in range(200)]
    assert {scenario.shape for scenario in scenarios} == {*SHAPES}
    assert {type(act) for scenario in scenarios for act in scenario.acts} == {*CHANGES, *FAULTS, Pay}
    bodies = {kind for scenario in scenarios for kind in scenario.hostile.values()}
    assert bodies == {*NODES, *INDEXES, "drops"}
    for scenario in scenarios:
        moments = [act.at for act in scenario.acts]
        assert moments == sorted(moments)
        assert all(CALM_MS - 50 <= moment <= scenario.until for moment in moments)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [3, 4, 8])
def test_shapes(shape: str, count: int) -> None:
    """Each is connected, and names no pair twice and nobody as their own friend."""
    pairs = edges(shape, count, Rng(shape))
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert all(left != right for left, right in pairs)
    reached = {NAMES[0]}
    for _ in range(count):
        reached |= {name for pair in pairs if reached & {*pair} for name in pair}
    assert reached == {*NAMES[:count]}
