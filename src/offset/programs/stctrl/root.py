"""The top of the command line: who we are, which node, and the four groups of commands."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from offset.programs.cli import CONTEXT, add_help, version_option
from offset.programs.stctrl.target import PROGRAM, Target

_GROUPS = {
    "buyer": "Pay invoices, and learn how payments ended.",
    "config": "Configure the node: relays, index servers, friends and their currencies.",
    "info": "Look at the node: its relays, index servers, friends and balances.",
    "seller": "Make invoices, and collect what buyers have frozen for them.",
}
_PATH = click.Path(path_type=Path)


class _Groups(click.Group):
    """A group whose commands are imported when they are used; their first lines stand here, for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*_GROUPS, *super().list_commands(ctx)])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _GROUPS:
            return super().get_command(ctx, cmd_name)
        group: click.Command = import_module(f"offset.programs.stctrl.{cmd_name}").group
        return group

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click asks
        with formatter.section("Commands"):
            formatter.write_dl([*_GROUPS.items(), ("help", "Print this help, or that of a command.")])


@click.group(
    PROGRAM,
    cls=_Groups,
    context_settings=CONTEXT,
    invoke_without_command=True,  # with options and no command click would give no help
    no_args_is_help=True,
)
@version_option(PROGRAM)
@click.option("-I", "--idfile", type=_PATH, metavar="FILE", help="Identity of this app (required).")
@click.option("-T", "--ticket", type=_PATH, metavar="FILE", help="Ticket of the node (required).")
@click.pass_context
def stctrl(context: click.Context, idfile: Path | None, ticket: Path | None) -> None:
    """Control a node: look at it, configure it, buy and sell with it.

    --idfile and --ticket stand before the command. The node must trust the identity: see stmgr app-ticket.

    \b
    For instance:
      stctrl -I app.ident -T node.ticket info friends
      stctrl -I app.ident -T node.ticket config add-friend -n bob -f bob.friend
      stctrl -I app.ident -T node.ticket buyer pay-invoice -i a.invoice -p a.payment -c a.commit

    Exit status: 0 done, 1 failed, 2 wrong command line; a failure is one sentence on standard error.
    """
    if context.invoked_subcommand is None:
        raise click.exceptions.NoArgsIsHelpError(context)
    context.obj = Target(idfile, ticket)


add_help(stctrl)
