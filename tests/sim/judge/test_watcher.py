"""What the watcher is told by apps."""

import pytest

from offset.sim.course.run import Run
from offset.sim.physics.violation import Violation
from offset.wire.app import AddInvoice, CreatePayment


def test_acknowledged(run: Run) -> None:
    """I13: an acknowledgement of what is not on disk is found."""
    with pytest.raises(Violation, match="I13"):
        run.evidence.watcher.acknowledged("C", AddInvoice(bytes(32), "FST", 1))
    with pytest.raises(Violation, match="I13"):
        run.evidence.watcher.acknowledged("A", CreatePayment(bytes(16), bytes(32), "FST", 1, bytes(32)))
