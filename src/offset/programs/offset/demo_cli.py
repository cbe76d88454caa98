"""The command `offset demo`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click

from offset.programs.cli import CONTEXT
from offset.programs.offset.demo import Demo
from offset.shell.system import new_loop


@click.command("demo", context_settings=CONTEXT)
@click.option("--keep", is_flag=True, help="Leave the network running, and say how to talk to it.")
@click.option("--amount", type=click.IntRange(1, 1000), default=30, show_default=True, help="Credits to pay.")
def demo(keep: bool, amount: int) -> None:
    """Pay an invoice through a real network: four nodes, two relays, two index servers, on this machine.

    Makes identities and tickets in a temporary folder, starts eight programs, befriends the nodes A, B, C and D in
    a row, pays an invoice of D from A, checks the receipt and shows all balances. Leaves nothing behind, unless
    you say --keep.
    """

    async def show() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        await Demo(Path(sys.argv[0]).resolve().parent, keep=keep, amount=amount).run()

    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(show())
    except asyncio.CancelledError:
        raise click.Abort from None
