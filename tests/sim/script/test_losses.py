"""Networks whose owners lose databases, drawn from seeds."""

from __future__ import annotations

from offset.sim.script.faults import Wipe
from offset.sim.script.losses import MakeCopy, StartFromCopy, draw_with_losses
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS

SEEDS = range(60)


def test_a_seed_is_one_scenario() -> None:
    assert draw_with_losses(3) == draw_with_losses(3)
    assert draw_with_losses(3) != draw_with_losses(4)


def test_the_network_is_that_of_the_seed_without_losses() -> None:
    """With the same acts, but for the losses; nobody is hostile."""
    for seed in SEEDS:
        plain, scenario = draw(seed, nodes_max=6), draw_with_losses(seed)
        assert (scenario.nodes, scenario.friendships) == (plain.nodes, plain.friendships)
        assert [act for act in scenario.acts if not isinstance(act, MakeCopy | StartFromCopy)] == [
            act for act in plain.acts if not isinstance(act, Wipe)
        ]
        assert {*scenario.hostile.values()} <= {"odd"}


def test_each_loss_has_a_copy_from_before() -> None:
    """From the same moment, and from minutes before."""
    ages = set()
    for seed in SEEDS:
        acts = draw_with_losses(seed).acts
        copies = [act for act in acts if isinstance(act, MakeCopy)]
        losses = [act for act in acts if isinstance(act, StartFromCopy)]
        assert 1 <= len(losses) == len(copies) <= 3
        for loss in losses:
            assert loss.at >= CALM_MS
            ages.add(loss.at - min(copy.at for copy in copies if copy.node == loss.node))
    assert min(ages) < 1000
    assert max(ages) > 60_000


def test_acts_stand_in_their_order() -> None:
    for seed in SEEDS:
        times = [act.at for act in draw_with_losses(seed).acts]
        assert times == sorted(times)
