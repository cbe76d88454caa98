"""The rows that a funder remembers: one frozen record per entity, and the changes of a step.

A step changes memory, and names every row it changed: `Changes` maps the key of a row to the record that now
stands there, or to None. The store writes these and nothing else, so the cost of a step is that of its change.

A record is the one place that names its table and its columns: the table is `TABLE`, the primary key are the fields
of `KEY`, and every other column is a field of the record (offset.store.schema derives the rest from their types).
"""

from __future__ import annotations

import enum
from typing import Annotated, ClassVar, dataclass_transform

import msgspec

from offset.base.credits import FREE, Amount, Balance, Rate
from offset.base.ids import (
    Currency,
    HashedLock,
    InvoiceId,
    PaymentId,
    PlainLock,
    PublicKey,
    RequestId,
    Signature,
    Uid,
)
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.twin import Twin
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, Receipt, RelayAddress
from offset.wire.friend import MoveToken, Operation, RequestOp, ResetTerms, ResponseOp
from offset.wire.report import MoveTokenHashedReport

Small = Annotated[int, "fits 63 bits"]
"""A count that never needs more than 63 bits; any other number of a record may."""


class Own(msgspec.Struct, frozen=True, gc=False):
    """Our own user asked for it."""


class Lost(msgspec.Struct, frozen=True, gc=False):
    """The channel it came through is gone: nobody is waiting any more (spec 03, D1)."""


class From(msgspec.Struct, frozen=True, gc=False):
    """A friend asked for it, and we passed it on."""

    friend: PublicKey


Origin = Own | Lost | From
"""Where an answer to a request of ours goes."""
OWN, LOST = Own(), Lost()


class Queue(enum.IntEnum):
    """The queues of a friend, first to be sent first."""

    BACKWARD = 0
    """Answers."""
    FORWARDED = 1
    """Requests of others."""
    USER = 2
    """Our own requests."""


class PaymentStage(enum.StrEnum):
    """How far a payment of ours is; what leads on is in roles/payment_states.py (spec 03, 3.7)."""

    NEW = "new"
    """It takes parts."""
    IN_PROGRESS = "in progress"
    """The app has closed it: no more parts, and those under way decide."""
    SUCCEEDED = "success"
    """A part was collected, so there is a receipt."""
    CANCELED = "canceled"
    """It was closed, and no part came through."""
    LOST = "lost"
    """It was closed, and nothing is under way; but a commit was made, and a part is lost with its channel: whether it
    was paid nobody here can prove."""
    ACKNOWLEDGED = "acknowledged"
    """The app knows that it succeeded, but parts are still under way."""


@dataclass_transform(frozen_default=True)
class Key(msgspec.Struct, frozen=True, gc=False):
    """Where a row stands: the class says in which table, the fields are the primary key."""


@dataclass_transform(frozen_default=True)
class Record(msgspec.Struct, frozen=True, gc=False):
    """A row."""

    TABLE: ClassVar[str]
    """The name of its table."""
    KEY: ClassVar[type[Key]]
    """What names a row of this table."""

    def key(self) -> Key:
        """Where this row stands."""
        raise NotImplementedError


Changes = dict[Key, Record | None]
"""What is to stand in these rows from now on; None: the row is gone."""


class NodeKey(Key):
    """The one row of the node: its key."""

    public_key: PublicKey


class NodeRecord(Record):
    """What the node knows of its lives, whatever friends it has (crypto/lives.py)."""

    TABLE = "node"
    KEY = NodeKey

    public_key: PublicKey
    highest_life: Small = 0
    """The highest life that ever was, of whatever friend: seconds since 1970. 0: there was none yet."""
    stopped: Twin | None = None
    """Why the node must not say anything any more."""
    is_restored: bool = False
    """Whether these books were ever a copy's, or began with the identity alone."""

    def key(self) -> NodeKey:
        return NodeKey(self.public_key)


class RelaysKey(Key):
    """The one row of relays."""


class RelaysRecord(Record):
    """The relays of this node, in the order of the owner."""

    TABLE = "relays"
    KEY = RelaysKey

    relays: tuple[NamedRelayAddress, ...]

    def key(self) -> RelaysKey:
        return RelaysKey()


