"""Fuzz for a while: `fuzz/run.py --seconds 600 [target...]`.

With atheris (make fuzz installs it) the search is guided by coverage; `--plain`, or without it, mutants from a seed.
Each target runs in a process of its own, one after another, for an equal share of the time. What it finds lies in
fuzz/findings, one text file for each place that raises: the bytes in hex, then where. The status is 1 if there is any.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT / "tests", ROOT):
    sys.path.insert(0, str(folder))
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "fuzz"]

CORPUS = ROOT / "fuzz" / "corpus"
EXECUTION_SECONDS_MAX = 10
MEMORY_MIB_MAX = 2048
INPUT_BYTES_MAX = 1 << 14


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Feed hostile bytes to everything that reads bytes of others."
    )
    parser.add_argument("--seconds", type=int, default=600, help="in all, shared equally (default 600)")
    parser.add_argument("--plain", action="store_true", help="without atheris: mutants from a seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="list the targets")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="target")
    options = parser.parse_args()
    plain = options.plain or importlib.util.find_spec("atheris") is None
    if options.one:
        (target,) = options.targets
        return run_plain(target, options) if plain else run_guided(target, options)
    from fuzz.targets import FINDINGS, TARGETS

    if options.list:
        print("\n".join(TARGETS))
        return 0
    targets = options.targets or list(TARGETS)
    unknown = [name for name in targets if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {' '.join(unknown)}; --list names them")
    before = set(FINDINGS.glob("*"))
    share = max(1, options.seconds // len(targets))
    total = sum(one(target, share, plain, options.seed) for target in targets)
    new = sorted(set(FINDINGS.glob("*")) - before)
    print(f"fuzz: {total} executions, {len(new)} new findings")
    for path in new:
        print(f"  {path.relative_to(ROOT)}")
    return 1 if new else 0


def one(target: str, seconds: int, plain: bool, seed: int) -> int:
    """Run one target in a process of its own. Returns how often it ran."""
    command = [sys.executable, __file__, "--one", "--seconds", str(seconds), "--seed", str(seed)]
    command += ["--plain"] * plain + [target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    text = done.stdout + done.stderr
    counts = re.findall(r"number_of_executed_units: (\d+)", text)
    covered = re.findall(r"cov: (\d+)", text)
    count = int(counts[-1]) if counts else 0
    note = f", {covered[-1]} places covered" if covered else ""
    print(f"{target:40} {count:9} executions{note}", flush=True)
    if done.returncode:
        print(f"  ended with {done.returncode}: {text[-2000:]}", flush=True)
    return count


def run_plain(target: str, options: argparse.Namespace) -> int:
    from fuzz.corpus import seeds_of
    from fuzz.mutate import mutant
    from fuzz.targets import Keeper

    keeper, corpus = Keeper(target), list(seeds_of(target))
    chance = random.Random(f"{target} {options.seed}")
    until = time.monotonic() + options.seconds
    for data in itertools.chain(corpus, iter(lambda: mutant(chance, corpus), None)):
        keeper(data)
        if time.monotonic() > until:
            break
    print(f"number_of_executed_units: {keeper.executions}")
    return 0


def run_guided(target: str, options: argparse.Namespace) -> int:
    import atheris

    with atheris.instrument_imports(include=["offset"], enable_loader_override=False):
        from fuzz.targets import FINDINGS, Keeper
    from fuzz.corpus import seeds_of

    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds_of(target)):
        (folder / f"seed-{number:04}").write_bytes(data)
    FINDINGS.mkdir(exist_ok=True)
    keeper = Keeper(target)
    keeper(b"")
    arguments = [
        sys.argv[0],
        str(folder),
        f"-max_total_time={options.seconds}",
        f"-timeout={EXECUTION_SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MIB_MAX}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-artifact_prefix={FINDINGS}{os.sep}{target}.",
        "-print_final_stats=1",
        f"-seed={options.seed}",
    ]
    atheris.Setup(arguments, keeper, internal_libfuzzer=True)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
