"""`offset sim`: runs of simulated networks, in words."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator

import click
import msgspec

from offset.programs.errors import FAILED
from offset.sim.course.run import Outcome
from offset.sim.course.shrink import Selection, shrink
from offset.sim.course.simulation import simulate
from offset.sim.course.sums import Sums
from offset.sim.script.networks import PLAIN
from offset.sim.script.scenario import Scenario

LAST_EVENTS = 25


def run_seeds(
    first: int,
    count: int,
    *,
    slowly: int,
    network: str = PLAIN,
    jobs: int = 1,
    is_going_on: bool = False,
    as_json: bool = False,
) -> int:
    """Run seeds in `jobs` processes, to the first that breaks a promise or to the last; what is said is in their
    order. Returns the exit status."""
    sums, began = Sums(), time.monotonic()
    for choice, outcome in run_all(
        [Selection(seed, slowly=slowly, network=network) for seed in range(first, first + count)], jobs
    ):
        sums.add(outcome)
        if outcome.violation is not None:
            click.echo("\n".join(failure(outcome, choice)), err=as_json)
            if not is_going_on:
                break
        elif not as_json:
            click.echo(line(outcome))
    seconds = time.monotonic() - began
    if as_json:
        click.echo(msgspec.json.encode({"first": first, **sums.record(seconds)}))
    else:
        click.echo("\n".join(sums.words(seconds)))
    return FAILED if sums.broken else 0


def run_all(choices: list[Selection], jobs: int) -> Iterator[tuple[Selection, Outcome]]:
    """What came of each, in their order, from so many processes."""
    if jobs == 1:
        yield from zip(choices, map(run_of, choices), strict=True)
        return
    with multiprocessing.get_context("spawn").Pool(min(jobs, len(choices)), leave_signals_alone) as pool:
        yield from zip(choices, pool.imap(run_of, choices), strict=True)


def run_of(choice: Selection) -> Outcome:
    """Run what was chosen."""
    return simulate(choice.of(choice.drawn()))


def leave_signals_alone() -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_one(choice: Selection, *, is_shrinking: bool, is_talking: bool) -> int:
    """Run one scenario, and say what happened. Returns the exit status."""
    scenario = choice.drawn()
    outcome = simulate(choice.of(scenario))
    if is_talking:
        click.echo("\n".join([*describe(choice.of(scenario)), "", *outcome.last, ""]))
    if outcome.violation is None:
        click.echo(line(outcome))
        return 0
    if is_shrinking:
        assert outcome.rule is not None
        choice, outcome = shrink(scenario, choice, outcome.rule, lambda text: click.echo(text, err=True))
        click.echo("\n".join([*describe(choice.of(scenario)), ""]))
    click.echo("\n".join(failure(outcome, choice)))
    return FAILED


def line(outcome: Outcome) -> str:
    """One run in one line."""
    ends = ", ".join(f"{count} {how}" for how, count in sorted(outcome.payments.items()))
    rest = (outcome.settled_ms or 0) / 1000
    return (
        f"seed {outcome.seed}: {outcome.virtual_ms / 1000:.0f} s, at rest after {rest:.0f} s,"
        f" {outcome.steps} steps, {outcome.commits} commits; {ends or 'no payments'}; {outcome.trace}"
    )


def failure(outcome: Outcome, choice: Selection) -> list[str]:
    """What broke, what came before it, and how to see it again."""
    return [
        *[f"  {text}" for text in outcome.last[-LAST_EVENTS:]],
        f"broken promise at {outcome.virtual_ms / 1000:.3f} s: {outcome.violation}",
        f"replay: offset sim {choice.words()}",
    ]


def describe(scenario: Scenario) -> list[str]:
    """A scenario in words."""
    lines = [
        f"seed {scenario.seed}: {scenario.shape}, nodes {' '.join(scenario.nodes)},"
        f" {scenario.relays} relays, {scenario.indexes} index servers"
    ]
    for item in scenario.friendships:
        limits = ", ".join(f"{name} {left}/{right}" for name, (left, right) in item.limits.items())
        lines.append(f"  {item.left} - {item.right}: {limits}, rate {item.rate}")
    lines += [f"  {name} is hostile: {how}" for name, how in scenario.hostile.items()]
    lines += [f"  {act.at / 1000:9.3f} s  {act.words()}" for act in scenario.acts]
    return lines


def choose(seed: int, nodes: str | None, acts: str | None, slowly: int, *, network: str = PLAIN) -> Selection:
    """What is kept of a run, as written on the command line. Raises UsageError if the run has no such thing."""
    scenario = Selection(seed, network=network).drawn()
    if nodes is not None and not (nodes and {*nodes} <= {*scenario.nodes} and len({*nodes}) == len(nodes)):
        raise click.UsageError(f"--nodes takes some of {''.join(scenario.nodes)}, each once.")
    if acts is None:
        return Selection(seed, nodes, None, slowly, network)
    try:
        numbers = tuple(int(word) for word in acts.split(",")) if acts != "none" else ()
    except ValueError:
        raise click.UsageError("acts are numbers with commas between them, or `none`.") from None
    if not all(0 <= number < len(scenario.acts) for number in numbers):
        raise click.UsageError(f"the acts of seed {seed} are numbered from 0 to {len(scenario.acts) - 1}.")
    return Selection(seed, nodes, numbers, slowly, network)


def end(status: int) -> None:
    """End the command with this status."""
    sys.stdout.flush()
    if status:
        raise click.exceptions.Exit(status)
