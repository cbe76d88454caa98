"""Networks whose owners lose databases, drawn from seeds."""

from __future__ import annotations

from offset.sim.script.faults import Wipe
from offset.sim.script.losses import LoseKey, MakeCopy, StartFromCopy, draw_with_losses
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS

SEEDS = range(60)


def test_a_seed_is_one_scenario() -> None:
    assert draw_with_losses(3) == draw_with_losses(3)
    assert draw_with_losses(3) != draw_with_losses(4)


def test_the_network_is_that_of_the_seed_without_losses() -> None:
    """With the same acts, but for the losses; nobody is hostile. A new card has no friends yet."""
    for seed in SEEDS:
        plain, scenario = draw(seed, nodes_max=6), draw_with_losses(seed)
        cards = [act.card for act in scenario.acts if isinstance(act, LoseKey)]
        assert (scenario.nodes, scenario.friendships) == ((*plain.nodes, *cards), plain.friendships)
        assert [act for act in scenario.acts if not isinstance(act, MakeCopy | StartFromCopy | LoseKey)] == [
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
        keys = [act for act in acts if isinstance(act, LoseKey)]
        assert 1 - len(keys) <= len(losses) == len(copies) <= 3
        for loss in losses:
            assert loss.at >= CALM_MS
            ages.add(loss.at - min(copy.at for copy in copies if copy.node == loss.node))
    assert min(ages) < 1000
    assert max(ages) > 60_000


def test_keys_are_lost_and_stolen() -> None:
    """In some runs, once; such a node loses nothing else, since it is gone."""
    kinds = []
    for seed in SEEDS:
        acts = draw_with_losses(seed).acts
        keys = [act for act in acts if isinstance(act, LoseKey)]
        assert len(keys) <= 1
        for lost in keys:
            assert lost.at >= CALM_MS
            assert not any(
                isinstance(act, MakeCopy | StartFromCopy) and act.node == lost.node for act in acts
            )
        kinds += [act.kind for act in keys]
    assert {*kinds} == {"lose key", "key stolen"}
    assert len(kinds) < len(SEEDS)


def test_acts_stand_in_their_order() -> None:
    for seed in SEEDS:
        times = [act.at for act in draw_with_losses(seed).acts]
        assert times == sorted(times)
