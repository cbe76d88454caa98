"""A purchase whose invoice and commit go by letter: the buyer knows an address or a request, and nothing else.

asking ──► priced ──► sending ──► held ──► over: the buyer's own node has said how it ended
   └─────────┴─stop─► over   └─stop─┴────► stopping ──► over
"""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.entropy import new_uid
from offset.base.ids import Uid
from offset.base.instants import MINUTE, Instant, Millis
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.effects import Priced, Refused, Step
from offset.core.dealings.records import OwnStage
from offset.sim.cast.cast import Cast
from offset.sim.cast.purchase import Purchase
from offset.sim.cast.purse import Purse
from offset.sim.script.errands import PayByLetter
from offset.sim.script.payments import Pay
from offset.wire.mailbox import Invoice, OpenPurpose, Purpose, RequestPurpose

ASK_MS: Millis = 5 * MINUTE


class Errand(Purchase):
    """One purchase by letter, as the owner of the buyer's wallet sees it."""

    def __init__(
        self,
        cast: Cast,
        purses: Mapping[str, Purse],
        number: int,
        act: PayByLetter,
        request_id: Uid | None,
    ) -> None:
        """`request_id`: what it answers; None: what the buyer chose itself."""
        routes = act.routes
        pay = Pay(act.at, act.buyer, act.seller, act.currency, act.amount, routes, withdraw_ms=0)
        super().__init__(cast, number, pay)
        self.act, self.request_id = act, request_id
        self._purses = purses
        self.ask_id = new_uid(self._ids)
        self.stage = "asking"
        """asking, priced, sending, held, stopping or over."""
        self.invoice: Invoice | None = None
        self.held_since: int | None = None
        self.is_stopped = False

    def __str__(self) -> str:
        return f"errand {self.number} of {self.amount} {self.currency} from {self.buyer} to {self.seller}"

    @property
    def is_sent(self) -> bool:
        """Whether something may have been frozen."""
        return self.is_invoiced

    @property
    def is_over(self) -> bool:
        """Whether both sides know how it ended; where nothing was sent the buyer alone."""
        if self.seller_end is None and self.invoice is not None:
            self.seller_end = self._purses[self.seller].ends.get(self.invoice.invoice_id)
        return self.stage == "over" and (self.seller_end is not None or not self.is_sent)

    def begin(self) -> None:
        """Ask."""
        self.cast.world.note(f"{self} begins")
        self._purses[self.buyer].errands[self.ask_id] = self
        self.go_on()
        self._reached("asking")

    def go_on(self) -> None:
        """Say what the wallet wants of the letters now; after a start it may have forgotten."""
        purse, ask_id = self._purses[self.buyer], self.ask_id
        commit = self.commit
        if self.stage == "asking":
            address, purpose = self._purses[self.seller].address, self._purpose()
            purse.do(lambda dealings, now: dealings.ask(ask_id, address, purpose, now, ask_ms=ASK_MS))
        elif self.stage == "held" and commit is not None:
            purse.do(lambda dealings, now: dealings.deliver(ask_id, commit, now))
        elif self.stage == "stopping":
            purse.do(lambda dealings, now: dealings.give_up(ask_id, now, is_sent=True))
        elif self.stage == "over":
            purse.do(self._let_go)

    def _purpose(self) -> Purpose:
        if self.request_id is None:
            return OpenPurpose(self.currency, self.amount, "")
        return RequestPurpose(self.request_id, None, "")

    def _let_go(self, dealings: Dealings, now: Instant) -> Step:
        """Our node has said how it ended, or nothing was sent: the seller need not wait."""
        row = dealings.own_ask(self.ask_id)
        if row is None or self.buyer_end == "paid" or row.stage is OwnStage.DELIVERED:
            return dealings.forget(self.ask_id)
        return dealings.give_up(self.ask_id, now, is_sent=False)

    def hear(self, news: object) -> None:
        """What the letters tell."""
        match news:
            case Priced(_, invoice) if self.stage == "asking":
                self.invoice, self.invoice_id = invoice, invoice.invoice_id
                self._come_to("priced")
                self.cast.world.after(self.act.decides_ms, self._confirm)
            case Refused(_, code) if self.stage in ("asking", "priced"):
                self.cast.world.note(f"{self} is refused: {code}")
                self._over()
            case Refused() if self.stage in ("sending", "held"):
                self._come_to("stopping")
            case _:
                pass

    def stop(self) -> None:
        """The person does not want it any more."""
        if self.stage in ("asking", "priced"):
            self.is_stopped = True
            self._over()
        elif self.stage in ("sending", "held"):
            self.is_stopped = True
            self._come_to("stopping")
            self.go_on()

    def withdraw(self) -> None:
        """Sellers do not withdraw what was asked for by letter: its time ends it."""

    def _confirm(self) -> None:
        if self.stage == "priced":
            self._come_to("sending")
            self._invoiced()

    def _given(self) -> None:
        """Our node has the commit: the letters hand it over, unless the person has stopped it."""
        if self.stage == "sending":
            self.is_given = True
            self.held_since = self.cast.world.now
            self._come_to("held")
            self.go_on()

    def _ended(self, how: str) -> None:
        super()._ended(how)
        if how != "unknown":
            self._over()

    def _over(self) -> None:
        self.cast.watch.errand_over(self.buyer, str(self), self.buyer_end if self.is_sent else "not sent")
        self._come_to("over")
        self.go_on()

    def _come_to(self, stage: str) -> None:
        if self.stage != "over":
            self.stage = stage
            self._reached(stage)

    def _reached(self, stage: str) -> None:
        if self.act.stops_at == stage:
            self.cast.world.after(self.act.stops_ms, self.stop)
