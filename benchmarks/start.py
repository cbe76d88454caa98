"""How long commands take from start to end, as multiples of `python -c pass`.

    python benchmarks/start.py 40 'stctrl --help' 'stctrl -I app.ident -T node.ticket info friends'

Runs all in turn, so many times, and prints medians of wall time and of processor time. Their ratios to the empty
program stay the same on a busy machine, or nearly; their milliseconds do not.
"""

import argparse
import os
import shlex
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Times(NamedTuple):
    """Milliseconds of one run, or the medians of many."""

    wall: float
    processor: float


def run(command: list[str]) -> Times:
    """Run a command to its end, without its output. Exits when it fails."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)])
    _, status, used = os.wait4(child, 0)
    ended = time.perf_counter()
    os.close(nothing)
    if status:
        sys.exit(f"{shlex.join(command)} failed")
    return Times((ended - began) * 1000, (used.ru_utime + used.ru_stime) * 1000)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("runs", type=int)
    parser.add_argument("commands", nargs="+", help="programs of this environment with their arguments")
    asked = parser.parse_args()
    folder = Path(sys.executable).parent
    commands = [[sys.executable, "-c", "pass"]]
    for line in asked.commands:
        program, *rest = shlex.split(line)
        commands.append([str(folder / program), *rest])
    # The first round only warms the caches.
    rounds = [[run(command) for command in commands] for _ in range(asked.runs + 1)][1:]
    medians = [Times(*map(statistics.median, zip(*runs, strict=True))) for runs in zip(*rounds, strict=True)]
    for command, median in zip(commands, medians, strict=True):
        wall, processor = median.wall / medians[0].wall, median.processor / medians[0].processor
        name = shlex.join([Path(command[0]).name, *command[1:]])
        print(
            f"{median.wall:7.1f} ms {wall:6.2f}   {median.processor:7.1f} ms {processor:6.2f}   {name[-60:]}"
        )


if __name__ == "__main__":
    main()
