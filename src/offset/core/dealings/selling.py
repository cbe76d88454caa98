"""Questions of guests, and the sales they lead to (docs/MAILBOX.md, "The owner").

OPENING ──opened──► ISSUED ──commit──► COMMITTED ──taken──► COLLECTED
   └─────────────────┴─────► CANCELING ◄──nothing to collect──┘
                                 └──withdrawn──► CANCELED, or no row if nothing was ever frozen
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from offset.base.ids import CallId, InvoiceId, PublicKey, Uid
from offset.base.instants import Instant
from offset.base.limits import ASKS_OPEN_MAX, HEARD_MS, PAY_GRACE_MS, PAY_WITHIN_MS
from offset.core.dealings.ages import Ages
from offset.core.dealings.desk import Alarm, Desk
from offset.core.dealings.effects import (
    Answer,
    Changed,
    Collect,
    Collected,
    NothingFrozen,
    NotKnown,
    NotOpened,
    Opened,
    OpenInvoice,
    OrderId,
    Withdrawn,
    WrongCommit,
)
from offset.core.dealings.orders import Orders
from offset.core.dealings.quotas import Shares, share_of
from offset.core.dealings.records import ENDED, GuestAsk, GuestStage, Past
from offset.core.dealings.requests import Requests
from offset.core.dealings.sayings import NO_INVOICE, Sayings, state_of
from offset.core.dealings.terms import Terms
from offset.wire.common import Commit
from offset.wire.mailbox import (
    NOBODY_ASKED,
    AskInvoice,
    Body,
    GiveUp,
    Invoice,
    OpenPurpose,
    Refusal,
    RefusalCode,
    SettledState,
)
from offset.wire.signing import verify_commit

_OPEN = (GuestStage.OPENING, GuestStage.ISSUED)

K = TypeVar("K", Uid, InvoiceId)
Waits = tuple[CallId, int]
"""A letter that is to be answered: the line, and its number."""


class Selling:
    """The questions of guests that are open."""

    def __init__(self, desk: Desk, requests: Requests, past: Past, rows: Iterable[GuestAsk]) -> None:
        self._desk, self._requests, self._past = desk, requests, past
        self.terms = Terms()
        self.node: PublicKey | None = None
        self.rows: dict[Uid, GuestAsk] = {}
        """Those that are open, or whose end is not durable yet."""
        self._by_invoice: dict[InvoiceId, Uid] = {}
        self._shares = Shares()
        self._ages = Ages(desk)
        self._waiting: dict[Uid, list[Waits]] = {}
        """Questions whose invoice is being opened."""
        self._texts: dict[InvoiceId, list[Waits]] = {}
        """Commits for invoices for which nobody asked by letter."""
        self._says = Sayings(desk)
        self._orders = Orders(desk)
        for row in rows:
            self._keep(row.ask_id, row)

    def start(self) -> None:
        """Order again what was not answered."""
        for row in self.rows.values():
            self._orders.give(row)

    def plan(self, now: Instant) -> None:
        """Watch the time: the clock was set, or somebody can call, or nobody can any more."""
        for row in self.rows.values():
            self._ages.note(row, now)
            self._plan(row, now)

    def persisted(self, rows: Mapping[Uid, GuestAsk | None]) -> None:
        """These rows are durable: the ends of sales need no memory."""
        for id, row in rows.items():
            if row is not None and row.stage in ENDED and self.rows.get(id) == row:
                self._keep(id, None)

    # Letters of guests

    def ask(
        self, call: CallId, number: int, ask: AskInvoice, contact: PublicKey | None, now: Instant
    ) -> None:
        """A question whose turn it is. Raises NodeStopped when the disk cannot say what was asked before."""
        if ask.ask_id == NOBODY_ASKED:
            # Its answer would be good as a text, for which nobody asked.
            self._says.reply(call, number, Refusal(RefusalCode.USED))
            return
        row = self._find(ask.ask_id)
        if row is None:
            self._admit(call, number, ask, contact, now)
            return
        self._says.speaks(ask.ask_id, call)
        if row.ask != ask:
            self._says.reply(call, number, Refusal(RefusalCode.USED))
        elif row.stage in (GuestStage.CANCELING, GuestStage.CANCELED):
            self._says.reply(call, number, _over(row))
        elif row.stage is GuestStage.OPENING or row.invoice is None:
            self._waiting.setdefault(ask.ask_id, []).append((call, number))
        else:
            self._says.reply(call, number, row.invoice)

    def knows(self, ask_id: Uid) -> bool:
        """Whether this question was asked before, so that it costs nothing. Raises NodeStopped."""
        return self._find(ask_id) is not None

    def commit(self, call: CallId, number: int, commit: Commit, now: Instant) -> None:
        """A commit for one of our invoices, whoever brings it. Raises NodeStopped."""
        id = self._by_invoice.get(commit.invoice_id)
        row = self._past.guest_invoice(commit.invoice_id) if id is None else self.rows[id]
        if row is None or row.invoice is None:
            self._commit_of_text(call, number, commit)
            return
        self._says.speaks(row.ask_id, call)
        match row.stage:
            case GuestStage.ISSUED if not _fits(commit, row.invoice):
                self._says.reply(call, number, Refusal(RefusalCode.WRONG_COMMIT))
            case GuestStage.ISSUED:
                row = replace(row, stage=GuestStage.COMMITTED, commit=commit)
                self._put(row, now)
                self._says.reply(call, number, self._says.settled(row, SettledState.COLLECTING, now))
                self._orders.give(row)
                if self._requests.take(row.request_id, row.ask_id):
                    self._cancel_all(row.request_id, RefusalCode.USED, now)
            case GuestStage.COMMITTED:
                self._says.reply(call, number, self._says.settled(row, SettledState.COLLECTING, now))
            case GuestStage.COLLECTED:
                self._says.reply(call, number, self._says.settled(row, SettledState.COLLECTED, now))
            case _:
                self._says.reply(call, number, _over(row))

    def give_up(self, call: CallId, number: int, letter: GiveUp, now: Instant) -> None:
        """Whoever asked does not want to pay. Raises NodeStopped."""
        row = self._find(letter.ask_id)
        if row is None:
            withdrawn = self._says.signed(letter.ask_id, NO_INVOICE, SettledState.WITHDRAWN, now)
            self._says.reply(call, number, withdrawn)
            return
        if row.stage in _OPEN:
            # The answer to this letter tells it, not another one.
            self._says.silent(row.ask_id)
            self._cancel(row, RefusalCode.STOPPED, now)
            row = self.rows[row.ask_id]
        self._says.speaks(row.ask_id, call)
        self._says.reply(call, number, self._says.settled(row, state_of(row), now))

    def gone(self, call: CallId) -> None:
        """The line is over: nobody waits there for an answer."""
        _leave(self._waiting, call)
        _leave(self._texts, call)
        self._says.gone(call)

    # What the owner wants

    def cancel(self, ask_id: Uid, now: Instant) -> bool:
        """Withdraw the invoice of a question, by hand; returns False when it cannot be any more."""
        row = self.rows.get(ask_id)
        if row is None or row.stage not in _OPEN:
            return False
        self._cancel(row, RefusalCode.STOPPED, now)
        return True

    def close(self, request_id: Uid, now: Instant) -> None:
        """A request was closed: its questions are withdrawn, but for one that was committed."""
        self._cancel_all(request_id, RefusalCode.EXPIRED, now)

    def wake(self, ask_id: Uid, now: Instant) -> None:
        """The time to pay may be over."""
        row = self.rows[ask_id]
        ends_at = self._ends_at(ask_id)
        if row.stage in _OPEN and ends_at is not None and now >= ends_at:
            self._cancel(row, RefusalCode.EXPIRED, now)
        else:
            self._plan(row, now)

    # What the node says

    def answered(self, order_id: OrderId, answer: Answer, now: Instant) -> None:
        """The answer to an order; to one of before a start nothing happens."""
        order = self._orders.answered(order_id)
        if order is None:
            return
        if order.ask_id == NOBODY_ASKED:
            assert isinstance(order, Collect), "all else is ordered for a question"
            self._text_answered(order.invoice_id, answer, now)
            return
        row = self.rows.get(order.ask_id)
        if row is None or row.stage in ENDED:
            return
        if isinstance(order, OpenInvoice):
            self._opened(row, answer, now)
        else:
            self._ends(row, answer, now)

    def ended(self, invoice_id: InvoiceId, answer: Collected | Withdrawn, now: Instant) -> None:
        """The node says so unasked: another program did it, or it is known at last."""
        if (id := self._by_invoice.get(invoice_id)) is not None and self.rows[id].stage not in ENDED:
            self._ends(self.rows[id], answer, now)

    def standing(self, invoice_id: InvoiceId, now: Instant, *, is_touched: bool, is_complete: bool) -> None:
        """What the node tells of an invoice."""
        if (id := self._by_invoice.get(invoice_id)) is None:
            return
        row = self.rows[id]
        is_touched = is_touched or row.is_touched
        if (is_touched, is_complete) != (row.is_touched, row.is_complete):
            self._put(replace(row, is_touched=is_touched, is_complete=is_complete), now, is_news=False)

    # From one stage to the next

    def _admit(
        self, call: CallId, number: int, ask: AskInvoice, contact: PublicKey | None, now: Instant
    ) -> None:
        row = self._judge(ask, contact, now)
        if isinstance(row, GuestAsk) and not self._make_room(row, now):
            row = Refusal(RefusalCode.BUSY)
        if isinstance(row, Refusal):
            self._says.reply(call, number, row)
            return
        self._says.speaks(row.ask_id, call)
        self._waiting[row.ask_id] = [(call, number)]
        self._put(row, now)
        self._plan(row, now)
        self._orders.give(row)

    def _judge(self, ask: AskInvoice, contact: PublicKey | None, now: Instant) -> GuestAsk | Refusal:
        """What would be sold, or why nothing is."""
        purpose = ask.purpose
        if contact is None and not self.terms.admits(is_request=not isinstance(purpose, OpenPurpose)):
            return Refusal(RefusalCode.NOT_CONTACT)
        if isinstance(purpose, OpenPurpose):
            request_id, currency, amount, note = NOBODY_ASKED, purpose.currency, purpose.amount, purpose.note
            decimals = self.terms.decimals(currency)
        else:
            found = self._requests.answer(purpose, now)
            if isinstance(found, Refusal):
                return found
            request, amount = found
            request_id, currency, note, decimals = (
                request.request_id,
                request.currency,
                request.note,
                request.decimals,
            )
        if refusal := self.terms.refusal(currency, amount):
            return refusal
        return GuestAsk(
            ask=ask,
            contact=contact,
            request_id=request_id,
            stage=GuestStage.OPENING,
            asked=self._desk.unix(now),
            currency=currency,
            amount=amount,
            note=note,
            decimals=decimals,
        )

    def _make_room(self, row: GuestAsk, now: Instant) -> bool:
        if sum(other.stage not in ENDED for other in self.rows.values()) >= ASKS_OPEN_MAX:
            return False
        share = share_of(row.contact, row.request_id)
        if self._shares.is_full(share):
            victim = self._shares.to_give_way(share, self.rows, self._ages, now)
            if victim is None:
                return False
            self._cancel(self.rows[victim], RefusalCode.EXPIRED, now)
        return True

    def _opened(self, row: GuestAsk, answer: Answer, now: Instant) -> None:
        if not isinstance(answer, Opened):
            self._remove(row)
            for call, number in self._waiting.pop(row.ask_id, ()):
                self._says.reply(call, number, Refusal(RefusalCode.BUSY))
            return
        row = replace(row, invoice=self._says.invoice(row, answer, now))
        if row.stage is GuestStage.CANCELING:
            self._put(row, now)
            self._orders.give(row)
            return
        self._put(replace(row, stage=GuestStage.ISSUED), now)
        for call, number in self._waiting.pop(row.ask_id, ()):
            assert row.invoice is not None, "it was just made"
            self._says.reply(call, number, row.invoice)

    def _ends(self, row: GuestAsk, answer: Answer, now: Instant) -> None:
        match answer:
            case Collected():
                row = replace(row, stage=GuestStage.COLLECTED)
                self._put(row, now)
                self._requests.take(row.request_id, row.ask_id)
                self._says.tell(row, SettledState.COLLECTED, now)
            case Withdrawn():
                self._requests.release(row.request_id, row.ask_id)
                if row.stage is not GuestStage.CANCELING:
                    row = replace(row, refused=RefusalCode.EXPIRED)
                    self._says.tell(row, SettledState.WITHDRAWN, now)
                if row.is_touched or row.commit is not None:
                    self._put(replace(row, stage=GuestStage.CANCELED), now)
                else:
                    self._remove(row)
            case NothingFrozen() | WrongCommit() if row.stage is GuestStage.COMMITTED:
                self._cancel(row, RefusalCode.NOTHING_FROZEN, now)
            case _:
                # Not known: it stays where it is until a person, or the node, says more.
                self._desk.add(Changed(row.ask_id, None))

    def _cancel(self, row: GuestAsk, code: RefusalCode, now: Instant) -> None:
        """Nobody is to pay it any more."""
        self._requests.release(row.request_id, row.ask_id)
        row = replace(row, stage=GuestStage.CANCELING, refused=code)
        self._put(row, now)
        for call, number in self._waiting.pop(row.ask_id, ()):
            self._says.reply(call, number, _over(row))
        self._says.tell(row, SettledState.WITHDRAWN, now)
        self._orders.give(row)

    def _cancel_all(self, request_id: Uid, code: RefusalCode, now: Instant) -> None:
        for row in [row for row in self.rows.values() if row.request_id == request_id and row.stage in _OPEN]:
            self._cancel(row, code, now)

    def _commit_of_text(self, call: CallId, number: int, commit: Commit) -> None:
        if self.node is None:
            self._says.reply(call, number, Refusal(RefusalCode.NOT_NOW))
            return
        if not verify_commit(commit, self.node):
            # Whoever calls can make it up, so it does not reach the wallet.
            self._says.reply(call, number, Refusal(RefusalCode.NOTHING_FROZEN))
            return
        if self._orders.collect_text(commit):
            self._texts.setdefault(commit.invoice_id, []).append((call, number))
        else:
            self._says.reply(call, number, Refusal(RefusalCode.NOT_NOW))

    def _text_answered(self, invoice_id: InvoiceId, answer: Answer, now: Instant) -> None:
        body: Body
        match answer:
            case Collected():
                body = self._says.signed(NOBODY_ASKED, invoice_id, SettledState.COLLECTED, now)
            case NothingFrozen():
                body = Refusal(RefusalCode.NOTHING_FROZEN)
            case WrongCommit():
                body = Refusal(RefusalCode.WRONG_COMMIT)
            case Withdrawn():
                body = Refusal(RefusalCode.EXPIRED)
            case NotKnown() | Opened() | NotOpened():
                body = Refusal(RefusalCode.NOT_NOW)
        for call, number in self._texts.pop(invoice_id, ()):
            self._says.reply(call, number, body)

    # Rows

    def _find(self, ask_id: Uid) -> GuestAsk | None:
        return self.rows.get(ask_id) or self._past.guest_ask(ask_id)

    def _put(self, row: GuestAsk, now: Instant, *, is_news: bool = True) -> None:
        if is_news:
            row = replace(row, at=self._desk.unix(now))
            self._desk.add(Changed(row.ask_id, None))
        self._keep(row.ask_id, row)
        self._ages.note(row, now)
        self._desk.changes.guest_asks[row.ask_id] = row

    def _remove(self, row: GuestAsk) -> None:
        self._keep(row.ask_id, None)
        self._desk.changes.guest_asks[row.ask_id] = None
        self._desk.add(Changed(row.ask_id, None))

    def _keep(self, ask_id: Uid, row: GuestAsk | None) -> None:
        before = self.rows.get(ask_id)
        self._shares.note(ask_id, row, before)
        if row is None:
            self.rows.pop(ask_id, None)
            self._ages.forget(ask_id)
            if before is not None and before.invoice_id is not None:
                self._by_invoice.pop(before.invoice_id, None)
            self._desk.alarms.stop((Alarm.EXPIRE, ask_id))
            return
        self.rows[ask_id] = row
        if row.invoice_id is not None:
            self._by_invoice[row.invoice_id] = ask_id

    def _plan(self, row: GuestAsk, now: Instant) -> None:
        if row.stage not in _OPEN:
            return
        ends_at = self._ends_at(row.ask_id)
        if ends_at is None:
            self._desk.alarms.stop((Alarm.EXPIRE, row.ask_id))
        else:
            self._desk.alarms.set((Alarm.EXPIRE, row.ask_id), max(now + 1, ends_at))

    def _ends_at(self, ask_id: Uid) -> Instant | None:
        """When the time to pay is over: a payer has had it, and could have called for long enough.

        None while nobody can call: no time ends it then.
        """
        if self._desk.listens_since is None:
            return None
        over = self._ages.issued(ask_id) + PAY_WITHIN_MS + PAY_GRACE_MS
        return max(over, self._desk.listens_since + HEARD_MS)


def _leave(places: dict[K, list[Waits]], call: CallId) -> None:
    for key, waits in list(places.items()):
        places[key] = [wait for wait in waits if wait[0] != call]
        if not places[key]:
            del places[key]


def _fits(commit: Commit, invoice: Invoice) -> bool:
    """Whether our node has promised to take just this (spec 01, 5.4)."""
    return (
        (commit.invoice_id, commit.currency) == (invoice.invoice_id, invoice.currency)
        and commit.total_dest_payment == invoice.dest_payment
        and verify_commit(commit, invoice.dest_public_key)
    )


def _over(row: GuestAsk) -> Refusal:
    return Refusal(row.refused or RefusalCode.EXPIRED)
