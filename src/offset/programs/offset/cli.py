"""The command line of `offset`."""

from __future__ import annotations

from pathlib import Path

import click

from offset.programs.cli import CONTEXT, add_help, version_option


@click.group(name="offset", context_settings=CONTEXT)
@version_option("offset")
def offset() -> None:
    """Offset: payments over mutual credit between friends.

    The programs stnode, strelay, stindex, stctrl, stmgr and stverify do the work; this command shows it.
    """


@offset.command()
@click.option("--keep", is_flag=True, help="Leave the network running, and say how to talk to it.")
@click.option("--amount", type=click.IntRange(1, 1000), default=30, show_default=True, help="Credits to pay.")
def demo(keep: bool, amount: int) -> None:
    """Pay an invoice through a real network: four nodes, two relays, two index servers, on this machine.

    Makes identities and tickets in a temporary folder, starts eight programs, befriends the nodes A, B, C and D in
    a row, pays an invoice of D from A, checks the receipt and shows all balances. Leaves nothing behind, unless
    you say --keep.
    """
    import asyncio
    import signal
    import sys

    from offset.programs.offset.demo import Demo
    from offset.shell.system import new_loop

    async def show() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):  # SIGINT does the same by itself
            loop.add_signal_handler(number, task.cancel)
        await Demo(Path(sys.argv[0]).resolve().parent, keep=keep, amount=amount).run()

    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(show())
    except asyncio.CancelledError:
        raise click.Abort from None


@offset.command()
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Which run, or the first.")
@click.option("--count", type=click.IntRange(1), help="Run so many seeds, one after another.")
@click.option("--nodes", help="Keep only these nodes of the run, e.g. ABD.")
@click.option("--acts", help="Keep only these acts of the run, e.g. 3,7,12; as a shrunk run says it.")
@click.option("--shrink", is_flag=True, help="Make a failing run smaller: fewer nodes, fewer acts.")
@click.option("--talk", is_flag=True, help="Say what the run consists of, and what happened last.")
def sim(
    seed: int,
    count: int | None,
    nodes: str | None,
    acts: str | None,
    shrink: bool,
    talk: bool,
) -> None:
    """Run a whole network in this process, on a virtual clock, with faults drawn from a seed.

    After every step all promises of Offset are checked. The same seed gives the same run, so a broken promise can
    be seen again: the last line says how. See docs/SIMULATOR.md.
    """
    from offset.programs.offset import sim as runs
    from offset.sim.shrink import Choice

    if count is not None:
        runs.end(runs.run_seeds(seed, count))
        return
    choice = Choice(seed, nodes, None if acts is None else runs.numbers(acts))
    runs.end(runs.run_one(choice, is_shrinking=shrink, is_talking=talk))


add_help(offset)
