"""The virtual disk."""

import pytest

from offset.core.funder.records import ConfigKey, ConfigRecord
from offset.sim.physics.disk import AFTER, BEFORE, DURING, FSYNC, FULL, Disk
from offset.sim.physics.rng import Rng
from offset.sim.physics.world import World

KEY = bytes(32)


class Setup:
    """A disk, and what it tells."""

    def __init__(self, name: str = "") -> None:
        self.world = World(0)
        self.durable: list[int] = []
        self.died: list[str] = []
        self.disk = Disk(self.world, Rng(f"disk {name}"), self.durable.append, self._die)

    def _die(self, reason: str) -> None:
        self.died.append(reason)
        self.disk.lose_unwritten()

    def commit(self, number: int, limit: int) -> None:
        """One row."""
        record = ConfigRecord(KEY, "FST", remote_max_debt=limit)
        self.disk.commit(number, {record.key(): record})

    @property
    def limit(self) -> int:
        """What the row says."""
        row = self.disk.rows.get(ConfigKey(KEY, "FST"))
        assert row is None or isinstance(row, ConfigRecord)
        return 0 if row is None else row.remote_max_debt


def test_groups() -> None:
    """While one group is flushed the next ones gather, and become durable together."""
    setup = Setup()
    for number in (1, 2, 3):
        setup.commit(number, number)
    assert (setup.durable, setup.limit) == ([], 0)
    setup.world.run_to(100)
    assert (setup.durable, setup.limit, setup.disk.flushes) == ([1, 3], 3, 2)
    assert setup.disk.is_idle


@pytest.mark.parametrize(
    "fault, limits",
    [(BEFORE, {0}), (DURING, {0, 7}), (AFTER, {7}), (FULL, {0}), (FSYNC, {0, 7})],
)
def test_faults(fault: str, limits: set[int]) -> None:
    """The node dies without a word; what is durable then depends on the fault, and some faults on chance."""
    seen = set()
    for number in range(20):
        setup = Setup(str(number))
        setup.disk.fault = fault
        setup.commit(1, 7)
        setup.world.run_to(100)
        assert setup.durable == []
        assert len(setup.died) == 1
        assert setup.disk.written == setup.disk.rows
        seen.add(setup.limit)
    assert seen == limits


def test_rows_have_their_keys() -> None:
    """A row under the key of another is noticed."""
    setup = Setup()
    with pytest.raises(AssertionError):
        setup.disk.commit(1, {("configs", KEY, "EUR"): ConfigRecord(KEY, "FST")})


def test_a_disk_that_is_held_makes_nothing_durable() -> None:
    """Commits wait for as long as it is held; then they become durable together, unless the node has died."""
    setup = Setup()
    setup.disk.hold()
    setup.commit(1, 7)
    setup.commit(2, 8)
    setup.world.run_to(1000)
    assert (setup.durable, setup.limit, setup.disk.is_idle) == ([], 0, False)
    setup.disk.release()
    setup.world.run_to(2000)
    assert (setup.durable, setup.limit) == ([2], 8)
    setup.disk.hold()
    setup.commit(3, 9)
    setup.disk.lose_unwritten()
    setup.commit(4, 10)
    setup.world.run_to(3000)
    assert (setup.durable, setup.limit) == ([2, 4], 10)


def test_a_group_under_way_ends_though_the_disk_is_held() -> None:
    """Holding a disk stops what has not begun."""
    setup = Setup()
    setup.commit(1, 1)
    setup.commit(2, 2)
    setup.disk.hold()
    setup.world.run_to(1000)
    assert (setup.durable, setup.limit) == ([1], 1)


def test_a_disk_takes_as_long_as_it_is_told() -> None:
    """A group is durable at that moment, and not before."""
    setup = Setup()
    setup.disk.flush_ms = (5, 5)
    setup.commit(1, 1)
    setup.world.run_to(4)
    assert setup.durable == []
    setup.world.run_to(5)
    assert setup.durable == [1]
