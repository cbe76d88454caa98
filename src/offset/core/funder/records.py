"""The rows that a funder remembers: one frozen record per entity, and the changes of a step.

A step changes memory, and names every row it changed: `Changes` maps the key of a row to the record that now
stands there, or to None. The store writes these and nothing else, so the cost of a step is that of its change.
"""

from __future__ import annotations

import enum
from typing import Any, Final, dataclass_transform

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
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, Receipt, RelayAddress
from offset.wire.friend import MoveToken, Operation, RequestOp, ResetTerms, ResponseOp
from offset.wire.report import MoveTokenHashedReport

Key = tuple[Any, ...]
Changes = dict[Key, Any]


class NoFriend(enum.Enum):
    """Where an answer goes that goes to no friend. The values stand in the store in the place of a key."""

    OWN = b""
    """Our own user asked for it."""
    LOST = b"lost"
    """The channel it came through is gone: nobody is waiting any more (spec 03, D1)."""


OWN: Final = NoFriend.OWN
LOST: Final = NoFriend.LOST
Origin = PublicKey | NoFriend
"""Where an answer to a request of ours goes."""


@dataclass_transform(frozen_default=True)
class Record(msgspec.Struct, frozen=True, gc=False):
    """A row. `key` starts with the name of its table."""

    def key(self) -> Key:
        """Table and primary key."""
        raise NotImplementedError


class RelaysRecord(Record):
    """The relays of this node, in the order of the owner."""

    relays: tuple[NamedRelayAddress, ...]

    def key(self) -> Key:
        return ("relays",)


class IndexServersRecord(Record):
    """The index servers of this node, in the order of the owner."""

    servers: tuple[NamedIndexServerAddress, ...]

    def key(self) -> Key:
        return ("index_servers",)


class SentRelays(msgspec.Struct, frozen=True):
    """Which relays a friend knows of us: `last`, or perhaps still `previous` until it has answered.

    Without `last` there is a list to be sent: the first one, or once more after a reset.
    """

    last: tuple[NamedRelayAddress, ...] | None = None
    previous: tuple[NamedRelayAddress, ...] | None = None


class FriendRecord(Record):
    """A friend: name, relays, and whether we try to reach it."""

    public_key: PublicKey
    name: str
    is_enabled: bool
    remote_relays: tuple[RelayAddress, ...]
    sent_relays: SentRelays

    def key(self) -> Key:
        return ("friends", self.public_key)


class ConfigRecord(Record):
    """What we set for a friend and currency."""

    friend: PublicKey
    currency: Currency
    rate: Rate = FREE
    remote_max_debt: Amount = 0
    is_open: bool = False

    def key(self) -> Key:
        return ("configs", self.friend, self.currency)


class ChannelRecord(Record):
    """The token channel of a friend without its balances.

    `outgoing` is None while we hold the token. With `local_terms` the channel is inconsistent. `reset_wish` is the
    reset token that the owner accepted while the friend was away; `former_terms` are ours from before we reset.
    """

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

    def key(self) -> Key:
        return ("channels", self.friend)


class CreditRecord(Record):
    """The balance with a friend in a currency."""

    friend: PublicKey
    currency: Currency
    balance: Balance
    local_pending_debt: Amount
    remote_pending_debt: Amount

    def key(self) -> Key:
        return ("credits", self.friend, self.currency)


class PendingRecord(Record):
    """A request under way: sent by us (`is_local`), or by the friend."""

    friend: PublicKey
    currency: Currency
    is_local: bool
    request: RequestOp
    response: ResponseOp | None
    origin: Origin

    def key(self) -> Key:
        return ("pending", self.friend, self.currency, self.is_local, self.request.request_id)


class QueuedRecord(Record):
    """An operation that waits for the token. `queue`: 0 backward, 1 forwarded, 2 user."""

    friend: PublicKey
    number: int
    queue: int
    currency: Currency
    operation: Operation
    origin: Origin

    def key(self) -> Key:
        return ("queued", self.friend, self.number)


class PartRecord(msgspec.Struct, frozen=True):
    """A transaction that pays for an invoice."""

    friend: PublicKey
    request_id: RequestId


class InvoiceRecord(Record):
    """An open invoice of ours."""

    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount
    dest_plain_lock: PlainLock
    src_hashed_lock: HashedLock | None
    parts: tuple[PartRecord, ...]

    def without(self, friend: PublicKey) -> InvoiceRecord:
        """The invoice after the channel with this friend was lost (D8 to D10)."""
        parts = tuple(part for part in self.parts if part.friend != friend)
        return msgspec.structs.replace(self, parts=parts)

    def key(self) -> Key:
        return ("invoices", self.invoice_id)


class PaymentRecord(Record):
    """A payment of ours. `stage`: new, in progress, success, canceled, acknowledged (spec 03, 3.7)."""

    payment_id: PaymentId
    invoice_id: InvoiceId
    currency: Currency
    total_dest_payment: Amount
    dest_public_key: PublicKey
    src_plain_lock: PlainLock
    stage: str
    open_transactions: int
    receipt: Receipt | None
    ack_uid: Uid | None

    def key(self) -> Key:
        return ("payments", self.payment_id)


class TransactionRecord(Record):
    """One part of a payment of ours, until it is collected or cancelled."""

    request_id: RequestId
    payment_id: PaymentId
    friend: PublicKey
    dest_payment: Amount
    fees: Amount
    response: ResponseOp | None

    def key(self) -> Key:
        return ("transactions", self.request_id)


class HistoryRecord(Record):
    """Something that ended, for people. `kind`: paid, unpaid, received, withdrawn, lost."""

    kind: str
    id: bytes
    currency: Currency
    amount: int
    peer: PublicKey
    detail: bytes

    def key(self) -> Key:
        return ("history", self.kind, self.id)
