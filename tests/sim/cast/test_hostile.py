"""Bodies that are like the reference really are."""

from functools import partial

import msgspec

from offset.base.limits import REPEAT_MS
from offset.sim.cast.hostile import REFERENCE_OPERATIONS_MAX, Keeper
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


def with_body(kind: str, *acts: Act) -> Run:
    """The row in which B has this body, and these acts."""
    run = Run(msgspec.structs.replace(ROW, hostile={"B": kind}, acts=acts))
    for act in acts:
        run.cast.world.at(act.at, partial(carry_out, run, act))
    return run


def test_a_keeper_keeps_the_token_until_faults_stop() -> None:
    """What it was asked stays without an answer, what was never said to it is given back, and then all goes on."""
    pays = [Pay(CALM_MS + 500 * number, "A", "C", "FST", 5, (("A", "B", "C"),)) for number in range(100)]
    run = with_body("keeper", *pays)
    world = run.cast.world
    world.run_to(CALM_MS)
    kept = 0
    while world.now < ROW.until:
        world.step()
        friend = run.cast.friend("A", "B")
        kept += friend is not None and friend.is_overdue
    assert kept
    go(with_body("keeper", *pays))


def test_a_body_that_comes_back_after_faults_is_quiet() -> None:
    """Seed 114: a keeper was down when faults stopped, and kept tokens for ever when it was back."""
    run = with_body("keeper")
    run.cast.world.run_to(CALM_MS)
    host = run.cast.hosts["B"]
    assert isinstance(host.engine, Keeper)
    host.die("killed")
    run.cast.heal()
    host.start()
    assert isinstance(host.engine, Keeper)
    assert host.engine.is_quiet


def test_a_nagger_is_told_copies() -> None:
    """It asks often, and gets few answers; the judge of copies has something to judge."""
    pays = [Pay(CALM_MS + 500 * number, "A", "C", "FST", 5, (("A", "B", "C"),)) for number in range(100)]
    run = with_body("nagger", *pays)
    run.cast.world.run_to(ROW.until)
    copies = sum(run.cast.node(name).view().copies_said for name in "AC")
    assert 0 < copies < 2 * (ROW.until - CALM_MS) // REPEAT_MS


def test_nodes_leave_a_mute_index_server() -> None:
    """All are at the other one soon, and stay there."""
    run = Run(msgspec.structs.replace(ROW, hostile={"index0": "mute"}, indexes=2))
    run.cast.world.run_to(CALM_MS + 40_000)
    servers = {run.cast.node(name).report().index_client_report.opt_connected_server for name in ROW.nodes}
    assert servers == {run.cast.key("index1")}
    go(Run(msgspec.structs.replace(ROW, hostile={"index0": "mute"}, indexes=2)))
