"""Acts are carried out by their class."""

import msgspec
import pytest

from offset.base.instants import MINUTE
from offset.core.funder.records import RelaysRecord
from offset.sim.cast.reset_owners import ResetOwners
from offset.sim.course.acts import carry_out, perform
from offset.sim.course.run import Run
from offset.sim.physics.disk import restored
from offset.sim.script.act import Act
from offset.sim.script.changes import CHANGES, Befriend, Change, MoveRelay
from offset.sim.script.errands import CloseWallet, Flood, PayByLetter
from offset.sim.script.faults import FAULTS, Clog, Crash, Fault
from offset.sim.script.losses import LoseKey, MakeCopy, StartFromCopy
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS


def test_every_act_can_be_carried_out() -> None:
    """There is a function for each class, and each class is named among its like."""
    assert {*Change.__subclasses__(), *Fault.__subclasses__()} == {*CHANGES, *FAULTS}
    by_default = perform.dispatch(Act)
    for kind in (*CHANGES, *FAULTS, Pay, PayByLetter, CloseWallet, Flood, MakeCopy, StartFromCopy, LoseKey):
        assert perform.dispatch(kind) is not by_default


class Unheard(Act, frozen=True):
    """An act that nobody knows how to carry out."""

    word = "unheard"


def test_an_unknown_act_is_an_error(run: Run) -> None:
    """It is not passed over."""
    with pytest.raises(NotImplementedError, match="Unheard"):
        carry_out(run, Unheard(CALM_MS))


def test_acts_are_noted_and_counted(run: Run) -> None:
    """What happens stands in the trace, and in the counts by its kind."""
    cast = run.cast
    assert run.counts == {"pay": 2}
    carry_out(run, Crash(0, "B", "now"))
    carry_out(run, MoveRelay(0, "relay0"))
    carry_out(run, Clog(0, "A", 500))
    assert run.counts == {"pay": 2, "crash now": 1, "move": 1, "clog": 1}
    assert any(text.endswith("crash B now") for text in cast.world.recent)
    assert not cast.hosts["B"].is_alive
    assert cast.relay_addresses == {"relay0": "relay0:2"}
    assert cast.network.clogged["A"] == cast.world.now + 500


def test_a_node_goes_on_from_its_copy(run: Run) -> None:
    """It has the rows of the copy, marked as one, and no others, and lets its friends speak first; its owner repeats
    its wishes.
    """
    cast = run.cast
    disk = cast.hosts["B"].disk
    assert disk is not None
    carry_out(run, MakeCopy(0, "B"))
    copy = dict(disk.rows)
    assert copy
    # A change since.
    row = RelaysRecord(())
    disk.rows[row.key()] = disk.written[row.key()] = row
    carry_out(run, StartFromCopy(0, "B", away=100))
    assert not cast.hosts["B"].is_alive
    assert disk.rows == disk.written == restored(copy)
    cast.world.run_for(100)
    assert cast.hosts["B"].is_alive
    assert cast.node("B").view().state.friends[cast.key("A")].is_awaited
    assert cast.clients["B"].asks
    assert run.evidence.excuses.is_disturbed("A", "B")


def test_a_node_without_a_copy_begins_with_nothing(run: Run) -> None:
    disk = run.cast.hosts["B"].disk
    assert disk is not None
    carry_out(run, StartFromCopy(0, "B", away=100))
    assert disk.rows == {}
    assert "B" not in run.cast.restored


def test_a_lost_key(run: Run) -> None:
    """The old node has no friends any more, the new card has them, and each takes the one for the other."""
    cast = run.cast
    cast.scenario = msgspec.structs.replace(cast.scenario, nodes=(*cast.scenario.nodes, "X"))
    cast.settings["X"] = {}
    cast._add_node("X")
    cast._first_wishes("X")
    friends = cast.neighbours("B")
    ResetOwners(cast).begin()
    carry_out(run, LoseKey(0, "B", "X", is_stolen=True))
    assert run.counts["key stolen"] == 1
    assert (cast.neighbours("B"), sorted(cast.neighbours("X"))) == ([], sorted(friends))
    old = cast.key("B")
    assert cast.run_until(
        lambda: all(
            cast.hosts[name].is_alive
            and old not in cast.state(name).friends
            and (card := cast.friend(name, "X")) is not None
            and card.channel.is_consistent
            for name in friends
        ),
        20 * MINUTE,
    )
    assert all(old in cast.state(name).revoked for name in friends)
    carry_out(run, Befriend(0, "A", "B", 5, 5))
    assert cast.neighbours("B") == []
