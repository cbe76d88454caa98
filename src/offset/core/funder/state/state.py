"""All that a funder keeps in memory, and how it is built from the rows of the store (spec 03, 4.1)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from offset.base.faults import NodeStopped
from offset.base.ids import Currency, InvoiceId, PaymentId, PublicKey, RequestId
from offset.base.limits import OPERATIONS_PER_BATCH_MAX, OPERATIONS_PER_MESSAGE_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import MutualCredit, Pending
from offset.core.funder.lost_keys import RevokedRecord, SuccessorRecord
from offset.core.funder.records import (
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    From,
    HistoryRecord,
    InvoiceRecord,
    Mark,
    NodeRecord,
    Origin,
    PaymentRecord,
    PendingRecord,
    Queue,
    QueuedRecord,
    Record,
    RelaysRecord,
    SentRelays,
    TransactionRecord,
    UsedRecord,
)
from offset.core.funder.state.found import FoundFriends
from offset.core.funder.state.kept_collects import KeptCollects
from offset.core.funder.state.passed_on import PassedOn
from offset.core.funder.state.past import NO_PAST, Past, UsedIds
from offset.core.funder.state.waiting_parts import WaitingParts
from offset.core.funder.strays import StrayKey, StrayRecord
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.extension import CreditLine
from offset.wire.friend import Operation, RequestOp, ResponseOp


class Queued(msgspec.Struct, frozen=True):
    """An operation that waits for the token."""

    number: int
    currency: Currency
    operation: Operation
    origin: Origin


class Friend:
    """One friend: settings, channel, and what waits to be said."""

    __slots__ = (
        "asked",
        "channel",
        "configs",
        "credit_lines",
        "floor",
        "forwarded_of",
        "has_greeted",
        "has_handed",
        "has_told",
        "is_ahead",
        "is_awaited",
        "is_enabled",
        "is_online",
        "is_overdue",
        "is_put_off",
        "knows_lines",
        "life",
        "mark",
        "missed",
        "name",
        "needs_handover",
        "next_number",
        "public_key",
        "queues",
        "remote_relays",
        "said_lines",
        "sent_relays",
        "spoke_here",
    )

    def __init__(
        self, local: PublicKey, public_key: PublicKey, name: str, relays: tuple[RelayAddress, ...]
    ) -> None:
        self.public_key = public_key
        self.name = name
        self.is_enabled = False
        self.remote_relays = relays
        self.sent_relays = SentRelays()
        self.life = 0
        self.floor = 0
        self.has_told = True
        self.mark: Mark | None = None
        self.configs: dict[Currency, ConfigRecord] = {}
        self.channel = Channel(local, public_key)
        self.queues: tuple[dict[int, Queued], dict[int, Queued], dict[int, Queued]] = ({}, {}, {})
        self.forwarded_of: dict[PublicKey, int] = {}
        """How many requests of each other friend wait in our queue for this one."""
        self.next_number = 0
        # Never stored: everybody is offline after a start.
        self.is_online = False
        self.spoke_here = False
        """Our last message was first said on this line."""
        self.asked = False
        """We asked for the token since we gave it away, on this line (D26)."""
        self.is_overdue = False
        """It keeps the token though we asked for it long ago, on this line."""
        self.is_awaited = False
        """We say nothing to it before it has spoken since our start: it may know more than our rows do."""
        self.has_greeted = False
        """It said hello on this line."""
        self.needs_handover = False
        """By its hello it lacks something that we can hand over."""
        self.is_ahead = False
        """By its hello it knows more messages of the channel than we do."""
        self.has_handed = False
        """We handed over on this line."""
        self.is_put_off = False
        """A message of it on this line does not fit, and it may yet show us why."""
        self.missed = False
        """There was something to say while the token was away."""
        self.said_lines = False
        """A message on this line told the credit lines that we grant."""
        self.knows_lines = False
        """And the friend has answered it."""
        self.credit_lines: tuple[CreditLine, ...] | None = None
        """Those that it grants, if it told them."""

    def record(self) -> FriendRecord:
        """The row of this friend."""
        return FriendRecord(
            self.public_key,
            self.name,
            self.is_enabled,
            self.remote_relays,
            self.sent_relays,
            self.life,
            self.floor,
            self.has_told,
            self.mark,
        )

    def is_ready(self, currency: Currency) -> bool:
        """Whether a request in this currency could be sent now (spec 03, 3.2)."""
        is_there = self.is_online and self.channel.is_consistent
        is_heard = self.has_told and not self.is_awaited and not self.is_put_off
        return is_there and is_heard and not self.is_overdue and currency in self.channel.credits

    @property
    def owes_token(self) -> bool:
        """Whether we asked for the token on this line, and it is not back."""
        channel = self.channel
        is_asked = self.asked and channel.outgoing is not None
        return self.is_online and channel.is_consistent and is_asked

    def slots_used(self) -> int:
        """How many requests are under way to this friend, or wait for it, in all currencies."""
        sent = sum([len(credit.local) for credit in self.channel.credits.values()])
        return sent + len(self.queues[Queue.FORWARDED]) + len(self.queues[Queue.USER])

    def put_in_queue(self, queue: Queue, item: Queued) -> None:
        """This operation waits for the token."""
        self.queues[queue][item.number] = item
        if queue is Queue.FORWARDED and isinstance(item.origin, From):
            asker = item.origin.friend
            self.forwarded_of[asker] = self.forwarded_of.get(asker, 0) + 1

    def take_from_queue(self, queue: Queue, number: int) -> None:
        """This operation does not wait any more."""
        item = self.queues[queue].pop(number)
        if queue is Queue.FORWARDED and isinstance(item.origin, From):
            asker = item.origin.friend
            self.forwarded_of[asker] -= 1
            if not self.forwarded_of[asker]:
                del self.forwarded_of[asker]

    def max_debt(self, currency: Currency) -> int:
        """How much the friend may owe us, in credits."""
        config = self.configs.get(currency)
        return 0 if config is None else config.remote_max_debt


class FunderState:
    """The state of a funder. Only the modules of this package change it, and they name what they changed."""

    def __init__(self, local: PublicKey, past: Past = NO_PAST) -> None:
        self.local = local
        self.node = NodeRecord(local)
        self.operations_max = OPERATIONS_PER_BATCH_MAX
        """How many operations beside cancels we put into one message."""
        self.operations_with_cancels_max = OPERATIONS_PER_MESSAGE_MAX
        """And how many with them."""
        self.relays: tuple[NamedRelayAddress, ...] = ()
        self.friends: dict[PublicKey, Friend] = {}
        self.invoices: dict[InvoiceId, InvoiceRecord] = {}
        self.payments: dict[PaymentId, PaymentRecord] = {}
        self.transactions: dict[RequestId, TransactionRecord] = {}
        self.incoming_ids: dict[tuple[Currency, RequestId], PublicKey] = {}
        """Requests of friends that we have not answered for good: an id is refused while it is here (D2)."""
        self.collects = KeptCollects(past)
        """Those that we made to friends."""
        self.used = UsedIds(past)
        """Invoices and payments that are over; their ids are not taken again (D7)."""
        self.history_number = past.last_number()
        """Of the newest row of the history."""
        self.successors: dict[PublicKey, PublicKey] = {}
        """Friends that hand their balances over, and to which friend, until that one has accepted."""
        self.revoked: dict[PublicKey, RevokedRecord] = {}
        """Keys that their owners have revoked, friends or not."""
        self.found: FoundFriends | None = None
        """Friends that hold signatures of ours, while we look for friends that we forgot."""
        self.passed_on = PassedOn()
        self.waiting = WaitingParts()
        self.strays: dict[StrayKey, StrayRecord] = {}
        """Collects whose askers are still to tell, after a loss of our books."""

    def restore(self, records: Iterable[Record]) -> None:
        """Take in all rows of a store, friends before what belongs to them.

        Raises NodeStopped when one belongs to a friend or a currency that is not there.
        """
        for record in records:
            try:
                self._restore(record)
            except LookupError as error:
                raise NodeStopped(
                    f"the stored state is damaged: a row of {record.TABLE} belongs to a row that is not there; look "
                    "what is wrong with stmgr check-db, and restore a backup (docs/RECOVERY.md)"
                ) from error
        for friend in self.friends.values():
            for queue in friend.queues:
                waiting = sorted(queue.values(), key=lambda item: item.number)
                queue.clear()
                queue.update((item.number, item) for item in waiting)
            if friend.has_told:
                self._restore_incoming(friend)
        for friend in self.friends.values():
            if friend.has_told:
                self._restore_passed_on(friend)

    def ended(self, friend: PublicKey, currency: Currency, request_id: RequestId) -> None:
        """A request of the friend is answered for good, or lost with the friend."""
        if self.incoming_ids.get((currency, request_id)) == friend:
            del self.incoming_ids[currency, request_id]
            self.passed_on.ended(currency, request_id)

    def predecessor_of(self, key: PublicKey) -> PublicKey | None:
        """The friend whose balances were offered to this one, which has not accepted them yet."""
        return next((old for old, new in self.successors.items() if new == key), None)

    def _restore(self, record: Record) -> None:
        match record:
            case StrayRecord():
                self.strays[record.key()] = record
            case NodeRecord():
                self.node = record
            case RelaysRecord():
                self.relays = record.relays
            case FriendRecord():
                friend = Friend(self.local, record.public_key, record.name, record.remote_relays)
                friend.is_enabled = record.is_enabled
                friend.sent_relays = record.sent_relays
                friend.life, friend.floor = record.life, record.floor
                friend.has_told, friend.mark = record.has_told, record.mark
                self.friends[record.public_key] = friend
            case ConfigRecord():
                self.friends[record.friend].configs[record.currency] = record
            case ChannelRecord():
                _restore_channel(self.friends[record.friend].channel, record)
            case CreditRecord():
                credit = MutualCredit(record.currency, record.balance)
                credit.local_debt = record.local_pending_debt
                credit.remote_debt = record.remote_pending_debt
                self.friends[record.friend].channel.credits[record.currency] = credit
            case PendingRecord():
                self._restore_pending(record)
            case QueuedRecord():
                friend = self.friends[record.friend]
                item = Queued(record.number, record.currency, record.operation, record.origin)
                friend.put_in_queue(record.queue, item)
                friend.next_number = max(friend.next_number, record.number + 1)
            case InvoiceRecord():
                self.invoices[record.invoice_id] = record
            case PaymentRecord():
                self.payments[record.payment_id] = record
            case TransactionRecord():
                self.transactions[record.request_id] = record
            case HistoryRecord():
                self.history_number = max(self.history_number, record.number)
            case UsedRecord():
                self.used.add(record.key())
            case SuccessorRecord():
                # Both are friends, or the row would be gone with one of them.
                self.successors[self.friends[record.friend].public_key] = self.friends[
                    record.successor
                ].public_key
            case RevokedRecord():
                self.revoked[record.public_key] = record

    def _restore_pending(self, record: PendingRecord) -> None:
        credit = self.friends[record.friend].channel.credits[record.currency]
        side = credit.local if record.is_local else credit.remote
        side[record.request.request_id] = Pending(record.request, record.response, record.origin)

    def _restore_incoming(self, friend: Friend) -> None:
        """What the friend asked and was not answered for good, and what of it waits for invoices of ours."""
        ended = {
            (item.currency, item.operation.request_id)
            for item in friend.queues[Queue.BACKWARD].values()
            if not isinstance(item.operation, ResponseOp)
        }
        for name, credit in friend.channel.credits.items():
            for request_id, pending in credit.remote.items():
                if (name, request_id) in ended:
                    continue
                self.incoming_ids[name, request_id] = friend.public_key
                invoice = self.invoices.get(pending.request.invoice_id)
                if not pending.request.route.public_keys and invoice is not None:
                    self.waiting.add(friend.public_key, pending.request)

    def _restore_passed_on(self, friend: Friend) -> None:
        """What was passed on to this friend, and is not answered."""
        for name, credit in friend.channel.credits.items():
            for pending in credit.local.values():
                if isinstance(pending.origin, From):
                    self.passed_on.add(pending.origin.friend, friend.public_key, name, pending.request)
        for item in friend.queues[Queue.FORWARDED].values():
            if isinstance(item.origin, From) and isinstance(item.operation, RequestOp):
                self.passed_on.add(item.origin.friend, friend.public_key, item.currency, item.operation)


def _restore_channel(channel: Channel, record: ChannelRecord) -> None:
    channel.outgoing, channel.incoming = record.outgoing, record.incoming
    channel.inconsistency_counter = record.inconsistency_counter
    channel.move_token_counter = record.move_token_counter
    channel.local_currencies = record.local_currencies
    channel.remote_currencies = record.remote_currencies
    channel.local_terms, channel.remote_terms = record.local_terms, record.remote_terms
    channel.reset_wish, channel.former_terms = record.reset_wish, record.former_terms
