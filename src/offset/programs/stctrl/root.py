"""The top of the command line: who we are, which node, and the four groups of commands."""

from __future__ import annotations

from pathlib import Path

import click

from offset.programs import unlock as unlocking
from offset.programs.cli import CONTEXT, LazyCommand, LazyGroup, add_help, version_option
from offset.programs.stctrl.target import PROGRAM, Target

_GROUPS = {
    "buyer": "Pay invoices, and learn how payments ended.",
    "config": "Configure the node: relays, index servers, friends and their currencies.",
    "info": "Look at the node: its relays, index servers, friends and balances.",
    "seller": "Make invoices, and collect what buyers have frozen for them.",
}
_PATH = click.Path(path_type=Path)


@click.group(
    PROGRAM,
    cls=LazyGroup,
    lazy={
        name: LazyCommand(f"offset.programs.stctrl.{name}", "group", first_line)
        for name, first_line in _GROUPS.items()
    },
    last="help",
    context_settings=CONTEXT,
    # With options and no command click would give no help.
    invoke_without_command=True,
    no_args_is_help=True,
)
@version_option(PROGRAM)
@click.option(
    "-I",
    "--idfile",
    type=_PATH,
    metavar="FILE",
    envvar="OFFSET_IDFILE",
    show_envvar=True,
    help="Identity of this app (required).",
)
@click.option(
    "-T",
    "--ticket",
    type=_PATH,
    metavar="FILE",
    envvar="OFFSET_TICKET",
    show_envvar=True,
    help="Ticket of the node (required).",
)
@unlocking.unlock
@click.pass_context
def stctrl(context: click.Context, idfile: Path | None, ticket: Path | None, unlock: str | None) -> None:
    """Control a node: look at it, configure it, buy and sell with it.

    --idfile and --ticket stand before the command, or in OFFSET_IDFILE and OFFSET_TICKET. The node must trust the
    identity: see stmgr app-ticket. A file that is read may be -, standard input.

    \b
    For instance:
      stctrl -I app.ident -T node.ticket info friends
      stctrl -I app.ident -T node.ticket config add-friend -n bob -f bob.friend
      stctrl -I app.ident -T node.ticket buyer pay-invoice -i a.invoice -p a.payment -c a.commit

    Exit status: 0 done, 1 failed, 2 wrong command line, 3 nobody can prove whether a payment was paid; what is not done
    is said in one sentence on standard error.
    """
    if context.invoked_subcommand is None:
        raise click.exceptions.NoArgsIsHelpError(context)
    context.obj = Target(idfile, ticket, unlock)


add_help(stctrl)
