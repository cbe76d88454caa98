"""Virtual time."""

import pytest

from offset.sim.physics.violation import Violation
from offset.sim.physics.world import World


def test_order() -> None:
    """What is due first happens first; at the same moment, what was asked for first."""
    world, seen = World(0), []
    world.after(5, lambda: seen.append("c"))
    world.after(1, lambda: seen.append("a"))
    world.after(1, lambda: seen.append("b"))
    world.run_to(4)
    assert (seen, world.now) == (["a", "b"], 4)
    world.run_to(9)
    assert (seen, world.now) == (["a", "b", "c"], 9)


def test_trace_tells_runs_apart() -> None:
    """Another event, or another moment, gives another trace."""
    traces = set()
    for at, text in ((1, "x"), (1, "y"), (2, "x")):
        world = World(0)
        world.run_to(at)
        world.note(text)
        traces.add(world.trace())
    assert len(traces) == 3


def test_time_that_stands_still_is_noticed() -> None:
    """An engine that wants to be woken at once, for ever, is a broken promise and no endless loop."""
    world = World(0)

    def again() -> None:
        world.after(0, again)

    again()
    with pytest.raises(Violation, match="stands still"):
        world.run_to(10)


def test_an_echo_is_noticed() -> None:
    """Engines that answer each other for ever, more and more, are a broken promise and no run without end."""
    world = World(0)

    def echo() -> None:
        world.after(10, echo)
        world.after(10, echo)

    echo()
    with pytest.raises(Violation, match="echo"):
        world.run_to(1000)
    assert world.now < 500
