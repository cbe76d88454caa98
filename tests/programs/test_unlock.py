"""The option --unlock, in every program that opens an identity."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from offset.base import base64url
from offset.programs import stctrl, stindex, stmgr, stnode, strelay
from offset.programs.unlock import unlock
from offset.testing import APP, NODE, identity, in_thread
from offset.wire.files import format_ticket, parse_ticket
from support.commands import Main, put, run_main
from support.locked import PHRASE, key_file, locked_text, locked_with_phrase
from support.processes import started

SERVERS: dict[str, tuple[Main, list[str]]] = {
    "stnode": (stnode.main, ["-l", "127.0.0.1:0", "-d", "node.db", "-t", "."]),
    "strelay": (strelay.main, ["-l", "127.0.0.1:0"]),
    "stindex": (stindex.main, ["-c", "127.0.0.1:0", "-s", "127.0.0.1:0", "-t", "."]),
}
LOCKED = (
    "my.ident is locked; say where its key is: --unlock ask, file:PATH, fd:N, credential:NAME, command:LINE"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a locked identity, and nobody at the terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    monkeypatch.setattr(sys, "stdin", None)
    put(tmp_path / "my.ident", locked_text(NODE))
    return tmp_path


@pytest.mark.parametrize("program", SERVERS)
def test_a_server_whose_identity_is_locked(
    program: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a source it ends with one sentence and status 1; a source that is none is a wrong command line."""
    main, options = SERVERS[program]
    done = run_main(main, ["-i", "my.ident", *options], capsys)
    assert (done.status, done.stdout, done.stderr) == (1, "", f"{program}: {LOCKED}\n")
    done = run_main(main, ["-i", "my.ident", *options, "--unlock", PHRASE], capsys)
    assert done.status == 2
    assert PHRASE not in done.stderr
    assert done.stderr.startswith(f"{program}: the source of a passphrase or key is one of: ask, file:PATH, ")


@pytest.mark.parametrize("program", SERVERS)
def test_a_server_unlocks_its_identity(program: str, folder: Path) -> None:
    """With the source in the environment each server gets as far as its port, and tells its key."""
    _, options = SERVERS[program]
    source = key_file(folder)
    assert stmgr.main(["init-node-db", "-i", "my.ident", "-o", "node.db", "--unlock", source]) == 0
    (folder / "trusted").mkdir()
    options = ["trusted" if option == "." else option for option in options]
    command = [sys.executable, "-c", f"from offset.programs.{program} import main; main()", "-i", "my.ident"]
    with started(
        [*command, *options], stdout=subprocess.PIPE, text=True, env={"OFFSET_UNLOCK": source}
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
    assert line.startswith(f"{program}: listening on 127.0.0.1:")
    assert running.returncode == 0


@pytest.mark.parametrize(
    "args",
    [
        ["node-ticket", "-a", "h:1"],
        ["relay-ticket", "-a", "h:1"],
        ["index-ticket", "-a", "h:1"],
        ["app-ticket"],
        ["init-node-db"],
    ],
    ids=lambda args: args[0],
)
def test_stmgr_unlocks(args: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that needs an identity takes a locked one, with a passphrase too."""
    name, *options = args
    line = [name, "-i", "my.ident", "-o", "made", *options]
    done = run_main(stmgr.main, line, capsys)
    assert (done.status, done.stderr) == (1, f"stmgr: {LOCKED}\n")
    put(folder / "my.ident", locked_with_phrase(NODE))
    done = run_main(stmgr.main, [*line, "--unlock", key_file(folder, PHRASE)], capsys)
    assert (done.status, done.stderr) == (0, "")
    if name.endswith("-ticket") and name != "app-ticket":
        assert parse_ticket((folder / "made").read_text()).public_key == NODE.public_key


def test_stmgr_unlocks_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The card of a remote node takes two identities, which one source may open."""
    put(folder / "app.ident", locked_text(identity("app")))
    line = ["node-entry", "-n", "my.ident", "-p", "app.ident", "-a", "h:1", "-o", "made"]
    assert run_main(stmgr.main, line, capsys).stderr == f"stmgr: {LOCKED}\n"
    assert run_main(stmgr.main, [*line, "--unlock", key_file(folder)], capsys).status == 0


def test_stctrl_unlocks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """stctrl unlocks the identity of the app, by an option before the command or by the environment."""
    put(folder / "my.ident", locked_text(APP))
    with in_thread() as fake:
        put(folder / "node.ticket", format_ticket(fake.ticket))
        files = ["-I", "my.ident", "-T", "node.ticket"]
        done = run_main(stctrl.main, [*files, "info", "public-key"], capsys)
        assert (done.status, done.stderr) == (1, f"stctrl: {LOCKED}\n")
        done = run_main(stctrl.main, [*files, "--unlock", key_file(folder), "info", "public-key"], capsys)
        assert (done.status, done.stderr) == (0, "")
        assert base64url.encode(NODE.public_key) in done.stdout


def test_the_help_names_the_sources() -> None:
    """The option says what it takes, and by which name the environment may say it."""

    @unlock
    def command() -> None:
        """A command."""

    (option,) = command.__click_params__  # type: ignore[attr-defined]
    assert option.envvar == "OFFSET_UNLOCK"
    assert "ask, file:PATH, fd:N, credential:NAME, command:LINE" in option.help
