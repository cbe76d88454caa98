"""A purchase judges what its two apps hear."""

import msgspec
import pytest

from offset.sim.course.run import Run
from offset.sim.physics.violation import Violation


def test_forged_commit_that_is_taken(rest: Run) -> None:
    """A seller that collects for another commit than the true one is found."""
    (purchase,) = rest.evidence.purchases
    assert purchase.commit is not None
    purchase._not_taken(purchase.commit)
    purchase.commit = msgspec.structs.replace(purchase.commit, dest_payment=1)
    with pytest.raises(Violation, match="took a forged commit"):
        purchase._not_taken(purchase.commit)
