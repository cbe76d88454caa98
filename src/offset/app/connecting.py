"""Connecting to a node.

async with connect_files("app.ident", "node.ticket") as node:
    print(node.report.friends)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import PathLike
from pathlib import Path

from offset.app.node import Node
from offset.app.session import CONNECT_S, open_session
from offset.base.faults import UserFault
from offset.base.ids import PublicKey
from offset.crypto.identity import Identity
from offset.crypto.signer import Signer
from offset.shell.files import load
from offset.shell.identity_file import open_identity
from offset.wire.files import Ticket, parse_ticket


@asynccontextmanager
async def connect(
    where: Ticket | str,
    node_key: PublicKey | None,
    identity: Signer,
    *,
    timeout_s: float = CONNECT_S,
    report: bool = True,
) -> AsyncIterator[Node]:
    """Talk to a node: `where` is its ticket, or its address `host:port` together with its public key.

    `identity` signs for the app: an Identity, or whatever else holds its key. Raises CannotConnect, or NotTrusted
    when the node does not know the app.

    With `report=False` a node of ours that has very many friends need not tell of them: for an app that only asks for
    things. It names friends by their public keys; what looks at the report, as `node.report` and `node.buyer.pay`,
    raises NoReport.
    """
    ticket = ticket_of(where, node_key)
    session = await open_session(identity, ticket.address, ticket.public_key, timeout_s, wants_report=report)
    try:
        yield Node(session)
    finally:
        await session.close()


@asynccontextmanager
async def connect_files(
    identity: str | PathLike[str],
    ticket: str | PathLike[str],
    *,
    timeout_s: float = CONNECT_S,
    report: bool = True,
    unlock: str | None = None,
) -> AsyncIterator[Node]:
    """Talk to a node, with the identity file of the app and the ticket of the node (`stmgr node-ticket`).

    `unlock` says where the passphrase or key of a locked identity is, as `--unlock` of the programs does:
    "file:app.key", say. Without it that is what OFFSET_UNLOCK says, else the terminal, if there is one.
    `report`: as for `connect`. Raises what `connect` raises, and UserFault when a file cannot be used.
    """
    app, node = await read_files(identity, ticket, unlock)
    async with connect(node, None, app, timeout_s=timeout_s, report=report) as connected:
        yield connected


def ticket_of(where: Ticket | str, node_key: PublicKey | None) -> Ticket:
    """The ticket of a node that is named by it, or by its address `host:port` and its key. Raises UserFault."""
    if isinstance(where, Ticket):
        return where
    if node_key is None:
        raise UserFault("an address is not enough: give the public key of the node too, or its ticket")
    return Ticket(node_key, where)


async def read_files(
    identity: str | PathLike[str], ticket: str | PathLike[str], unlock: str | None
) -> tuple[Identity, Ticket]:
    """The identity of the app and the ticket of the node in these files. Raises UserFault.

    A passphrase takes half a second of a processor, and a person longer, so the loop goes on meanwhile.
    """
    app = await asyncio.to_thread(open_identity, Path(identity), unlock)
    return app, load(Path(ticket), parse_ticket, made_by="stmgr node-ticket")
