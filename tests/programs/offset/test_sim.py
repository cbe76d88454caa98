"""`offset sim` takes no option that says nothing."""

import pytest
from click.testing import CliRunner

from offset.programs.offset.sim_cli import sim


@pytest.mark.parametrize(
    "options, words",
    [
        ("--jobs 2", "--jobs has a meaning only with --count"),
        ("--json --seed 1", "--json has a meaning only with --count"),
        ("--svg x.svg", "--svg has a meaning only with --topology"),
        ("--topology x --seed 1", "--seed has no meaning with --topology"),
        ("--count 2 --shrink", "--shrink has no meaning with --count"),
        ("--seed 3 --nodes ABQ", "--nodes takes some of ABC"),
        ("--seed 3 --nodes AA", "each once"),
        ("--seed 3 --acts 1,x", "numbers with commas"),
        ("--seed 3 --acts 99999", "numbered from 0 to"),
        ("--seed 3 --acts -1", "numbered from 0 to"),
    ],
)
def test_refused(options: str, words: str) -> None:
    """One sentence says what to do, and nothing is run."""
    done = CliRunner().invoke(sim, [*options.split()])
    assert done.exit_code == 2
    assert words in done.output


def test_parts_of_a_run() -> None:
    """Some nodes without any act are a run."""
    done = CliRunner().invoke(sim, ["--seed", "3", "--nodes", "AB", "--acts", "none"])
    assert (done.exit_code, "no payments" in done.output) == (0, True)
