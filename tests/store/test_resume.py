"""A node that starts from its file is the node that wrote it, whenever the crash came."""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from offset.core.funder.lost_keys import RevokedRecord, SuccessorRecord
from offset.core.funder.record_kinds import RECORDS
from offset.core.funder.records import IndexServersRecord, WithdrawnRecord
from offset.core.funder.strays import StrayRecord
from offset.store.sqlite.database import Database
from store.scenario import Node, World, snapshot

pytestmark = pytest.mark.usefixtures("short_log")

MEMORY = "/dev/shm"
SEEDS = range(4)
STEPS = 320
CRASH_STEPS = 200


def state_in_copy(node: Node) -> dict[str, object]:
    """What a node would know that starts from the files as they lie on the disk now."""
    # The copy is only read: in memory, where there is such a place, nothing waits for the disk.
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else node.folder) as name:
        folder = Path(name)
        for file in (node.path, node.path.with_name("node.db-wal")):
            shutil.copy(file, folder)
        copy = Database.open(folder / node.path.name, node.key)
        try:
            return snapshot(node.restored(copy))
        finally:
            copy.close()


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_whoever_opens_the_files_after_a_crash_finds_what_was_flushed(seed: int, tmp_path: Path) -> None:
    """At every step: files copied before the flush hold the state before the step, files copied after it the one after.

    Compared are the report, and every row, queue, channel, balance and request under way.
    """
    crashes = Counter[str]()

    def before_flush(node: Node) -> None:
        assert state_in_copy(node) == node.durable
        crashes["before"] += 1
        crashes["in between"] += snapshot(node.funder) != node.durable

    def after_flush(node: Node) -> None:
        assert state_in_copy(node) == node.durable
        crashes["after"] += 1

    world = World(seed, tmp_path, before_flush, after_flush)
    world.run(CRASH_STEPS)
    world.close()
    assert crashes["before"] >= crashes["in between"] > CRASH_STEPS / 2
    assert crashes["after"] > CRASH_STEPS


OF_ENGINE = {IndexServersRecord, WithdrawnRecord}
"""What a funder does not write."""
OF_LOST_BOOKS = {StrayRecord}
"""What it writes only after a loss of its books (tests/core/funder/friend/test_reconciling.py)."""
OF_LOST_KEYS = {SuccessorRecord, RevokedRecord}
"""What it writes only when a friend has lost its key (tests/core/funder/friend/test_succession.py)."""


def test_the_conversation_meets_every_kind_of_row_and_ending(tmp_path: Path) -> None:
    """The seeds say something: payments succeed and fail, channels break and are reset, all tables are used."""
    seen: set[str] = set()
    for seed in SEEDS:
        (tmp_path / str(seed)).mkdir()
        world = World(seed, tmp_path / str(seed), lambda node: None, lambda node: None)
        world.run(STEPS)
        world.close()
        seen |= world.seen
    keys = {kind.KEY.__name__ for kind in RECORDS if kind not in OF_ENGINE | OF_LOST_KEYS | OF_LOST_BOOKS}
    endings = "PaymentStatusSuccess PaymentStatusCanceled CommitInvoice CancelInvoice"
    endings += " inconsistent ResetFriendChannel RemoveFriend"
    assert {*keys, *endings.split()} <= seen
