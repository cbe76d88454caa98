"""A caller without manners keeps nobody else from being served."""

from __future__ import annotations

from offset.base.instants import MINUTE, SECOND
from offset.sim.cast.rude import RudeCaller
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.script.errands import Flood
from offset.sim.script.scenario import CALM_MS
from support.wallet_runs import by_letter, scenario

HONEST = 10


def test_nine_of_ten_are_served_beside_ten_calls_a_second() -> None:
    """L6: of those who ask for an invoice in the midst of a flood, within five minutes."""
    run = Run(scenario())
    world = run.cast.world
    world.run_to(CALM_MS)
    carry_out(run, Flood(world.now, "C", "FST", 8 * MINUTE))
    # The first burst is used up before they come.
    world.run_for(15 * SECOND)
    for number in range(HONEST):
        buyer, route = ("A", ("A", "B", "C")) if number % 2 else ("B", ("B", "C"))
        # Nobody says yes: only who is served counts.
        carry_out(run, by_letter(buyer=buyer, routes=(route,), amount=1, decides_ms=60 * MINUTE))
        world.run_for(SECOND)
    world.run_until(lambda: served(run) >= HONEST * 9 // 10, 5 * MINUTE)
    callers = [host.engine for host in run.cast.hosts.values() if isinstance(host.engine, RudeCaller)]
    assert len(callers) == 1


def served(run: Run) -> int:
    """How many have their invoice."""
    return sum(errand.invoice is not None for errand in run.evidence.errands)


def test_it_stops_when_faults_stop() -> None:
    run = Run(scenario())
    world = run.cast.world
    world.run_to(CALM_MS)
    carry_out(run, Flood(world.now, "C", "FST", 8 * MINUTE))
    world.run_for(5 * SECOND)
    (name,) = [name for name in run.cast.hosts if name.startswith("rude")]
    assert run.cast.hosts[name].ends
    run.cast.heal()
    world.run_for(2 * MINUTE)
    assert not run.cast.hosts[name].ends
