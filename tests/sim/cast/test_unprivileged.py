"""An app without permission, and what is said when a node lets it do something."""

import pytest

from offset.sim.cast.unprivileged import UnprivilegedApp
from offset.sim.course.run import Run
from offset.sim.judge import final_checks
from offset.sim.physics.violation import Violation


def test_it_is_hung_up_on(rest: Run) -> None:
    """The node lets it in, as it lets in every app that its owner named, and hangs up at its first request."""
    app = UnprivilegedApp(rest.cast, "B")
    rest.evidence.unprivileged.append(app)
    rest.cast.world.run_to(rest.cast.world.now + 5000)
    assert (app.was_ready, app.is_over) == (True, True)
    final_checks.check(rest.evidence)


def test_it_also_wants_to_see(rest: Run) -> None:
    """Among many such apps some ask for payments, invoices or history, and these are hung up on too."""
    apps: list[UnprivilegedApp] = []
    while {app._query is None for app in apps} != {True, False}:
        rest.cast.world.run_to(rest.cast.world.now + 1)
        apps.append(UnprivilegedApp(rest.cast, "B"))
    rest.cast.world.run_to(rest.cast.world.now + 5000)
    assert all(app.was_ready and app.is_over for app in apps)


def test_a_node_that_lets_it_stay(rest: Run) -> None:
    """One that is still there in the end, or whose invoice was opened, is a broken promise."""
    app = UnprivilegedApp(rest.cast, "B")
    rest.evidence.unprivileged.append(app)
    app.was_ready = True
    with pytest.raises(Violation, match="permission: B let"):
        final_checks.check(rest.evidence)
    app.is_over = True
    rest.cast.state("B").invoices[app.invoice_id] = None  # type: ignore[assignment]
    with pytest.raises(Violation, match="permission: B opened an invoice"):
        final_checks.check(rest.evidence)
