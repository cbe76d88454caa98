"""Two machines that hand each other bytes: whatever is lost, repeated or killed, the sale ends alike on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.ids import CallId, InvoiceId
from offset.base.instants import MINUTE, SECOND
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    GaveUp,
    HangUp,
    NothingFrozen,
    Opened,
    OpenInvoice,
    Order,
    Place,
    Priced,
    Refused,
    Reply,
    Settled,
    Withdraw,
    Withdrawn,
    Write,
)
from offset.core.dealings.records import GuestStage, RequestState
from offset.crypto.hashing import sha512_256
from offset.testing import identity
from offset.wire.mailbox import (
    Body,
    Invoice,
    Letter,
    OpenPurpose,
    RequestPurpose,
    decode_letter,
    encode_letter,
)
from support.dealings import RELAY, REQUEST, Desk, commit_of
from support.letters import ASK_ID, REQUEST_ID
from support.texts import ADDRESS

PAYER = identity("dealings payer")


@dataclass
class Bank:
    """Both nodes, as one: what was promised, frozen, collected. It is never wrong."""

    opened: dict[bytes, InvoiceId] = field(default_factory=dict)
    """By question."""
    standing: dict[InvoiceId, str] = field(default_factory=dict)
    """open, frozen, collected or withdrawn."""
    drawn: int = 0

    def carry_out(self, order: Order) -> Answer:
        match order:
            case OpenInvoice():
                known = self.opened.get(order.ask_id)
                if known is None or self.standing[known] == "withdrawn":
                    self.drawn += 1
                    known = InvoiceId(sha512_256(self.drawn.to_bytes(4)))
                    self.opened[order.ask_id], self.standing[known] = known, "open"
                return Opened(known, Desk().node.public_key)
            case Collect():
                if self.standing[order.invoice_id] == "frozen":
                    self.standing[order.invoice_id] = "collected"
                return Collected() if self.standing[order.invoice_id] == "collected" else NothingFrozen()
            case Withdraw():
                if self.standing[order.invoice_id] != "collected":
                    self.standing[order.invoice_id] = "withdrawn"
                return Collected() if self.standing[order.invoice_id] == "collected" else Withdrawn()


class Payer:
    """The wallet of the payer: what its node and the news of its machine lead to."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.stage = "asking"
        self.invoice: Invoice | None = None

    def hear(self, news: object, desk: Desk) -> None:
        match news:
            case Priced() if self.stage == "asking":
                self.stage, self.invoice = "priced", news.invoice
            case Refused() if self.stage in ("asking", "priced"):
                self.stage = "failed"
                desk.take(desk.machine.forget(ASK_ID))
            case Refused() if self.stage == "held":
                self.stage = "stopping"
            case Settled() if self.stage == "stopping":
                self.stage = "held"

    def look(self, desk: Desk) -> None:
        """What the own node says ends it, and nothing else does."""
        if self.invoice is None or self.stage not in ("held", "stopping"):
            return
        at = self.bank.standing[self.invoice.invoice_id]
        if at in ("collected", "withdrawn"):
            self.stage = "done" if at == "collected" else "failed"
            desk.take(desk.machine.forget(ASK_ID))

    def pay(self, desk: Desk) -> None:
        """Freeze, and hand the commit over."""
        if self.stage == "priced" and self.invoice is not None:
            if self.bank.standing[self.invoice.invoice_id] != "open":
                return
            self.bank.standing[self.invoice.invoice_id] = "frozen"
            self.stage = "held"
            self.deliver(desk)

    def deliver(self, desk: Desk) -> None:
        assert self.invoice is not None
        desk.take(desk.machine.deliver(ASK_ID, commit_of(self.invoice), desk.now))

    def stop(self, desk: Desk) -> None:
        if self.stage in ("asking", "priced"):
            self.stage = "stopped"
            desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
        elif self.stage == "held":
            row = desk.machine.own_ask(ASK_ID)
            desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True))
            if desk.machine.own_ask(ASK_ID) != row:
                self.stage = "stopping"


