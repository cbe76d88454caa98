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
    import sys

    from offset.programs.offset.demo import Demo
    from offset.shell.system import new_loop

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(Demo(Path(sys.argv[0]).resolve().parent, keep=keep, amount=amount).run())


add_help(offset)
