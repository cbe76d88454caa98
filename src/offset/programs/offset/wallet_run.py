"""Running the daemon of the wallet."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import click

from offset.base.faults import OffsetError
from offset.programs.offset.pages import show_page
from offset.shell.service import announce, run_program
from offset.wallet.daemon import Daemon

PROGRAM = "offset wallet"

log = logging.getLogger("offset")


@click.command("run")
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=int, default=0)
@click.option("--origin")
@click.option("--headless", is_flag=True)
@click.option("--code", is_flag=True)
@click.option("--unlock")
def run_wallet(
    folder: Path, port: int, origin: str | None, headless: bool, code: bool, unlock: str | None
) -> int:
    """Open the wallet in this folder and serve it until SIGTERM or SIGINT; returns the exit status."""

    async def start() -> Daemon:
        daemon = await Daemon.start(folder, port=port, origin=origin, unlock=unlock)

        async def ready() -> None:
            announce(f"{PROGRAM}: listening at {daemon.web.address}")
            if code:
                announce(f"{PROGRAM}: type {await daemon.web.new_login(True)} there within ten minutes")
            elif not headless:
                page = Path(await daemon.web.new_login())
                asyncio.get_running_loop().run_in_executor(None, _show, page)

        daemon.ready = ready
        return daemon

    return run_program(PROGRAM, start)


def _show(page: Path) -> None:
    try:
        show_page(page)
    except OffsetError as error:
        log.warning("%s", error)
