"""What Offset adds to the wire of version 0.1.11: schema/extension.capnp (docs/WIRE.md)."""

from __future__ import annotations

from typing import Generic, TypeVar

from offset.base.credits import Amount
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, Uid
from offset.base.instants import Instant
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.codec_values import Builder
from offset.wire.common import RelayAddress
from offset.wire.recovery import FoundRow, RecoveryRow

M = TypeVar("M")


class Extensible(Generic[M]):
    """Two forms of one message: that of 0.1.11, and one with a last field that old peers do not read."""

    __slots__ = ("_extended", "_field", "_plain")

    def __init__(self, schema: str, name: str, field: str, extended: str = "extension") -> None:
        """`name`: the root in both schema files. `field`: the last field, None where there is nothing to add."""
        self._plain: Codec[M] = Codec(schema, name)
        self._extended: Codec[M] = Codec(extended, name)
        self._field = field

    def encode(self, message: M) -> bytes:
        """Packed bytes; those of 0.1.11 when there is nothing to add."""
        if getattr(message, self._field, None) is None:
            return self._plain.encode(message)
        return self._extended.encode(message)

    def begin(self, message: M) -> Builder:
        """As `Codec.begin`, in the form of 0.1.11."""
        return self._plain.begin(message)

    def decode(self, data: bytes) -> M:
        """The message in `data`, of an old peer or a new one. Raises Undecodable."""
        return self._extended.decode(data)


# Between friends


class CreditLine(Message):
    """What the sender grants to the receiver in one currency: unsigned, nothing may depend on it."""

    currency: Currency
    max_debt: Amount
    is_open: bool


# Between node and app


class FriendCreditLines(Message):
    """The lines that a friend grants to the node, as it told them last."""

    friend_public_key: PublicKey
    credit_lines: tuple[CreditLine, ...]


class RelayConnecting(Message):
    """On the way to the relay, or not long enough there to be sure: it may yet refuse the node."""


class RelayListening(Message):
    """Friends can reach the node at the relay."""


class RelayWaiting(Message):
    """The last attempt failed; the next one comes at `until`."""

    until: Instant


RelayState = RelayConnecting | RelayListening | RelayWaiting


class RelayStatus(Message):
    """A relay where the node listens, or tries to."""

    relay: RelayAddress
    is_own: bool
    """Whether it is one of the node's relays; else it is kept for friends that may know no newer one."""
    state: RelayState
    since: Instant
    last_error: str
    """Why the last line ended; empty if none did."""


class LinkUp(Message):
    """The friend is online."""

    relay: RelayAddress
    is_ours: bool
    """Whether the node connected; else the friend did."""


class LinkTrying(Message):
    """Attempts are under way at these relays."""

    relays: tuple[RelayAddress, ...]


class LinkDown(Message):
    """The friend is offline, and `why` as far as one can know."""

    why: str
    opt_next_attempt: Instant | None


LinkState = LinkUp | LinkTrying | LinkDown


class LinkStatus(Message):
    """The link to an enabled friend."""

    friend_public_key: PublicKey
    state: LinkState
    since: Instant
    """Since when it is online or offline."""


class IndexServerUnused(Message):
    """Not its turn: another one is in use, or is tried first."""


class IndexServerConnecting(Message):
    """On the way to the server, or it has not told the time yet."""


class IndexServerConnected(Message):
    """The server is in use."""


class IndexServerWaiting(Message):
    """No server is in use, and this one is tried next, at `until`."""

    until: Instant


IndexServerState = IndexServerUnused | IndexServerConnecting | IndexServerConnected | IndexServerWaiting


class IndexServerStatus(Message):
    """An index server of the node."""

    server: PublicKey
    state: IndexServerState
    last_error: str
    """Why the last connection or attempt ended; empty if none did, or while it is in use."""
    since: Instant = 0
    """Since when it is in use; 0 while it is not."""


class NetworkStatus(Message):
    """How a node stands with relays, friends and index servers; all times are of its clock, which says `now`."""

    now: Instant
    relays: tuple[RelayStatus, ...]
    links: tuple[LinkStatus, ...]
    index_servers: tuple[IndexServerStatus, ...] = ()


