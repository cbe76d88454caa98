"""Dealings with rows that outlive them, and letters from fixed values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from offset.base.entropy import SeededEntropy
from offset.base.ids import UNSIGNED, CallId, Uid
from offset.base.instants import Instant
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import (
    Answer,
    Changed,
    Collected,
    Effect,
    Opened,
    OpenInvoice,
    Order,
    Reply,
    Step,
    Waiting,
    Withdrawn,
)
from offset.core.dealings.records import (
    ENDED,
    Changes,
    GuestAsk,
    GuestStage,
    OwnAsk,
    Request,
    RequestState,
    RowsPast,
)
from offset.core.dealings.terms import CurrencyTerms, Terms
from offset.crypto.identity import Identity
from offset.testing.papers import commit_for
from offset.wire.common import Commit
from offset.wire.files import InvoiceFile
from offset.wire.mailbox import (
    VERSION,
    AskInvoice,
    Body,
    Invoice,
    Letter,
    OpenPurpose,
    Refusal,
    RequestPurpose,
    Settled,
)
from support.letters import ASK_ID, INVOICE_ID, REQUEST_ID, signed_by
from support.texts import ADDRESS, MAILBOX, NODE

E = TypeVar("E")

NOW: Instant = 5_000
UNIX = 1_767_225_600_000
RELAY = ADDRESS.relays[0]
TERMS = Terms(currencies={"FST": CurrencyTerms(2, 10)})
REQUEST = Request(request_id=REQUEST_ID, currency="FST", amount=2000, decimals=2, note="Lunch")
ASK = AskInvoice(ASK_ID, OpenPurpose("FST", 2000, "Lunch"), "Alice", None)
ASK_REQUEST = AskInvoice(ASK_ID, RequestPurpose(REQUEST_ID, None, ""), "Alice", None)
GUEST = CallId(7)


def uid(number: int) -> Uid:
    """An id that is no other number's."""
    return Uid(number.to_bytes(16))


class Books:
    """What is durable."""

    def __init__(self) -> None:
        self.own: dict[Uid, OwnAsk] = {}
        self.guests: dict[Uid, GuestAsk] = {}
        self.requests: dict[Uid, Request] = {}

    def write(self, changes: Changes) -> None:
        """All rows of a step at once."""
        for rows, changed in (
            (self.own, changes.own_asks),
            (self.guests, changes.guest_asks),
            (self.requests, changes.requests),
        ):
            for id, row in changed.items():
                if row is None:
                    rows.pop(id, None)  # type: ignore[attr-defined]
                else:
                    rows[id] = row  # type: ignore[index]

    def read(self) -> list[OwnAsk | GuestAsk | Request]:
        """What a machine learns at its start."""
        return [
            *self.own.values(),
            *[row for row in self.guests.values() if row.stage not in ENDED],
            *[row for row in self.requests.values() if row.state is RequestState.OPEN],
        ]


