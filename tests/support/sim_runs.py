"""Scenarios that tests of the simulator share, and ways to reach into their runs."""

from typing import Any

from offset.sim.course.run import Run
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

ROUTE = ("A", "B", "C")
GRANTED = {"FST": (1000, 1000)}
UNEQUAL = {"FST": (1000, 700)}
ROW_PAID = Scenario(
    1,
    "row",
    ROUTE,
    (Friendship("A", "B", UNEQUAL, 3), Friendship("B", "C", UNEQUAL, 2)),
    indexes=1,
    acts=(Pay(CALM_MS, "A", "C", "FST", 20, (ROUTE,)),),
    until=CALM_MS + 10_000,
)
"""Three friends in a row, and a payment."""
ROW_PAYING = Scenario(
    1,
    "row",
    ROUTE,
    (Friendship("A", "B", GRANTED), Friendship("B", "C", GRANTED)),
    acts=(
        Pay(CALM_MS, "A", "C", "FST", 20, (ROUTE,)),
        Pay(CALM_MS + 5000, "A", "C", "FST", 20, (ROUTE,), wait_ms=30_000),
    ),
    until=CALM_MS + 10_000,
)
"""Three friends in a row, a payment that is over, and one that waits for its seller."""


def credit(run: Run, name: str, other: str) -> Any:
    """The credit of one node with another."""
    friend = run.cast.friend(name, other)
    assert friend is not None
    return friend.channel.credits["FST"]


def channel(run: Run, name: str, other: str) -> Any:
    """The channel of one node with another."""
    friend = run.cast.friend(name, other)
    assert friend is not None
    return friend.channel
