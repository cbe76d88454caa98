"""The course of a run."""

import pytest

from offset.sim.course.run import Run
from offset.sim.course.simulation import judge
from offset.sim.physics.violation import Violation
from offset.wire.app import DisableFriend


def test_silence(rest: Run) -> None:
    """Who still writes when nothing happens any more is noticed."""
    world = rest.cast.world
    world.after(1000, lambda: rest.cast.clients["A"].tell(DisableFriend(rest.cast.key("B"))))
    with pytest.raises(Violation, match="network at rest"):
        judge(rest)
