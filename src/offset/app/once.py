"""The report of a node, once: connect, read it, hang up. Loads no part of the SDK that asks a node for something."""

from __future__ import annotations

from offset.app.session import CONNECT_S, open_session
from offset.crypto.signer import Signer
from offset.wire.files import Ticket
from offset.wire.report import NodeReport


async def report_once(node: Ticket, identity: Signer, *, timeout_s: float = CONNECT_S) -> NodeReport:
    """What the node says about itself. Raises CannotConnect or NotTrusted."""
    session = await open_session(identity, node.address, node.public_key, timeout_s)
    try:
        return session.report.snapshot()
    finally:
        await session.close()
