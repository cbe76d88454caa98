"""What the texts of wallets hold (spec 07, 3): the values that no file of 0.1.11 knows, and how each becomes bytes."""

from __future__ import annotations

from offset.base.credits import Amount
from offset.base.ids import Currency, InvoiceId, PublicKey, Signature, Uid
from offset.crypto.identity import Identity
from offset.wire.codec import Codec, Message, struct
from offset.wire.common import Commit, Receipt, RelayAddress
from offset.wire.files import FriendFile, InvoiceFile, RemoteNodeCard, Ticket


class MailboxAddress(Message):
    """Where a wallet is called."""

    mailbox: PublicKey
    relays: tuple[RelayAddress, ...]
    label: str
    """As its owner calls it; anybody can choose any."""


class PaymentRequest(Message):
    """What to ask a wallet for: its invoice follows when it is asked."""

    pay_to: MailboxAddress
    request_id: Uid
    note: str = ""
    valid_until: int = 0
    """Unix time in seconds; 0: always."""
    opt_currency: Currency | None = None
    opt_decimals: int | None = None
    opt_amount: Amount | None = None
    """In whole credits; None: the payer chooses."""


class InvoiceOrigin(Message):
    """The wallet that answers for an invoice."""

    address: MailboxAddress
    request_id: Uid
    """Zeros when it answers no request."""
    issued: int
    """Unix time in milliseconds."""
    pay_within: int
    """In milliseconds."""
    signature: Signature


class InvoiceText(Message):
    """What a seller asks for; without an origin it is what an invoice of 0.1.11 is, with a note."""

    invoice_id: InvoiceId
    currency: Currency
    dest_public_key: PublicKey
    dest_payment: Amount
    note: str = ""
    opt_decimals: int | None = None
    """How many digits of the amount stand behind the point; None when nobody said."""
    opt_origin: InvoiceOrigin | None = None

    def file(self) -> InvoiceFile:
        """The invoice as 0.1.11 knows it."""
        return InvoiceFile(self.invoice_id, self.currency, self.dest_public_key, self.dest_payment)


class _RemoteCard(Message):
    node_public_key: PublicKey
    node_address: str
    app_private_key: bytes


Text = MailboxAddress | PaymentRequest | InvoiceText | Commit | Receipt | FriendFile | Ticket | RemoteNodeCard
"""What a text can hold."""

struct(MailboxAddress, "text", "MailboxAddress")
struct(PaymentRequest, "text", "PaymentRequest")
struct(InvoiceOrigin, "text", "InvoiceOrigin")
struct(InvoiceText, "text", "InvoiceText")
struct(FriendFile, "text", "FriendCard")
struct(Ticket, "text", "ServerTicket")
struct(_RemoteCard, "text", "RemoteCard")

ADDRESS: Codec[MailboxAddress] = Codec("text", "MailboxAddress")
REQUEST: Codec[PaymentRequest] = Codec("text", "PaymentRequest")
INVOICE: Codec[InvoiceText] = Codec("text", "InvoiceText")
FRIEND_CARD: Codec[FriendFile] = Codec("text", "FriendCard")
SERVER_TICKET: Codec[Ticket] = Codec("text", "ServerTicket")
REMOTE_CARD: Codec[_RemoteCard] = Codec("text", "RemoteCard")


def encode_card(card: RemoteNodeCard) -> bytes:
    """The payload of a remote card, which is a secret."""
    return REMOTE_CARD.encode(
        _RemoteCard(card.node_public_key, card.node_address, card.app_private_key.private_key())
    )


def decode_card(payload: bytes) -> RemoteNodeCard:
    """The remote card in a payload. Raises Undecodable."""
    card = REMOTE_CARD.decode(payload)
    return RemoteNodeCard(card.node_public_key, card.node_address, Identity(card.app_private_key))
