"""Striking a node or a line at an exact moment in the life of one message, as its effects show it.

    sender    SAID ── KEPT ── SENT ──────────►  ARRIVED ── TAKEN ── REMEMBERED ── ANSWERED    receiver
              commit  durable written           delivered  commit   durable       written

An app has no disk, so what it says begins with SENT. A relay on the way changes nothing: the bytes are followed
through it. A step that does not come fails the test, so no case says nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from offset.base.ids import PublicKey
from offset.core.funder.records import (
    ChannelKey,
    ChannelRecord,
    InvoiceKey,
    Key,
    PaymentKey,
    QueuedRecord,
    TransactionKey,
)
from offset.engine.relay import RelayEngine
from offset.engine.surface import Effect, Event, Persist, Received, Write
from offset.sim.physics.host import Host
from offset.testing import CalmWorld
from offset.wire.app import AddInvoice, AppRequest, CancelInvoice, CommitInvoice, CreateTransaction
from offset.wire.friend import CancelOp, CollectOp, MoveToken, RequestOp, ResponseOp

Rows = Mapping[Any, Any]


class Step(enum.Enum):
    """How far a message has come."""

    SAID = "said"
    KEPT = "kept"
    SENT = "sent"
    ARRIVED = "arrived"
    TAKEN = "taken"
    REMEMBERED = "remembered"
    ANSWERED = "answered"


class Moment(enum.Enum):
    """Who is struck, how and when: each side is killed thrice, and loses its line before and after the message."""

    SENDER_KILLED_BEFORE_COMMIT = (Step.SAID, "kill")
    SENDER_KILLED_BEFORE_SENDING = (Step.KEPT, "kill")
    SENDER_KILLED_AFTER_SENDING = (Step.SENT, "kill")
    SENDER_CUT_BEFORE = (Step.SENT, "cut before")
    SENDER_CUT_AFTER = (Step.SENT, "cut after")
    RECEIVER_CUT_BEFORE = (Step.ARRIVED, "cut before")
    RECEIVER_CUT_AFTER = (Step.TAKEN, "cut after")
    RECEIVER_KILLED_BEFORE_COMMIT = (Step.TAKEN, "kill")
    RECEIVER_KILLED_BEFORE_SENDING = (Step.REMEMBERED, "kill")
    RECEIVER_KILLED_AFTER_SENDING = (Step.ANSWERED, "kill")

    @property
    def step(self) -> Step:
        """When it strikes."""
        return self.value[0]

    @property
    def blow(self) -> str:
        """What happens."""
        return self.value[1]

    @property
    def is_cut(self) -> bool:
        """Whether a line is cut, and nobody killed."""
        return self.blow != "kill"

    @property
    def is_of_app(self) -> bool:
        """Whether it comes also when an app is the sender: that has no disk."""
        return self.step not in (Step.SAID, Step.KEPT)


class Kind(Protocol):
    """How to know a message by the rows that come with it."""

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> Any:
        """The message to `friend` for which the sender makes these changes to its rows, or None."""

    def taken(self, changes: Rows, message: Any, friend: PublicKey) -> bool:
        """Whether the receiver makes these changes because it took the message of `friend`."""


def channel_of(rows: Rows, friend: PublicKey) -> ChannelRecord | None:
    """The row of the channel with this friend."""
    record = rows.get(ChannelKey(friend))
    assert record is None or isinstance(record, ChannelRecord)
    return record


class Token:
    """A new move token."""

    def __init__(self, is_meant: Callable[[MoveToken], bool]) -> None:
        self._is_meant = is_meant

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> MoveToken | None:
        channel = channel_of(changes, friend)
        message = None if channel is None else channel.outgoing
        return message if message is not None and self._is_meant(message) else None

    def taken(self, changes: Rows, message: MoveToken, friend: PublicKey) -> bool:
        channel = channel_of(changes, friend)
        return channel is not None and is_proof_of(channel, message)


def is_proof_of(channel: ChannelRecord, message: MoveToken) -> bool:
    """Whether this message is the last one that was taken."""
    return channel.incoming is not None and channel.incoming.new_token == message.new_token


def with_operation(kind: type) -> Token:
    """A move token with such an operation."""
    return Token(lambda message: any(isinstance(op, kind) for op in operations(message)))


def operations(message: MoveToken) -> list[Any]:
    """All operations of a move token."""
    return [op for group in message.currencies_operations for op in group.operations]


def is_empty(message: MoveToken) -> bool:
    """Whether it does nothing but hand back the token."""
    return (
        not message.currencies_operations
        and message.opt_local_relays is None
        and message.opt_active_currencies is None
    )


class Wish:
    """The last move token again, to ask for the token: something waits in the queue. It is answered at once."""

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> MoveToken | None:
        waits = any(isinstance(row, QueuedRecord) and row.friend == friend for row in changes.values())
        channel = channel_of(rows, friend)
        return (
            channel.outgoing
            if waits and channel is not None and channel_of(changes, friend) is None
            else None
        )

    def taken(self, changes: Rows, message: MoveToken, friend: PublicKey) -> bool:
        channel = channel_of(changes, friend)
        return (
            channel is not None
            and channel.outgoing is not None
            and channel.outgoing.old_token == message.new_token
        )


class Terms:
    """Reset terms."""

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> Any:
        channel = channel_of(changes, friend)
        return None if channel is None else channel.local_terms

    def taken(self, changes: Rows, message: Any, friend: PublicKey) -> bool:
        channel = channel_of(changes, friend)
        return channel is not None and channel.remote_terms == message


class Acceptance(Token):
    """A move token that accepts the friend's reset terms."""

    def __init__(self) -> None:
        super().__init__(lambda message: True)

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> MoveToken | None:
        before, message = channel_of(rows, friend), super().said(changes, rows, friend)
        terms = None if before is None else before.remote_terms
        return message if message and terms and message.old_token == terms.reset_token else None


