"""Makes a failing scenario smaller while it goes on failing in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from offset.base.instants import Instant
from offset.sim.course.run import Outcome
from offset.sim.course.simulation import simulate
from offset.sim.script.act import Act
from offset.sim.script.networks import NETWORKS, PLAIN
from offset.sim.script.scenario import CALM_MS, Scenario

RUNS_MAX = 300


class Selection(msgspec.Struct, frozen=True):
    """What is kept of the scenario of a seed: nodes by name, acts by number. None: all."""

    seed: int
    nodes: str | None = None
    acts: tuple[int, ...] | None = None
    slowly: int = 1
    """How many times farther apart the acts are: what happens in minutes then takes hours."""
    network: str = PLAIN
    """Which kind of network is drawn."""

    def drawn(self) -> Scenario:
        """The whole scenario of this seed."""
        return NETWORKS[self.network](self.seed)

    def words(self) -> str:
        """The options that bring it back."""
        words = f"--seed {self.seed}"
        if self.network != PLAIN:
            words += f" --{self.network}"
        if self.slowly != 1:
            words += f" --slowly {self.slowly}"
        if self.nodes is not None:
            words += f" --nodes {self.nodes}"
        if self.acts is not None:
            words += f" --acts {','.join(map(str, self.acts)) or 'none'}"
        return words

    def of(self, scenario: Scenario) -> Scenario:
        """The part of the scenario that is kept."""
        nodes = scenario.nodes if self.nodes is None else tuple(self.nodes)
        gone = [name for name in scenario.nodes if name not in nodes]
        gone += [f"purse {name}" for name in gone]
        kept = range(len(scenario.acts)) if self.acts is None else self.acts
        acts = [scenario.acts[number] for number in kept if number < len(scenario.acts)]
        return replace(
            scenario,
            nodes=nodes,
            friendships=tuple(
                item for item in scenario.friendships if item.left in nodes and item.right in nodes
            ),
            acts=tuple(self._later(act) for act in acts if not any(act.names(name) for name in gone)),
            until=self._later_at(scenario.until),
            wallets=tuple(name for name in scenario.wallets if name in nodes),
            hostile={name: how for name, how in scenario.hostile.items() if name not in gone},
        )

    def _later(self, act: Act) -> Act:
        return replace(act, at=self._later_at(act.at))

    def _later_at(self, at: Instant) -> Instant:
        return CALM_MS + (at - CALM_MS) * self.slowly


def shrink(
    scenario: Scenario, selection: Selection, rule: str, told: Callable[[str], None] = lambda _: None
) -> tuple[Selection, Outcome]:
    """The smallest part found that still breaks this rule, and what it comes to."""
    runs = 0

    def fails(candidate: Selection) -> Outcome | None:
        nonlocal runs
        runs += 1
        outcome = simulate(candidate.of(scenario))
        return outcome if outcome.rule == rule else None

    best = fails(selection)
    assert best is not None, "it does not fail"
    nodes = selection.nodes or "".join(scenario.nodes)
    acts: Sequence[int] = selection.acts if selection.acts is not None else range(len(scenario.acts))
    selection = replace(selection, nodes=nodes, acts=tuple(acts))
    # Fewer nodes first: each takes many acts with it.
    for name in nodes:
        smaller = replace(selection, nodes=(selection.nodes or "").replace(name, ""))
        if len(smaller.nodes or "") >= 2 and (found := fails(smaller)):
            selection, best = smaller, found
            told(f"without {name}")
    size = max(1, len(selection.acts or ()) // 2)
    while runs < RUNS_MAX:
        place, is_smaller = 0, False
        while place < len(selection.acts or ()) and runs < RUNS_MAX:
            kept = selection.acts or ()
            smaller = replace(selection, acts=kept[:place] + kept[place + size :])
            if found := fails(smaller):
                selection, best, is_smaller = smaller, found, True
                told(f"{len(smaller.acts or ())} acts")
            else:
                place += size
        if size == 1 and not is_smaller:
            break
        size = max(1, size // 2)
    return selection, best
