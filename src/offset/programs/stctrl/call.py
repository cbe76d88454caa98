"""One call of stctrl: which node it talks to, how long, and how it says what came of it."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

import click

from offset.app.connect import connect
from offset.app.errors import NoAnswer, NotPermitted
from offset.app.node import Node
from offset.app.session import ANSWER_S, CONNECT_S
from offset.crypto.identity import Identity
from offset.programs.errors import say
from offset.programs.files_io import load
from offset.programs.stctrl import options
from offset.programs.stctrl.target import PROGRAM, Target
from offset.wire.files import Ticket, parse_identity, parse_ticket
from offset.wire.report import NodeReport

T = TypeVar("T")
Command = Callable[..., None]


class Call(NamedTuple):
    """What every command has: a node, a form of output, and a time limit."""

    target: Target
    as_json: bool
    """Whether it prints for scripts."""
    timeout_s: float

    # Talking to the node

    def fetch_report(self) -> NodeReport:
        """What the node says about itself. Raises UserFault for the files, CannotConnect, NotTrusted."""
        identity, ticket = self._load()

        async def fetch() -> NodeReport:
            async with connect(ticket, None, identity, timeout_s=self.timeout_s) as node:
                return node.report.snapshot()

        return asyncio.run(fetch())

    def talk(self, permission: str, work: Callable[[Node], Awaitable[T]], extra_s: float = 0) -> T:
        """Do some work with the node, for which the app needs a permission.

        It may take the time of the call and `extra_s` seconds. Raises UserFault for the files, CannotConnect,
        NotTrusted, NotPermitted, NoAnswer, and what `work` raises.
        """
        identity, ticket = self._load()
        timeout_s = self.timeout_s + extra_s

        async def connected() -> T:
            async with connect(ticket, None, identity, timeout_s=min(CONNECT_S, timeout_s)) as node:
                if not getattr(node.permissions, permission):
                    raise NotPermitted(f"this app does not have the permission '{permission}' of the node")
                try:
                    async with asyncio.timeout(timeout_s):
                        return await work(node)
                except TimeoutError:
                    raise NoAnswer(f"the node did not answer within {timeout_s:g} s") from None

        return asyncio.run(connected())

    def _load(self) -> tuple[Identity, Ticket]:
        """The two files of the command line. Raises UserFault, and UsageError when one is not given."""
        idfile, ticket = self.target
        if idfile is None or ticket is None:
            missing = "'-I' / '--idfile'" if idfile is None else "'-T' / '--ticket'"
            context = click.get_current_context().find_root()
            raise click.UsageError(f"Missing option {missing}; it stands before the command.", context)
        return (
            load(idfile, parse_identity, made_by=f"stmgr gen-ident -o {idfile}"),
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