FRIEND_KINDS: dict[str, Kind] = {
    "request": with_operation(RequestOp),
    "response": with_operation(ResponseOp),
    "cancel": with_operation(CancelOp),
    "collect": with_operation(CollectOp),
    "empty": Token(is_empty),
    "wish": Wish(),
    "relays": Token(lambda message: message.opt_local_relays is not None),
    "currencies": Token(lambda message: message.opt_active_currencies is not None),
    "terms": Terms(),
    "acceptance": Acceptance(),
}


class OfApp:
    """A request of an app: the trap is told when it is sent."""

    def said(self, changes: Rows, rows: Rows, friend: PublicKey) -> None:
        return None

    def taken(self, changes: Rows, message: AppRequest, friend: PublicKey) -> bool:
        return _row_of(message) in changes


def _row_of(request: Any) -> Key:
    """The row that a request changes."""
    match request:
        case AddInvoice() | CancelInvoice():
            return InvoiceKey(request.invoice_id)
        case CommitInvoice():
            return InvoiceKey(request.commit.invoice_id)
        case CreateTransaction():
            return TransactionKey(request.request_id)
        case _:
            return PaymentKey(request.payment_id)


class Tracked(bytes):
    """The bytes that carry the message."""


class Stage(Protocol):
    """Where it happens."""

    world: CalmWorld

    def key(self, name: str) -> PublicKey:
        """The key of a host."""

    def line(self, name: str, other: str) -> int:
        """The connection of one host that leads to the other."""

    def kill(self, name: str) -> None:
        """End a host; it starts again after a while."""


