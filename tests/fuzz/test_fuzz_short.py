"""The short form of fuzz/: each target on its corpus and on mutants from one seed; `make fuzz` is the long one."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # fuzz/ is no part of the package; `support` is on the path already

from fuzz.corpus import seeds_of  # noqa: E402
from fuzz.mutate import mutations  # noqa: E402
from fuzz.targets import FINDINGS, TARGETS, finding  # noqa: E402

RUNS = {"friend": 90, "node": 110, "session": 200}
RUNS_OTHERS = 500
SECONDS_MAX = 5.0
"""For one execution; honest ones take some milliseconds, so only what runs away gets there, even on a busy machine."""
MEMORY_KIB_MAX = 512 * 1024


def peak_memory_kib() -> int:
    """The most that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


@pytest.mark.parametrize("target", TARGETS)
def test_hostile_bytes_end_in_a_value_or_a_named_error(target: str) -> None:
    """Whatever comes in, the answer is a value, a PeerFault or a UserFault, in bounded time and memory."""
    run, count = TARGETS[target], RUNS.get(target, RUNS_OTHERS)
    corpus = list(seeds_of(target))
    corpus = corpus[:: max(1, 2 * len(corpus) // count)]  # half of the runs are mutants
    before = peak_memory_kib()
    for data in mutations(corpus, f"{target} 1", count):
        start = time.monotonic()
        run(data)
        assert time.monotonic() - start < SECONDS_MAX, data.hex()
    assert peak_memory_kib() - before < MEMORY_KIB_MAX


@pytest.mark.parametrize("path", sorted(FINDINGS.glob("*.txt")), ids=lambda path: path.stem)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    """Bytes that once raised anything else do so no more."""
    target, data = finding(path)
    TARGETS[target](data)
