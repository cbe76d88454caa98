"""The node that a command is for, and talking to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from offset.app import Node
    from offset.crypto.identity import Identity
    from offset.wire.files import Ticket
    from offset.wire.report import NodeReport

PROGRAM = "stctrl"
CONNECT_S = 10.0
"""Seconds for connecting, handshake, permissions and report together."""

T = TypeVar("T")


class Target:
    """Who we are, and which node to talk to."""

    def __init__(self, idfile: Path | None, ticket: Path | None) -> None:
        self._idfile, self._ticket = idfile, ticket

    def glance(self, timeout_s: float) -> NodeReport:
        """What the node says about itself. Raises UserFault for the files, CannotConnect, NotTrusted."""
        from offset.programs.stctrl.glance import glance

        identity, ticket = self._load()
        return glance(identity, ticket, timeout_s)

    def talk(self, permission: str, work: Callable[[Node], Awaitable[T]], timeout_s: float) -> T:
        """Do some work with the node, for which the app needs a permission; it may take `timeout_s` seconds.

        Raises UserFault for the files, CannotConnect, NotTrusted, NotPermitted, NoAnswer, and what `work` raises.
        """
        import asyncio

        from offset.app import NoAnswer, NotPermitted, connect

        identity, ticket = self._load()

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
        from offset.shell.files import load
        from offset.shell.identity_file import open_identity
        from offset.wire.files import parse_ticket

        idfile, ticket = self._idfile, self._ticket
        if idfile is None or ticket is None:
            import click

            missing = "'-I' / '--idfile'" if idfile is None else "'-T' / '--ticket'"
            context = click.get_current_context().find_root()
            raise click.UsageError(f"Missing option {missing}; it stands before the command.", context)
        return (
            open_identity(idfile),
            load(ticket, parse_ticket, made_by="stmgr node-ticket"),
        )
