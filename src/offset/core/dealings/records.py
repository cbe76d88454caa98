"""The rows of dealings over letters: what we ask of others, what guests ask of us, and our requests.

A step changes memory, and names every row it changed: `Changes` maps the key of a row to the record that now stands
there, or to None. Whoever holds the rows makes them durable before it carries out what the step says beside.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Protocol

import msgspec

from offset.base.credits import Amount
from offset.base.ids import Currency, InvoiceId, PublicKey, Uid
from offset.base.instants import Millis
from offset.wire.common import Commit
from offset.wire.mailbox import AskInvoice, Invoice, Purpose
from offset.wire.text_values import MailboxAddress

# What we ask of others


class OwnStage(enum.StrEnum):
    """How far a question of ours is, as far as letters go; what the credits do only our node says."""

    ASKING = "asking"
    """The owner is called until it answers, or `ask_until` is over."""
    PRICED = "priced"
    """Its invoice is here; there is nothing to say."""
    DELIVERING = "delivering"
    """Our node has the commit, and the owner is called until it says that it has it too, without end."""
    DELIVERED = "delivered"
    """The owner says that it collects, or has collected. The receipt of our node proves it."""
    GIVING_UP = "giving-up"
    """We do not want to pay. The owner is called until it answers."""


class OwnAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A question of ours. Its row goes when the wallet ends it, or when it failed before anything was sent."""

    ask_id: Uid
    address: MailboxAddress
    """Who is called, at which relays."""
    purpose: Purpose | None
    """None: it was not asked, but stands for an invoice of a text that names a mailbox."""
    payer_name: str
    opt_reply_to: MailboxAddress | None
    stage: OwnStage
    ask_until: Millis
    """Unix time in ms: from then on an unanswered question has failed."""
    give_up_until: Millis | None = None
    """Unix time in ms: from then on giving up needs no answer; None: it does, since credits may be frozen."""
    refused: int | None = None
    """In GIVING_UP: the code with which the owner refused, 0 when it withdrew its invoice; None: we stopped."""
    why: str = ""
    """What the owner said with it, for people."""
    invoice: Invoice | None = None
    """From PRICED on."""
    commit: Commit | None = None
    """From DELIVERING on; also in GIVING_UP, if it was handed over."""
    is_collected: bool = False
    """The owner says that it has collected."""


# What guests ask of us


class GuestStage(enum.StrEnum):
    """How far a question to us is (docs/MAILBOX.md, "The owner")."""

    OPENING = "opening"
    """The node is asked to open an invoice; nothing was promised."""
    ISSUED = "issued"
    """The guest has its invoice, or may have it."""
    COMMITTED = "committed"
    """A commit for it is here, and the node is asked to collect."""
    COLLECTED = "collected"
    CANCELING = "canceling"
    """The node is asked to withdraw the invoice."""
    CANCELED = "canceled"
    """Withdrawn, after something had been frozen for it. If nothing ever was there is no row."""


ENDED = (GuestStage.COLLECTED, GuestStage.CANCELED)
"""Stages that a question does not leave: such rows are looked up on the disk."""


class GuestAsk(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a guest, and the sale that it may lead to."""

    ask: AskInvoice
    """As it was asked first; other contents under its `ask_id` are refused."""
    contact: PublicKey | None
    """The mailbox that the guest proved to be its own, if it is that of a contact; None: a stranger."""
    request_id: Uid
    """NOBODY_ASKED when it answers no request."""
    stage: GuestStage
    asked: Millis
    """Unix time in ms."""
    currency: Currency
    amount: Amount
    """In whole credits."""
    note: str
    decimals: int | None
    invoice: Invoice | None = None
    """Signed, as it was sent; from ISSUED on, and whenever the node opened one."""
    commit: Commit | None = None
    """From COMMITTED on."""
    is_touched: bool = False
    """Whether anything was ever frozen for it, as far as the node tells."""
    is_complete: bool = False
    """Whether a commit for it may be in somebody's hands, as far as the node tells."""
    refused: int = 0
    """From CANCELING on: the RefusalCode that the guest is told; 0 when it gave up itself."""
    at: Millis = 0
    """Unix time in ms of its last stage."""

    @property
    def ask_id(self) -> Uid:
        """The id of the question."""
        return self.ask.ask_id

    @property
    def invoice_id(self) -> InvoiceId | None:
        """The invoice that the node opened for it."""
        return None if self.invoice is None else self.invoice.invoice_id


class RequestState(enum.StrEnum):
    """Whether a request is answered."""

    OPEN = "open"
    TAKEN = "taken"
    """Once only, and a commit for one of its invoices is here. It opens again if nothing can be collected with it."""
    CLOSED = "closed"
    """By the owner."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner asks whoever holds a text r for."""

    request_id: Uid
    currency: Currency
    amount: Amount | None
    """In whole credits; None: the payer chooses."""
    decimals: int | None
    note: str
    valid_until: int = 0
    """Unix time in seconds; 0: always."""
    is_once: bool = True
    """Whether it can be paid once only."""
    state: RequestState = RequestState.OPEN
    taken_by: Uid | None = None
    """With TAKEN: the question whose commit came first."""


class OpenTo(enum.StrEnum):
    """Whose questions a mailbox answers with an invoice."""

    CONTACTS = "contacts"
    REQUESTS = "requests"
    """Contacts, and whoever answers a request."""
    ANYONE = "anyone"


# Changes, and the past


class Changes(msgspec.Struct):
    """Rows that a step changed, by their ids; None: the row is gone. Each is written over what stood there."""

    own_asks: dict[Uid, OwnAsk | None] = msgspec.field(default_factory=dict)
    guest_asks: dict[Uid, GuestAsk | None] = msgspec.field(default_factory=dict)
    requests: dict[Uid, Request | None] = msgspec.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.own_asks or self.guest_asks or self.requests)


class Past(Protocol):
    """Rows that are not in memory, as far as they are durable. Whoever holds the rows gives this."""

    def guest_ask(self, ask_id: Uid) -> GuestAsk | None:
        """The row of this question in one of the stages ENDED. Raises NodeStopped when the disk cannot say."""
        ...

    def guest_invoice(self, invoice_id: InvoiceId) -> GuestAsk | None:
        """The row with this invoice in one of the stages ENDED. Raises NodeStopped when the disk cannot say."""
        ...

    def request(self, request_id: Uid) -> Request | None:
        """The row of this request if it is not OPEN. Raises NodeStopped when the disk cannot say."""
        ...


class RowsPast:
    """The past in dicts of rows, which may go on to change."""

    def __init__(self, rows: Mapping[Uid, GuestAsk], requests: Mapping[Uid, Request]) -> None:
        self._rows, self._requests = rows, requests

    def guest_ask(self, ask_id: Uid) -> GuestAsk | None:
        """As Past says."""
        row = self._rows.get(ask_id)
        return row if row is not None and row.stage in ENDED else None

    def guest_invoice(self, invoice_id: InvoiceId) -> GuestAsk | None:
        """As Past says."""
        found = [row for row in self._rows.values() if row.invoice_id == invoice_id and row.stage in ENDED]
        return found[0] if found else None

    def request(self, request_id: Uid) -> Request | None:
        """As Past says."""
        row = self._requests.get(request_id)
        return row if row is not None and row.state is not RequestState.OPEN else None


NO_PAST: Past = RowsPast({}, {})
"""Nothing was ever made durable."""
