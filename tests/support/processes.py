"""Processes that a test starts: each ends with it, also when the test fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROCESSES = Path("/proc")
_END_S = 10.0
"""How long a process may take to end what it has started itself."""


@contextmanager
def started(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process, with the options of Popen; afterwards it is over, whatever happened meanwhile.

    If it still runs it is told to end (SIGTERM), so that it ends what it has started, and then killed.
    """
    process = subprocess.Popen([*map(str, command)], **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def processes_naming(text: str | Path) -> list[int]:
    """Processes, of anybody, that have `text` in their command line."""
    found = _from_folder() if _PROCESSES.is_dir() else _from_ps()
    return [pid for pid, command in found if str(text) in command and pid != os.getpid()]


def _from_folder() -> Iterator[tuple[int, str]]:
    """As Linux tells them: a bare Debian has no ps."""
    for folder in _PROCESSES.glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            # It has ended meanwhile.
            continue
        yield int(folder.name), command.replace(b"\0", b" ").decode("utf-8", "replace")


def _from_ps() -> Iterator[tuple[int, str]]:
    """As macOS tells them, which has no such folder, and always ps."""
    command = ["/bin/ps", "-A", "-ww", "-o", "pid=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        pid, _, words = line.strip().partition(" ")
        yield int(pid), words
