"""Payments over a chain of real programs on this machine: how many in a second, how long each, what they cost.

benchmarks/payments.py                         a short form, below 3 minutes
benchmarks/payments.py --full                  the figures of benchmarks/README.md
benchmarks/payments.py --programs DIR          other programs of the same protocol
benchmarks/payments.py --chain 3 --concurrency 32 --profile n2
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from _chain import build, come_up, program_pids
from _drive import FAILURES_SHOWN, Drive, Stalled, forged
from _figures import HEADER, Cell, Chain, Run, figures, line, medians, shares
from _measure import Stopwatch, busy_share, durable_commit_ms, resident_mb
from _profile import ProfiledNetwork, report

from offset.app import Node, connect_files
from offset.base.faults import OffsetError
from offset.programs.offset.network import DemoNetwork, DemoNode, OwnNetwork
from offset.shell.system import new_loop

PAYMENTS = {1: 100, 8: 200, 32: 400}
PAYMENTS_ABOVE = 600
SHORT_RUNS, FULL_RUNS = 3, 5
SHORT_CHAINS, FULL_CHAINS = (2, 3), (2, 3, 5)
CONCURRENCIES = (1, 8, 32, 100)
OWN_PROGRAMS = Path(sys.executable).parent
WARM_UP_PAYMENTS = 40
CALM_PERCENT = 10.0
"""A run in which other processes used more of the machine is made again."""
TRIES_PER_RUN = 3
CALM_LOOK_SECONDS = 1.0
LOG_LINES_SHOWN = 5
PROFILE_TIMES = 5  # as many payments as a measured run: a sample is taken every 4 ms at most on usual kernels
_STATUS_GOOD, _STATUS_FAILED, _STATUS_INTERRUPTED = 0, 1, 130


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="offset-payments-", dir=options.folder))
    try:
        _all(options, folder)
    except KeyboardInterrupt:
        print("payments: interrupted", file=sys.stderr)
        return _STATUS_INTERRUPTED
    except Stalled as stalled:
        print(f"payments: STALLED: {stalled}", file=sys.stderr)
        _show_logs(folder)
        return _STATUS_FAILED
    except OffsetError as error:
        print(f"payments: {error}", file=sys.stderr)
        _show_logs(folder)
        return _STATUS_FAILED
    finally:
        if options.keep_logs:
            print(f"payments: logs and databases are in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return _STATUS_GOOD


def _show_logs(folder: Path) -> None:
    """The last words of the programs."""
    for log in sorted(folder.glob("*/*.log")):
        for words in log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]:
            print(f"  {log.stem}: {words}", file=sys.stderr)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--full", action="store_true", help="chains of 2, 3 and 5 nodes, 5 runs each")
    add("--chain", type=_numbers, metavar="N,...", help="nodes in a row (default 2,3; with --full 2,3,5)")
    add(
        *("--concurrency", "--in-flight"),
        type=_numbers,
        default=CONCURRENCIES,
        metavar="N,...",
        help="payments under way at once (default 1,8,32,100)",
    )
    add("--payments", type=int, help="payments per run (default 100 to 600, more at a higher concurrency)")
    add("--runs", type=int, help="runs, of which the medians are told (default 3; with --full 5)")
    add("--programs", type=Path, default=OWN_PROGRAMS, help="folder of stnode, strelay, ...")
    add("--folder", type=Path, help="where the databases are made: a real disk")
    add("--invoices-inside", action="store_true", help="make each invoice within the measured part")
    add(
        "--patience",
        type=float,
        default=0,
        metavar="S",
        help="wait so long for a calm machine before each run",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures into this file")
    add("--keep-logs", action="store_true", help="keep the folder of the network")
    add("--profile", metavar="NAME", help="profile this program (n1, n2, ..., relay, index)")
    add("--profile-by", choices=("sample", "calls"), default="sample", help="how (default sample)")
    options = parser.parse_args()
    options.chain = options.chain or (FULL_CHAINS if options.full else SHORT_CHAINS)
    options.runs = options.runs or (FULL_RUNS if options.full else SHORT_RUNS)
    if min(options.chain) < 2 or min(options.concurrency) < 1:
        parser.error("a chain has at least 2 nodes, and at least one payment is under way")
    return options


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _all(options: argparse.Namespace, folder: Path) -> None:
    begun = durable_commit_ms(folder)
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, load {load:.2f} before, a durable commit takes {begun:.2f} ms here",
        flush=True,
    )
    chains = []
    for length in options.chain:
        part = folder / f"chain-{length}"
        part.mkdir()
        chains.append(_chain(options, part, length))
    ended = durable_commit_ms(folder)
    print(f"\na durable commit took {begun:.2f} ms at the begin, {ended:.2f} ms at the end")
    if options.json is not None:
        written = {
            "cores": os.cpu_count(),
            "load": load,
            "durable_commit_ms": [begun, ended],
            "chains": [asdict(chain) | {"coming_up": chain.coming_up._asdict()} for chain in chains],
        }
        options.json.write_text(json.dumps(written, indent=2) + "\n")


def _chain(options: argparse.Namespace, folder: Path, length: int) -> Chain:
    """Set up a chain, without a loop: an interrupt ends it between two commands; then measure."""
    network: DemoNetwork
    if options.profile is None:
        kind = OwnNetwork if options.programs == OWN_PROGRAMS else DemoNetwork
        network = kind(folder, options.programs)
    else:
        network = ProfiledNetwork(folder, options.programs, options.profile, options.profile_by)
    try:
        members = build(network, length)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(_measured(options, network, members))
    except asyncio.CancelledError:  # SIGTERM
        raise KeyboardInterrupt from None
    finally:
        network.stop()


async def _measured(options: argparse.Namespace, network: DemoNetwork, members: list[DemoNode]) -> Chain:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    up = await come_up(members)
    print(
        f"\n{len(members)} nodes: friends online {up.online_s:.2f} s after both enabled, "
        f"currency active {up.active_s:.2f} s after both configured, routes {up.routes_s:.2f} s after that"
    )
    cells = await _cells(options, network, members)
    resident = {name: resident_mb(pid) for name, pid in program_pids(network).items()}
    print("memory in MB: " + ", ".join(f"{name} {size:.0f}" for name, size in resident.items()), flush=True)
    return Chain(len(members), up, cells, resident)


async def _cells(options: argparse.Namespace, network: DemoNetwork, members: list[DemoNode]) -> list[Cell]:
    cells = []
    async with AsyncExitStack() as stack:
        ends = [
            await stack.enter_async_context(connect_files(member.app_ident, member.ticket))
            for member in (members[0], members[-1])
        ]
        await _run(options, network, ends, WARM_UP_PAYMENTS, 4)
        print(HEADER, flush=True)
        for concurrency in options.concurrency:
            count = options.payments or PAYMENTS.get(concurrency, PAYMENTS_ABOVE)
            runs = await _calm_runs(options, network, ends, count, concurrency)
            cells.append(Cell(len(members), concurrency, medians(runs), runs))
            print(line(cells[-1]), flush=True)
            if isinstance(network, ProfiledNetwork):
                network.begin()
                run = await _run(options, network, ends, count * PROFILE_TIMES, concurrency)
                print(report(network.end(), run.cpu[options.profile], options.profile_by), flush=True)
    for cell in cells:
        print(f"CPU ms per payment at {cell.concurrency}: {shares(cell.median.cpu)}")
    return cells


async def _calm_runs(
    options: argparse.Namespace, network: DemoNetwork, ends: list[Node], count: int, concurrency: int
) -> list[Run]:
    """As many runs as asked for, those of them in which others used the machine least."""
    runs: list[Run] = []
    for _ in range(options.runs * TRIES_PER_RUN):
        await _calm(options.patience)
        runs.append(await _run(options, network, ends, count, concurrency))
        if sum(run.others_percent <= CALM_PERCENT for run in runs) >= options.runs:
            break
    return sorted(runs, key=lambda run: run.others_percent)[: options.runs]


async def _calm(patience_s: float) -> None:
    """Wait until others leave the machine to us, but not longer than `patience_s` seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while loop.time() < until and 100 * await asyncio.to_thread(busy_share, CALM_LOOK_SECONDS) > CALM_PERCENT:
        pass


async def _run(
    options: argparse.Namespace, network: DemoNetwork, ends: list[Node], count: int, concurrency: int
) -> Run:
    drive = Drive(ends[0], ends[1], concurrency, invoices_inside=options.invoices_inside)
    await drive.prepare(count)
    watch = Stopwatch(program_pids(network))
    times = await drive.run()
    seconds, cpu, others = watch.stop()
    for failure in times.failures[:FAILURES_SHOWN]:
        print(f"payments: FAILED {failure}", file=sys.stderr)
    if wrong := forged(times):
        raise OffsetError(f"{wrong} of {len(times.receipts)} receipts prove nothing")
    return figures(times, count, seconds, cpu, others)


if __name__ == "__main__":
    sys.exit(main())
