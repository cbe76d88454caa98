"""`offset demo`: what somebody runs first."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from support.network import PATIENCE_S, PROGRAMS, eventually
from support.processes import processes_naming, started


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`offset demo` with its temporary files in `folder`; whatever it leaves running is ended."""
    try:
        with started(
            [PROGRAMS / "offset", "demo", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        ) as process:
            yield process
    finally:
        # Its own: nobody else knows this folder.
        for pid in processes_naming(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def assert_nothing_left(folder: Path) -> None:
    assert processes_naming(folder) == []
    assert list(folder.iterdir()) == []


def test_demo(tmp_path: Path) -> None:
    """The demo pays, all balances sum up to 0, and nothing is left of it, no process and no file."""
    with demo(tmp_path, "--amount", "70") as process:
        said, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, errors) == (0, "")
        assert_nothing_left(tmp_path)
    assert "The receipt is signed by D and good." in said
    worths = dict(re.findall(r"^  ([ABCD]) +([+-]\d+) +\(", said, re.MULTILINE))
    assert {name: int(worth) for name, worth in worths.items()} == {"A": -72, "B": 1, "C": 1, "D": 70}
    assert re.search(r"^  sum +\+0$", said, re.MULTILINE)


def test_keep(tmp_path: Path) -> None:
    """--keep leaves a network that answers the command it names, and the kill command it names ends it."""
    with demo(tmp_path, "--keep") as process:
        said, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, errors) == (0, "")
        folder = re.search(r"Its files are in (.+)", said)
        assert folder is not None
        assert Path(folder[1]).parent == tmp_path
        commands = [line.strip() for line in said.partition("Talk to it")[2].splitlines()]
        (ask,) = [line for line in commands if line.endswith("info friends")]
        (kill,) = [line for line in commands if line.startswith("kill ")]
        assert len(processes_naming(folder[1])) == 8
        answered = subprocess.run(
            ask.split(),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
        )
        assert "| E+ | B " in answered.stdout
        assert "- FST: B  =-32" in answered.stdout
        subprocess.run(kill.split(), check=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL)
        eventually(lambda: not processes_naming(folder[1]), "the network has ended")


def test_a_test_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    """What --keep leaves running ends with the test, also when the test fails."""
    with suppress(ZeroDivisionError), demo(tmp_path, "--keep") as process:
        process.communicate(timeout=PATIENCE_S)
        assert len(processes_naming(tmp_path)) == 8
        raise ZeroDivisionError
    eventually(lambda: not processes_naming(tmp_path), "all processes have ended")


@pytest.mark.parametrize(
    "moment, number",
    [
        ("Offset: four friends", signal.SIGTERM),
        ("two relays and", signal.SIGINT),
        ("D asks", signal.SIGHUP),
    ],
)
def test_broken_off(tmp_path: Path, moment: str, number: signal.Signals) -> None:
    """A demo that is broken off leaves nothing either, and does not pretend to have succeeded."""
    with demo(tmp_path) as process:
        assert process.stdout is not None
        while moment not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        assert errors.strip() == ""
        assert_nothing_left(tmp_path)
