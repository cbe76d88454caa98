"""How commands end."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from offset.base.faults import NodeStopped, PeerFault, UserFault
from offset.programs.errors import FAILED, INTERRUPTED, USAGE, run
from offset.programs.printing import printable
from support.commands import Done


def _run(capsys: pytest.CaptureFixture[str], raised: BaseException | None = None, *args: str) -> Done:
    @click.command("prog")
    @click.option("--number", type=int)
    def command(number: int | None) -> None:
        click.echo("out")
        if raised is not None:
            raise raised

    status = run(command, args)
    printed = capsys.readouterr()
    return Done(status, printed.out, printed.err)


def test_success(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that returns has status 0 and its own output."""
    assert _run(capsys) == Done(0, "out\n", "")


@pytest.mark.parametrize(
    "raised, said",
    [
        (UserFault("do this"), "do this"),
        (PeerFault("the node hung up"), "the node hung up"),
        (NodeStopped("the disk is full"), "the disk is full"),
        (OSError(13, "Permission denied", "a.ident"), "a.ident: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("odd"), "odd"),
        (click.ClickException("Some Trouble"), "some Trouble"),
        (UserFault("two\nlines \x1b[31m"), "two\\nlines \\x1b[31m"),
    ],
)
def test_05_d3_failure(raised: Exception, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure is one sentence on standard error and status 1; the reference has status 0."""
    assert _run(capsys, raised) == Done(FAILED, "out\n", f"prog: {said}\n")


def test_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line is one sentence that says where the help is, and status 2."""
    done = _run(capsys, None, "--number", "x")
    assert done == Done(
        USAGE, "", "prog: invalid value for '--number': 'x' is not a valid integer. See: prog --help\n"
    )


def test_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a command without a trace, with the status that shells know."""
    assert _run(capsys, KeyboardInterrupt()).status == INTERRUPTED


def test_our_own_fault_keeps_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    """What is no fault of user, file or system is ours, and is not hidden."""
    with pytest.raises(ZeroDivisionError):
        _run(capsys, ZeroDivisionError())


PROGRAM = """
import sys, click
from offset.programs.errors import run
@click.command("prog")
def command():
    click.echo("\\u20aa" * 100_000)
sys.exit(run(command, []))
"""


def _process(stdout: int, **env: str) -> tuple[int, bytes, bytes]:
    """Status and output of a process that runs PROGRAM."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, env={**os.environ, **env}, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


BRIEF = """
import gc, click
from offset.programs.errors import run_briefly
@click.command("brief")
def command():
    print(gc.isenabled(), gc.get_threshold()[0] > 10_000)
run_briefly(command{args})
print(gc.get_freeze_count() > 0)
"""


@pytest.mark.parametrize(
    "args, printed", [("", ["True True", "True"]), (", []", ["True False", "False"])], ids=["owner", "guest"]
)
def test_brief_commands_leave_garbage_alone(args: str, printed: list[str]) -> None:
    """A process of one command hardly collects garbage and ends without; a guest changes nothing for its host."""
    done = subprocess.run(
        [sys.executable, "-c", BRIEF.format(args=args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == printed


def test_reader_that_stops() -> None:
    """A reader that stops early (head) is no reason to complain."""
    reading, writing = os.pipe()
    os.close(reading)
    status, _, stderr = _process(writing)
    os.close(writing)
    assert (status, stderr) == (FAILED, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_cannot_be_written() -> None:
    """Output that gets lost is a failure."""
    with open("/dev/full", "wb") as full:
        status, _, stderr = _process(full.fileno())
    assert (status, stderr) == (FAILED, b"prog: No space left on device\n")


def test_terminal_that_does_not_know_a_character() -> None:
    """A character that the terminal does not know is escaped, and is no failure."""
    status, stdout, stderr = _process(subprocess.PIPE, PYTHONIOENCODING="latin-1")
    assert (status, stderr) == (0, b"")
    assert stdout.startswith(b"\\u20aa\\u20aa")


@pytest.mark.parametrize(
    "text, shown",
    [
        ("FST ₪ naïve", "FST ₪ naïve"),
        ("", ""),
        ("a\nb\tc\x1b", "a\\nb\\tc\\x1b"),
        ("right \u202e left", "right \\u202e left"),
        ("\ud800", "\\ud800"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """What moves a cursor, ends a line or turns the direction of writing is shown, not done."""
    assert printable(text) == shown
