"""What the command lines have in common: -h and --help, -V and --version, a command `help`, and lazy groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import click

from offset import __version__

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
SENTENCE_CHARACTERS = 300
"""The first sentence of a help is shorter."""


def version_option(program: str) -> Callable[[F], F]:
    """-V and --version, which print e.g. `stmgr 0.1.0`."""
    return click.version_option(
        __version__, "-V", "--version", prog_name=program, message="%(prog)s %(version)s"
    )


class LazyCommand(NamedTuple):
    """A command in a module that is not imported before the command is used."""

    module: str
    attribute: str
    """What the command is called in its module."""
    first_line: str
    """The first sentence of its help, for that of the group."""

    def load(self) -> click.Command:
        """Import the module."""
        command: click.Command = getattr(import_module(self.module), self.attribute)
        return command


class WholeGroup(click.Group):
    """A group whose help tells the whole first sentence of each command, on as many lines as it needs."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands."""
        _write_commands(formatter, [(name, self.commands[name]) for name in self.list_commands(ctx)])


def _write_commands(formatter: click.HelpFormatter, commands: Sequence[tuple[str, click.Command]]) -> None:
    with formatter.section("Commands"):
        formatter.write_dl(
            [(name, command.get_short_help_str(SENTENCE_CHARACTERS)) for name, command in commands]
        )


class LazyGroup(click.Group):
    """A group that imports each of its commands when it is used, so that each loads only what it needs.

    The only way in which a program imports something late: docs/decisions/0006-start-time.md.
    """

    def __init__(
        self, *args: Any, lazy: Mapping[str, LazyCommand], last: str | None = None, **kwargs: Any
    ) -> None:
        """`lazy`: the commands by name; `last`: the one that stands behind all others, which are sorted."""
        super().__init__(*args, **kwargs)
        self.lazy = lazy
        self._last = last

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        names = {*self.lazy, *super().list_commands(ctx)}
        return sorted(names, key=lambda name: (name == self._last, name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now if it is a lazy one."""
        found = self.lazy.get(cmd_name)
        return super().get_command(ctx, cmd_name) if found is None else found.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the commands, as click does it, but without importing them."""
        names = self.list_commands(ctx)
        stubs = {name: click.Command(name, help=lazy.first_line) for name, lazy in self.lazy.items()}
        listed = {**self.commands, **stubs}
        _write_commands(formatter, [(name, listed[name]) for name in names])


def add_help(group: click.Group) -> None:
    """Give a group the command `help`, which takes the name of another one."""

    @group.command("help")
    @click.argument("command", nargs=-1)
    @click.pass_context
    def show_help(context: click.Context, command: tuple[str, ...]) -> None:
        """Print this help, or that of a command."""
        shown = context.parent
        # A command of a group has a parent.
        assert shown is not None
        for word in command:
            found = shown.command.get_command(shown, word) if isinstance(shown.command, click.Group) else None
            if found is None:
                raise click.UsageError(f"No such command '{word}'.", shown)
            shown = click.Context(found, info_name=word, parent=shown)
        click.echo(shown.get_help())
