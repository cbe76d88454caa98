"""The command `offset demo`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click

from offset.programs.cli import CONTEXT
from offset.programs.offset.demo import Demo
from offset.programs.offset.wallet_cli import check_wallet_extra
from offset.shell.system import new_loop


@click.command("demo", context_settings=CONTEXT)
@click.option("--keep", is_flag=True, help="Leave the network running, and say how to talk to it.")
@click.option("--amount", type=click.IntRange(1, 1000), default=30, show_default=True, help="Credits to pay.")
@click.option("--wallet", is_flag=True, help="Leave the payment to you, on pages of A and D in the browser.")
def demo(keep: bool, amount: int, wallet: bool) -> None:
    """Pay an invoice through a real network: four nodes, two relays, two index servers, on this machine.

    Makes identities and tickets in a temporary folder, starts eight programs, befriends the nodes A, B, C and D in
    a row, pays an invoice of D from A, checks the receipt and shows all balances. Leaves nothing behind, unless
    you say --keep.

    With --wallet the payment is yours to make: the pages of A and D open in the browser, and all goes on until Ctrl-C.
    """
    if wallet and keep:
        raise click.UsageError("Say --wallet or --keep, not both: with --wallet it goes on anyway.")
    if wallet:
        check_wallet_extra()

    async def show() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        await Demo(Path(sys.argv[0]).resolve().parent, keep=keep, amount=amount, wallet=wallet).run()

    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(show())
    except asyncio.CancelledError:
        raise click.Abort from None
