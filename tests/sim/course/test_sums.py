"""What many runs come to, as `offset sim --count` says it."""

import json

import pytest
from click.testing import CliRunner

from offset.programs.offset.cli import offset
from offset.sim.course.run import Outcome
from offset.sim.course.sums import Sums


def outcome(seed: int, violation: str | None = None) -> Outcome:
    """A run with two payments, a crash and a change of a limit."""
    counts = {"pay": 2, "crash fsync": 1, "limit": 1}
    ends = {"paid / collected": 2}
    return Outcome(seed, violation, violation, "", 1_800_000, 5, 10, 4, counts, ends, {"odd": 1})


def test_sums() -> None:
    """Runs are added up: hours, payments by end, faults apart from changes, and the seeds that broke a promise."""
    sums = Sums()
    sums.add(outcome(1))
    sums.add(outcome(2, "I5"))
    assert (sums.seeds, sums.virtual_ms, sums.steps, sums.commits) == (2, 3_600_000, 20, 8)
    assert sums.payments == {"paid / collected": 4}
    assert (sums.faults, sums.changes, sums.hostile) == ({"crash fsync": 2}, {"limit": 2}, {"odd": 2})
    words = sums.words(2.0)
    assert words[0] == "2 seeds, 1.0 virtual hours, 20 steps, 8 commits judged, 2 s (2.0 payments/s)"
    assert words[-1] == "BROKEN PROMISES of 1 seeds: 2"


def test_sums_of_a_program() -> None:
    """`offset sim --count --json` prints one line of sums, which agree with its words."""
    options = ["sim", "--seed", "6", "--count", "1"]
    done = CliRunner().invoke(offset, [*options, "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["first"], found["seeds"], found["broken"]) == (6, 1, {})
    told = CliRunner().invoke(offset, options).stdout.splitlines()
    assert told[-5].startswith(f"{sum(found['payments'].values())} payments: ")
    assert told[-1] == "every promise was kept"


def test_broken_promises_of_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops at the first seed that breaks a promise, or goes on to the last; the status is 1 either way."""
    from offset.programs.offset import sim

    monkeypatch.setattr(sim, "simulate", lambda scenario: outcome(scenario.seed, "I5"))
    for options, seeds in (([], ["0"]), (["--go-on"], ["0", "1", "2"])):
        done = CliRunner().invoke(offset, ["sim", "--count", "3", "--json", *options])
        assert done.exit_code == 1
        assert list(json.loads(done.stdout)["broken"]) == seeds
        assert f"replay: offset sim --seed {seeds[-1]}" in done.stderr


def test_processes_of_a_program() -> None:
    """Runs that are spread over processes are the same, and are told in the same order."""
    # Short ones.
    options = ["sim", "--seed", "6", "--count", "3"]
    alone = CliRunner().invoke(offset, options).stdout.splitlines()
    spread = CliRunner().invoke(offset, [*options, "--jobs", "2"]).stdout.splitlines()
    assert [line.split(":")[0] for line in alone[:3]] == ["seed 6", "seed 7", "seed 8"]
    assert spread[:3] == alone[:3]
    assert spread[4:] == alone[4:]