class StatusChange(Message):
    """What is not as an app was told before; all times are of the node's clock, which says `now`."""

    now: Instant
    relays: tuple[RelayStatus, ...]
    """All of them."""
    links: tuple[LinkStatus, ...]
    """Those that changed."""
    gone: tuple[PublicKey, ...]
    """Friends without a link from now on: disabled or removed."""
    index_servers: tuple[IndexServerStatus, ...] = ()
    """All of them."""


class FriendPart(Message):
    """One friend of a report, in messages of its own."""

    report: bytes
    """FRIEND_REPORT of `wire/report.py`."""
    credit_lines: bytes
    """CREDIT_LINES; empty if the friend told none."""


class ReportPiece(Message):
    """Friends that were left out of the first report of an app, which asked for it in pieces."""

    friends: tuple[FriendPart, ...]
    is_last: bool


class LostCredits(Message):
    """A part of a payment that was under way to a friend when the channel was lost, and that the friend may claim."""

    friend_public_key: PublicKey
    amount: Amount
    """Fees included."""


class LostPayment(Message):
    """A payment of which parts are lost."""

    payment_id: PaymentId
    currency: Currency
    parts: tuple[LostCredits, ...]
    """None when the node has forgotten the payment: then it has no currency either; or when it lost its books."""
    opt_ack_uid: Uid | None
    """Once nothing is under way any more, and nobody can prove whether it was paid: what acknowledges that."""

    @property
    def is_forgotten(self) -> bool:
        """Whether the node has forgotten it. Without parts, but with a currency, the node has lost its books."""
        return not self.parts and not self.currency


class HeldCredits(Message):
    """A part of a payment that is under way over a friend."""

    friend_public_key: PublicKey
    amount: Amount
    """Fees included."""


class PaymentRow(Message):
    """A payment of the node that is not acknowledged."""

    payment_id: PaymentId
    invoice_id: InvoiceId
    currency: Currency
    amount: Amount
    """What the seller shall get."""
    seller: PublicKey
    stage: str
    """A word for people: PaymentStage of `core/funder/records.py`, perhaps more later."""
    has_commit: bool
    """Whether a commit was made, so that somebody may have it."""
    held: tuple[HeldCredits, ...]
    """The parts under way."""
    lost: tuple[LostCredits, ...]
    """The parts that were lost with a channel."""


class InvoiceRow(Message):
    """An open invoice of the node."""

    invoice_id: InvoiceId
    currency: Currency
    amount: Amount
    """What a buyer shall pay."""
    frozen: Amount
    """What buyers have frozen for it, all together."""
    has_commit: bool
    """Whether one of them has frozen all, so that somebody may have a commit."""


class HistoryRow(Message):
    """Something that ended."""

    number: int
    """From 1 on, in the order in which things ended."""
    time: int
    """In ms since 1970 (UTC) by the clock of the node's machine; 0 if that is not known."""
    kind: str
    """A word for people: HistoryKind of the funder, perhaps more later."""
    id: bytes
    currency: Currency
    amount: Amount
    peer: PublicKey
    detail: bytes
    """A receipt, a commit, the id of a payment, or nothing, as the kind has it."""


class PaymentRows(Message):
    """Some payments, in the order of their ids."""

    rows: tuple[PaymentRow, ...]


class InvoiceRows(Message):
    """Some invoices, in the order of their ids."""

    rows: tuple[InvoiceRow, ...]


class HistoryRows(Message):
    """Some of the history, in the order that was asked for."""

    rows: tuple[HistoryRow, ...]


class FoundRows(Message):
    """Some that were found, in the order of their keys."""

    rows: tuple[FoundRow, ...]


class RecoveryRows(Message):
    """Some of them, in the order of their keys."""

    rows: tuple[RecoveryRow, ...]


Rows = PaymentRows | InvoiceRows | HistoryRows | FoundRows | RecoveryRows


class Page(Message):
    """The answer to a query."""

    query_id: Uid
    rows: Rows
    is_last: bool
    """Whether there are no more in this direction."""


