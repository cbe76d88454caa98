"""Orders to the node, and after a start once more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.base.ids import CallId, InvoiceId
from offset.base.limits import TEXT_ORDERS_MAX
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    Effect,
    NothingFrozen,
    NotKnown,
    Opened,
    OpenInvoice,
    Reply,
    Withdraw,
    Withdrawn,
    WrongCommit,
)
from offset.core.dealings.orders import Orders
from offset.core.dealings.records import GuestStage
from offset.wire.letters_signing import verify_settled
from offset.wire.mailbox import NOBODY_ASKED, GiveUp, Refusal, RefusalCode, Settled, SettledState
from support.dealings import GUEST, Desk, commit_of, guest_stage, kinds, letters, owner_at
from support.letters import ASK_ID, INVOICE_ID
from support.texts import MAILBOX, NODE

OPENING, ISSUED, COMMITTED, COLLECTED, CANCELING, CANCELED = GuestStage
OPENED = Opened(INVOICE_ID, NODE.public_key)
GIVE_UP = GiveUp(ASK_ID)


# After a start


@pytest.mark.parametrize(
    "stage, order", [(OPENING, OpenInvoice), (COMMITTED, Collect), (CANCELING, Withdraw)]
)
def test_what_was_ordered_is_ordered_again(stage: GuestStage, order: type) -> None:
    desk = owner_at(stage)
    old = desk.orders()[-1]
    desk.start()
    assert kinds(desk.effects) == [order]
    desk.machine.answered(replace(old, order=99).order, NotKnown(), desk.now)
    assert guest_stage(desk) is stage


def test_given_up_while_opening_is_opened_and_withdrawn_after_a_start() -> None:
    desk = owner_at(OPENING)
    desk.guest(GIVE_UP, 2)
    desk.start()
    assert kinds(desk.effects) == [OpenInvoice]
    assert kinds(desk.answer(OPENED)) == [Withdraw]


@pytest.mark.parametrize("stage", [ISSUED, COLLECTED, CANCELED])
def test_nothing_is_ordered_again(stage: GuestStage) -> None:
    desk = owner_at(stage)
    desk.start()
    assert desk.effects == []


@pytest.mark.parametrize("stage", [COLLECTED, CANCELED])
def test_what_has_ended_leaves_memory(stage: GuestStage) -> None:
    desk = owner_at(stage)
    assert desk.machine.guest_asks() == []
    assert guest_stage(desk) is stage


# A commit for which nobody asked


def text_commit() -> tuple[Desk, list[Effect]]:
    desk = Desk()
    invoice = Desk().issue()
    return desk, desk.guest(commit_of(invoice), 4)


def test_a_commit_of_a_text_is_for_the_wallet() -> None:
    desk, effects = text_commit()
    (order,) = effects
    assert isinstance(order, Collect)
    assert (order.ask_id, order.invoice_id) == (NOBODY_ASKED, INVOICE_ID)
    # Brought once more meanwhile, it waits with the first.
    assert desk.guest(order.commit, 5) == []
    replies = [effect for effect in desk.answer(Collected()) if isinstance(effect, Reply)]
    assert [reply.answer_to for reply in replies] == [4, 5]
    for reply in replies:
        assert isinstance(reply.body, Settled)
        assert (reply.body.ask_id, reply.body.state) == (NOBODY_ASKED, SettledState.COLLECTED)
        assert verify_settled(reply.body, MAILBOX.public_key)
    assert desk.books.guests == {}


@pytest.mark.parametrize(
    "answer, code",
    [
        (NothingFrozen(), RefusalCode.NOTHING_FROZEN),
        (WrongCommit(), RefusalCode.WRONG_COMMIT),
        (Withdrawn(), RefusalCode.EXPIRED),
        (NotKnown(), RefusalCode.NOT_NOW),
    ],
)
def test_a_commit_of_a_text_that_is_not_taken(answer: Answer, code: RefusalCode) -> None:
    desk, _ = text_commit()
    assert letters(desk.answer(answer)) == [Refusal(code)]


def test_a_commit_that_our_node_did_not_sign_does_not_reach_the_wallet() -> None:
    desk, invoice = Desk(), Desk().issue()
    assert letters(desk.guest(commit_of(invoice, MAILBOX))) == [Refusal(RefusalCode.NOTHING_FROZEN)]
    desk.machine.set_node(None)
    assert letters(desk.guest(commit_of(invoice), 2)) == [Refusal(RefusalCode.NOT_NOW)]
    assert desk.orders() == []


def test_a_commit_that_is_brought_again_and_again_is_one_order() -> None:
    """While the node is away: in call after call, each of which ends; the last line is told what came of it."""
    desk, effects = text_commit()
    (order,) = effects
    assert isinstance(order, Collect)
    for number in range(100, 200):
        desk.machine.guest_gone(GUEST if number == 100 else CallId(number - 1))
        assert desk.guest(order.commit, 1, CallId(number)) == []
    assert desk.orders() == [order]
    assert len(desk.machine._selling._orders) == 1
    (reply,) = desk.answer(NothingFrozen())
    assert reply == Reply(CallId(199), Refusal(RefusalCode.NOTHING_FROZEN), 1)
    # Answered, it may be brought once more.
    assert kinds(desk.guest(order.commit, 2, CallId(199))) == [Collect]


def test_commits_of_texts_that_wait_for_the_node_are_bounded() -> None:
    desk = Desk()
    invoice = Desk().issue()
    commits = [
        commit_of(replace(invoice, invoice_id=InvoiceId(number.to_bytes(32))))
        for number in range(TEXT_ORDERS_MAX + 1)
    ]
    for commit in commits[:-1]:
        assert letters(desk.guest(commit)) == []
    desk.machine.guest_gone(GUEST)
    assert letters(desk.guest(commits[-1])) == [Refusal(RefusalCode.NOT_NOW)]
    assert len(desk.orders()) == TEXT_ORDERS_MAX
    desk.answer(NothingFrozen())
    assert letters(desk.guest(commits[-1])) == []
    assert len(desk.orders()) == TEXT_ORDERS_MAX + 1


def test_an_order_is_answered_once() -> None:
    desk = owner_at(OPENING)
    orders: Orders = desk.machine._selling._orders
    assert len(orders) == 1
    desk.answer(OPENED)
    assert len(orders) == 0
    assert desk.answer(OPENED, desk.orders()[0]) == []
