"""A damaged database is found out, said to be damaged, and left as it is; and its owner is told all that is wrong."""

import sqlite3
from pathlib import Path
from random import Random

import pytest

from offset.base.faults import OffsetError, UserFault
from offset.store.sqlite.database import Database
from offset.store.sqlite.examine import faults_of
from store.scenario import Node, World

pytestmark = pytest.mark.usefixtures("short_log")

TRIALS = 80
STEPS = 120


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node with rows in every table; its database is closed."""
    world = World(0, tmp_path, lambda node: None, lambda node: None)
    world.run(STEPS)
    world.close()
    return max(world.nodes, key=lambda node: node.path.stat().st_size)


def started(node: Node, path: Path) -> str | None:
    """What is said when a node starts from this file; None when it starts."""
    try:
        database = Database.open(path, node.key)
    except UserFault as fault:
        return str(fault)
    try:
        node.restored(database)
    except OffsetError as fault:
        return str(fault)
    finally:
        database.close()
    return None


def test_one_flipped_bit(node: Node, tmp_path: Path) -> None:
    """Wherever a bit flips the node starts, or says in one sentence that its database is damaged, and writes nothing.

    What it refuses to start from, check-db finds too.
    """
    chance = Random(1)
    whole = node.path.read_bytes()
    path = tmp_path / "flipped.db"
    refused = 0
    for _ in range(TRIALS):
        flipped = bytearray(whole)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        said = started(node, path)
        assert path.read_bytes() == flipped
        if said is not None:
            refused += 1
            assert "\n" not in said
            assert "damaged" in said
            assert "restore a backup" in said
            assert faults_of(path)
            assert path.read_bytes() == flipped
    assert refused > TRIALS / 20


def test_a_sound_database_has_no_faults(node: Node) -> None:
    """Nothing is found where nothing is wrong, also while a node works with the file."""
    assert faults_of(node.path) == []
    database = Database.open(node.path, node.key)
    database.settle()
    assert faults_of(node.path) == []
    database.close()


def test_every_fault_is_told(node: Node) -> None:
    """Rows that cannot be read, rows that do not fit, and a table that is gone are told one by one."""
    person = sqlite3.connect(node.path)
    (friends,) = person.execute("SELECT count(*) FROM friends").fetchone()
    (configs,) = person.execute("SELECT count(*) FROM configs").fetchone()
    assert friends
    assert configs
    person.execute("UPDATE friends SET remote_relays = 'nonsense'")
    person.execute("DROP TABLE history")
    person.commit()
    person.close()
    found = faults_of(node.path)
    assert [line for line in found if line.startswith("row ") and " of friends cannot be read" in line] == [
        line for line in found if "of friends" in line
    ]
    assert sum("of friends cannot be read" in line for line in found) == friends
    assert found.count("a row of configs belongs to a friend or currency that is not there") == configs
    assert any(
        line.startswith("the table history cannot be read to its end: no such table") for line in found
    )


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A file of another kind, and the database of another program, are no damaged databases."""
    path = tmp_path / "other.db"
    path.write_bytes(b"something else")
    with pytest.raises(UserFault, match="is not the database of a node"):
        faults_of(path)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE one (name TEXT)")
    other.close()
    with pytest.raises(UserFault, match="is the database of another program"):
        faults_of(path)
