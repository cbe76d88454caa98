"""Dealings over letters as a machine: what one mailbox asks of others, and what it is asked (docs/MAILBOX.md).

    wallet ── ask, deliver, give_up, forget; add_request, cancel; answered ──►  ◄── orders, news
    mailbox ── reached, heard, lost; introduced, guest_heard, guest_gone ────►  ◄── Place, Write, HangUp, Reply

First remember, then speak: each call returns a Step, whose rows are made durable before its effects are carried out,
in order. After a start all that was under way is ordered, said and told again, so every order is repeatable. Call
`tick` at `deadline()`. Nothing here raises because of a peer; NodeStopped comes from a disk that cannot say what is
past. What credits do only the node says: the wallet asks it, and tells here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from offset.base.entropy import Entropy
from offset.base.ids import CallId, InvoiceId, PublicKey, Uid
from offset.base.instants import Instant, Millis
from offset.base.limits import ASK_MS
from offset.core.dealings.buying import Buying
from offset.core.dealings.desk import Alarm, Desk
from offset.core.dealings.effects import Answer, Changed, Collected, OrderId, Reply, Step, Withdrawn
from offset.core.dealings.lots import RequestLots
from offset.core.dealings.records import NO_PAST, Changes, GuestAsk, OwnAsk, Past, Request
from offset.core.dealings.requests import Requests
from offset.core.dealings.selling import Selling
from offset.core.dealings.terms import Terms
from offset.crypto.signer import Signer
from offset.wire.common import Commit, RelayAddress
from offset.wire.mailbox import (
    AskInvoice,
    Body,
    GiveUp,
    Letter,
    Purpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
)
from offset.wire.text_values import MailboxAddress

_BUSY = Refusal(RefusalCode.BUSY)


class Dealings:
    """The dealings of one mailbox."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        rows: Iterable[OwnAsk | GuestAsk | Request] = (),
        *,
        past: Past = NO_PAST,
    ) -> None:
        """`signer` is the key of the mailbox. `rows`: what is durable and not over; `past` finds what is."""
        rows = list(rows)
        self._desk = Desk(signer, entropy)
        self._buying = Buying(self._desk, [row for row in rows if isinstance(row, OwnAsk)])
        self._requests = Requests(self._desk, past, [row for row in rows if isinstance(row, Request)])
        guests = [row for row in rows if isinstance(row, GuestAsk)]
        self._selling = Selling(self._desk, self._requests, past, guests)
        self._lots = RequestLots(self._desk)
        self._contacts: frozenset[PublicKey] = frozenset()
        self._callers: dict[CallId, PublicKey] = {}
        """Guests that are contacts."""

    # Beginning

    def start(self, now: Instant, unix: Millis) -> Step:
        """Go on with all that was under way. `unix`: it is so many ms since 1970."""
        self._desk.set_clock(now, unix)
        self._plan(now)
        self._buying.start()
        self._selling.start()
        return self._desk.take()

    def set_clock(self, now: Instant, unix: Millis) -> Step:
        """The machine slept, or its clock was set: perhaps nobody could call since we looked last."""
        ahead = self._desk.set_clock(now, unix)
        if ahead < 0:
            self._buying.set_back(-ahead)
        self._plan(now)
        return self._desk.take()

    def _plan(self, now: Instant) -> None:
        self._buying.plan(now)
        self._selling.plan(now)

    def set_called(self, is_called: bool, now: Instant) -> None:
        """We listen at a relay from now on, or at none; before the first word nobody can call."""
        self._desk.set_called(is_called, now)
        self._selling.plan(now)

    def persisted(self, changes: Changes) -> None:
        """These rows are durable: those that are over leave memory."""
        self._selling.persisted(changes.guest_asks)
        self._requests.persisted(changes.requests)

    def set_terms(self, terms: Terms) -> None:
        """Whom we answer, in which currencies; what was begun goes on."""
        self._selling.terms = terms

    def set_node(self, node: PublicKey | None) -> None:
        """The node that is paid, whose commits are good; None: not known yet."""
        self._selling.node = node
        self._buying.set_node(node)

    def set_contacts(self, contacts: Collection[PublicKey]) -> None:
        """The mailboxes of our contacts are these; all other guests are strangers."""
        self._contacts = frozenset(contacts)

    # Reading

    def own_ask(self, ask_id: Uid) -> OwnAsk | None:
        """A question of ours that is not over."""
        return self._buying.rows.get(ask_id)

    def own_asks(self) -> list[OwnAsk]:
        """All questions of ours that are not over."""
        return list(self._buying.rows.values())

    def guest_ask(self, ask_id: Uid) -> GuestAsk | None:
        """The question of a guest that is in memory."""
        return self._selling.rows.get(ask_id)

    def guest_asks(self) -> list[GuestAsk]:
        """All questions of guests that are in memory."""
        return list(self._selling.rows.values())

    def request(self, request_id: Uid) -> Request | None:
        """A request, open or not. Raises NodeStopped."""
        return self._requests.get(request_id)

    def requests(self) -> list[Request]:
        """All requests in memory, which are those that are open and perhaps a few others."""
        return list(self._requests.rows.values())

    # Paying

    def ask(
        self,
        ask_id: Uid,
        address: MailboxAddress,
        purpose: Purpose,
        now: Instant,
        *,
        payer_name: str = "",
        reply_to: MailboxAddress | None = None,
        ask_ms: Millis = ASK_MS,
    ) -> Step:
        """Ask for an invoice, for `ask_ms` at most; Priced or Refused will tell. Raises UserFault."""
        self._buying.ask(ask_id, address, purpose, now, payer_name, reply_to, ask_ms)
        return self._desk.take()

    def deliver(self, ask_id: Uid, commit: Commit, now: Instant) -> Step:
        """Our node has the commit: hand it over until the owner says so. A second time changes nothing."""
        self._buying.deliver(ask_id, commit, now)
        return self._desk.take()

    def deliver_text(self, ask_id: Uid, address: MailboxAddress, commit: Commit, now: Instant) -> Step:
        """The same for an invoice of a text that names a mailbox; `ask_id` is drawn for it. Raises UserFault."""
        self._buying.deliver_text(ask_id, address, commit, now)
        return self._desk.take()

    def give_up(self, ask_id: Uid, now: Instant, *, is_sent: bool) -> Step:
        """Nothing is to be paid. `is_sent`: credits may be frozen, and it is said until it is answered.

        Not `is_sent`: nothing was ever frozen, or our own node has said that all of it came back.
        """
        self._buying.give_up(ask_id, now, is_sent=is_sent)
        return self._desk.take()

    def forget(self, ask_id: Uid) -> Step:
        """Our own node has said how it ended, or nothing was ever sent: there is nothing more to say."""
        self._buying.forget(ask_id)
        return self._desk.take()

    def reached(self, ask_id: Uid, relay: RelayAddress) -> Step:
        """The mailbox that was called for this question has proved its key, at this relay."""
        self._buying.reached(ask_id, relay)
        return self._desk.take()

    def heard(self, ask_id: Uid, body: Body, question: Body | None, now: Instant) -> Step:
        """A letter on the call for this question, and ours that it answers."""
        self._buying.heard(ask_id, body, question, now)
        return self._desk.take()

    def lost(self, ask_id: Uid, now: Instant, *, is_closed: bool) -> Step:
        """The call for this question is over. `is_closed`: the mailbox could be reached at none of its relays."""
        self._buying.lost(ask_id, now, is_closed=is_closed)
        return self._desk.take()

    def no_line(self, ask_id: Uid, now: Instant) -> Step:
        """The call for this question could not be made, since too many are."""
        self._buying.no_line(ask_id, now)
        return self._desk.take()

    # Being paid

    def add_request(self, request: Request) -> Step:
        """A new request, OPEN; one that is known stays as it is. Raises UserFault."""
        self._requests.add(request)
        self._desk.add(Changed(None, request.request_id))
        return self._desk.take()

    def close_request(self, request_id: Uid, now: Instant) -> Step:
        """A request is not answered any more; what was committed for it is collected all the same."""
        if self._requests.close(request_id):
            self._selling.close(request_id, now)
            self._desk.add(Changed(None, request_id))
        return self._desk.take()

    def cancel(self, ask_id: Uid, now: Instant) -> Step:
        """Withdraw the invoice of a guest's question, by hand, unless a commit for it is here."""
        self._selling.cancel(ask_id, now)
        return self._desk.take()

    def answered(self, order: OrderId, answer: Answer, now: Instant) -> Step:
        """What became of an order; of one from before a start nothing is remembered."""
        self._selling.answered(order, answer, now)
        return self._desk.take()

    def ended(self, invoice_id: InvoiceId, answer: Collected | Withdrawn, now: Instant) -> Step:
        """The node says unasked how an invoice ended, or at last after NotKnown."""
        self._selling.ended(invoice_id, answer, now)
        return self._desk.take()

    def standing(self, invoice_id: InvoiceId, now: Instant, *, is_touched: bool, is_complete: bool) -> Step:
        """What the node tells of an invoice: whether anything was ever frozen, and whether a commit may be out."""
        self._selling.standing(invoice_id, now, is_touched=is_touched, is_complete=is_complete)
        return self._desk.take()

    def introduced(self, call: CallId, address: MailboxAddress) -> None:
        """A guest has proved that it calls for this mailbox."""
        if address.mailbox in self._contacts:
            self._callers[call] = address.mailbox

    def guest_heard(self, call: CallId, letter: Letter, now: Instant) -> Step:
        """A letter of a guest. Raises NodeStopped when the disk cannot say what is past."""
        match letter.body:
            case AskInvoice() as ask:
                self._asked(call, letter.number, ask, now)
            case Commit() as commit:
                self._selling.commit(call, letter.number, commit, now)
            case GiveUp() as give_up:
                self._selling.give_up(call, letter.number, give_up, now)
            case _:
                # What owners say; from a guest no mailbox takes it.
                pass
        return self._desk.take()

    def guest_gone(self, call: CallId) -> None:
        """The line of a guest is over."""
        self._callers.pop(call, None)
        self._selling.gone(call)
        self._lots.leave(call)

    # Time

    def tick(self, now: Instant) -> Step:
        """Time has passed: do what is due."""
        while (name := self._desk.alarms.pop(now)) is not None:
            match name:
                case ((Alarm.SPEAK | Alarm.GIVE_OUT) as alarm, id):
                    self._buying.wake(alarm, id)
                case (Alarm.EXPIRE, id):
                    self._selling.wake(id, now)
                case (Alarm.LOT, id):
                    self._draw(id, now)
        return self._desk.take()

    def deadline(self) -> Instant | None:
        """When `tick` must be called next."""
        return self._desk.alarms.first()

    # Questions of strangers

    def _asked(self, call: CallId, number: int, ask: AskInvoice, now: Instant) -> None:
        contact = self._callers.get(call)
        purpose = ask.purpose
        waits = (
            contact is None
            and isinstance(purpose, RequestPurpose)
            and not self._selling.knows(ask.ask_id)
            and self._requests.get(purpose.request_id) is not None
        )
        if not waits or not isinstance(purpose, RequestPurpose):
            self._selling.ask(call, number, ask, contact, now)
            return
        if not self._lots.enter(purpose.request_id, call, (number, ask), now):
            self._desk.add(Reply(call, _BUSY, number))
        self._draw(purpose.request_id, now)

    def _draw(self, request_id: Uid, now: Instant) -> None:
        for call, (number, ask) in self._lots.draw(request_id, now):
            self._selling.ask(call, number, ask, None, now)
        for call, (number, _) in self._lots.overdue(request_id, now):
            self._desk.add(Reply(call, _BUSY, number))
