"""Whoever is on the other side: any letters in any order, any answers of the node, with deaths in between.

Nothing is raised, what is in memory is what is durable, every letter of a guest has one answer as long as its line is
up, and no word of an owner ends what was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.ids import CallId
from offset.base.instants import MINUTE, SECOND
from offset.core.dealings.effects import (
    Answer,
    Collected,
    NothingFrozen,
    NotKnown,
    NotOpened,
    Opened,
    OpenInvoice,
    Place,
    Reply,
    Withdrawn,
    WrongCommit,
)
from offset.core.dealings.records import ENDED, GuestStage, OwnStage, RequestState
from offset.wire.letters_signing import verify_invoice, verify_settled
from offset.wire.mailbox import (
    NOBODY_ASKED,
    AskInvoice,
    Body,
    GiveUp,
    Invoice,
    OpenPurpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
    Settled,
)
from support.asking import COMMIT, new_desk, question_of
from support.dealings import ASK, NOW, RELAY, REQUEST, Desk, commit_of, settled, uid
from support.letters import ASK_ID, REQUEST_ID, invoice
from support.texts import ADDRESS, MAILBOX, NODE

IDS = [uid(number) for number in range(4)]
CALLS = [CallId(number) for number in (7, 8, 9)]


class Guests:
    """Guests without manners, and a node that answers whatever it likes."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.desk.take(self.desk.machine.add_request(REQUEST))
        self.numbers: Counter[CallId] = Counter()
        self.asked: set[tuple[CallId, int]] = set()
        """Letters that are to be answered on lines that are up."""
        self.seen = 0
        self.opened = 0
        self.answered: set[int] = set()

    def say(self, call: CallId, body: Body) -> None:
        self.numbers[call] += 1
        self.asked.add((call, self.numbers[call]))
        self.desk.guest(body, self.numbers[call], call)

    def commit(self, call: CallId, number: int, is_ours: bool) -> None:
        row = self.desk.books.guests.get(IDS[number])
        made = invoice() if row is None or row.invoice is None else row.invoice
        self.say(call, commit_of(made, NODE if is_ours else MAILBOX))

    def answer(self, answer: Answer) -> None:
        """To the oldest order that has none."""
        for order in self.desk.orders():
            if order.order in self.answered:
                continue
            self.answered.add(order.order)
            if isinstance(answer, Opened) == isinstance(order, OpenInvoice):
                if isinstance(answer, Opened):
                    self.opened += 1
                    answer = Opened(self.opened.to_bytes(32), NODE.public_key)  # type: ignore[arg-type]
                self.desk.answer(answer, order)
            else:
                other = NotOpened() if isinstance(order, OpenInvoice) else Withdrawn()
                self.desk.answer(other, order)
            return

    def gone(self, call: CallId) -> None:
        self.desk.machine.guest_gone(call)
        self.asked = {wait for wait in self.asked if wait[0] != call}

    def die(self) -> None:
        for call in CALLS:
            self.gone(call)
        self.desk.start()
        self.seen, self.answered = 0, set()

    def judge(self) -> None:
        desk, machine = self.desk, self.desk.machine
        for effect in desk.effects[self.seen :]:
            if isinstance(effect, Reply):
                self._heard(effect)
        self.seen = len(desk.effects)
        kept = {row.ask_id: row for row in machine.guest_asks()}
        durable = {id: row for id, row in desk.books.guests.items() if row.stage not in ENDED}
        assert kept == durable
        assert NOBODY_ASKED not in desk.books.guests
        paid = [
            row
            for row in desk.books.guests.values()
            if row.request_id == REQUEST_ID and row.stage is GuestStage.COMMITTED
        ]
        assert len(paid) <= 1, "what is good once is collected for one"
        if paid:
            assert desk.books.requests[REQUEST_ID].state is not RequestState.OPEN

    def _heard(self, reply: Reply) -> None:
        if reply.answer_to:
            assert (reply.call, reply.answer_to) in self.asked, "an answer to a letter that waits for one"
            self.asked.remove((reply.call, reply.answer_to))
        match reply.body:
            case Invoice() as made:
                assert verify_invoice(made, MAILBOX.public_key)
            case Settled() as said:
                assert verify_settled(said, MAILBOX.public_key)
            case _:
                assert isinstance(reply.body, Refusal)
                assert reply.answer_to, "a refusal answers"


PURPOSES = [
    OpenPurpose("FST", 2000, "Lunch"),
    OpenPurpose("FST", 5, ""),
    OpenPurpose("EUR", 2000, ""),
    RequestPurpose(REQUEST_ID, None, ""),
    RequestPurpose(REQUEST_ID, 1, ""),
    RequestPurpose(uid(99), None, ""),
]
ANSWERS: list[Answer] = [
    Opened(bytes(32), NODE.public_key),  # type: ignore[arg-type]
    NotOpened(),
    Collected(),
    NothingFrozen(),
    WrongCommit(),
    Withdrawn(),
    NotKnown(),
]
CALL, NUMBER = st.sampled_from(CALLS), st.integers(0, len(IDS) - 1)


