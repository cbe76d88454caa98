"""Credit can be used to the last when all is at rest."""

import pytest

from offset.core.funder.roles import mediator
from offset.sim.course.run import Run
from offset.sim.course.simulation import judge, simulate
from offset.sim.judge import service
from support.sim_runs import ROW_PAID


def test_service(rest: Run) -> None:
    """All that is left of the credit goes over the longest way: first over a given route, then over one found."""
    service.check(rest.evidence)
    given, routed = rest.evidence.last_purchases
    assert (given.buyer_end, routed.buyer_end) == ("paid", "paid")
    assert {len(given.routes[0]), len(routed.routes[0])} == {3}
    # C may owe B 1000, B may owe A 1000; A may owe B 700, of which 20 + 3 are used, and B may owe C 700.
    due = {("A", "C"): 700 - 23 - 3, ("C", "A"): 1000 + 20 - 2}
    assert given.amount == due[given.buyer, given.seller]
    judge(rest)


def test_service_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mediator that passes nothing on leaves all ledgers right; it is found all the same."""
    monkeypatch.setattr(mediator, "_next_hop", lambda *_: None)
    outcome = simulate(ROW_PAID)
    assert outcome.rule == "service"
    assert outcome.payments == {"canceled / withdrawn": 1}