class Desk:
    """A machine whose steps are carried out at once: rows first, then `effects` grows."""

    def __init__(
        self, key: Identity = MAILBOX, books: Books | None = None, now: Instant = NOW, node: Identity = NODE
    ) -> None:
        self.key, self.node, self.now = key, node, now
        self.books = books or Books()
        self.effects: list[Effect] = []
        self.start()

    def start(self) -> None:
        """As after a crash: nothing but the rows is left."""
        past = RowsPast(self.books.guests, self.books.requests)
        self.machine = Dealings(self.key, SeededEntropy(1), self.books.read(), past=past)
        self.machine.set_terms(TERMS)
        self.machine.set_node(self.node.public_key)
        self.effects = []
        self.take(self.machine.start(self.now, UNIX + self.now))
        self.machine.set_called(True, self.now)

    def take(self, step: Step) -> list[Effect]:
        """Carry out a step; returns what it says beside rows."""
        self.books.write(step.changes)
        self.machine.persisted(step.changes)
        self.effects += step.effects
        return step.effects

    def wait(self, ms: int) -> list[Effect]:
        """Let so much time pass, with each deadline at its time."""
        end, before = self.now + ms, len(self.effects)
        while (at := self.machine.deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            self.take(self.machine.tick(self.now))
        self.now = end
        return self.effects[before:]

    # The owner's side

    def guest(self, body: Body, number: int = 1, call: CallId = GUEST) -> list[Effect]:
        """A letter of a guest."""
        return self.take(self.machine.guest_heard(call, Letter(VERSION, number, 0, body), self.now))

    def orders(self) -> list[Order]:
        """All orders so far."""
        return [effect for effect in self.effects if isinstance(effect, Order)]

    def answer(self, answer: Answer, order: Order | None = None) -> list[Effect]:
        """Answer the last order, or this one."""
        order = order or self.orders()[-1]
        return self.take(self.machine.answered(order.order, answer, self.now))

    def issue(self, ask: AskInvoice = ASK, call: CallId = GUEST, number: int = 1) -> Invoice:
        """Have an invoice opened for a question; its id is that of the question, doubled."""
        self.guest(ask, number, call)
        order = self.orders()[-1]
        assert isinstance(order, OpenInvoice), "the question was heard"
        invoice_id = INVOICE_ID if ask.ask_id == ASK_ID else ask.ask_id * 2
        replies = letters(self.answer(Opened(invoice_id, self.node.public_key), order))
        (invoice,) = [body for body in replies if isinstance(body, Invoice)]
        return invoice


def letters(effects: Iterable[Effect]) -> list[Body]:
    """What guests are told."""
    return [effect.body for effect in effects if isinstance(effect, Reply)]


def states(effects: Iterable[Effect]) -> list[int]:
    """What guests are told of: the code of a refusal below 0, the state of what is settled above."""
    found = []
    for body in letters(effects):
        if isinstance(body, Refusal):
            found.append(-body.code)
        elif isinstance(body, Settled):
            found.append(body.state)
    return found


def kinds(effects: Iterable[Effect]) -> list[type[Effect]]:
    """Their kinds, but for what only says that something is to be read anew, or waits."""
    return [type(effect) for effect in effects if not isinstance(effect, Changed | Waiting)]


def commit_of(invoice: Invoice, seller: Identity = NODE, **changed: Any) -> Commit:
    """The commit that our node signs for this invoice."""
    file = InvoiceFile(invoice.invoice_id, invoice.currency, invoice.dest_public_key, invoice.dest_payment)
    return commit_for(replace(file, **changed), seller)


def settled(state: int, ask_id: Uid = ASK_ID, invoice_id: bytes = INVOICE_ID) -> Settled:
    """What the owner says of a question."""
    made = signed_by(MAILBOX, Settled(ask_id, invoice_id, state, UNIX, UNSIGNED))
    assert isinstance(made, Settled)
    return made


def bring_commit(desk: Desk) -> list[Effect]:
    """The guest brings the commit for its invoice."""
    invoice = desk.books.guests[ASK_ID].invoice
    assert invoice is not None
    return desk.guest(commit_of(invoice), 2)


def owner_at(stage: GuestStage, *, is_touched: bool = True) -> Desk:
    """A question in this stage, whose guest is still on the line."""
    desk = Desk()
    if stage is GuestStage.OPENING:
        desk.guest(ASK)
        return desk
    desk.issue()
    if is_touched:
        desk.take(desk.machine.standing(INVOICE_ID, desk.now, is_touched=True, is_complete=False))
    if stage in (GuestStage.COMMITTED, GuestStage.COLLECTED):
        bring_commit(desk)
    if stage is GuestStage.COLLECTED:
        desk.answer(Collected())
    if stage in (GuestStage.CANCELING, GuestStage.CANCELED):
        desk.take(desk.machine.cancel(ASK_ID, desk.now))
    if stage is GuestStage.CANCELED:
        desk.answer(Withdrawn())
    assert guest_stage(desk) is stage
    return desk


def guest_stage(desk: Desk) -> GuestStage | None:
    """Of its question, as it is durable."""
    row = desk.books.guests.get(ASK_ID)
    return None if row is None else row.stage
