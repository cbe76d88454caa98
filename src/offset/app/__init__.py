"""The SDK: write an app for a node in a few lines (docs: examples/README.md).

    import asyncio
    from offset.app import connect_files

    async def main() -> None:
        async with connect_files("app.ident", "node.ticket") as node:
            invoice = await node.seller.create_invoice("FST", 20)

    asyncio.run(main())

Everything runs in the event loop of the app. Every wait has a limit, and every error is one sentence.
"""

from offset.app.connect import connect, connect_files
from offset.app.errors import (
    AppError,
    CannotConnect,
    Disconnected,
    NoAnswer,
    NoIndexServer,
    NoRoute,
    NotConnected,
    NotEnoughCredit,
    NotPermitted,
    NotTrusted,
    PaymentCanceled,
    PaymentCollected,
    PaymentError,
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
    "NoRoute",
    "Node",
    "NodeReport",
    "NotConnected",
    "NotEnoughCredit",
    "NotPermitted",
    "NotTrusted",
    "OffsetError",
    "Payment",
    "PaymentCanceled",
    "PaymentCollected",
    "PaymentError",
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
    "stay_connected",
    "stay_connected_files",
]
