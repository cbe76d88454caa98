"""Questions of guests: a test for each cell of the owner's table (docs/MAILBOX.md, "The owner")."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.base.ids import CallId
from offset.base.limits import PAY_GRACE_MS, PAY_WITHIN_MS
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    NothingFrozen,
    NotKnown,
    NotOpened,
    Opened,
    OpenInvoice,
    Reply,
    Withdraw,
    Withdrawn,
    WrongCommit,
)
from offset.core.dealings.records import GuestStage, OpenTo
from offset.core.dealings.terms import Terms
from offset.wire.letters_signing import verify_settled
from offset.wire.mailbox import (
    NOBODY_ASKED,
    VERSION,
    AskInvoice,
    GiveUp,
    Invoice,
    Letter,
    OpenPurpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
    Settled,
    SettledState,
)
from support.dealings import (
    ASK,
    GUEST,
    NOW,
    REQUEST,
    TERMS,
    Desk,
    bring_commit,
    commit_of,
    guest_stage,
    kinds,
    letters,
    owner_at,
    states,
    uid,
)
from support.letters import ASK_ID, CALLED_AT, CALLER, INVOICE_ID, REQUEST_ID
from support.texts import MAILBOX, NODE

OPENING, ISSUED, COMMITTED, COLLECTED, CANCELING, CANCELED = GuestStage
OPENED = Opened(INVOICE_ID, NODE.public_key)
GIVE_UP = GiveUp(ASK_ID)
OTHER = CallId(8)


# A question


def test_a_question_is_remembered_before_the_node_is_asked() -> None:
    desk = Desk()
    step = desk.machine.guest_heard(GUEST, Letter(VERSION, 1, 0, ASK), NOW)
    assert step.changes.guest_asks[ASK_ID] is not None
    assert [type(effect) for effect in step.effects if not isinstance(effect, Reply)][-1] is OpenInvoice
    assert letters(step.effects) == []


@pytest.mark.parametrize(
    "ask, code",
    [
        (replace(ASK, purpose=OpenPurpose("EUR", 2000, "")), RefusalCode.NO_SUCH_CURRENCY),
        (replace(ASK, purpose=OpenPurpose("FST", 9, "")), RefusalCode.TOO_LITTLE),
        (replace(ASK, purpose=OpenPurpose("FST", 0, "")), RefusalCode.TOO_LITTLE),
        (replace(ASK, purpose=RequestPurpose(uid(5), None, "")), RefusalCode.NO_SUCH_REQUEST),
        (replace(ASK, ask_id=NOBODY_ASKED), RefusalCode.USED),
    ],
)
def test_what_is_not_sold(ask: AskInvoice, code: RefusalCode) -> None:
    desk = Desk()
    assert desk.guest(ask) == [Reply(GUEST, Refusal(code), 1)]
    assert desk.books.guests == {}


@pytest.mark.parametrize(
    "open_to, is_request, is_contact, is_heard",
    [
        (OpenTo.ANYONE, False, False, True),
        (OpenTo.ANYONE, True, False, True),
        (OpenTo.REQUESTS, False, False, False),
        (OpenTo.REQUESTS, True, False, True),
        (OpenTo.REQUESTS, False, True, True),
        (OpenTo.CONTACTS, False, False, False),
        (OpenTo.CONTACTS, True, False, False),
        (OpenTo.CONTACTS, False, True, True),
        (OpenTo.CONTACTS, True, True, True),
    ],
)
def test_to_whom_a_mailbox_is_open(
    open_to: OpenTo, is_request: bool, is_contact: bool, is_heard: bool
) -> None:
    desk = Desk()
    desk.machine.set_terms(Terms(open_to, TERMS.currencies))
    desk.take(desk.machine.add_request(REQUEST))
    if is_contact:
        desk.machine.set_contacts([CALLER.public_key])
    desk.machine.introduced(GUEST, CALLED_AT)
    ask = replace(ASK, purpose=RequestPurpose(REQUEST_ID, None, "")) if is_request else ASK
    replies = letters(desk.guest(ask))
    assert replies == ([] if is_heard else [Refusal(RefusalCode.NOT_CONTACT)])
    assert (guest_stage(desk) is OPENING) is is_heard
    if is_heard:
        assert desk.books.guests[ASK_ID].contact == (CALLER.public_key if is_contact else None)


def test_a_question_that_is_repeated_while_the_node_is_asked_waits() -> None:
    desk = owner_at(OPENING)
    assert desk.guest(ASK, 2) == []
    assert desk.guest(ASK, 1, OTHER) == []
    replies = [effect for effect in desk.answer(OPENED) if isinstance(effect, Reply)]
    assert [(reply.call, reply.answer_to) for reply in replies] == [(GUEST, 1), (GUEST, 2), (OTHER, 1)]
    assert len({reply.body for reply in replies}) == 1


@pytest.mark.parametrize("stage", [ISSUED, COMMITTED, COLLECTED])
def test_a_question_that_is_repeated_has_the_stored_answer(stage: GuestStage) -> None:
    desk = owner_at(stage)
    invoice = desk.books.guests[ASK_ID].invoice
    assert desk.guest(ASK, 3) == [Reply(GUEST, invoice, 3)]
    desk.start()
    assert letters(desk.guest(ASK, 1, OTHER)) == [invoice]


@pytest.mark.parametrize("stage", [CANCELING, CANCELED])
def test_a_question_that_was_withdrawn_is_refused(stage: GuestStage) -> None:
    desk = owner_at(stage)
    assert letters(desk.guest(ASK, 3)) == [Refusal(RefusalCode.STOPPED)]


@pytest.mark.parametrize("stage", list(GuestStage))
def test_other_contents_under_the_same_id_are_refused(stage: GuestStage) -> None:
    desk = owner_at(stage)
    other = replace(ASK, purpose=OpenPurpose("FST", 2001, "Lunch"))
    assert letters(desk.guest(other, 3)) == [Refusal(RefusalCode.USED)]
    assert guest_stage(desk) is stage


def test_the_node_opens_no_invoice() -> None:
    desk = owner_at(OPENING)
    assert letters(desk.answer(NotOpened())) == [Refusal(RefusalCode.BUSY)]
    assert desk.books.guests == {}


def test_who_has_gone_is_not_answered() -> None:
    desk = owner_at(OPENING)
    desk.machine.guest_gone(GUEST)
    assert letters(desk.answer(OPENED)) == []
    assert guest_stage(desk) is ISSUED


# A commit


def test_a_commit_is_remembered_then_answered_and_collected() -> None:
    desk = owner_at(ISSUED)
    effects = bring_commit(desk)
    assert states(effects) == [SettledState.COLLECTING]
    assert kinds(effects) == [Reply, Collect]
    assert guest_stage(desk) is COMMITTED
    assert states(desk.answer(Collected())) == [SettledState.COLLECTED]
    assert guest_stage(desk) is COLLECTED


@pytest.mark.parametrize("wrong", ["currency", "amount", "seller"])
def test_a_commit_that_does_not_fit(wrong: str) -> None:
    desk = owner_at(ISSUED)
    invoice = desk.books.guests[ASK_ID].invoice
    assert invoice is not None
    bad = {
        "currency": commit_of(invoice, currency="EUR"),
        "amount": commit_of(invoice, dest_payment=1999),
        "seller": commit_of(invoice, MAILBOX),
    }[wrong]
    assert letters(desk.guest(bad, 2)) == [Refusal(RefusalCode.WRONG_COMMIT)]
    assert guest_stage(desk) is ISSUED


@pytest.mark.parametrize(
    "stage, state", [(COMMITTED, SettledState.COLLECTING), (COLLECTED, SettledState.COLLECTED)]
)
def test_a_commit_that_is_repeated(stage: GuestStage, state: SettledState) -> None:
    desk = owner_at(stage)
    effects = bring_commit(desk)
    assert states(effects) == [state]
    assert kinds(effects) == [Reply]
    assert guest_stage(desk) is stage


@pytest.mark.parametrize("stage", [CANCELING, CANCELED])
def test_a_commit_for_what_was_withdrawn(stage: GuestStage) -> None:
    desk = owner_at(stage)
    assert states(bring_commit(desk)) == [-RefusalCode.STOPPED]
    assert guest_stage(desk) is stage


@pytest.mark.parametrize("answer", [NothingFrozen(), WrongCommit()])
def test_nothing_to_collect(answer: Answer) -> None:
    desk = owner_at(COMMITTED)
    effects = desk.answer(answer)
    assert states(effects) == [SettledState.WITHDRAWN]
    assert kinds(effects) == [Reply, Withdraw]
    assert guest_stage(desk) is CANCELING
    desk.answer(Withdrawn())
    assert guest_stage(desk) is CANCELED
    assert states(bring_commit(desk)) == [-RefusalCode.NOTHING_FROZEN]


@pytest.mark.parametrize("stage", [COMMITTED, CANCELING])
def test_what_the_node_does_not_know_stays_until_it_does(stage: GuestStage) -> None:
    desk = owner_at(stage)
    assert kinds(desk.answer(NotKnown())) == []
    assert guest_stage(desk) is stage
    desk.take(desk.machine.ended(INVOICE_ID, Collected(), desk.now))
    assert guest_stage(desk) is COLLECTED


# Giving up


@pytest.mark.parametrize(
    "stage, state, after",
    [
        (OPENING, SettledState.WITHDRAWN, CANCELING),
        (ISSUED, SettledState.WITHDRAWN, CANCELING),
        (COMMITTED, SettledState.COLLECTING, COMMITTED),
        (COLLECTED, SettledState.COLLECTED, COLLECTED),
        (CANCELING, SettledState.WITHDRAWN, CANCELING),
        (CANCELED, SettledState.WITHDRAWN, CANCELED),
    ],
)
def test_give_up(stage: GuestStage, state: SettledState, after: GuestStage) -> None:
    desk = owner_at(stage)
    replies = [effect for effect in desk.guest(GIVE_UP, 2) if isinstance(effect, Reply)]
    if stage is OPENING:
        # Who waited for the invoice is told that there is none.
        assert replies.pop(0).body == Refusal(RefusalCode.STOPPED)
    (reply,) = replies
    assert isinstance(reply.body, Settled)
    assert (reply.answer_to, reply.body.state, reply.body.ask_id) == (2, state, ASK_ID)
    assert guest_stage(desk) is after


def test_give_up_of_what_nobody_knows() -> None:
    desk = Desk()
    (body,) = letters(desk.guest(GIVE_UP))
    assert isinstance(body, Settled)
    assert (body.ask_id, body.invoice_id, body.state) == (ASK_ID, bytes(32), SettledState.WITHDRAWN)
    assert verify_settled(body, MAILBOX.public_key)
    assert desk.books.guests == {}


def test_given_up_while_the_node_opens_the_invoice() -> None:
    desk = owner_at(OPENING)
    desk.guest(GIVE_UP, 2)
    assert kinds(desk.answer(OPENED, desk.orders()[0])) == [Withdraw]
    desk.answer(Withdrawn())
    assert desk.books.guests == {}


def test_given_up_while_the_node_opens_none() -> None:
    desk = owner_at(OPENING)
    desk.guest(GIVE_UP, 2)
    assert kinds(desk.answer(NotOpened(), desk.orders()[0])) == []
    assert desk.books.guests == {}


def test_what_was_given_up_untouched_may_be_asked_again() -> None:
    desk = owner_at(ISSUED, is_touched=False)
    desk.guest(GIVE_UP, 2)
    desk.answer(Withdrawn())
    assert desk.books.guests == {}
    desk.guest(ASK, 3)
    answers = letters(desk.answer(Opened(b"j" * 32, NODE.public_key)))
    assert [body.invoice_id for body in answers if isinstance(body, Invoice)] == [b"j" * 32]


# By hand, and by time


@pytest.mark.parametrize("stage", [OPENING, ISSUED])
def test_cancel_by_hand(stage: GuestStage) -> None:
    desk = owner_at(stage)
    said = states(desk.take(desk.machine.cancel(ASK_ID, desk.now)))
    assert said == [-RefusalCode.STOPPED if stage is OPENING else SettledState.WITHDRAWN]
    assert guest_stage(desk) is CANCELING


@pytest.mark.parametrize("stage", [COMMITTED, COLLECTED, CANCELING, CANCELED])
def test_what_cannot_be_cancelled(stage: GuestStage) -> None:
    desk = owner_at(stage)
    assert desk.take(desk.machine.cancel(ASK_ID, desk.now)) == []
    assert guest_stage(desk) is stage


@pytest.mark.parametrize("stage", list(GuestStage))
def test_time(stage: GuestStage) -> None:
    desk = owner_at(stage)
    desk.wait(PAY_WITHIN_MS + PAY_GRACE_MS - 1)
    assert guest_stage(desk) is stage
    desk.wait(1)
    assert guest_stage(desk) is (CANCELING if stage in (OPENING, ISSUED) else stage)
    if stage is ISSUED:
        desk.answer(Withdrawn())
        assert letters(desk.guest(ASK, 5)) == [Refusal(RefusalCode.EXPIRED)]


# The node


@pytest.mark.parametrize("stage", [ISSUED, COMMITTED, CANCELING])
def test_collected_by_another_program(stage: GuestStage) -> None:
    desk = owner_at(stage)
    effects = desk.take(desk.machine.ended(INVOICE_ID, Collected(), desk.now))
    assert states(effects) == [SettledState.COLLECTED]
    assert guest_stage(desk) is COLLECTED


@pytest.mark.parametrize("stage", [ISSUED, COMMITTED, CANCELING])
def test_withdrawn_by_another_program(stage: GuestStage) -> None:
    desk = owner_at(stage)
    effects = desk.take(desk.machine.ended(INVOICE_ID, Withdrawn(), desk.now))
    assert states(effects) == ([] if stage is CANCELING else [SettledState.WITHDRAWN])
    assert guest_stage(desk) is CANCELED


@pytest.mark.parametrize("stage", [COLLECTED, CANCELED])
@pytest.mark.parametrize("answer", [Collected(), Withdrawn()])
def test_what_has_ended_stays(stage: GuestStage, answer: Collected | Withdrawn) -> None:
    desk = owner_at(stage)
    assert desk.take(desk.machine.ended(INVOICE_ID, answer, desk.now)) == []
    assert guest_stage(desk) is stage


def test_the_standing_of_an_invoice_is_remembered() -> None:
    desk = owner_at(ISSUED, is_touched=False)
    desk.take(desk.machine.standing(INVOICE_ID, NOW, is_touched=True, is_complete=True))
    row = desk.books.guests[ASK_ID]
    assert (row.is_touched, row.is_complete) == (True, True)
    # What went back was there all the same.
    desk.take(desk.machine.standing(INVOICE_ID, NOW, is_touched=False, is_complete=False))
    row = desk.books.guests[ASK_ID]
    assert (row.is_touched, row.is_complete) == (True, False)
    assert not desk.machine.standing(INVOICE_ID, NOW, is_touched=True, is_complete=False).changes
    assert not desk.machine.standing(b"x" * 32, NOW, is_touched=True, is_complete=False).changes
