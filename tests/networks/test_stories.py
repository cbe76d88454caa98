"""Runs that once went wrong, told in full, so that no change of the plan makes them vanish."""

import msgspec

from offset.base.instants import MINUTE
from offset.engine.node import NodeEngine
from offset.sim.course.run import Run
from offset.sim.course.simulation import simulate
from offset.sim.judge import leftovers
from offset.sim.script.act import Act
from offset.sim.script.changes import Befriend, ChangeLimit, PartForGood, Unfriend
from offset.sim.script.faults import Crash, Doze, Partition, Wipe
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

LIMITS = {"FST": (2000, 2000)}
TRIANGLE = Scenario(
    1,
    "ring",
    ("A", "B", "C"),
    (Friendship("A", "B", LIMITS), Friendship("B", "C", LIMITS), Friendship("A", "C", LIMITS)),
    until=CALM_MS + 60_000,
)


def run(*acts: Act, **changes: object) -> dict[str, int]:
    """How the payments ended. The moments of the acts are counted from when the friends have met."""
    acts = tuple(msgspec.structs.replace(act, at=CALM_MS + act.at) for act in acts)
    outcome = simulate(msgspec.structs.replace(TRIANGLE, acts=acts, **changes))
    assert outcome.violation is None, "\n".join([*outcome.last, outcome.violation])
    return outcome.payments


def test_half_of_a_promised_cycle_is_lost() -> None:
    """A removes B while B's payment to itself waits in both directions: the half that is left is let go.

    B has the commit, so of the half that went with A nobody can prove that it was not paid.
    """
    cycle = (("B", "A", "C", "B"), ("B", "C", "A", "B"))
    ends = run(Pay(0, "B", "B", "FST", 60, cycle, 30_000), Unfriend(10_000, "A", "B", 100))
    assert ends == {"lost / refused": 1}


def test_seller_crashes_over_the_collect() -> None:
    """The seller's node dies over the commit of the invoice: the commit in its owner's hand stays money."""
    for how in ("before", "during", "after", "full", "fsync"):
        ends = run(Pay(0, "A", "C", "FST", 60, (("A", "B", "C"),), 4000), Crash(3900, "C", how))
        assert ends == {"paid / collected": 1}, how


def test_mediator_is_gone_for_a_while() -> None:
    """Promised credits stay frozen while the mediator is cut off, and move when it is back."""
    ends = run(
        Pay(0, "A", "C", "FST", 60, (("A", "B", "C"),), 3000),
        Partition(2500, "B", "relay0", 45_000),
    )
    assert ends == {"paid / collected": 1}


def test_limit_falls_while_a_payment_flies() -> None:
    """A limit lowered below what is frozen does not undo what was promised; the next payment is refused."""
    ends = run(
        Pay(0, "A", "C", "FST", 60, (("A", "C"),), 5000),
        ChangeLimit(2000, "C", "A", "FST", 10),
        Pay(20_000, "A", "C", "FST", 60, (("A", "C"),)),
    )
    assert ends == {"paid / collected": 1, "canceled / withdrawn": 1}


def test_lost_database() -> None:
    """A node that lost its database is set up again, and its friends go on from one side's numbers."""
    ends = run(
        Pay(0, "A", "C", "FST", 60, (("A", "B", "C"),)),
        Wipe(10_000, "B"),
        Pay(55_000, "A", "C", "FST", 70, (("A", "B", "C"),)),
    )
    assert ends == {"paid / collected": 2}


def test_lost_database_after_a_reset() -> None:
    """After an earlier reset the side that remembers cannot accept the terms of the one that forgot: that one must."""
    ends = run(
        Unfriend(0, "A", "B", 5000),
        Wipe(25_000, "B"),
        Pay(55_000, "A", "B", "FST", 70, (("A", "C", "B"),)),
    )
    assert sum(ends.values()) == 1


def test_machines_that_sleep() -> None:
    """Buyer, mediator and seller shut their lids over a payment, with clocks that count the while or do not."""
    for name in TRIANGLE.nodes:
        for is_counted in (True, False):
            ends = run(
                Pay(0, "A", "C", "FST", 60, (("A", "B", "C"),), 3000),
                Doze(1500, name, 40_000, is_counted),
            )
            assert ends == {"paid / collected": 1}, (name, is_counted)


def test_friends_who_meet_later_and_leave() -> None:
    """D comes to know C in the midst of the run and pays A over it; then the two leave each other for good."""
    ends = run(
        Befriend(0, "C", "D", 500, 500),
        Pay(20_000, "D", "A", "FST", 60, (("D", "C", "A"),)),
        PartForGood(40_000, "C", "D"),
        Pay(45_000, "D", "A", "FST", 60, (("D", "C", "A"),)),
        nodes=("A", "B", "C", "D"),
        indexes=1,
    )
    assert ends == {"paid / collected": 1, "canceled / withdrawn": 1}


def test_seller_regrets() -> None:
    """A seller cancels the invoice right after it asked to collect: it is collected all the same."""
    pay = ("A", "C", "FST", 60, (("A", "B", "C"),), 0, 60_000, 0, "regret")
    assert run(Pay(0, *pay)) == {"paid / collected": 1}


def test_many_requests_of_one_like_the_reference() -> None:
    """One like the reference, which says little at a time, passes on 60 payments that piled up while it was cut off."""
    pay = ("A", "C", "FST", 5, (("A", "B", "C"),))
    ends = run(
        Partition(0, "B", "relay0", 3000),
        *[Pay(10 * number, *pay) for number in range(60)],
        hostile={"B": "odd"},
    )
    assert ends == {"paid / collected": 60}


def test_a_remove_is_lost() -> None:
    """A leaves B while its line to the index server is dead, and nobody knows yet: the next session says it again."""
    cast = Run(msgspec.structs.replace(TRIANGLE, indexes=1)).cast
    cast.world.run_to(CALM_MS)
    host = cast.hosts["A"]
    assert isinstance(host.engine, NodeEngine)
    (conn,) = host.engine._index.conns
    cast.network.fall_silent(host.ends[conn])
    cast.friendships.pop(0)
    cast.remove_friend("A", "B")
    cast.remove_friend("B", "A")
    cast.world.run_to(cast.world.now + 5000)
    assert "index0 knows" in leftovers.found(cast)
    assert cast.run_until(lambda: leftovers.found(cast) == "", MINUTE)
