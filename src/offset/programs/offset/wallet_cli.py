"""The command `offset wallet`: the daemon and its page. What runs the daemon is loaded when it is to run."""

from __future__ import annotations

from pathlib import Path

import click

from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT, LazyCommand, WholeGroup
from offset.programs.extras import check_extra
from offset.programs.offset.folder import default_folder, folder_option
from offset.programs.offset.pages import show_page
from offset.programs.offset.rest import Rest

NEEDED = ("segno", "starlette", "uvicorn")
RUN = LazyCommand("offset.programs.offset.wallet_run", "run_wallet", "Open a wallet.")


def check_wallet_extra() -> None:
    """Raise UserFault unless what the wallet needs beside is installed."""
    check_extra("the wallet", "wallet", NEEDED)


@click.group("wallet", cls=WholeGroup, invoke_without_command=True, context_settings=CONTEXT)
@folder_option
@click.option(
    "--headless", is_flag=True, help="Open no page; whoever wants one asks with: offset wallet open."
)
@click.option(
    "--code", is_flag=True, help="Print ten characters to type into the page, instead of opening it."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default="a free one", help="Where the page is."
)
@click.option(
    "--origin",
    metavar="NAME",
    help="What the page calls this machine: 127.0.0.1, or a name below localhost. Without it one is drawn at each "
    "start, so that nothing that another program left in your browser is there.",
)
@unlocking.unlock_cards
@click.pass_context
def wallet(
    context: click.Context,
    folder: Path | None,
    headless: bool,
    code: bool,
    port: int,
    origin: str | None,
    unlock: str | None,
) -> int:
    """Open a wallet: its cards, and a page for them in the browser. Ends at SIGTERM or Ctrl-C.

    Stopped at any moment, also by a crash, it comes back with all that was shown as done. A port that you name stays
    the same, and so a bookmark works; but while the wallet is closed any user of this machine can take it.

    Cards whose identity is locked open with what --unlock names; else they ask on their page.
    """
    place = default_folder() if folder is None else folder
    context.obj = place
    if context.invoked_subcommand is not None:
        return 0
    check_wallet_extra()
    status: int = context.invoke(
        RUN.load(), folder=place, port=port, origin=origin, headless=headless, code=code, unlock=unlock
    )
    return status


@wallet.command("open")
@folder_option
@click.option(
    "--code", is_flag=True, help="Print ten characters to type into the page, instead of opening it."
)
@click.pass_obj
def open_page(place: Path, folder: Path | None, code: bool) -> None:
    """Open one more page of the wallet that runs."""
    made = Rest(folder or place).call("POST", "logins", body={"form": "code" if code else "page"})
    if code:
        click.echo(f"type {made['code']} at {made['address']} within ten minutes")
    else:
        show_page(Path(made["page"]))
