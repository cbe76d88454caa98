"""Where one node spends its CPU time: it is started by a script of ours that profiles it when told by signals.

SIGUSR1  begin                  way "sample": the Python line under way, looked at every ms of CPU time
SIGUSR2  end, write the result  way "calls":  cProfile; exact counts, but it makes small functions look slow
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple, TypeVar

from offset.base.faults import OffsetError
from offset.programs.offset.network import DemoNetwork

_WRITE_SECONDS = 20.0
_LOOK_SECONDS = 0.02
_TOP = 30

K = TypeVar("K")

_SCRIPT = '''#!{interpreter}
import collections, cProfile, json, os, pstats, runpy, signal, sys

PROGRAM, OUT, WAY = {program!r}, {out!r}, {way!r}
counts = collections.Counter()
profile = cProfile.Profile()

def owner(frame):
    """The function that works, and if it is not of the project the nearest caller that is."""
    own = frame
    while frame is not None:
        name = frame.f_code.co_filename
        if "offset/" in name and "site-packages" not in name and name != PROGRAM:
            break
        frame = frame.f_back
    named = frame or own
    return named.f_code.co_filename, named.f_code.co_name, named.f_lineno

def sample(number, frame):
    counts[owner(frame)] += 1

def begin(number, frame):
    counts.clear()
    if WAY == "sample":
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    else:
        profile.enable()

def end(number, frame):
    signal.setitimer(signal.ITIMER_PROF, 0)
    profile.disable()
    rows = [[*where, count, count] for where, count in counts.items()] if WAY == "sample" else called()
    with open(OUT + ".part", "w") as file:
        json.dump(rows, file)
    os.replace(OUT + ".part", OUT)

def called():
    """Own time in ms per function; that of built-in ones counts for their callers."""
    rows = []
    for (file, line, name), (_, calls, own, _, callers) in pstats.Stats(profile).stats.items():
        if file != "~" or not callers:
            rows.append([file, name, line, own * 1000, calls])
            continue
        for (caller_file, caller_line, _), (_, times, time, _) in callers.items():
            rows.append([caller_file, name, caller_line, time * 1000, times])
    return rows

signal.signal(signal.SIGUSR1, begin)
signal.signal(signal.SIGUSR2, end)
signal.signal(signal.SIGPROF, sample)
sys.argv[0] = PROGRAM
runpy.run_path(PROGRAM, run_name="__main__")
'''


class Row(NamedTuple):
    """One function, or one line of it, and what it cost."""

    file: str
    function: str
    line: int
    ms: float
    hits: int


class ProfiledNetwork(DemoNetwork):
    """A network in which one program is started so that it can be profiled."""

    def __init__(self, folder: Path, programs: Path, name: str, way: str) -> None:
        super().__init__(folder, programs)
        self._name, self._way = name, way
        self._out = folder / "profile.json"

    def start(self, name: str, program: str, port: int, *args: str) -> None:
        """Start a server and wait until its port answers. Raises NetworkError."""
        if name == self._name:
            program = str(self._script(self.programs / program))
        super().start(name, program, port, *args)

    def begin(self) -> None:
        """Profile from now on."""
        os.kill(self.processes[self._name].pid, signal.SIGUSR1)

    def end(self) -> list[Row]:
        """Profile no longer; what was found."""
        os.kill(self.processes[self._name].pid, signal.SIGUSR2)
        until = time.monotonic() + _WRITE_SECONDS
        while time.monotonic() < until:
            if self._out.exists():
                rows = [Row(*row) for row in json.loads(self._out.read_text())]
                self._out.unlink()
                return rows
            time.sleep(_LOOK_SECONDS)
        raise OffsetError(f"{self._name} wrote no profile")

    def _script(self, program: Path) -> Path:
        with program.open("rb") as file:
            first = file.readline()
        if not first.startswith(b"#!") or b"python" not in first:
            raise OffsetError(f"{program} is not a Python program: it cannot be profiled")
        path = self.folder / f"profiled-{program.name}"
        interpreter = first[2:].decode().strip()
        path.write_text(
            _SCRIPT.format(interpreter=interpreter, program=str(program), out=str(self._out), way=self._way)
        )
        path.chmod(0o700)
        return path


def report(rows: list[Row], cpu_ms: float, way: str) -> str:
    """Own time by package, then the dearest functions; shares of `cpu_ms`, the CPU time per payment."""
    total = sum(row.ms for row in rows)
    packages: dict[str, float] = defaultdict(float)
    functions: dict[tuple[str, str], float] = defaultdict(float)
    lines: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in rows:
        place = _place(row.file)
        packages[_package(place)] += row.ms
        functions[place, row.function] += row.ms
        lines[place, row.function, row.line] += row.ms
    said = [
        f"profile by {way}: {cpu_ms:.2f} ms of CPU time per payment, by own time, built-ins with their caller"
    ]
    for package, ms in _dearest(packages):
        said.append(f"  {package:<16}{cpu_ms * ms / total:>7.3f} ms{100 * ms / total:>6.1f} %")
    said.append(f"  the {_TOP} dearest functions:")
    for (place, function), ms in _dearest(functions)[:_TOP]:
        said.append(f"  {cpu_ms * ms / total:>7.3f} ms{100 * ms / total:>6.1f} %  {place}  {function}")
    if way == "sample":
        said.append(f"  the {_TOP} dearest lines:")
        for (place, function, line), ms in _dearest(lines)[:_TOP]:
            said.append(
                f"  {cpu_ms * ms / total:>7.3f} ms{100 * ms / total:>6.1f} %  {place}:{line}  {function}"
            )
    return "\n".join(said)


def _dearest(costs: dict[K, float]) -> list[tuple[K, float]]:
    return sorted(costs.items(), key=lambda item: -item[1])


def _place(file: str) -> str:
    parts = Path(file).parts
    if "offset" in parts and "site-packages" not in parts:
        at = len(parts) - 1 - parts[::-1].index("offset")
        return "/".join(parts[at + 1 :])
    return "/".join(parts[-2:])


def _package(place: str) -> str:
    parts = place.split("/")
    if parts[0] == "core" and len(parts) > 2:
        return ".".join(parts[:2])
    known = ("base", "crypto", "wire", "link", "core", "engine", "store", "shell", "programs")
    return parts[0] if parts[0] in known else "libraries"
