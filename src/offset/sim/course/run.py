"""One run of a scenario: what it consists of while it happens, and what came of it."""

from __future__ import annotations

from collections import Counter

import msgspec

from offset.base.instants import Instant, Millis
from offset.sim.cast.errand import Errand
from offset.sim.judge.evidence import Evidence
from offset.sim.physics.violation import Violation
from offset.sim.script.scenario import Scenario


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run."""

    seed: int
    violation: str | None
    rule: str | None
    trace: str
    virtual_ms: Instant
    settled_ms: Millis | None
    steps: int
    commits: int
    counts: dict[str, int]
    """How often each kind of act happened."""
    payments: dict[str, int]
    """How payments ended: buyer / seller."""
    hostile: dict[str, int] = {}
    """How many bodies of each kind that is not an honest one."""
    last: tuple[str, ...] = ()
    """What happened last, in words."""


class Run:
    """A scenario that happens (simulation.py carries it through)."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.evidence = Evidence(scenario)
        self.cast = self.evidence.cast
        self.rng = self.cast.world.rng.fork("acts")
        self.counts: dict[str, int] = {}
        """How often each kind of act happened."""
        self.settled_ms: Millis | None = None
        """How long it took to come to rest after faults had stopped."""

    def outcome(self, violation: Violation | None) -> Outcome:
        """What came of it."""
        world = self.cast.world
        payments: dict[str, int] = {}
        for purchase in [*self.evidence.purchases, *self.evidence.errands]:
            how = f"{purchase.buyer_end or 'open'} / {purchase.seller_end or 'open'}"
            if isinstance(purchase, Errand) and not purchase.is_sent:
                how = "stopped" if purchase.is_stopped else "not sent"
            payments[how] = payments.get(how, 0) + 1
        return Outcome(
            self.scenario.seed,
            None if violation is None else str(violation),
            None if violation is None else violation.rule,
            world.trace(),
            world.now,
            self.settled_ms,
            world.steps,
            self.evidence.watcher.checked,
            self.counts,
            payments,
            dict(Counter(self.scenario.hostile.values())),
            tuple(world.recent),
        )
