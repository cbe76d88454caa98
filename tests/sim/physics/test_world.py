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


def test_waiting_ends_at_the_step_that_brings_it() -> None:
    """Time passes step by step until something is true, and no further."""
    world, seen = World(0), []
    for at in (1, 2, 2, 3):
        world.after(at, lambda at=at: seen.append(at))  # type: ignore[misc]
    world.run_until(lambda: len(seen) == 2)
    assert (seen, world.now, world.next_at()) == ([1, 2], 2, 2)
    world.run_until(lambda: True)
    assert seen == [1, 2]
    world.run_for(10)
    assert (seen, world.now, world.next_at()) == ([1, 2, 2, 3], 12, None)


@pytest.mark.parametrize("due", [(), (101,)])
def test_waiting_in_vain_breaks_a_promise(due: tuple[int, ...]) -> None:
    """What does not come in time, or never can, is an error."""
    world = World(0)
    for at in due:
        world.after(at, lambda: None)
    with pytest.raises(Violation, match="did not come in 100 ms"):
        world.run_until(lambda: False, 100)
    assert world.now <= 100
