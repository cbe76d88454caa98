"""What processes and the disk of this machine cost, read from the outside: CPU time, memory, one durable commit."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1

_FILE_BYTES = 4 * 2**20  # grown before it is measured: SQLite's log keeps its length too
_COMMIT_BYTES = 512
_COMMITS = 200
_PAGE_BYTES = 4096


def cpu_ms(pid: int) -> float:
    """CPU time that a process has used, in user and kernel, all threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS_PER_SECOND


def machine_busy_ms() -> float:
    """CPU time that the whole machine has used, all cores together."""
    user, nice, system, _idle, _iowait, irq, softirq, *_ = map(int, _first_line("/proc/stat").split()[1:])
    return (user + nice + system + irq + softirq) * 1000 / TICKS_PER_SECOND


def busy_share(seconds: float) -> float:
    """How much of the machine is used, by anybody, in the next seconds."""
    busy = machine_busy_ms()
    time.sleep(seconds)
    return (machine_busy_ms() - busy) / (seconds * 1000 * CORES)


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM now."""
    pages = int(_first_line(f"/proc/{pid}/statm").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _first_line(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.readline()


class Stopwatch:
    """CPU time of some processes, of this one and of all others between two moments."""

    def __init__(self, pids: dict[str, int]) -> None:
        """Starts now."""
        self._pids = {**pids, "client": os.getpid()}
        self._started = time.perf_counter()
        self._busy = machine_busy_ms()
        self._cpu = {name: cpu_ms(pid) for name, pid in self._pids.items()}

    def stop(self) -> tuple[float, dict[str, float], float]:
        """Seconds since the start, CPU ms of each process, and the share of the machine that others used."""
        seconds = time.perf_counter() - self._started
        used = {name: cpu_ms(pid) - self._cpu[name] for name, pid in self._pids.items()}
        others = machine_busy_ms() - self._busy - sum(used.values())
        return seconds, used, max(0.0, others / (seconds * 1000 * CORES))


def durable_commit_ms(folder: Path) -> float:
    """Median time of one fdatasync of some hundred bytes, written into a file that does not grow."""
    path = folder / "durable"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        os.write(descriptor, bytes(_FILE_BYTES))
        os.fsync(descriptor)
        times = [_commit(descriptor, number) for number in range(_COMMITS)]
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(times)


def _commit(descriptor: int, number: int) -> float:
    started = time.perf_counter()
    os.pwrite(descriptor, os.urandom(_COMMIT_BYTES), number * _PAGE_BYTES)
    os.fdatasync(descriptor)
    return (time.perf_counter() - started) * 1000


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
