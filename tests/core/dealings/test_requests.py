"""Requests: what a question that answers one is told, and one payment for what is good once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.base.faults import UserFault
from offset.base.ids import CallId
from offset.base.instants import SECOND
from offset.base.limits import REQUESTS_OPEN_MAX
from offset.core.dealings.effects import Collected, NothingFrozen, Opened, Reply, Withdrawn
from offset.core.dealings.records import GuestStage, Request, RequestState
from offset.wire.mailbox import (
    NOBODY_ASKED,
    AskInvoice,
    Invoice,
    Refusal,
    RefusalCode,
    RequestPurpose,
    SettledState,
)
from support.dealings import ASK_REQUEST, GUEST, REQUEST, UNIX, Desk, commit_of, letters, states, uid
from support.letters import ASK_ID, INVOICE_ID, REQUEST_ID
from support.texts import NODE

ALWAYS = replace(REQUEST, is_once=False)
GIFT = replace(REQUEST, amount=None, is_once=False)
SECOND_ASK = replace(ASK_REQUEST, ask_id=uid(2))
OTHER = CallId(8)


def with_request(request: Request = REQUEST) -> Desk:
    desk = Desk()
    desk.take(desk.machine.add_request(request))
    return desk


def ask_for(amount: int | None) -> AskInvoice:
    return replace(ASK_REQUEST, purpose=RequestPurpose(REQUEST_ID, amount, "For you"))


def two_invoices(request: Request = REQUEST) -> tuple[Desk, Invoice, Invoice]:
    """Two guests have an invoice for one request."""
    desk = with_request(request)
    first = desk.issue(ASK_REQUEST)
    return desk, first, desk.issue(SECOND_ASK, OTHER)


def state_of(desk: Desk) -> RequestState:
    return desk.books.requests[REQUEST_ID].state


# What is answered


@pytest.mark.parametrize(
    "request_, chosen, amount",
    [(REQUEST, None, 2000), (REQUEST, 2000, 2000), (GIFT, 10, 10), (GIFT, 5000, 5000)],
)
def test_the_invoice_of_a_request(request_: Request, chosen: int | None, amount: int) -> None:
    invoice = with_request(request_).issue(ask_for(chosen))
    assert (invoice.request_id, invoice.dest_payment, invoice.note) == (REQUEST_ID, amount, "Lunch")
    assert (invoice.currency, invoice.opt_decimals) == ("FST", 2)


@pytest.mark.parametrize(
    "request_, chosen, code",
    [
        (REQUEST, 1999, RefusalCode.CHANGED),
        (REQUEST, 2001, RefusalCode.CHANGED),
        (GIFT, None, RefusalCode.TOO_LITTLE),
        (GIFT, 9, RefusalCode.TOO_LITTLE),
        (replace(REQUEST, currency="EUR"), None, RefusalCode.NO_SUCH_CURRENCY),
    ],
)
def test_what_does_not_answer_a_request(request_: Request, chosen: int | None, code: RefusalCode) -> None:
    desk = with_request(request_)
    assert letters(desk.guest(ask_for(chosen))) == [Refusal(code)]
    assert desk.books.guests == {}


def test_a_request_that_nobody_made() -> None:
    assert letters(Desk().guest(ASK_REQUEST)) == [Refusal(RefusalCode.NO_SUCH_REQUEST)]
    nothing = replace(ASK_REQUEST, purpose=RequestPurpose(NOBODY_ASKED, None, ""))
    assert letters(Desk().guest(nothing)) == [Refusal(RefusalCode.NO_SUCH_REQUEST)]


def test_a_request_whose_time_is_over() -> None:
    desk = with_request(replace(REQUEST, valid_until=UNIX // SECOND + 60))
    desk.wait(60 * SECOND - desk.now - 1)
    invoice = desk.issue(ASK_REQUEST)
    desk.wait(1)
    assert letters(desk.guest(SECOND_ASK, 1, OTHER)) == [Refusal(RefusalCode.EXPIRED)]
    # What has an invoice may still be paid.
    assert states(desk.guest(commit_of(invoice), 2)) == [SettledState.COLLECTING]


def test_a_request_is_added_once() -> None:
    desk = with_request()
    desk.take(desk.machine.close_request(REQUEST_ID, desk.now))
    assert not desk.machine.add_request(REQUEST).changes
    assert state_of(desk) is RequestState.CLOSED
    assert not desk.machine.add_request(replace(REQUEST, request_id=NOBODY_ASKED)).changes


def test_requests_are_bounded() -> None:
    desk = Desk()
    for number in range(REQUESTS_OPEN_MAX):
        desk.books.requests[uid(number + 1)] = replace(REQUEST, request_id=uid(number + 1))
    desk.start()
    with pytest.raises(UserFault, match="close"):
        desk.machine.add_request(REQUEST)
    desk.take(desk.machine.close_request(uid(1), desk.now))
    desk.take(desk.machine.add_request(REQUEST))
    assert len(desk.machine.requests()) == REQUESTS_OPEN_MAX


# Closing


def test_a_request_that_is_closed_withdraws_its_invoices_but_not_what_was_paid() -> None:
    desk, first, second = two_invoices(ALWAYS)
    desk.guest(commit_of(first), 2)
    effects = desk.take(desk.machine.close_request(REQUEST_ID, desk.now))
    told = [effect for effect in effects if isinstance(effect, Reply)]
    assert [(reply.call, reply.body.state) for reply in told] == [(OTHER, SettledState.WITHDRAWN)]  # type: ignore[union-attr]
    assert desk.books.guests[ASK_ID].stage is GuestStage.COMMITTED
    assert states(desk.guest(commit_of(second), 2, OTHER)) == [-RefusalCode.EXPIRED]
    assert letters(desk.guest(replace(ASK_REQUEST, ask_id=uid(3)), 3)) == [Refusal(RefusalCode.EXPIRED)]
    assert desk.take(desk.machine.close_request(REQUEST_ID, desk.now)) == []


# Once only


def test_the_first_commit_closes_what_is_good_once() -> None:
    desk, first, second = two_invoices()
    effects = desk.guest(commit_of(first), 2)
    assert states(effects) == [SettledState.COLLECTING, SettledState.WITHDRAWN]
    assert (state_of(desk), desk.books.requests[REQUEST_ID].taken_by) == (RequestState.TAKEN, ASK_ID)
    assert desk.books.guests[uid(2)].stage is GuestStage.CANCELING
    assert states(desk.guest(commit_of(second), 2, OTHER)) == [-RefusalCode.USED]
    assert letters(desk.guest(SECOND_ASK, 3, OTHER)) == [Refusal(RefusalCode.USED)]
    assert letters(desk.guest(replace(ASK_REQUEST, ask_id=uid(3)), 4, OTHER)) == [Refusal(RefusalCode.USED)]


def test_it_stays_closed_once_it_is_paid() -> None:
    desk, first, _ = two_invoices()
    desk.guest(commit_of(first), 2)
    desk.answer(Collected(), desk.orders()[2])
    desk.start()
    assert letters(desk.guest(replace(ASK_REQUEST, ask_id=uid(3)))) == [Refusal(RefusalCode.USED)]
    assert desk.machine.requests() == []
    request = desk.machine.request(REQUEST_ID)
    assert request is not None
    assert request.state is RequestState.TAKEN


@pytest.mark.parametrize("restarts", [False, True])
def test_it_opens_again_if_nothing_was_collected(restarts: bool) -> None:
    desk, first, _ = two_invoices()
    desk.guest(commit_of(first), 2)
    if restarts:
        desk.start()
    (collect,) = [order for order in desk.orders() if order.ask_id == ASK_ID][-1:]
    desk.answer(NothingFrozen(), collect)
    assert (state_of(desk), desk.books.requests[REQUEST_ID].taken_by) == (RequestState.OPEN, None)
    third = desk.issue(replace(ASK_REQUEST, ask_id=uid(3)), OTHER)
    assert states(desk.guest(commit_of(third), 5, OTHER)) == [SettledState.COLLECTING]
    assert desk.books.requests[REQUEST_ID].taken_by == uid(3)


def test_the_end_of_another_invoice_opens_nothing() -> None:
    desk, first, second = two_invoices()
    desk.guest(commit_of(first), 2)
    desk.take(desk.machine.ended(second.invoice_id, Withdrawn(), desk.now))
    assert state_of(desk) is RequestState.TAKEN


def test_one_whose_invoice_is_being_opened_is_refused_as_used() -> None:
    desk = with_request()
    first = desk.issue(ASK_REQUEST)
    desk.guest(SECOND_ASK, 1, OTHER)
    opening = desk.orders()[-1]
    desk.guest(commit_of(first), 2)
    assert Reply(OTHER, Refusal(RefusalCode.USED), 1) in desk.effects
    assert letters(desk.answer(Opened(b"j" * 32, NODE.public_key), opening)) == []
    desk.answer(Withdrawn())
    assert uid(2) not in desk.books.guests


def test_what_is_good_always_is_paid_often() -> None:
    desk, first, second = two_invoices(ALWAYS)
    assert states(desk.guest(commit_of(first), 2)) == [SettledState.COLLECTING]
    assert states(desk.guest(commit_of(second), 2, OTHER)) == [SettledState.COLLECTING]
    assert state_of(desk) is RequestState.OPEN
    assert (first.invoice_id, GUEST) == (INVOICE_ID, CallId(7))
