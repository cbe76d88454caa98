"""The course of a run, from the first handshake until all is settled: calm, acts, rest, and judgement."""

from __future__ import annotations

from functools import partial

from offset.base.instants import MINUTE, SECOND, Millis
from offset.sim.cast.reset_owners import ResetOwners
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Outcome, Run
from offset.sim.judge import errands, final_checks, service
from offset.sim.physics.violation import Violation, claim
from offset.sim.script.scenario import CALM_MS, Scenario

SETTLE_MS: Millis = 30 * MINUTE
"""Once faults stop, everything must come to rest within this time."""
TABLES_MS: Millis = 4 * MINUTE
"""Then index servers must soon believe nothing any more that is not so; records that nobody repeats live longer."""
SILENCE_MS: Millis = 5 * SECOND
"""A network at rest is listened to for so long."""


def simulate(scenario: Scenario) -> Outcome:
    """Run a scenario to its end, or to the first broken promise."""
    run = Run(scenario)
    try:
        go(run)
    except Violation as violation:
        return run.outcome(violation)
    return run.outcome(None)


def go(run: Run) -> None:
    """Let it happen, use the network once more, and judge. Raises Violation."""
    live(run)
    service.check(run.evidence)
    judge(run)


def live(run: Run) -> None:
    """Carry out the acts, and let the network come to rest. Raises Violation."""
    cast, world = run.cast, run.cast.world
    for act in run.scenario.acts:
        world.at(act.at, partial(carry_out, run, act))
    ResetOwners(cast).begin()
    world.run_to(CALM_MS)
    if all(cast.is_honest(name) for name in run.scenario.hostile):
        claim(cast.is_ready(), "liveness", "friends did not find each other in a calm network")
    world.run_to(run.scenario.until)
    _heal(run)
    began = world.now
    if run.evidence.purses:
        world.run_to(began + errands.HELD_MS)
        errands.nothing_is_held(run.evidence)
    claim(
        cast.run_until(lambda: not final_checks.unsettled_but_for_tables(run.evidence), SETTLE_MS),
        "liveness",
        f"not at rest {SETTLE_MS // MINUTE} min after faults stopped: "
        + final_checks.unsettled_but_for_tables(run.evidence),
    )
    is_settled = cast.run_until(lambda: final_checks.is_settled(run.evidence), TABLES_MS)
    run.settled_ms = world.now - began
    claim(
        is_settled,
        "liveness",
        f"not at rest {TABLES_MS // MINUTE} min after all else was: " + final_checks.unsettled(run.evidence),
    )
    world.run_to(world.now + 5 * SECOND)


def judge(run: Run) -> None:
    """Everything that must be true of a network at rest. Raises Violation."""
    _listen(run)
    run.evidence.watcher.all_now()
    errands.check(run.evidence)
    final_checks.check(run.evidence)


def _listen(run: Run) -> None:
    """Honest nodes with nothing to say are silent. (Odd ones repeat themselves, which is answered.)"""
    if any(name in run.scenario.nodes for name in run.scenario.hostile):
        return
    watcher, world = run.evidence.watcher, run.cast.world
    before = watcher.unexpected
    world.run_to(world.now + SILENCE_MS)
    said = watcher.unexpected - before
    claim(not said, "liveness", f"{said} commits in {SILENCE_MS // SECOND} s of a network at rest")


def _heal(run: Run) -> None:
    """Faults stop; whoever is down comes back; sellers wait no longer for what did not come."""
    cast, world = run.cast, run.cast.world
    world.note("faults stop")
    cast.heal()
    for purchase in run.evidence.purchases:
        world.after(max(0, purchase.began_at + 60_000 - world.now), purchase.withdraw)
