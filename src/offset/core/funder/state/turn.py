"""One event being worked on: what it changed, and what is to be said once the changes are durable.

A handler decides first, then changes the state and names each changed row here. Flags say which friends the sender
(`friend/sender.py`) must look at when the handlers are done.
"""

from __future__ import annotations

import msgspec

from offset.base.entropy import Entropy
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, RequestId
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.ledger.mutual_credit import Draft
from offset.core.funder.records import (
    OWN,
    Changes,
    ChannelKey,
    ConfigKey,
    CreditKey,
    FriendKey,
    HistoryRecord,
    InvoiceRecord,
    Key,
    Origin,
    PaymentRecord,
    Queue,
    QueuedKey,
    QueuedRecord,
    Record,
    TransactionRecord,
    UsedKey,
    UsedRecord,
)
from offset.core.funder.state.state import Friend, FunderState, Queued
from offset.core.funder.state.waiting_parts import Payer
from offset.core.funder.twin import Twin
from offset.crypto.lives import LifeCipher
from offset.crypto.own_locks import OwnLocks
from offset.crypto.signer import Signer
from offset.wire.app import ResponseClosePayment, TransactionResult
from offset.wire.aside import Handover
from offset.wire.common import RelayAddress
from offset.wire.extension import FriendCreditLines
from offset.wire.friend import FriendMessage, Operation, RequestOp, ResponseOp
from offset.wire.report import ChangeFriend, FriendReportMutation, FunderReportMutation


class SetRelays(msgspec.Struct, frozen=True):
    """Channeler: our relays are now these."""

    relays: tuple[RelayAddress, ...]


class UpdateFriend(msgspec.Struct, frozen=True):
    """Channeler: reach this friend there; it may believe that we are at `local_relays`."""

    friend: PublicKey
    friend_relays: tuple[RelayAddress, ...]
    local_relays: tuple[RelayAddress, ...]


class DropFriend(msgspec.Struct, frozen=True):
    """Channeler: no line to this friend any more."""

    friend: PublicKey


Order = SetRelays | UpdateFriend | DropFriend
Result = TransactionResult | ResponseClosePayment


_OF_A_FRIEND = (ConfigKey, ChannelKey, CreditKey)


