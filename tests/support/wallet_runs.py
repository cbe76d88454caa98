"""Networks of three friends in a row whose owners have wallets, for tests of purchases by letter."""

from __future__ import annotations

from typing import Any

from offset.sim.cast.errand import Errand
from offset.sim.course.run import Run
from offset.sim.course.simulation import judge, live
from offset.sim.script.act import Act
from offset.sim.script.errands import PayByLetter
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario
from support.sim_runs import GRANTED, ROUTE


def by_letter(at: int = CALM_MS, **changed: Any) -> PayByLetter:
    """A buys of C, over B, at C's address unless it says otherwise."""
    values = {
        "buyer": "A",
        "seller": "C",
        "currency": "FST",
        "amount": 20,
        "routes": (ROUTE,),
        "to": "address",
        **changed,
    }
    return PayByLetter(at, **values)


def scenario(*acts: Act, until: int = CALM_MS + 60_000, **changed: Any) -> Scenario:
    """Three friends in a row, who have wallets."""
    friendships = (Friendship("A", "B", GRANTED), Friendship("B", "C", GRANTED))
    return Scenario(1, "row", ROUTE, friendships, acts=tuple(acts), until=until, wallets=ROUTE, **changed)


def run_of(*acts: Act, **changed: Any) -> Run:
    """Such a run, come to rest and judged."""
    run = Run(scenario(*acts, **changed))
    live(run)
    judge(run)
    return run


def errand_of(*acts: Act, **changed: Any) -> Errand:
    """The first purchase by letter of such a run."""
    return run_of(*acts, **changed).evidence.errands[0]