class Street:
    """A payer and an owner, with a line between them that somebody may cut."""

    def __init__(self, *, is_request: bool) -> None:
        self.bank = Bank()
        self.owner, self.payer = Desk(), Desk(PAYER, node=PAYER)
        self.wallet = Payer(self.bank)
        self.line = 0
        self.is_up = self.is_placed = False
        self.numbers = [0, 0]
        """Of the letters that payer and owner said on this line."""
        self.questions: dict[int, Body] = {}
        self.owner.take(self.owner.machine.add_request(REQUEST))
        purpose = RequestPurpose(REQUEST_ID, None, "") if is_request else OpenPurpose("FST", 2000, "")
        self.payer.take(self.payer.machine.ask(ASK_ID, ADDRESS, purpose, self.payer.now, ask_ms=10 * MINUTE))
        self.seen = [0, 0]
        """Up to where the effects of both were carried out."""

    def run(self, letters: int = 1000) -> None:
        """Carry out what both say, with at most so many letters."""
        while True:
            if self.seen[1] < len(self.owner.effects):
                effect = self.owner.effects[self.seen[1]]
                self.seen[1] += 1
                if isinstance(effect, Reply):
                    letters -= self._owner_says(effect, is_lost=letters <= 0)
                elif isinstance(effect, Order):
                    answer = self.bank.carry_out(effect)
                    self.owner.take(self.owner.machine.answered(effect.order, answer, self.owner.now))
            elif self.seen[0] < len(self.payer.effects):
                effect = self.payer.effects[self.seen[0]]
                self.seen[0] += 1
                match effect:
                    case Place():
                        self._place(is_lost=letters <= 0)
                    case HangUp():
                        self.cut(is_told=False)
                    case Write():
                        letters -= self._payer_says(effect, is_lost=letters <= 0)
                    case _:
                        self.wallet.hear(effect, self.payer)
            else:
                return

    def _place(self, *, is_lost: bool) -> None:
        if is_lost:
            self.payer.take(self.payer.machine.lost(ASK_ID, self.payer.now, is_closed=True))
            return
        self.line += 1
        self.is_up, self.numbers, self.questions = True, [0, 0], {}
        self.payer.take(self.payer.machine.reached(ASK_ID, RELAY))

    def _payer_says(self, effect: Write, *, is_lost: bool) -> int:
        if not self.is_up:
            return 0
        self.numbers[0] += 1
        self.questions[self.numbers[0]] = effect.body
        letter = decode_letter(encode_letter(self.numbers[0], 0, effect.body))
        if is_lost or not isinstance(letter, Letter):
            self.cut()
            return 0
        self.owner.take(self.owner.machine.guest_heard(CallId(self.line), letter, self.owner.now))
        return 1

    def _owner_says(self, effect: Reply, *, is_lost: bool) -> int:
        if not self.is_up or effect.call != self.line:
            return 0
        self.numbers[1] += 1
        letter = decode_letter(encode_letter(self.numbers[1], effect.answer_to, effect.body))
        if is_lost or not isinstance(letter, Letter):
            self.cut()
            return 0
        question = self.questions.get(letter.answer_to)
        self.payer.take(self.payer.machine.heard(ASK_ID, letter.body, question, self.payer.now))
        return 1

    def cut(self, *, is_told: bool = True) -> None:
        """The line is over."""
        if self.is_up:
            self.is_up = False
            self.owner.machine.guest_gone(CallId(self.line))
            if is_told:
                self.payer.take(self.payer.machine.lost(ASK_ID, self.payer.now, is_closed=False))

    def kill(self, end: int) -> None:
        """One of them dies and starts again; what it had decided but not said is not said."""
        self.is_up, line = False, self.line
        if end:
            self.owner.start()
            self.payer.take(self.payer.machine.lost(ASK_ID, self.payer.now, is_closed=False))
        else:
            self.owner.machine.guest_gone(CallId(line))
            self.payer.start()
            if self.wallet.stage == "asking" and ASK_ID not in self.payer.books.own:
                self.wallet.stage = "failed"
        self.seen[end] = 0

    def wait(self, ms: int) -> None:
        for desk in (self.owner, self.payer):
            desk.wait(ms)

    def judge(self) -> None:
        """What holds at every moment."""
        collected = [id for id, at in self.bank.standing.items() if at == "collected"]
        assert len(collected) <= 1, "paid once"
        row = self.owner.books.guests.get(ASK_ID)
        if row is not None and row.stage is GuestStage.COLLECTED:
            assert row.invoice_id in collected, "called collected only when the node says so"
        if self.wallet.stage == "done":
            assert collected, "called done only when the own node says so"
        if self.wallet.stage in ("failed", "stopped"):
            assert not collected, "called unpaid only when nothing can be paid"
        if collected:
            assert self.wallet.stage in ("held", "stopping", "done")

    def settle(self) -> None:
        """Nothing is lost any more: after a while both have come to one end."""
        for _ in range(60):
            self.run()
            self.wallet.look(self.payer)
            self.wait(MINUTE // 2)
            self.judge()


Act = Callable[[Street], object]
ACTS: dict[str, Act] = {
    "nothing is lost": lambda street: street.run(),
    "no letter": lambda street: street.run(0),
    "one letter": lambda street: street.run(1),
    "two letters": lambda street: street.run(2),
    "cut": lambda street: street.cut(),
    "the payer dies": lambda street: street.kill(0),
    "the owner dies": lambda street: street.kill(1),
    "a moment": lambda street: street.wait(5 * SECOND),
    "a long time": lambda street: street.wait(11 * MINUTE),
    "pay": lambda street: street.wallet.pay(street.payer),
    "stop": lambda street: street.wallet.stop(street.payer),
    "look": lambda street: street.wallet.look(street.payer),
    "by hand": lambda street: street.owner.take(street.owner.machine.cancel(ASK_ID, street.owner.now)),
    "close": lambda street: street.owner.take(
        street.owner.machine.close_request(REQUEST_ID, street.owner.now)
    ),
}


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(st.sampled_from(sorted(ACTS)), max_size=25))
def test_whatever_happens_both_sides_come_to_one_end(is_request: bool, acts: list[str]) -> None:
    street = Street(is_request=is_request)
    for act in acts:
        ACTS[act](street)
        street.judge()
    street.settle()
    collected = [id for id, at in street.bank.standing.items() if at == "collected"]
    assert street.wallet.stage in ("done", "failed", "stopped", "priced")
    assert (street.wallet.stage == "done") == bool(collected)
    assert "frozen" not in street.bank.standing.values(), "what was frozen was collected, or came back"
    assert street.payer.books.own.keys() <= ({ASK_ID} if street.wallet.stage == "priced" else set())
    if is_request and collected:
        assert street.owner.books.requests[REQUEST_ID].state is RequestState.TAKEN


def test_the_plain_case() -> None:
    street = Street(is_request=True)
    street.run()
    assert street.wallet.stage == "priced"
    street.wallet.pay(street.payer)
    street.run()
    street.wallet.look(street.payer)
    assert street.wallet.stage == "done"
    assert street.line == 1, "all of it on one line"
    assert street.numbers == [2, 3], "ask and commit; invoice, collecting and collected"
    assert GaveUp(ASK_ID) not in street.payer.effects