class IndexServersKey(Key):
    """The one row of index servers."""


class IndexServersRecord(Record):
    """The index servers of this node, in the order of the owner."""

    TABLE = "index_servers"
    KEY = IndexServersKey

    servers: tuple[NamedIndexServerAddress, ...]

    def key(self) -> IndexServersKey:
        return IndexServersKey()


class SentRelays(msgspec.Struct, frozen=True):
    """Which relays a friend knows of us: `last`, or perhaps still `previous` until it has answered.

    Without `last` there is a list to be sent: the first one, or once more after a reset.
    """

    last: tuple[NamedRelayAddress, ...] | None = None
    previous: tuple[NamedRelayAddress, ...] | None = None


class FriendKey(Key):
    """A friend."""

    public_key: PublicKey


class Mark(msgspec.Struct, frozen=True):
    """The last message of a friend that we held: what is older than it, the friend cannot call the newest."""

    inconsistency_counter: int
    move_token_counter: int


class FriendRecord(Record):
    """A friend: name, relays, whether we try to reach it, and the life in which we sign to it (crypto/lives.py)."""

    TABLE = "friends"
    KEY = FriendKey

    public_key: PublicKey
    name: str
    is_enabled: bool
    remote_relays: tuple[RelayAddress, ...]
    sent_relays: SentRelays
    life: Small = 0
    """In which we sign to it; 0: one is to begin."""
    floor: Small = 0
    """The life of our last message that it has answered: what we signed in lower ones is of no account."""
    has_told: bool = True
    """Whether its state is ours since these books began their life; not after they were restored."""
    mark: Mark | None = None
    """Of the kit that these books were restored from, if it is newer than they are."""

    def key(self) -> FriendKey:
        return FriendKey(self.public_key)


class ConfigKey(Key):
    """A friend and currency."""

    friend: PublicKey
    currency: Currency


class ConfigRecord(Record):
    """What we set for a friend and currency."""

    TABLE = "configs"
    KEY = ConfigKey

    friend: PublicKey
    currency: Currency
    rate: Rate = FREE
    remote_max_debt: Amount = 0
    is_open: bool = False

    def key(self) -> ConfigKey:
        return ConfigKey(self.friend, self.currency)


class ChannelKey(Key):
    """A friend."""

    friend: PublicKey


class ChannelRecord(Record):
    """The token channel of a friend without its balances.

    `outgoing` is None while we hold the token. With `local_terms` the channel is inconsistent. `reset_wish` is the
    reset token that the owner accepted while the friend was away; `former_terms` are ours from before we reset.
    """

    TABLE = "channels"
    KEY = ChannelKey

    friend: PublicKey
    outgoing: MoveToken | None
    incoming: MoveTokenHashedReport | None
    inconsistency_counter: int
    move_token_counter: int
    local_currencies: tuple[Currency, ...]
    remote_currencies: tuple[Currency, ...]
    local_terms: ResetTerms | None
    remote_terms: ResetTerms | None
    reset_wish: Signature | None
    former_terms: ResetTerms | None

    def key(self) -> ChannelKey:
        return ChannelKey(self.friend)


class CreditKey(Key):
    """A friend and currency."""

    friend: PublicKey
    currency: Currency


class CreditRecord(Record):
    """The balance with a friend in a currency."""

    TABLE = "credits"
    KEY = CreditKey

    friend: PublicKey
    currency: Currency
    balance: Balance
    local_pending_debt: Amount
    remote_pending_debt: Amount

    def key(self) -> CreditKey:
        return CreditKey(self.friend, self.currency)


class PendingKey(Key):
    """A request, on the side of the friend or ours."""

    friend: PublicKey
    currency: Currency
    is_local: bool
    request_id: RequestId


class PendingRecord(Record):
    """A request under way: sent by us (`is_local`), or by the friend."""

    TABLE = "pending"
    KEY = PendingKey

    friend: PublicKey
    currency: Currency
    is_local: bool
    request: RequestOp
    response: ResponseOp | None
    origin: Origin

    def key(self) -> PendingKey:
        return PendingKey(self.friend, self.currency, self.is_local, self.request.request_id)


class QueuedKey(Key):
    """A place in the queues of a friend."""

    friend: PublicKey
    number: Small


