"""Bodies that are like the reference really are."""

from functools import partial

import msgspec

from offset.sim.cast.hostile import REFERENCE_OPERATIONS_MAX
from offset.sim.course.acts import carry_out
from offset.sim.course.run import Run
from offset.sim.course.simulation import go
from offset.sim.script.act import Act
from offset.sim.script.faults import Partition, ResetConnection, Wipe
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

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
    pays = [Pay(CALM_MS + 10 * number, "A", "C", "FST", 5, (("A", "B", "C"),)) for number in range(60)]
    run = begun(Partition(CALM_MS, "B", "relay0", 3000), *pays)
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
            Wipe(CALM_MS, "B"),
            ResetConnection(CALM_MS + after, "relay0"),
            ResetConnection(CALM_MS + after + 100, "relay0"),
        )
        go(run)
        friend = run.cast.friend("A", "B")
        assert friend is not None
        undone += friend.channel.inconsistency_counter > 1
    assert undone
