"""stmgr: a node that moves to another machine, and one that finds another copy of itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from offset.core.funder.records import FriendRecord, NodeRecord, SentRelays
from offset.core.funder.twin import Twin
from offset.programs.stmgr import main
from offset.store.sqlite import connection
from offset.store.sqlite.database import Database, create
from offset.testing import NODE
from offset.wire.files import format_identity
from support.commands import Done, one_sentence, put, run_main

BOB = FriendRecord(b"\x01" * 32, "bob", True, (), SentRelays())
READY = (
    "node.db is yours to start. Its node lets each friend speak first. Make sure that no other one runs.\n"
)


@pytest.fixture(autouse=True)
def _short_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are made quickly."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node with a friend."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    put(tmp_path / "node.ident", format_identity(NODE))
    (tmp_path / "node.ident").chmod(0o600)
    create(tmp_path / "node.db", NODE.public_key)
    write(tmp_path, BOB)
    return tmp_path


def write(folder: Path, record: FriendRecord | NodeRecord) -> None:
    """The node remembers this."""
    with closing(Database.open(folder / "node.db", NODE.public_key)) as database:
        database.write({record.key(): record})
        database.flush()


def run(line: str, capsys: pytest.CaptureFixture[str]) -> Done:
    """Run a command."""
    return run_main(main, line.split(), capsys)


def bad(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail; its one sentence."""
    done = run(line, capsys)
    assert (done.status, done.stdout) == (1, "")
    return one_sentence("stmgr", done.stderr)


def test_a_node_moves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Retired here, restored there; what is left here can be claimed, with a warning in the sentence that stops it."""
    done = run("retire -d node.db", capsys)
    assert done == Done(0, "node.db is marked as moved away. Now make the copy: stmgr backup\n", "")
    assert "was moved away on" in bad("retire -d node.db", capsys)
    assert run("backup -d node.db -i node.ident -o node.age", capsys).status == 0
    assert run("restore -i node.ident -b node.age -o there.db", capsys).status == 0
    with closing(Database.open(folder / "there.db", NODE.public_key)) as database:
        assert database.is_restored
    assert run("claim -d node.db -i node.ident", capsys) == Done(0, READY, "")
    Database.open(folder / "node.db", NODE.public_key).close()


def test_a_node_that_stopped_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only when there is something to claim."""
    assert "nothing stopped the node of node.db" in bad("claim -d node.db -i node.ident", capsys)
    write(folder, NodeRecord(NODE.public_key, 5, Twin(BOB.public_key, 15, 1_800_000_500, 14, 0, ())))
    assert run("claim -d node.db -i node.ident", capsys) == Done(0, READY, "")
    with closing(Database.open(folder / "node.db", NODE.public_key)) as database:
        assert NodeRecord(NODE.public_key, 1_800_000_500, None) in list(database.load())
