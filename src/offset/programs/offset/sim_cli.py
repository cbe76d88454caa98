"""The command `offset sim`."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from offset.programs.cli import CONTEXT
from offset.programs.offset import sim as runs
from offset.programs.offset.sim_whatif import what_if
from offset.sim.script.networks import LOSSES, PLAIN, WALLETS

_NEEDS = {"--jobs": "--count", "--go-on": "--count", "--json": "--count", "--svg": "--topology"}
"""Options of `sim` that say nothing without another one."""
_EXCLUDES = {
    "--topology": (
        "--seed",
        "--count",
        "--slowly",
        "--wallets",
        "--losses",
        "--nodes",
        "--acts",
        "--shrink",
        "--talk",
    ),
    "--count": ("--nodes", "--acts", "--shrink", "--talk"),
    "--wallets": ("--losses",),
}
"""Options of `sim` with which others say nothing."""


@click.command("sim", context_settings=CONTEXT)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which run, or the first.")
@click.option("--count", type=click.IntRange(1), help="Run so many seeds.")
@click.option(
    "--slowly",
    type=click.IntRange(1, 10_000),
    default=1,
    metavar="TIMES",
    help="Let it take so many times as long: 60 makes hours of minutes.",
)
@click.option("--wallets", is_flag=True, help="Let owners have wallets, which pay one another by letter.")
@click.option(
    "--losses",
    is_flag=True,
    help="Let owners lose databases and keys, and go on from old copies or with new cards.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=1, help="With --count: run so many at once, in processes."
)
@click.option("--go-on", is_flag=True, help="With --count: go on after a seed that breaks a promise.")
@click.option(
    "--json", "as_json", is_flag=True, help="With --count: print only the sums, as one line of JSON."
)
@click.option("--nodes", help="Keep only these nodes of the run, e.g. ABD.")
@click.option("--acts", help="Keep only these acts of the run, e.g. 3,7,12; as a shrunk run says it.")
@click.option("--shrink", is_flag=True, help="Make a failing run smaller: fewer nodes, fewer acts.")
@click.option("--talk", is_flag=True, help="Say what the run consists of, and what happened last.")
@click.option("--topology", type=Path, help="Instead of a seed: a network that you wrote down.")
@click.option("--svg", type=Path, help="With --topology: draw the network and its balances into this file.")
def sim(
    seed: int,
    count: int | None,
    slowly: int,
    wallets: bool,
    losses: bool,
    jobs: int,
    go_on: bool,
    as_json: bool,
    nodes: str | None,
    acts: str | None,
    shrink: bool,
    talk: bool,
    topology: Path | None,
    svg: Path | None,
) -> None:
    """Run a whole network in this process, on a virtual clock, with faults drawn from a seed.

    After every step all promises of Offset are checked. The same seed gives the same run, so a broken promise can
    be seen again: the last line says how.

    With --topology nothing goes wrong, but it says which payments succeed, over what routes, and which limit stands
    in the way. A file of friendships and payments, one a line:

    \b
        friends Anna Bert 100 FST         each may owe the other up to 100
        friends Bert Cleo 100/50 FST      Cleo may owe Bert 100, Bert may owe Cleo 50
        friends Cleo Dora 80 FST rate 2   each charges 2 for passing on what the other sends
        pay Anna Dora 30 FST              over the routes that an index server finds
        pay Anna Cleo 10 FST over Anna Bert Cleo
    """
    _refuse_what_says_nothing()
    network = WALLETS if wallets else LOSSES if losses else PLAIN
    if topology is not None:
        runs.end(what_if(topology, svg))
        return
    if count is not None:
        status = runs.run_seeds(
            seed, count, slowly=slowly, network=network, jobs=jobs, is_going_on=go_on, as_json=as_json
        )
        runs.end(status)
        return
    choice = runs.choose(seed, nodes, acts, slowly, network=network)
    runs.end(runs.run_one(choice, is_shrinking=shrink, is_talking=talk))


def _refuse_what_says_nothing() -> None:
    """No option of `sim` is given in vain. Raises UsageError."""
    context = click.get_current_context()
    typed = ParameterSource.COMMANDLINE
    given = {
        option.opts[0]
        for option in context.command.params
        if option.name is not None and context.get_parameter_source(option.name) is typed
    }
    for name, needed in _NEEDS.items():
        if name in given and needed not in given:
            raise click.UsageError(f"{name} has a meaning only with {needed}.", context)
    for name, others in _EXCLUDES.items():
        for other in others:
            if name in given and other in given:
                raise click.UsageError(f"{other} has no meaning with {name}.", context)
