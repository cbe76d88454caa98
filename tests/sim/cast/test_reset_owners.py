"""Owners accept the terms of a friend whose ledger disagrees."""

import msgspec
import pytest

from offset.sim.cast.reset_owners import LATE_MS, LOOK_MS, ResetOwners
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.script.faults import Wipe
from offset.sim.script.scenario import CALM_MS
from support.sim_runs import ROW_PAID


def disagreeing(seed: int) -> Run:
    """B lost its database and was set up again, so that its ledgers disagree with those of A and C."""
    run = Run(msgspec.structs.replace(ROW_PAID, seed=seed))
    run.cast.world.run_to(CALM_MS)
    carry_out(run, Wipe(CALM_MS, "B"))
    run.cast.world.run_to(run.cast.world.now + 60_000)
    return run


def is_consistent(run: Run) -> bool:
    """Whether A and B agree again."""
    pair = run.cast.friend("A", "B"), run.cast.friend("B", "A")
    return all(friend is not None and friend.channel.is_consistent for friend in pair)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_somebody_accepts(seed: int) -> None:
    """Without them friends disagree for ever; with them they agree soon, whichever owner is the quick one."""
    run = disagreeing(seed)
    assert not is_consistent(run)
    ResetOwners(run.cast).begin()
    run.cast.world.run_to(run.cast.world.now + LATE_MS + 5 * LOOK_MS)
    assert is_consistent(run)
