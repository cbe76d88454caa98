"""docs/TUTORIAL.md, run command by command as it stands there; only the ports are others."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from offset.programs.offset.network import free_port
from offset.programs.stctrl.buyer import FROZEN
from support.commands import Done
from support.network import BRIEF_PROGRAMS, PATIENCE_S, PROGRAMS, eventually, run_here
from support.processes import started

TUTORIAL = Path(__file__).parents[2] / "docs" / "TUTORIAL.md"
ON_THE_PATH = 'export PATH="$PWD/.venv/bin:$PATH"'


def commands() -> list[str]:
    """The indented lines of the tutorial, with free ports."""
    text = TUTORIAL.read_text()
    ports = {port: str(free_port()) for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", text)))}
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda port: ports[port[0]], line) for line in lines]


class Shell:
    """What a shell does with the commands of the tutorial."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.folder = folder
        self.jobs: list[subprocess.Popen[str]] = []
        self._running = running
        self._env = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}

    def run(self, line: str) -> Done:
        """Run a command to its end: in this process, if it is one of ours."""
        program, *args = shlex.split(line)
        if program in BRIEF_PROGRAMS:
            return run_here(program, *args, cwd=self.folder)
        done = subprocess.run(
            [program, *args],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            text=True,
            check=False,
            cwd=self.folder,
            env=self._env,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, line: str) -> None:
        """Start a job in the background, and wait until it says that it listens."""
        job = self._running.enter_context(
            started(
                shlex.split(line),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self.folder,
                env=self._env,
            )
        )
        self.jobs.append(job)
        assert job.stdout is not None
        assert "listening on" in job.stdout.readline(), line

    def kill(self, *jobs: str) -> None:
        """The `kill` of a shell, with numbers of jobs."""
        for job in jobs:
            assert job.startswith("%")
            self.jobs[int(job[1:]) - 1].terminate()


@contextmanager
def shell(folder: Path) -> Iterator[Shell]:
    """A shell whose jobs are gone afterwards."""
    with ExitStack() as running:
        yield Shell(folder, running)


def is_ready(line: str, said: str) -> bool:
    """Whether what the text tells to wait for is there."""
    return not line.endswith("info friends") or ("E+" in said and "FST" in said)


def test_tutorial(tmp_path: Path) -> None:
    """Every command of the tutorial works, in the order in which they stand there, and moves 50 FST."""
    first, *lines = commands()
    assert first == ON_THE_PATH
    said: dict[str, str] = {}
    with shell(tmp_path) as sh:
        for line in lines:
            if line.startswith("kill "):
                assert line == lines[-1]
                look_at_the_end(sh, said)
                sh.kill(*line.split()[1:])
            elif line.endswith(" &"):
                sh.start(line.removesuffix(" &"))
            else:

                def attempt(line: str = line) -> bool:
                    done = sh.run(line)
                    assert (done.status, done.stderr) == (0, ""), line
                    said[line] = done.stdout
                    return is_ready(line, done.stdout)

                eventually(attempt, line)
        assert len(sh.jobs) == 4
        for job in sh.jobs:
            rest, _ = job.communicate(timeout=PATIENCE_S)
            assert (job.returncode, rest) == (0, "")


def look_at_the_end(sh: Shell, said: dict[str, str]) -> None:
    """The payment is proved, and both see it."""
    paid, settled, verified = list(said)[-4], list(said)[-2], list(said)[-1]
    assert "pay-invoice" in paid
    assert said[paid] == f"Total fees: 0\n{FROZEN}\n"
    assert said[settled] == "Payment succeeded. Saving receipt to file.\n"
    assert verified.startswith("stverify verify-receipt")
    assert said[verified] == "Receipt is valid!\n"
    for name, balance in (("alice", -50), ("bob", 50)):
        ask = f"stctrl -I {name}/app.ident -T {name}/node.ticket info friends"
        eventually(lambda ask=ask, balance=balance: f"- FST: B  ={balance} " in sh.run(ask).stdout, ask)


def test_overwrites_nothing() -> None:
    """What the tutorial makes has a name of its own each time."""
    made = [path for line in commands() for path in re.findall(r" -o (\S+)", line)]
    assert made
    assert len(made) == len(set(made))
