"""One call of stctrl: which node it talks to, how long, and how it says what came of it."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import click

from offset.app.once import report_once
from offset.app.session import ANSWER_S
from offset.crypto.identity import Identity
from offset.programs.errors import say
from offset.programs.stctrl import options
from offset.programs.stctrl.target import PROGRAM, Target
from offset.shell.files import load
from offset.shell.identity_file import open_identity
from offset.wire.files import Ticket, parse_ticket
from offset.wire.report import NodeReport

Command = Callable[..., None]


class Call(NamedTuple):
    """What every command has: a node, a form of output, and a time limit."""

    target: Target
    as_json: bool
    """Whether it prints for scripts."""
    timeout_s: float

    def fetch_report(self) -> NodeReport:
        """What the node says about itself. Raises UserFault for the files, CannotConnect, NotTrusted."""
        identity, ticket = self.load()
        return asyncio.run(report_once(ticket, identity, timeout_s=self.timeout_s))

    def load(self) -> tuple[Identity, Ticket]:
        """The two files of the command line. Raises UserFault, and UsageError when one is not given."""
        idfile, ticket, unlock = self.target
        if idfile is None or ticket is None:
            missing = "'-I' / '--idfile'" if idfile is None else "'-T' / '--ticket'"
            context = click.get_current_context().find_root()
            raise click.UsageError(f"Missing option {missing}; it stands before the command.", context)
        return (
            open_identity(idfile, unlock),
            load(ticket, parse_ticket, made_by="stmgr node-ticket"),
        )

    # Saying what came of it

    def show(self, line: str) -> None:
        """Print a line for people."""
        if not self.as_json:
            click.echo(line)

    def show_value(self, value: Any) -> None:
        """Print the one value for scripts. Credits are texts in it, as in files (`offset.app.values`)."""
        if self.as_json:
            click.echo(json.dumps(value, indent=2, ensure_ascii=False))

    def show_done(self, **details: Any) -> None:
        """Say nothing, as the reference does; or the details, for scripts."""
        self.show_value({"done": True, **details})

    def end(self, sentence: str, status: int, value: Any) -> NoReturn:
        """Say a sentence on standard error, and to scripts a value; the command ends with this status."""
        say(PROGRAM, sentence)
        self.show_value(value)
        raise click.exceptions.Exit(status)

    def note(self, sentence: str) -> None:
        """Say on standard error what has yet to happen."""
        say(PROGRAM, f"note: {sentence}")


def with_call(
    timeout_s: float = ANSWER_S, what: str = "Wait for the node at most so long."
) -> Callable[[Command], Command]:
    """Give a command --json and --timeout, its last options, and a Call in place of them and of the target."""

    def decorate(function: Command) -> Command:
        @functools.wraps(function)
        def command(target: Target, /, as_json: bool, timeout_s: float, **values: Any) -> None:
            function(Call(target, as_json, timeout_s), **values)

        timed = options.timeout(timeout_s, what)(click.pass_obj(command))
        return options.as_json(timed)

    return decorate
