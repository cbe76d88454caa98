"""Networks with wallets, drawn from seeds."""

from __future__ import annotations

from offset.sim.script.errands import LIARS, STAGES, CloseWallet, Flood, PayByLetter, draw_with_wallets
from offset.sim.script.faults import Crash
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS

SEEDS = range(60)


def test_a_seed_is_one_scenario() -> None:
    assert draw_with_wallets(3) == draw_with_wallets(3)
    assert draw_with_wallets(3) != draw_with_wallets(4)


def test_the_network_is_that_of_the_seed_without_wallets() -> None:
    for seed in SEEDS:
        plain, scenario = draw(seed, nodes_max=5), draw_with_wallets(seed)
        assert (scenario.nodes, scenario.friendships) == (plain.nodes, plain.friendships)
        assert scenario.wallets == scenario.nodes
        assert plain.wallets == ()


def test_everything_is_drawn() -> None:
    """Each way to be asked, each stage to stop at, floods, liars, and crashes of wallets and of nodes."""
    scenarios = [draw_with_wallets(seed) for seed in SEEDS]
    acts = [act for scenario in scenarios for act in scenario.acts]
    errands = [act for act in acts if isinstance(act, PayByLetter)]
    assert {act.to for act in errands} == {"address", "once", "always"}
    assert {act.stops_at for act in errands} == {*STAGES, ""}
    assert any(act.routes == () for act in errands)
    assert any(isinstance(act, Flood) for act in acts)
    assert any(isinstance(act, CloseWallet) for act in acts)
    crashed = {act.node.startswith("purse") for act in acts if isinstance(act, Crash)}
    assert crashed == {False, True}
    assert {*LIARS} == {how for scenario in scenarios for how in scenario.hostile.values()}


def test_acts_stand_in_their_order() -> None:
    for seed in SEEDS:
        times = [act.at for act in draw_with_wallets(seed).acts]
        assert times == sorted(times)
        assert all(at >= CALM_MS for at in times)
