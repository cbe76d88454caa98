"""Small runs that several tests look at."""

from functools import partial

import pytest

from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.course.simulation import judge, live
from support.sim_runs import ROW_PAID, ROW_PAYING


@pytest.fixture
def rest() -> Run:
    """Three friends in a row, after a payment."""
    run = Run(ROW_PAID)
    live(run)
    judge(run)
    return run


@pytest.fixture
def run() -> Run:
    """In the middle of the second payment."""
    found = Run(ROW_PAYING)
    for act in ROW_PAYING.acts:
        found.cast.world.at(act.at, partial(carry_out, found, act))
    found.cast.world.run_to(ROW_PAYING.until)
    return found