def act(name: str, *parts: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.tuples(st.just(name), *parts)


GUEST_ACTS = st.one_of(
    act("ask", CALL, NUMBER, st.sampled_from(PURPOSES)),
    act("commit", CALL, NUMBER, st.booleans()),
    act("give up", CALL, NUMBER),
    act("answer", st.sampled_from(ANSWERS)),
    act("answer", st.just(ANSWERS[0])),
    act("gone", CALL),
    act("die"),
    act("wait", st.sampled_from((SECOND, 6 * SECOND, 30 * MINUTE))),
    act("cancel", NUMBER),
    act("close"),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(GUEST_ACTS, max_size=30))
def test_whatever_guests_say(acts: list[tuple[object, ...]]) -> None:
    guests = Guests()
    desk = guests.desk
    ways: dict[str, Callable[..., object]] = {
        "ask": lambda call, number, purpose: guests.say(call, AskInvoice(IDS[number], purpose, "", None)),
        "commit": guests.commit,
        "give up": lambda call, number: guests.say(call, GiveUp(IDS[number])),
        "answer": guests.answer,
        "gone": guests.gone,
        "die": guests.die,
        "wait": desk.wait,
        "cancel": lambda number: desk.take(desk.machine.cancel(IDS[number], desk.now)),
        "close": lambda: desk.take(desk.machine.close_request(REQUEST_ID, desk.now)),
    }
    for name, *parts in acts:
        ways[str(name)](*parts)
        guests.judge()
    # The node answers all, and time passes: nobody is left without a word.
    for _ in range(10 * len(acts) + 10):
        guests.answer(Withdrawn())
    desk.wait(30 * SECOND)
    for _ in range(10 * len(acts) + 10):
        guests.answer(Withdrawn())
    guests.judge()
    assert guests.asked == set()


OWNER_SAYS: list[Body] = [
    invoice(),
    invoice(invoice_id=b"j" * 32),
    invoice(dest_payment=1),
    *[settled(state) for state in (1, 2, 3)],
    *[settled(state, uid(9)) for state in (1, 2, 3)],
    *[settled(state, NOBODY_ASKED) for state in (1, 2, 3)],
    *[Refusal(code) for code in RefusalCode],
    Refusal(999),
]


OWNER_ACTS = st.one_of(
    act("says", st.sampled_from(OWNER_SAYS), st.booleans()),
    act("lost", st.booleans()),
    act("reached"),
    act("no line"),
    act("deliver"),
    act("give up", st.booleans()),
    act("die"),
    act("wait", st.sampled_from((SECOND, 5 * MINUTE, 60 * MINUTE))),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(OWNER_ACTS, max_size=30))
def test_whatever_an_owner_says(acts: list[tuple[object, ...]]) -> None:
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW))
    for name, *parts in acts:
        machine, before = desk.machine, desk.books.own.get(ASK_ID)
        match name:
            case "says":
                body, is_answer = parts
                question = question_of(desk) if is_answer else None
                desk.take(machine.heard(ASK_ID, body, question, desk.now))  # type: ignore[arg-type]
            case "lost":
                desk.take(machine.lost(ASK_ID, desk.now, is_closed=bool(parts[0])))
            case "reached":
                desk.take(machine.reached(ASK_ID, RELAY))
            case "no line":
                desk.take(machine.no_line(ASK_ID, desk.now))
            case "deliver":
                desk.take(machine.deliver(ASK_ID, COMMIT, desk.now))
            case "give up":
                desk.take(machine.give_up(ASK_ID, desk.now, is_sent=bool(parts[0])))
            case "die":
                desk.start()
            case _:
                desk.wait(int(str(parts[0])))
        row = desk.books.own.get(ASK_ID)
        assert desk.machine.own_ask(ASK_ID) == row
        if before is not None and row is None:
            # Whatever is said, only what was never sent ends by itself.
            is_unsent = before.stage is OwnStage.ASKING or before.give_up_until is not None
            assert is_unsent or (name == "give up" and not parts[0])
        if row is not None and row.stage is OwnStage.DELIVERING:
            assert row.commit is not None
        if row is not None and row.stage is OwnStage.PRICED:
            assert row.invoice is not None
            assert (row.invoice.currency, row.invoice.dest_payment) == ("FST", 2000)
    calls = sum(isinstance(effect, Place) for effect in desk.effects)
    assert calls <= 1 + 30 * len(acts), "it calls with pauses"
