"""What a run gave, the medians of several runs, and how they are printed."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass

from _chain import ComingUp
from _drive import Times
from _measure import percentile


@dataclass
class Run:
    """Figures of one run, or the medians of several; times in ms."""

    payments: int
    failures: int
    per_second: float
    route_p50: float
    commit_p50: float
    commit_p95: float
    commit_p99: float
    receipt_p50: float
    receipt_p95: float
    receipt_p99: float
    cpu: dict[str, float]
    cpu_servers: float
    others_percent: float
    in_flight_max: int


@dataclass
class Cell:
    """A chain at one concurrency."""

    chain: int
    concurrency: int
    median: Run
    runs: list[Run]


@dataclass
class Chain:
    """All that was measured on one chain."""

    length: int
    coming_up: ComingUp
    cells: list[Cell]
    resident_mb: dict[str, float]


def figures(times: Times, count: int, seconds: float, cpu: dict[str, float], others: float) -> Run:
    """The figures of one run that took so many seconds, in which the processes used so much CPU time (ms)."""
    each = {name: used / max(1, len(times.done)) for name, used in cpu.items()}
    return Run(
        payments=count,
        failures=len(times.failures),
        per_second=len(times.done) / seconds,
        route_p50=percentile(times.routed, 0.5),
        commit_p50=percentile(times.committed, 0.5),
        commit_p95=percentile(times.committed, 0.95),
        commit_p99=percentile(times.committed, 0.99),
        receipt_p50=percentile(times.receipted, 0.5),
        receipt_p95=percentile(times.receipted, 0.95),
        receipt_p99=percentile(times.receipted, 0.99),
        cpu=each,
        cpu_servers=sum(used for name, used in each.items() if name != "client"),
        others_percent=100 * others,
        in_flight_max=times.in_flight_max,
    )


def medians(runs: list[Run]) -> Run:
    """The median of each figure; failures of all runs together."""
    names = [name for name in asdict(runs[0]) if name not in ("cpu", "payments", "failures", "in_flight_max")]
    return Run(
        payments=runs[0].payments,
        failures=sum(run.failures for run in runs),
        cpu={name: statistics.median(run.cpu[name] for run in runs) for name in runs[0].cpu},
        in_flight_max=max(run.in_flight_max for run in runs),
        **{name: statistics.median(getattr(run, name) for run in runs) for name in names},
    )


HEADER = (
    "medians of the runs; ms from the start of the buyer's payment, the invoice already made\n"
    " at once    pay/s  route   commit p50    p95    p99   receipt p50    p95    p99   CPU ms  client  failed  others"
)


def line(cell: Cell) -> str:
    """One line of the table, below HEADER."""
    run = cell.median
    return (
        f"{cell.concurrency:>8}{run.per_second:>9.1f}{run.route_p50:>7.1f}"
        f"{run.commit_p50:>13.1f}{run.commit_p95:>7.1f}{run.commit_p99:>7.1f}"
        f"{run.receipt_p50:>14.1f}{run.receipt_p95:>7.1f}{run.receipt_p99:>7.1f}"
        f"{run.cpu_servers:>9.2f}{run.cpu['client']:>8.2f}{run.failures:>8}{run.others_percent:>6.0f} %"
    )


def shares(cpu: dict[str, float]) -> str:
    """CPU time by process."""
    return ", ".join(f"{name} {used:.2f}" for name, used in cpu.items())
