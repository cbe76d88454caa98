"""The SDK: write an app for a node in a few lines (docs: examples/README.md).

    import asyncio
    from offset.app import connect_files

    async def main() -> None:
        async with connect_files("app.ident", "node.ticket") as node:
            invoice = await node.seller.create_invoice("FST", 20)

    asyncio.run(main())

Each name is imported when it is used first, so an app starts with what it needs: docs/decisions/0006-start-time.md.
Everything runs in the event loop of the app. Every wait has a limit, and every error is one sentence.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offset.app.connecting import connect, connect_files
    from offset.app.errors import (
        AppError,
        CannotConnect,
        Disconnected,
        NoAnswer,
        NoIndexServer,
        NoReport,
        NoRoute,
        NotConnected,
        NotEnoughCredit,
        NotOffered,
        NotPermitted,
        NotTrusted,
        PaymentCanceled,
        PaymentCollected,
        PaymentError,
        PaymentLost,
        PaymentRefused,
        PaymentUnfinished,
        PaymentUnknown,
        Refused,
        TooExpensive,
    )
    from offset.app.friends import Friends
    from offset.app.lasting_session import (
        Away,
        Connected,
        Connecting,
        LastingSession,
        stay_connected,
        stay_connected_files,
    )
    from offset.app.node import Node
    from offset.app.once import report_once
    from offset.app.payment.buyer import Buyer, Payment
    from offset.app.reports import LiveReport
    from offset.app.routes import Routes
    from offset.app.seller import Seller, check_commit
    from offset.app.settings import IndexServers, Relays
    from offset.app.updates import Update
    from offset.base.credits import Rate
    from offset.base.faults import OffsetError, UserFault
    from offset.crypto.identity import Identity
    from offset.crypto.signer import Signer
    from offset.wire.common import Commit, Receipt, RelayAddress
    from offset.wire.files import (
        FriendFile,
        InvoiceFile,
        Ticket,
        format_commit,
        format_invoice,
        format_receipt,
        parse_commit,
        parse_friend,
        parse_identity,
        parse_invoice,
        parse_receipt,
        parse_ticket,
    )
    from offset.wire.report import ChannelConsistent, NodeReport

__all__ = [
    "AppError",
    "Away",
    "Buyer",
    "CannotConnect",
    "ChannelConsistent",
    "Commit",
    "Connected",
    "Connecting",
    "Disconnected",
    "FriendFile",
    "Friends",
    "Identity",
    "IndexServers",
    "InvoiceFile",
    "LastingSession",
    "LiveReport",
    "NoAnswer",
    "NoIndexServer",
    "NoReport",
    "NoRoute",
    "Node",
    "NodeReport",
    "NotConnected",
    "NotEnoughCredit",
    "NotOffered",
    "NotPermitted",
    "NotTrusted",
    "OffsetError",
    "Payment",
    "PaymentCanceled",
    "PaymentCollected",
    "PaymentError",
    "PaymentLost",
    "PaymentRefused",
    "PaymentUnfinished",
    "PaymentUnknown",
    "Rate",
    "Receipt",
    "Refused",
    "RelayAddress",
    "Relays",
    "Routes",
    "Seller",
    "Signer",
    "Ticket",
    "TooExpensive",
    "Update",
    "UserFault",
    "check_commit",
    "connect",
    "connect_files",
    "format_commit",
    "format_invoice",
    "format_receipt",
    "parse_commit",
    "parse_friend",
    "parse_identity",
    "parse_invoice",
    "parse_receipt",
    "parse_ticket",
    "report_once",
    "stay_connected",
    "stay_connected_files",
]

_HOMES = {
    "connect": "offset.app.connecting",
    "connect_files": "offset.app.connecting",
    "AppError": "offset.app.errors",
    "CannotConnect": "offset.app.errors",
    "Disconnected": "offset.app.errors",
    "NoAnswer": "offset.app.errors",
    "NoIndexServer": "offset.app.errors",
    "NoReport": "offset.app.errors",
    "NoRoute": "offset.app.errors",
    "NotConnected": "offset.app.errors",
    "NotEnoughCredit": "offset.app.errors",
    "NotOffered": "offset.app.errors",
    "NotPermitted": "offset.app.errors",
    "NotTrusted": "offset.app.errors",
    "PaymentCanceled": "offset.app.errors",
    "PaymentCollected": "offset.app.errors",
    "PaymentError": "offset.app.errors",
    "PaymentLost": "offset.app.errors",
    "PaymentRefused": "offset.app.errors",
    "PaymentUnfinished": "offset.app.errors",
    "PaymentUnknown": "offset.app.errors",
    "Refused": "offset.app.errors",
    "TooExpensive": "offset.app.errors",
    "Friends": "offset.app.friends",
    "Away": "offset.app.lasting_session",
    "Connected": "offset.app.lasting_session",
    "Connecting": "offset.app.lasting_session",
    "LastingSession": "offset.app.lasting_session",
    "stay_connected": "offset.app.lasting_session",
    "stay_connected_files": "offset.app.lasting_session",
    "Node": "offset.app.node",
    "report_once": "offset.app.once",
    "Buyer": "offset.app.payment.buyer",
    "Payment": "offset.app.payment.buyer",
    "LiveReport": "offset.app.reports",
    "Routes": "offset.app.routes",
    "Seller": "offset.app.seller",
    "check_commit": "offset.app.seller",
    "IndexServers": "offset.app.settings",
    "Relays": "offset.app.settings",
    "Update": "offset.app.updates",
    "Rate": "offset.base.credits",
    "OffsetError": "offset.base.faults",
    "UserFault": "offset.base.faults",
    "Identity": "offset.crypto.identity",
    "Signer": "offset.crypto.signer",
    "Commit": "offset.wire.common",
    "Receipt": "offset.wire.common",
    "RelayAddress": "offset.wire.common",
    "FriendFile": "offset.wire.files",
    "InvoiceFile": "offset.wire.files",
    "Ticket": "offset.wire.files",
    "format_commit": "offset.wire.files",
    "format_invoice": "offset.wire.files",
    "format_receipt": "offset.wire.files",
    "parse_commit": "offset.wire.files",
    "parse_friend": "offset.wire.files",
    "parse_identity": "offset.wire.files",
    "parse_invoice": "offset.wire.files",
    "parse_receipt": "offset.wire.files",
    "parse_ticket": "offset.wire.files",
    "ChannelConsistent": "offset.wire.report",
    "NodeReport": "offset.wire.report",
}
"""In which module each name is defined; the same as above, for Python."""


# Type checkers shall know the names above and no others, so they do not see this.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
