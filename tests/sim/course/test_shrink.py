"""A failing run is made smaller, and the line that replays it brings back the same broken promise."""

from typing import Any

import pytest

from offset.core.funder.ledger.mutual_credit import Draft
from offset.programs.offset import sim as command
from offset.sim.course.shrink import Selection, shrink
from offset.sim.course.simulation import simulate
from offset.sim.script.networks import WALLETS
from offset.sim.script.plan import draw
from offset.sim.script.scenario import CALM_MS


@pytest.fixture
def _broken_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that grants every limit."""
    receive = Draft.receive_request

    def broken(self: Draft, op: Any, _limit: int, elsewhere: int = 0) -> Any:
        return receive(self, op, 2**100, elsewhere)

    monkeypatch.setattr(Draft, "receive_request", broken)


@pytest.mark.usefixtures("_broken_limit")
def test_shrinks() -> None:
    """One payment too high is enough, or two that are so together."""
    # From one on that breaks it early, and is short.
    seed = next(seed for seed in range(6, 26) if simulate(draw(seed)).rule == "I5")
    scenario = draw(seed)
    chosen, smaller = shrink(scenario, Selection(seed), "I5")
    assert smaller.rule == "I5"
    assert len(chosen.nodes or "") <= len(scenario.nodes)
    assert 1 <= len(chosen.acts or ()) <= 2
    again = simulate(chosen.of(draw(seed)))
    assert (again.violation, again.trace) == (smaller.violation, smaller.trace)
    words = command.failure(smaller, chosen)
    assert words[-1] == f"replay: offset sim {chosen.words()}"
    acts = chosen.words().rpartition(" ")[2]
    assert command.choose(seed, chosen.nodes, acts, chosen.slowly) == chosen


def test_slow_run() -> None:
    """Acts keep their order and their distances, all multiplied; the line that replays it says so."""
    scenario = draw(1)
    slow = Selection(1, slowly=60)
    acts = slow.of(scenario).acts
    assert [act.words() for act in acts] == [act.words() for act in scenario.acts]
    assert [act.at - CALM_MS for act in acts] == [60 * (act.at - CALM_MS) for act in scenario.acts]
    assert slow.of(scenario).until - CALM_MS == 60 * (scenario.until - CALM_MS)
    assert Selection(1, "AB", (3,), 60).words() == "--seed 1 --slowly 60 --nodes AB --acts 3"
    assert Selection(1, network=WALLETS).words() == "--seed 1 --wallets"


def test_part_of_a_run() -> None:
    """Without a node its friendships, and the acts that name it, are gone too."""
    scenario = draw(1)
    gone = scenario.nodes[-1]
    part = Selection(1, "".join(scenario.nodes[:-1])).of(scenario)
    assert gone not in str(part.nodes)
    assert all(gone not in (item.left, item.right) for item in part.friendships)
    assert part.acts
    assert len(part.acts) < len(scenario.acts)
    assert not any(act.names(gone) for act in part.acts)


def test_a_part_of_a_network_with_wallets() -> None:
    """Whoever is left out takes its wallet with it, and what happens to that."""
    scenario = Selection(0, network=WALLETS).drawn()
    gone = scenario.nodes[-1]
    part = Selection(0, "".join(scenario.nodes[:-1]), network=WALLETS).of(scenario)
    assert part.wallets == part.nodes == scenario.nodes[:-1]
    assert any(act.names(gone) or act.names(f"purse {gone}") for act in scenario.acts)
    assert not any(act.names(gone) or act.names(f"purse {gone}") for act in part.acts)