class Extra(Message):
    """At the end of a report or a change of it: what only our nodes tell."""

    credit_lines: tuple[FriendCreditLines, ...] = ()
    opt_status: NetworkStatus | None = None
    refusal: str = ""
    """Why the request that is acknowledged here was refused; empty if it was not."""
    opt_status_change: StatusChange | None = None
    friends_follow: bool = False
    """In a report: its friends come in pieces, for which the app asks."""
    opt_piece: ReportPiece | None = None
    lost_payments: tuple[LostPayment, ...] = ()
    opt_page: Page | None = None


class Welcome(Message):
    """The first message of a node to an app: its permissions, and what else it may ask for."""

    routes: bool
    buyer: bool
    seller: bool
    config: bool
    report_in_pieces: bool
    answers_queries: bool = False
    report_is_optional: bool = False
    takes_orders: bool = False


class PieceRequest(Message):
    """Of an app, to a node that offers it: the first part of the report, or the next one, or no report at all."""

    is_wanted: bool
    is_query: bool = False
    """It is none, but a Query."""
    is_unneeded: bool = False
    """The app only asks for things, and is told what comes of them."""
    is_order: bool = False
    """It is none, but an Order (wire/orders.py)."""


class PaymentsAbove(Message):
    """Payments whose id is above this one; all for no bytes."""

    payment_id: bytes


class InvoicesAbove(Message):
    """Invoices whose id is above this one; all for no bytes."""

    invoice_id: bytes


class HistoryAfter(Message):
    """Rows of the history with a number above this one, the oldest first."""

    number: int


class HistoryBefore(Message):
    """Rows of the history with a number below this one, or all for 0; the newest first."""

    number: int


class FoundAbove(Message):
    """Friends that were found, with a key above this one; all for no bytes."""

    public_key: bytes


class RecoveryAbove(Message):
    """Whether each has told after a loss, with a key above this one; all for no bytes."""

    public_key: bytes


Listing = PaymentsAbove | InvoicesAbove | HistoryAfter | HistoryBefore | FoundAbove | RecoveryAbove


class Query(Message):
    """Of an app, to a node that takes queries: some rows, please."""

    query_id: Uid
    listing: Listing
    limit: int
    """At most so many rows; the node may send fewer."""
    is_wanted: bool = False
    is_query: bool = True


for _cls in (
    CreditLine,
    FriendCreditLines,
    RelayStatus,
    LinkUp,
    LinkDown,
    LinkStatus,
    IndexServerStatus,
    NetworkStatus,
    StatusChange,
    FriendPart,
    ReportPiece,
    LostCredits,
    LostPayment,
    HeldCredits,
    PaymentRow,
    InvoiceRow,
    HistoryRow,
    Page,
    Extra,
    PieceRequest,
    Query,
):
    struct(_cls, "extension", _cls.__name__)
struct(Welcome, "extension", "AppPermissions")
union(
    "extension",
    "RelayState",
    {"connecting": RelayConnecting, "listening": RelayListening, "waiting": RelayWaiting},
)
union(
    "extension",
    "IndexServerState",
    {
        "unused": IndexServerUnused,
        "connecting": IndexServerConnecting,
        "connected": IndexServerConnected,
        "waiting": IndexServerWaiting,
    },
)
union(
    "extension",
    "Rows",
    {
        "payments": PaymentRows,
        "invoices": InvoiceRows,
        "history": HistoryRows,
        "found": FoundRows,
        "recovery": RecoveryRows,
    },
)
union(
    "extension",
    "Listing",
    {
        "payments": PaymentsAbove,
        "invoices": InvoicesAbove,
        "historyAfter": HistoryAfter,
        "historyBefore": HistoryBefore,
        "found": FoundAbove,
        "recovery": RecoveryAbove,
    },
)
union("extension", "LinkState", {"linked": LinkUp, "trying": LinkTrying, "apart": LinkDown})

WELCOME: Codec[Welcome] = Codec("extension", "AppPermissions")
CREDIT_LINES: Codec[FriendCreditLines] = Codec("extension", "FriendCreditLines")
PIECE_REQUEST: Codec[PieceRequest] = Codec("extension", "PieceRequest")
QUERY: Codec[Query] = Codec("extension", "Query")
