"""How programs start: what they load, which is most of the time of a command, and what they need of a shell."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from offset.programs.offset.network import free_port
from support.network import HOST, PATIENCE_S, PROGRAMS, eventually, run
from support.processes import started

HEAVY = ("asyncio", "capnp", "cryptography", "msgspec", "sqlite3", "uvloop")


def loaded(*args: str) -> tuple[set[str], str]:
    """The top modules that a Python process loaded, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *args],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        text=True,
        check=True,
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    return {name.partition(".")[0] for name in names}, done.stdout


@pytest.mark.parametrize("program", ["stctrl", "stmgr", "stverify"])
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing(program: str, option: str) -> None:
    """A command that only explains itself loads no library but that of command lines."""
    modules, printed = loaded("-m", f"offset.programs.{program}", option)
    assert program in printed
    assert "click" in modules
    assert not modules & set(HEAVY)


def test_measured() -> None:
    """The list of loaded modules names what a program did load."""
    assert "sqlite3" in loaded("-c", "import sqlite3")[0]


def _server(program: str, folder: Path, port: int) -> list[str | Path]:
    """The command line of a server that takes connections at this port; its files are in `folder`."""
    at = f"{HOST}:{port}"
    (folder / "trusted").mkdir()
    options: dict[str, list[str | Path]] = {
        "strelay": ["-l", at],
        "stnode": ["-l", at, "-d", folder / "node.db", "-t", folder / "trusted"],
        "stindex": ["-c", at, "-s", f"{HOST}:{free_port()}", "-t", folder / "trusted"],
    }
    return [PROGRAMS / program, "-i", folder / "ident", *options[program]]


@pytest.mark.parametrize("closed", [0, 1, 2])
@pytest.mark.parametrize("program", ["strelay", "stnode", "stindex"])
def test_a_server_without_a_standard_stream(program: str, closed: int, tmp_path: Path) -> None:
    """A server started with one of its standard streams closed serves, says nothing into a file, and ends well.

    Its database would have the number of the stream otherwise, and the log would be written into it.
    """
    assert run("stmgr", "gen-ident", "-o", tmp_path / "ident").status == 0
    port = free_port()
    command = _server(program, tmp_path, port)
    if program == "stnode":
        assert run("stmgr", "init-node-db", "-i", tmp_path / "ident", "-o", tmp_path / "node.db").status == 0
    before = {path.name for path in tmp_path.iterdir()}
    with started(command, preexec_fn=lambda: os.close(closed)) as process:
        assert eventually(lambda: _answers(port) or process.poll() is not None, "it listens")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    if program == "stnode":
        assert run("stmgr", "check-db", "-d", tmp_path / "node.db").status == 0
    made = {path.name for path in tmp_path.iterdir()} - before
    assert all(name.startswith("node.db") for name in made)


def _answers(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
