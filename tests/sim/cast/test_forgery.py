"""Forged commits."""

from offset.sim.cast.forgery import forged_commit
from offset.sim.course.run import Run
from offset.sim.physics.rng import Rng
from offset.wire.common import Commit


def test_forged_commits(rest: Run) -> None:
    """A forged commit differs in one thing, whatever that is; all of them are met with in a while."""
    (purchase,) = rest.evidence.purchases
    true = purchase.commit
    assert isinstance(true, Commit)
    rng, changed = Rng("forged"), set()
    for _ in range(100):
        forged = forged_commit(true, rng)
        (field,) = [name for name in true.__struct_fields__ if getattr(forged, name) != getattr(true, name)]
        changed.add(field)
    assert changed == set(true.__struct_fields__)
