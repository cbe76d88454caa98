"""What the command lines have in common: -h and --help, -V and --version, and a command `help`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from offset import __version__

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def version_option(program: str) -> Callable[[F], F]:
    """-V and --version, which print e.g. `stmgr 0.1.0`."""
    return click.version_option(
        __version__, "-V", "--version", prog_name=program, message="%(prog)s %(version)s"
    )


def add_help(group: click.Group) -> None:
    """Give a group the command `help`, which takes the name of another one."""

    @group.command("help")
    @click.argument("command", nargs=-1)
    @click.pass_context
    def show_help(context: click.Context, command: tuple[str, ...]) -> None:
        """Print this help, or that of a command."""
        shown = context.parent
        assert shown is not None  # a command of a group has a parent
        for word in command:
            found = shown.command.get_command(shown, word) if isinstance(shown.command, click.Group) else None
            if found is None:
                raise click.UsageError(f"No such command '{word}'.", shown)
            shown = click.Context(found, info_name=word, parent=shown)
        click.echo(shown.get_help())