class Turn:
    """The work on one event."""

    __slots__ = (
        "changes",
        "credit_lines",
        "entropy",
        "handing_over",
        "handovers",
        "has_lost_end",
        "hints",
        "lives",
        "locks",
        "lost_payments",
        "messages",
        "moved",
        "mutations",
        "now",
        "orders",
        "proven",
        "reaching",
        "refusal",
        "resending",
        "results",
        "signer",
        "state",
        "stopped",
        "touched",
        "trying",
        "used_up",
        "waiting",
        "wanting",
    )

    def __init__(
        self,
        state: FunderState,
        signer: Signer,
        entropy: Entropy,
        lives: LifeCipher,
        locks: OwnLocks,
        now: int,
    ) -> None:
        """`now` in seconds since 1970, as far as it is known."""
        self.state, self.signer, self.entropy = state, signer, entropy
        self.lives, self.locks, self.now = lives, locks, now
        self.changes: Changes = {}
        self.orders: list[Order] = []
        self.messages: list[tuple[PublicKey, FriendMessage]] = []
        self.mutations: list[FunderReportMutation] = []
        self.results: list[Result] = []
        self.credit_lines: list[FriendCreditLines] = []
        """Told by friends, for apps."""
        self.lost_payments: dict[PaymentId, None] = {}
        """Payments of which a part is lost, or whose app asks how they ended; also when they are forgotten."""
        self.handovers: list[tuple[PublicKey, Handover]] = []
        """Said to friends beside the token, whose books are older than ours."""
        self.has_lost_end = False
        """A request that nobody asked for has ended."""
        self.stopped: Twin | None = None
        """Another copy of this node lives: this one must end."""
        self.hints: list[Twin] = []
        """Another copy of this node seems to live, of a lower life: for people to know."""
        self.refusal: str | None = None
        """Why the request that this turn is about was refused."""
        # Dicts as ordered sets: the order must not depend on hashes.
        self.trying: dict[PublicKey, None] = {}
        """Something may want to be sent."""
        self.wanting: dict[PublicKey, None] = {}
        """The friend asked for the token."""
        self.resending: dict[PublicKey, None] = {}
        """Our last message must be repeated."""
        self.reaching: dict[PublicKey, None] = {}
        """The channeler must learn relays of the friend, or ours for it."""
        self.handing_over: dict[PublicKey, None] = {}
        """The friend's books are older than ours."""
        self.moved: dict[PublicKey, None] = {}
        """Came online or went offline."""
        self.touched: dict[PublicKey, None] = {}
        """Balances or consistency of the channel changed."""
        self.proven: dict[PublicKey, None] = {}
        """There is a newer proof of the balances."""
        self.used_up: list[UsedKey] = []
        """Ids that are never taken again."""
        self.waiting: dict[Payer, None] = {}
        """Parts came for an invoice, or went."""

    # Rows

    def put(self, record: Record) -> None:
        """This row is now so."""
        self.changes[record.key()] = record

    def drop(self, key: Key) -> None:
        """This row is gone."""
        self.changes[key] = None

    def merge(self, changes: Changes) -> None:
        """All these rows changed."""
        self.changes.update(changes)

    def changed_credits(self, friend: Friend, drafts: dict[Currency, Draft], created: list[Currency]) -> None:
        """These drafts were adopted; those in `created` are new credits."""
        for name, draft in drafts.items():
            if draft.is_touched or name in created:
                self.changes.update(draft.changes(friend.public_key))
                self.touched[friend.public_key] = None

    def put_invoice(self, invoice: InvoiceRecord) -> None:
        """Keep this invoice."""
        self.state.invoices[invoice.invoice_id] = invoice
        self.put(invoice)

    def put_payment(self, payment: PaymentRecord) -> None:
        """Keep this payment."""
        self.state.payments[payment.payment_id] = payment
        self.put(payment)

    def drop_payment(self, payment: PaymentRecord) -> None:
        """Forget this payment, but for its id."""
        del self.state.payments[payment.payment_id]
        self.drop(payment.key())
        self._use_up(UsedRecord(UsedKind.PAYMENT, payment.payment_id))
        if payment.lost or payment.is_doubtful:
            self.lost_payments[payment.payment_id] = None

    def drop_invoice(self, invoice: InvoiceRecord) -> None:
        """Forget this invoice, but for its id.

        The id too if nothing was ever promised for it: no commit that could close another invoice exists (D7).
        """
        del self.state.invoices[invoice.invoice_id]
        self.drop(invoice.key())
        if invoice.is_touched:
            self._use_up(UsedRecord(UsedKind.INVOICE, invoice.invoice_id))

    def bar_invoice(self, invoice_id: InvoiceId) -> None:
        """No invoice of this id is taken or regained any more, though we know of none."""
        self._use_up(UsedRecord(UsedKind.INVOICE, invoice_id))

    def _use_up(self, record: UsedRecord) -> None:
        self.put(record)
        self.state.used.add(record.key())
        self.used_up.append(record.key())

    def put_transaction(self, transaction: TransactionRecord) -> None:
        """Keep this transaction."""
        self.state.transactions[transaction.request_id] = transaction
        self.put(transaction)

    def drop_transaction(self, request_id: RequestId) -> TransactionRecord:
        """Forget this transaction. Returns it."""
        transaction = self.state.transactions.pop(request_id)
        self.drop(transaction.key())
        return transaction

    def note(
        self, kind: HistoryKind, ident: bytes, currency: Currency, amount: int, peer: PublicKey, detail: bytes
    ) -> None:
        """Append a row to the history; nothing in memory depends on it."""
        self.state.history_number += 1
        number = self.state.history_number
        self.put(HistoryRecord(number, kind, ident, currency, amount, peer, detail))

    def concerned(self) -> dict[PublicKey, None]:
        """Friends whose capacities may be others now, in the order in which they came up."""
        concerned = dict(self.moved)
        for key in self.changes:
            if isinstance(key, FriendKey):
                concerned[key.public_key] = None
            elif isinstance(key, _OF_A_FRIEND):
                concerned[key.friend] = None
        return concerned

    # Parts of payments for invoices of ours

    def part_came(self, friend: Friend, op: RequestOp) -> None:
        """This request waits for an invoice of ours from now on."""
        self.state.waiting.add(friend.public_key, op)
        self.waiting[op.invoice_id, op.src_hashed_lock] = None

    def part_went(self, friend: Friend, op: RequestOp) -> None:
        """This request does not wait for an invoice of ours, or not any more."""
        payer = self.state.waiting.remove(friend.public_key, op)
        if payer is not None:
            self.waiting[payer] = None

    # Queues

    def enqueue(
        self, friend: Friend, queue: Queue, currency: Currency, op: Operation, origin: Origin = OWN
    ) -> None:
        """Let an operation wait for the token, and try to send it at the end of this turn."""
        number = friend.next_number
        friend.next_number += 1
        friend.put_in_queue(queue, Queued(number, currency, op, origin))
        self.put(QueuedRecord(friend.public_key, number, queue, currency, op, origin))
        self.trying[friend.public_key] = None

    def answer(self, friend: Friend, currency: Currency, op: Operation) -> None:
        """Queue a response, cancel or collect towards the friend that asked."""
        if not isinstance(op, ResponseOp):
            self.state.ended(friend.public_key, currency, op.request_id)
        self.enqueue(friend, Queue.BACKWARD, currency, op)

    def dequeue(self, friend: Friend, queue: Queue, number: int) -> None:
        """The operation was sent or is not wanted any more."""
        friend.take_from_queue(queue, number)
        self.drop(QueuedKey(friend.public_key, number))

    # Reports

    def change_friend(self, friend: PublicKey, mutation: FriendReportMutation) -> None:
        """Tell apps how a friend's report changed."""
        self.mutations.append(ChangeFriend(friend, mutation))