class QueuedRecord(Record):
    """An operation that waits for the token."""

    TABLE = "queued"
    KEY = QueuedKey

    friend: PublicKey
    number: Small
    queue: Queue
    currency: Currency
    operation: Operation
    origin: Origin

    def key(self) -> QueuedKey:
        return QueuedKey(self.friend, self.number)


class InvoiceKey(Key):
    """An invoice of ours."""

    invoice_id: InvoiceId


class InvoiceRecord(Record):
    """An open invoice of ours. What waits for it is among the requests of friends (state/waiting_parts.py).

    Each payer, known by its lock, is promised another lock of ours: what opens for one proves nothing for another.
    """

    TABLE = "invoices"
    KEY = InvoiceKey

    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount
    dest_plain_lock: PlainLock
    """Our lock for the first payer."""
    src_hashed_lock: HashedLock | None
    """The lock of the first payer, once there was one. It stays the first for ever."""
    others_secret: PlainLock | None
    """What our locks for all further payers are made of, once there is a second."""
    is_touched: bool
    """Whether a part was ever promised for it, so that somebody may have had a commit, whatever came of it since."""

    def key(self) -> InvoiceKey:
        return InvoiceKey(self.invoice_id)


class LostPart(msgspec.Struct, frozen=True):
    """A part of a payment that was said to a friend, and lost with the channel: the friend may claim it."""

    request_id: RequestId
    friend: PublicKey
    amount: Amount
    """Credits that were frozen for it, fees included."""


class PaymentKey(Key):
    """A payment of ours."""

    payment_id: PaymentId


class PaymentRecord(Record):
    """A payment of ours (spec 03, 3.7)."""

    TABLE = "payments"
    KEY = PaymentKey

    payment_id: PaymentId
    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount
    dest_public_key: PublicKey
    src_plain_lock: PlainLock
    stage: PaymentStage
    open_transactions: Small
    receipt: Receipt | None
    ack_uid: Uid | None
    is_promised: bool = False
    """Whether a commit was made, so that whoever has it may let the seller collect."""
    lost: tuple[LostPart, ...] = ()
    is_doubtful: bool = False
    """Whether these books were restored while it was open, so that parts may have been paid which they do not know."""

    def key(self) -> PaymentKey:
        return PaymentKey(self.payment_id)


class TransactionKey(Key):
    """A transaction of ours."""

    request_id: RequestId


class TransactionRecord(Record):
    """One part of a payment of ours, until it is collected or cancelled."""

    TABLE = "transactions"
    KEY = TransactionKey

    request_id: RequestId
    payment_id: PaymentId
    friend: PublicKey
    dest_payment: Amount
    fees: Amount
    response: ResponseOp | None

    def key(self) -> TransactionKey:
        return TransactionKey(self.request_id)


class HistoryKey(Key):
    """A place in the history."""

    number: Small


class HistoryRecord(Record):
    """Something that ended, for people. Rows are only appended: none is ever changed, and no number is used twice."""

    TABLE = "history"
    KEY = HistoryKey

    number: Small
    """From 1 on, in the order in which things ended."""
    kind: HistoryKind
    id: bytes
    currency: Currency
    amount: int
    peer: PublicKey
    detail: bytes

    def key(self) -> HistoryKey:
        return HistoryKey(self.number)


class UsedKey(Key):
    """An id that is never taken again."""

    kind: UsedKind
    id: bytes


class UsedRecord(Record):
    """The id of an invoice or payment of ours that is over (spec 03, D7); it stays when its history is pruned."""

    TABLE = "used_ids"
    KEY = UsedKey

    kind: UsedKind
    id: bytes

    def key(self) -> UsedKey:
        return UsedKey(self.kind, self.id)


class WithdrawnKey(Key):
    """A friend and a currency."""

    friend: PublicKey
    currency: Currency


class WithdrawnRecord(Record):
    """A pair that went with its friend or its settings, while index servers may still believe in it (spec 04, 5.6)."""

    TABLE = "withdrawn"
    KEY = WithdrawnKey

    friend: PublicKey
    currency: Currency

    def key(self) -> WithdrawnKey:
        return WithdrawnKey(self.friend, self.currency)