class Trap:
    """Follows one message, and strikes once."""

    def __init__(self, stage: Stage, kind: Kind, sender: str, receiver: str, moment: Moment) -> None:
        self.sender, self.receiver, self.moment = sender, receiver, moment
        self.steps: list[Step] = []
        self.is_sprung = False
        self.first = Step.SAID
        """With which step the message begins."""
        self._stage, self._kind = stage, kind
        self._message: Any = None
        self._number = 0
        """Of the commit that is awaited."""
        self._is_speaking = self._is_arriving = False

    def speak(self, message: Any) -> None:
        """An app sends the message with its next bytes."""
        if not self.steps:
            self._message, self._is_speaking, self.first = message, True, Step.SENT

    # What the hosts do

    def asks_commit(self, host: WatchedHost, commit: Persist) -> None:
        """A commit begins."""
        if host.name == self.sender and not self.steps and not self._is_speaking:
            self._message = self._kind.said(commit.changes, host.memory, self._stage.key(self.receiver))
            if self._message is not None:
                self._number = commit.number
                self._come(Step.SAID, host)
        elif (
            self._is_arriving
            and self.steps[-1] is Step.ARRIVED
            and self._kind.taken(commit.changes, self._message, self._stage.key(self.sender))
        ):
            self._number = commit.number
            self._come(Step.TAKEN, host)

    def has_committed(self, host: WatchedHost, number: int) -> None:
        """All commits up to this one are durable; the engine does not know it yet."""
        if number >= self._number:
            if host.name == self.sender and self.steps[-1:] == [Step.SAID]:
                self._is_speaking = True
                self._come(Step.KEPT, host)
            elif host.name == self.receiver and self.steps[-1:] == [Step.TAKEN]:
                self._come(Step.REMEMBERED, host)

    def has_spoken(self, host: WatchedHost, number: int) -> None:
        """The engine has said what waited for a commit."""
        if host.name == self.sender:
            # Had the commit of the message been among them, it would be sent by now.
            self._is_speaking = False
        elif host.name == self.receiver and number >= self._number and self.steps[-1:] == [Step.REMEMBERED]:
            self._come(Step.ANSWERED, host)

    def writes(self, host: WatchedHost, write: Write) -> None:
        """Bytes are sent."""
        is_message = (
            self._is_speaking
            and host.name == self.sender
            and write.conn == self._stage.line(self.sender, self.receiver)
        )
        if not is_message:
            host.transmit(write)
            return
        self._is_speaking = False
        if self.moment is Moment.SENDER_CUT_BEFORE:
            host.sever(write.conn)
        else:
            host.transmit(Write(write.conn, Tracked(write.data)))
        self._come(Step.SENT, host, write.conn)

    def receives(self, host: WatchedHost, event: Received) -> None:
        """The message arrives."""
        if host.name != self.receiver or self.steps[-1] is not Step.SENT:
            host.hear(event)
            return
        self._come(Step.ARRIVED, host)
        if self.moment is Moment.RECEIVER_CUT_BEFORE:
            host.sever(event.conn)
            return
        self._is_arriving = True
        host.hear(event)
        self._is_arriving = False
        if self.moment is Moment.RECEIVER_CUT_AFTER and self.steps[-1] is Step.TAKEN:
            host.sever(event.conn)

    def _come(self, step: Step, host: WatchedHost, conn: int = 0) -> None:
        """The message has come so far."""
        if self.is_sprung:
            return
        self.steps.append(step)
        if step is self.moment.step:
            self.is_sprung = True
            if self.moment.blow == "kill":
                self._stage.kill(host.name)
            elif self.moment is Moment.SENDER_CUT_AFTER:
                host.sever(conn)


class WatchedHost(Host):
    """A host whose steps a trap follows."""

    def __init__(self, trap: Callable[[], Trap | None], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._trap = trap
        self._is_passing = False

    @property
    def memory(self) -> Rows:
        """The rows, with those that are not durable yet."""
        return {} if self.disk is None else self.disk.written

    def feed(self, event: Event) -> None:
        trap = self._trap()
        if trap is None or not (isinstance(event, Received) and isinstance(event.data, Tracked)):
            super().feed(event)
        elif isinstance(self.engine, RelayEngine):
            self._is_passing = True
            super().feed(event)
            self._is_passing = False
        else:
            trap.receives(self, event)

    def perform(self, effect: Effect) -> None:
        trap = self._trap()
        if isinstance(effect, Persist) and trap is not None:
            trap.asks_commit(self, effect)
            if not self.is_alive:
                return
        if not isinstance(effect, Write):
            super().perform(effect)
        elif self._is_passing:
            self.transmit(Write(effect.conn, Tracked(effect.data)))
        elif trap is not None and not trap.is_sprung:
            trap.writes(self, effect)
        else:
            self.transmit(effect)

    def durable(self, number: int) -> None:
        trap = self._trap()
        if trap is not None:
            trap.has_committed(self, number)
        super().durable(number)
        if trap is not None:
            trap.has_spoken(self, number)

    def hear(self, event: Received) -> None:
        """Give the engine bytes that the trap has looked at."""
        super().feed(event)

    def transmit(self, effect: Write) -> None:
        """Send bytes."""
        super().perform(effect)

    def sever(self, conn: int) -> None:
        """Cut a connection: what was sent before still arrives, and both ends hear of it."""
        self.network.close(self.ends[conn])
