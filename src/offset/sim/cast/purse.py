"""The wallet of a node's owner: its mailbox on a host with a disk, and whoever carries out what the letters ask for.

What it knows of payments and invoices stands in its own books, which are taken to be as durable as the memory of a
person; what letters said is on the disk, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

from msgspec.structs import replace

from offset.base.entropy import Entropy, new_invoice_id
from offset.base.ids import CallId, InvoiceId, Uid
from offset.base.instants import Instant, Millis
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    Effect,
    GaveUp,
    NothingFrozen,
    NotOpened,
    Opened,
    OpenInvoice,
    Order,
    OrderId,
    Priced,
    Refused,
    Reply,
    Settled,
    Step,
    Withdraw,
    Withdrawn,
)
from offset.core.dealings.records import (
    ENDED,
    GuestAsk,
    GuestStage,
    OwnAsk,
    OwnStage,
    Past,
    Request,
    RequestState,
)
from offset.core.dealings.terms import CurrencyTerms, Terms
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import InvoiceKey
from offset.crypto.identity import Identity
from offset.crypto.signer import Signer
from offset.engine.card import TOPIC, CardEngine
from offset.engine.surface import Tell, Woken
from offset.sim.cast.cast import Cast
from offset.sim.physics.disk import Disk, history_of
from offset.sim.physics.host import Host, identity_seed
from offset.wire import mailbox as letters
from offset.wire.app import AddInvoice, AppRequest, CancelInvoice, CommitInvoice
from offset.wire.letters_signing import settled_buffer
from offset.wire.mailbox import NOBODY_ASKED, Letter
from offset.wire.text_values import MailboxAddress

ASKS_AGAIN_MS: Millis = 1000
"""After how long a purse looks again for a node that said nothing."""

Row = OwnAsk | GuestAsk | Request

_UNDER_WAY = (
    OwnStage.ASKING,
    OwnStage.DELIVERING,
    GuestStage.OPENING,
    GuestStage.COMMITTED,
    GuestStage.CANCELING,
)
"""Stages in which a purse does something: it must come out of them."""


class DiskPast:
    """What has ended, on the disk of a purse."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def guest_ask(self, ask_id: Uid) -> GuestAsk | None:
        """As Past says."""
        row = rows_of(self._disk).get(("guest_asks", ask_id))
        return row if isinstance(row, GuestAsk) and row.stage in ENDED else None

    def guest_invoice(self, invoice_id: InvoiceId) -> GuestAsk | None:
        """As Past says."""
        for row in rows_of(self._disk).values():
            if isinstance(row, GuestAsk) and row.invoice_id == invoice_id and row.stage in ENDED:
                return row
        return None

    def request(self, request_id: Uid) -> Request | None:
        """As Past says."""
        row = rows_of(self._disk).get(("requests", request_id))
        return row if isinstance(row, Request) and row.state is not RequestState.OPEN else None


class DenyingDealings(Dealings):
    """Dealings that are right inside, and tell guests that every sale was withdrawn, with a signature that is right."""

    def __init__(self, signer: Signer, entropy: Entropy, rows: Iterable[Row], *, past: Past) -> None:
        super().__init__(signer, entropy, rows, past=past)
        self._signer = signer

    def guest_heard(self, call: CallId, letter: Letter, now: Instant) -> Step:
        """As Dealings say, but for what is told."""
        return self._deny(super().guest_heard(call, letter, now))

    def answered(self, order: OrderId, answer: Answer, now: Instant) -> Step:
        """As Dealings say, but for what is told."""
        return self._deny(super().answered(order, answer, now))

    def _deny(self, step: Step) -> Step:
        return replace(step, effects=[self._denied(effect) for effect in step.effects])

    def _denied(self, effect: Effect) -> Effect:
        if not isinstance(effect, Reply) or not isinstance(effect.body, letters.Settled):
            return effect
        denied = replace(effect.body, state=letters.SettledState.WITHDRAWN)
        denied = replace(denied, signature=self._signer.sign(settled_buffer(denied)))
        return replace(effect, body=denied)


