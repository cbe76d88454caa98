"""offset recover, up to the running of the node, which is tried in tests/processes/test_recover.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset import main, recover_cli
from offset.shell.own_copies import write_kit
from offset.store.sqlite import connection
from offset.testing import NODE
from offset.wire.files import format_identity, parse_identity
from support.commands import Done, one_sentence, put, run_main
from support.recovering import kit


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """A folder with an identity and a kit; the node is not run, but noted."""
    monkeypatch.setattr(connection, "LOG_PAGES", 16)
    monkeypatch.setattr(connection, "CHECKPOINT_PAGES", 12)
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "old.ident", format_identity(NODE))
    (tmp_path / "old.ident").chmod(0o600)
    (tmp_path / "kits").mkdir()
    write_kit(tmp_path / "kits" / "kit-7.age", kit(), NODE)
    runs: list[Any] = []

    async def watch(place: Any, identity: Any, say: Any, *, is_searching: bool) -> None:
        runs.append((place.path, identity.public_key, is_searching))
        say("done")

    monkeypatch.setattr(recover_cli, "watch", watch)
    return runs


def run(line: str, capsys: pytest.CaptureFixture[str]) -> Done:
    """Run a command."""
    return run_main(main, ["recover", *line.split()], capsys)


def test_from_a_kit(watched: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """What comes back and what is lost is said first; then the files are there, and the node is run."""
    done = run("alice -i old.ident -k kits --yes", capsys)
    assert done.status == 0
    assert (
        done.stdout.index("What comes back:") < done.stdout.index("What is lost:") < done.stdout.index("done")
    )
    assert watched == [(Path("alice"), NODE.public_key, False)]
    assert Path("alice/node.ident").read_text() == format_identity(NODE)
    again = run("alice", capsys)
    assert again.stdout.startswith("Going on with what was begun in alice.")
    assert len(watched) == 2


def test_nothing_is_made_without_a_yes(watched: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever says no has changed nothing."""
    done = run("alice -i old.ident -k kits", capsys)
    assert done.status != 0
    assert "What is lost:" in done.stdout
    assert not Path("alice").exists()
    assert watched == []


def test_a_new_card(watched: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """When nothing of the key is left."""
    done = run("alice --nothing --yes", capsys)
    assert done.status == 0
    assert "stctrl config succeed" in done.stdout
    assert "info export-ticket" in done.stdout
    assert parse_identity(Path("alice/node.ident").read_text()).public_key != NODE.public_key
    assert watched == []


@pytest.mark.parametrize(
    "line, sentence",
    [
        ("alice", "say what is left of the card"),
        ("alice -i old.ident", "say what is left beside the key"),
        ("alice -i old.ident --nothing", "give --idfile, --share or --nothing"),
        ("alice -i old.ident --plain -k kits", "--plain has a meaning only with --backup"),
        ("alice -i old.ident -k kits -r x", "--relay has no meaning with --kit or --backup"),
    ],
)
def test_what_does_not_fit(
    line: str, sentence: str, watched: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(line, capsys)
    assert done.status == 2
    assert sentence in done.stderr
    assert not Path("alice").exists()
    assert watched == []


def test_what_cannot_be_used(watched: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence, and nothing is made."""
    for line, sentence in (
        ("alice -i none.ident -k kits --yes", "no such file: none.ident"),
        ("alice -i old.ident -k none --yes", "no such file: none"),
        ("alice -i old.ident -r old.ident --yes", "is not a ticket"),
        ("kits -i old.ident -k kits --yes", "kits is not empty, and no recovery that was begun"),
    ):
        done = run(line, capsys)
        assert done.status == 1
        assert sentence in one_sentence("offset", done.stderr)
    assert not Path("alice").exists()
    assert watched == []
