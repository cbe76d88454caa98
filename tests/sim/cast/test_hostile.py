"""Bodies that are like the reference really are."""

from functools import partial

import msgspec

from offset.sim.cast.hostile import REFERENCE_OPERATIONS_MAX
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.script.scenario import CALM_MS, Act, Friendship, Scenario

LIMITS = {"FST": (2000, 2000)}
ROW = Scenario(
    1,
    "row",
    ("A", "B", "C"),
    (Friendship("A", "B", LIMITS), Friendship("B", "C", LIMITS)),
    until=CALM_MS + 60_000,
    hostile={"A": "odd", "B": "odd", "C": "odd"},
)


def begun(*acts: Act) -> Run:
    """A run in which these acts are planned."""
    found = Run(msgspec.structs.replace(ROW, acts=acts))
    for act in acts:
        found.cast.world.at(act.at, partial(carry_out, found, act))
    return found


def test_few_operations_in_a_message() -> None:
    """Of 60 requests that piled up an odd node says 16 at a time, and never more."""
    pay = ("A", "C", "FST", 5, (("A", "B", "C"),))
    run = begun(
        Act(CALM_MS, "part", ("B", "relay0", 3000)),
        *[Act(CALM_MS + 10 * number, "pay", pay) for number in range(60)],
    )
    most = 0
    while run.cast.world.now < ROW.until:
        run.cast.world.step()
        for name, other in (("A", "B"), ("B", "C")):
            friend = run.cast.friend(name, other)
            if friend is not None and friend.channel.outgoing is not None:
                groups = friend.channel.outgoing.currencies_operations
                most = max(most, sum(len(group.operations) for group in groups))
    assert most == REFERENCE_OPERATIONS_MAX


def test_reset_is_undone() -> None:
    """Terms that come again after they were accepted undo the reset, and both sides make new ones (D17)."""
    undone = 0
    for after in range(5000, 16_000, 1000):
        run = begun(
            Act(CALM_MS, "wipe", ("B",)),
            Act(CALM_MS + after, "reset", ("relay0",)),
            Act(CALM_MS + after + 100, "reset", ("relay0",)),
        )
        run.go()
        friend = run.cast.friend("A", "B")
        assert friend is not None
        undone += friend.channel.inconsistency_counter > 1
    assert undone
