"""Text files: identities, tickets, invoices, receipts, tokens (spec 01, 7.2 and 7.3).

Pure functions from text to object and back; what a file cannot say is a UserFault with one sentence. Reading
and writing of disks is done by `offset.shell.files`.
"""

from offset.wire.files.payments import (
    InvoiceFile,
    PaymentFile,
    format_commit,
    format_invoice,
    format_payment,
    format_receipt,
    parse_commit,
    parse_invoice,
    parse_payment,
    parse_receipt,
)
from offset.wire.files.tickets import (
    AppTicket,
    FriendFile,
    RemoteNodeCard,
    Ticket,
    format_app_ticket,
    format_friend,
    format_identity,
    format_node_card,
    format_ticket,
    parse_app_ticket,
    parse_friend,
    parse_identity,
    parse_node_card,
    parse_ticket,
)
from offset.wire.files.tokens import format_token, parse_token

__all__ = [
    "AppTicket",
    "FriendFile",
    "InvoiceFile",
    "PaymentFile",
    "RemoteNodeCard",
    "Ticket",
    "format_app_ticket",
    "format_commit",
    "format_friend",
    "format_identity",
    "format_invoice",
    "format_node_card",
    "format_payment",
    "format_receipt",
    "format_ticket",
    "format_token",
    "parse_app_ticket",
    "parse_commit",
    "parse_friend",
    "parse_identity",
    "parse_invoice",
    "parse_node_card",
    "parse_payment",
    "parse_receipt",
    "parse_ticket",
    "parse_token",
]