class Buyer(Protocol):
    """Whoever buys with a purse."""

    def go_on(self) -> None:
        """The wallet was opened: say again what is wanted of it."""
        ...

    def hear(self, news: object) -> None:
        """What the letters tell of its question."""
        ...


class Purse:
    """The wallet of one node."""

    def __init__(self, cast: Cast, node: str) -> None:
        self.cast, self.node = cast, node
        self.name = f"purse {node}"
        self.identity = Identity(identity_seed(f"mailbox of {node}"))
        self.errands: dict[Uid, Buyer] = {}
        """What its owner buys, by question."""
        self.requests: dict[Uid, Request] = {}
        """What its owner asks for; made again until they are durable."""
        self.ends: dict[InvoiceId, str] = {}
        """How its invoices ended, as the node said: collected or withdrawn."""
        self.opened: dict[Uid, InvoiceId] = {}
        """The invoice of each question that was answered."""
        self._ids = cast.world.rng.fork(f"{self.name} ids")
        self._callers = cast.world.rng.fork(f"{self.name} callers")
        self.host = Host(
            cast.world,
            cast.network,
            self.name,
            self._make,
            has_disk=True,
            drift_ppm=cast.drift(self.name),
        )
        self.host.on_tell = self._told
        self.host.on_start = self._started

    @property
    def engine(self) -> CardEngine:
        """The engine of this life."""
        engine = self.host.engine
        assert isinstance(engine, CardEngine)
        return engine

    @property
    def rows(self) -> dict[Any, Row]:
        """What is durable."""
        assert self.host.disk is not None
        return rows_of(self.host.disk)

    @property
    def address(self) -> MailboxAddress:
        """Where it is called."""
        return MailboxAddress(self.identity.public_key, (self.cast.relay_address(self.node),), self.node)

    def _make(self, host: Host) -> CardEngine:
        assert host.disk is not None
        rows = [
            row
            for row in rows_of(host.disk).values()
            if not (isinstance(row, GuestAsk) and row.stage in ENDED)
            and not (isinstance(row, Request) and row.state is not RequestState.OPEN)
        ]
        engine = CardEngine(
            self.identity,
            host.rng.fork(f"life {host.life}"),
            self._make_caller,
            rows,
            host.clock.now(),
            self.cast.world.unix,
            past=DiskPast(host.disk),
        )
        currencies = {currency: CurrencyTerms() for currency in self.cast.scenario.currencies()}
        if self._lie == "denies":
            entropy, past = host.rng.fork(f"lies {host.life}"), DiskPast(host.disk)
            engine.dealings = DenyingDealings(self.identity, entropy, rows, past=past)
        engine.dealings.set_terms(Terms(currencies=currencies))
        engine.dealings.set_node(self.cast.key(self.node))
        return engine

    @property
    def _lie(self) -> str:
        return self.cast.scenario.hostile.get(self.name, "")

    def _make_caller(self) -> Signer:
        return Identity(self._callers.bytes(32))

    def _started(self) -> None:
        """A new life: the owner wants what was wanted before."""
        life = self.host.life
        self.cast.world.after(0, lambda: self._go_on(life))

    def _go_on(self, life: int) -> None:
        if self.host.life != life or not self.host.is_alive:
            return
        self.host.carry_out(
            self.engine.set_relays([self.cast.relay_address(self.node)], self.host.clock.now())
        )
        for request in self.requests.values():
            self.do(partial(_add, request))
        for errand in list(self.errands.values()):
            errand.go_on()
        self.host.feed(Woken())

    def do(self, act: Callable[[Dealings, Instant], Step]) -> None:
        """Have the dealings do this in a moment, if the wallet is open then; its owner asks again when it opens."""
        life = self.host.life
        self.cast.world.after(0, lambda: self._do(act, life))

    def _do(self, act: Callable[[Dealings, Instant], Step], life: int) -> None:
        host = self.host
        if host.life != life or not host.is_alive:
            return
        if host.asleep_until > self.cast.world.now:
            self.cast.world.at(host.asleep_until, lambda: self._do(act, life))
            return
        effects = self.engine.do(act, host.clock.now())
        host.carry_out(effects)
        if host.watch is not None:
            host.watch(host, effects)
        host.feed(Woken())

    def under_way(self) -> str:
        """What of its letters has no end yet, in words; empty when all has."""
        assert self.host.disk is not None
        if not self.host.disk.is_idle:
            return "its disk is busy"
        open_ones = [row.stage for row in self.rows.values() if isinstance(row, OwnAsk | GuestAsk)]
        left = [str(stage) for stage in open_ones if stage in _UNDER_WAY]
        return ", ".join(left)

    # What the owner does

    def add_request(self, request: Request) -> None:
        """Ask whoever has its text."""
        self.requests[request.request_id] = request
        self.do(partial(_add, request))

    def close(self, span: Millis) -> None:
        """The wallet is closed for so long."""
        self.host.is_wanted = False
        self.host.die("the wallet is closed")
        self.cast.world.after(span, self.open)

    def open(self) -> None:
        """The wallet is opened."""
        self.host.is_wanted = True
        self.host.start()

    # What the letters lead to

    def _told(self, tell: Tell) -> None:
        if tell.topic != TOPIC:
            return
        self.cast.watch.letter(self.node, tell.detail)
        match tell.detail:
            case OpenInvoice() | Collect() | Withdraw() as order:
                self._carry_out(order, self.host.life)
            case Priced() | Refused() | Settled() | GaveUp() as news:
                if (errand := self.errands.get(news.ask_id)) is not None:
                    errand.hear(news)

    def _carry_out(self, order: Order, life: int) -> None:
        if order.ask_id == NOBODY_ASKED:
            self._answer(order, NothingFrozen(), life)
            return
        match order:
            case OpenInvoice():
                known = self.opened.get(order.ask_id)
                if known is None or self.ends.get(known) == "withdrawn":
                    known = self.opened[order.ask_id] = new_invoice_id(self._ids)
                request: AppRequest = AddInvoice(known, order.currency, order.amount)
                opened = Opened(known, self.cast.key(self.node))
                self.cast.clients[self.node].ask(request, lambda: self._opened(order, opened, life))
            case Collect():
                # Said already is that it will be collected.
                lets_go = self._lie == "lets go"
                request = CancelInvoice(order.invoice_id) if lets_go else CommitInvoice(order.commit)
                self.cast.clients[self.node].ask(request, lambda: self._look(order, order.invoice_id, life))
            case Withdraw():
                self.cast.clients[self.node].ask(
                    CancelInvoice(order.invoice_id), lambda: self._look(order, order.invoice_id, life)
                )

    def _opened(self, order: OpenInvoice, opened: Opened, life: int) -> None:
        is_open = self._ended(opened.invoice_id) is None
        self._answer(order, opened if is_open else NotOpened(), life)

    def _look(self, order: Order, invoice_id: InvoiceId, life: int) -> None:
        """The node has acknowledged it: its history says what it did."""
        ended = self._ended(invoice_id)
        if ended is None:
            self._answer(order, NothingFrozen(), life)
            return
        before = self.ends.setdefault(invoice_id, ended)
        self.cast.watch.invoice_ended(self.node, invoice_id, before, ended)
        self._answer(order, Collected() if ended == "collected" else Withdrawn(), life)

    def _ended(self, invoice_id: InvoiceId) -> str | None:
        disk = self.cast.hosts[self.node].disk
        assert disk is not None
        if any(row.kind is HistoryKind.RECEIVED for row in history_of(disk.rows, invoice_id)):
            return "collected"
        return None if InvoiceKey(invoice_id) in disk.rows else "withdrawn"

    def _answer(self, order: Order, answer: Answer, life: int) -> None:
        if life == self.host.life:
            self.do(lambda dealings, now: dealings.answered(order.order, answer, now))


def rows_of(disk: Disk) -> dict[Any, Row]:
    """The rows of a purse, as they are durable."""
    return disk.rows  # type: ignore[return-value]


def _add(request: Request, dealings: Dealings, now: Instant) -> Step:
    del now
    return dealings.add_request(request)
