"""Questions of ours: a test for each cell of the payer's table (docs/MAILBOX.md, "The payer")."""

from __future__ import annotations

import pytest

from offset.base.faults import UserFault
from offset.base.instants import MINUTE, SECOND
from offset.base.limits import (
    ASK_MS,
    ASK_PAUSE_MS_MAX,
    DELIVERY_PAUSE_MS_MAX,
    OWN_ASKS_MAX,
)
from offset.core.dealings.buying import NOT_FOR_GOOD
from offset.core.dealings.effects import HangUp, Place, Priced, Refused, Settled, Waiting, Write
from offset.core.dealings.records import OwnStage
from offset.testing import identity
from offset.wire.common import RelayAddress
from offset.wire.mailbox import (
    NOBODY_ASKED,
    GiveUp,
    Invoice,
    OpenPurpose,
    Refusal,
    RefusalCode,
    RequestPurpose,
    SettledState,
)
from support.asking import (
    ASKING,
    COLLECTED,
    COLLECTING,
    COMMIT,
    DELIVERED,
    DELIVERING,
    FOR_GOOD,
    GIVING_UP,
    INVOICE,
    PAYER,
    PRICED,
    WITHDRAWN,
    asking,
    come_to,
    heard,
    new_desk,
    stage_of,
)
from support.dealings import ASK, NOW, RELAY, kinds, settled, uid
from support.letters import ASK_ID, REQUEST_ID, invoice
from support.texts import ADDRESS

# Asking


@pytest.mark.parametrize("name", ["Б" * 33, "x" * 65, "two\nlines"])
def test_a_name_that_fits_no_letter(name: str) -> None:
    """It is refused before there is a row: a letter that cannot be written would stop the engine again and again."""
    desk = new_desk()
    with pytest.raises(UserFault, match="a name longer than 64 bytes"):
        desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW, payer_name=name)
    assert desk.machine.own_ask(ASK_ID) is None


def test_a_question_is_remembered_then_called_for_then_said() -> None:
    desk = new_desk()
    step = desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW, payer_name="Alice")
    assert step.changes.own_asks[ASK_ID] is not None
    assert step.effects == [Place(ASK_ID, ADDRESS)]
    desk.take(step)
    assert desk.take(desk.machine.reached(ASK_ID, RELAY)) == [Write(ASK_ID, ASK)]


def test_a_question_that_is_asked_already_goes_on() -> None:
    desk = come_to(PRICED)
    step = desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW)
    assert not step.changes
    assert step.effects == []


def test_an_invoice_is_told_and_the_line_stays() -> None:
    desk = asking()
    assert heard(desk, INVOICE) == [Priced(ASK_ID, INVOICE)]
    assert stage_of(desk) is PRICED
    assert desk.books.own[ASK_ID].invoice == INVOICE


@pytest.mark.parametrize(
    "wrong",
    [
        invoice(currency="EUR"),
        invoice(dest_payment=1999),
        invoice(dest_payment=2001),
        invoice(dest_public_key=PAYER.public_key),
    ],
)
def test_another_invoice_than_was_asked_for_is_refused(wrong: Invoice) -> None:
    desk = asking()
    assert heard(desk, wrong) == [HangUp(ASK_ID), Refused(ASK_ID, RefusalCode.CHANGED, "", None)]
    assert stage_of(desk) is None


@pytest.mark.parametrize(
    "chosen, got, is_taken",
    [(None, 5, True), (None, 2000, True), (2000, 2000, True), (2000, 2001, False)],
)
def test_what_a_request_leaves_open_the_person_decides(chosen: int | None, got: int, is_taken: bool) -> None:
    desk = asking(RequestPurpose(REQUEST_ID, chosen, ""))
    heard(desk, invoice(request_id=REQUEST_ID, dest_payment=got))
    assert (stage_of(desk) is PRICED) is is_taken


def test_an_invoice_for_another_request_is_refused() -> None:
    desk = asking(RequestPurpose(REQUEST_ID, None, ""))
    heard(desk, invoice(request_id=uid(3)))
    assert stage_of(desk) is None


def test_a_call_that_fails_is_made_again_with_growing_pauses() -> None:
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW, ask_ms=60 * MINUTE))
    pauses = []
    for _ in range(10):
        before = desk.now
        desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True))
        at = desk.machine.deadline()
        assert at is not None
        assert kinds(desk.wait(at - desk.now)) == [Place]
        pauses.append(desk.now - before)
    for number, pause in enumerate(pauses):
        right = min(ASK_PAUSE_MS_MAX, SECOND << number)
        assert right * 0.75 <= pause <= right * 1.25


def test_the_wallet_hears_once_that_a_question_waits() -> None:
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW))
    assert desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True)) == [Waiting(ASK_ID, True)]
    desk.wait(2 * SECOND)
    assert desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True)) == []


def test_the_relay_where_it_was_reached_comes_first() -> None:
    relays = tuple(RelayAddress(identity(name).public_key, f"{name}:1") for name in ("one", "two", "three"))
    address = ADDRESS.__class__(ADDRESS.mailbox, relays, "")
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, address, ASK.purpose, NOW))
    desk.take(desk.machine.reached(ASK_ID, relays[1]))
    desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=False))
    (place,) = [effect for effect in desk.wait(2 * SECOND) if isinstance(effect, Place)]
    assert place.address.relays == (relays[1], relays[0], relays[2])


@pytest.mark.parametrize("code", NOT_FOR_GOOD)
def test_what_is_not_refused_for_good_is_asked_again_on_the_line(code: RefusalCode) -> None:
    desk = asking()
    assert heard(desk, Refusal(code)) == [Waiting(ASK_ID, False)]
    assert desk.wait(2 * SECOND) == [Write(ASK_ID, ASK)]
    assert stage_of(desk) is ASKING


@pytest.mark.parametrize("code", [*FOR_GOOD, 999])
def test_a_refusal_for_good_ends_a_question(code: int) -> None:
    desk = asking()
    assert heard(desk, Refusal(code, "No.", 7)) == [HangUp(ASK_ID), Refused(ASK_ID, code, "No.", 7)]
    assert stage_of(desk) is None
    assert desk.machine.deadline() is None


def test_a_question_that_nobody_answers_ends() -> None:
    desk = new_desk()
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW))
    desk.wait(ASK_MS - 1)
    assert stage_of(desk) is ASKING
    assert desk.wait(1) == [HangUp(ASK_ID), Refused(ASK_ID, 0, "", None)]
    assert stage_of(desk) is None


def test_a_question_outlives_a_crash_but_not_its_time() -> None:
    desk = asking()
    desk.start()
    assert desk.effects == [Place(ASK_ID, ADDRESS)]
    assert desk.take(desk.machine.reached(ASK_ID, RELAY)) == [Write(ASK_ID, ASK)]
    desk.now += ASK_MS
    desk.start()
    assert Refused(ASK_ID, 0, "", None) in desk.wait(1)
    assert stage_of(desk) is None


def test_a_place_for_the_call_is_made_where_nothing_is_to_be_said() -> None:
    desk = come_to(PRICED)
    desk.take(desk.machine.ask(uid(2), ADDRESS, ASK.purpose, desk.now))
    assert desk.take(desk.machine.no_line(uid(2), desk.now)) == [HangUp(ASK_ID)]
    assert [effect.ask_id for effect in desk.wait(2 * SECOND) if isinstance(effect, Place)] == [uid(2)]
    # Its own call was hung up, so what is to be said later is said in another one.
    assert desk.take(desk.machine.deliver(ASK_ID, COMMIT, desk.now)) == [Place(ASK_ID, ADDRESS)]


def test_own_questions_are_bounded() -> None:
    desk = new_desk()
    for number in range(OWN_ASKS_MAX):
        desk.take(desk.machine.ask(uid(number + 1), ADDRESS, ASK.purpose, NOW))
    with pytest.raises(UserFault, match="wait"):
        desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW)
    with pytest.raises(UserFault, match="wait"):
        desk.machine.deliver_text(ASK_ID, ADDRESS, COMMIT, NOW)
    desk.take(desk.machine.forget(uid(1)))
    desk.take(desk.machine.ask(ASK_ID, ADDRESS, ASK.purpose, NOW))
    assert stage_of(desk) is ASKING


# Delivering


def test_a_commit_is_remembered_then_said_on_the_line_that_is_up() -> None:
    desk = come_to(PRICED)
    assert desk.take(desk.machine.deliver(ASK_ID, COMMIT, desk.now)) == [Write(ASK_ID, COMMIT)]
    assert desk.books.own[ASK_ID].commit == COMMIT


def test_a_commit_is_not_said_before_there_is_an_invoice() -> None:
    desk = come_to(ASKING)
    assert desk.take(desk.machine.deliver(ASK_ID, COMMIT, desk.now)) == []
    assert stage_of(desk) is ASKING


def test_a_commit_is_said_without_end() -> None:
    desk = come_to(DELIVERING)
    for _ in range(20):
        desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True))
        assert kinds(desk.wait(int(DELIVERY_PAUSE_MS_MAX * 1.25))) == [Place]
    assert stage_of(desk) is DELIVERING


@pytest.mark.parametrize("state, is_collected", [(COLLECTING, False), (COLLECTED, True)])
def test_a_commit_that_the_owner_has_is_said_no_more(state: SettledState, is_collected: bool) -> None:
    desk = come_to(DELIVERING)
    assert heard(desk, settled(state)) == [Settled(ASK_ID, is_collected)]
    assert stage_of(desk) is DELIVERED
    desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=False))
    assert desk.wait(60 * MINUTE) == []


def test_collected_is_told_after_collecting_and_once() -> None:
    desk = come_to(DELIVERED)
    assert heard(desk, settled(COLLECTED), unasked=True) == [Settled(ASK_ID, True)]
    assert heard(desk, settled(COLLECTED), unasked=True) == []
    assert heard(desk, settled(COLLECTING), unasked=True) == []
    assert desk.books.own[ASK_ID].is_collected


@pytest.mark.parametrize("code", NOT_FOR_GOOD)
def test_a_commit_that_is_not_taken_now_is_said_again(code: RefusalCode) -> None:
    desk = come_to(DELIVERING)
    assert heard(desk, Refusal(code)) == [Waiting(ASK_ID, False)]
    assert desk.wait(3 * SECOND) == [Write(ASK_ID, COMMIT)]


@pytest.mark.parametrize("code", [*FOR_GOOD, 999])
def test_a_commit_that_is_refused_for_good_is_given_up(code: int) -> None:
    desk = come_to(DELIVERING)
    assert heard(desk, Refusal(code, "No.")) == [
        Write(ASK_ID, GiveUp(ASK_ID)),
        Refused(ASK_ID, code, "No.", None),
    ]
    assert stage_of(desk) is GIVING_UP
    # Our own node has not said yet how it ends, so it is given up without end.
    assert desk.books.own[ASK_ID].give_up_until is None


def test_crash_while_delivering() -> None:
    desk = come_to(DELIVERING)
    desk.start()
    assert desk.effects == [Place(ASK_ID, ADDRESS)]
    assert desk.take(desk.machine.reached(ASK_ID, RELAY)) == [Write(ASK_ID, COMMIT)]


def test_what_was_told_is_told_again_after_a_crash() -> None:
    desk = come_to(PRICED)
    desk.start()
    assert desk.effects == [Priced(ASK_ID, INVOICE)]
    desk = come_to(DELIVERED)
    desk.start()
    assert desk.effects == [Settled(ASK_ID, False)]
    desk = come_to(DELIVERING)
    heard(desk, Refusal(RefusalCode.USED, "Paid."))
    desk.start()
    assert desk.effects == [Refused(ASK_ID, RefusalCode.USED, "Paid.", None), Place(ASK_ID, ADDRESS)]


# The owner withdraws


@pytest.mark.parametrize("stage", [PRICED, DELIVERING, DELIVERED])
def test_withdrawn_by_the_owner(stage: OwnStage) -> None:
    """Whether credits are frozen is not known here: it stays until our own node has said how it ends."""
    desk = come_to(stage)
    assert heard(desk, settled(WITHDRAWN), unasked=True) == [Refused(ASK_ID, 0, "", None)]
    assert stage_of(desk) is GIVING_UP
    assert desk.books.own[ASK_ID].give_up_until is None
    assert desk.wait(60 * MINUTE) == []


def test_withdrawn_before_it_was_priced() -> None:
    desk = come_to(ASKING)
    assert heard(desk, settled(WITHDRAWN), unasked=True) == [HangUp(ASK_ID), Refused(ASK_ID, 0, "", None)]
    assert stage_of(desk) is None


@pytest.mark.parametrize("stage", [ASKING, PRICED])
@pytest.mark.parametrize("state", [COLLECTING, COLLECTED])
def test_settled_before_a_commit_was_sent_changes_nothing(stage: OwnStage, state: SettledState) -> None:
    desk = come_to(stage)
    assert heard(desk, settled(state), unasked=True) == []
    assert stage_of(desk) is stage


@pytest.mark.parametrize("stage", list(OwnStage))
def test_what_is_said_of_another_question_changes_nothing(stage: OwnStage) -> None:
    desk = come_to(stage)
    for state in SettledState:
        assert heard(desk, settled(state, uid(9)), unasked=True) == []
    assert stage_of(desk) is stage


@pytest.mark.parametrize("stage", [PRICED, DELIVERING, DELIVERED, GIVING_UP])
def test_a_second_invoice_changes_nothing(stage: OwnStage) -> None:
    desk = come_to(stage)
    assert heard(desk, invoice(invoice_id=b"j" * 32)) == []
    assert stage_of(desk) is stage
    assert desk.books.own[ASK_ID].invoice == INVOICE


# An invoice of a text


def test_the_commit_for_an_invoice_of_a_text() -> None:
    desk = new_desk()
    step = desk.machine.deliver_text(ASK_ID, ADDRESS, COMMIT, NOW)
    assert desk.take(step) == [Place(ASK_ID, ADDRESS)]
    assert not desk.machine.deliver_text(ASK_ID, ADDRESS, COMMIT, NOW).effects
    assert desk.take(desk.machine.reached(ASK_ID, RELAY)) == [Write(ASK_ID, COMMIT)]
    assert heard(desk, settled(COLLECTED, NOBODY_ASKED, b"x" * 32)) == []
    assert heard(desk, settled(COLLECTED, NOBODY_ASKED)) == [Settled(ASK_ID, True)]
    assert stage_of(desk) is DELIVERED


def test_an_invoice_of_a_text_is_not_given_up_by_letter() -> None:
    desk = new_desk()
    desk.take(desk.machine.deliver_text(ASK_ID, ADDRESS, COMMIT, NOW))
    assert desk.take(desk.machine.give_up(ASK_ID, NOW, is_sent=True)) == [HangUp(ASK_ID)]
    assert stage_of(desk) is None


def test_the_commit_for_an_invoice_of_a_text_is_refused() -> None:
    desk = new_desk()
    desk.take(desk.machine.deliver_text(ASK_ID, ADDRESS, COMMIT, NOW))
    desk.take(desk.machine.reached(ASK_ID, RELAY))
    refused = Refused(ASK_ID, RefusalCode.EXPIRED, "", None)
    assert heard(desk, Refusal(RefusalCode.EXPIRED)) == [HangUp(ASK_ID), refused]
    assert stage_of(desk) is None


# What comes late


def test_news_of_what_is_over_changes_nothing() -> None:
    desk = new_desk()
    machine = desk.machine
    for step in (
        machine.reached(ASK_ID, RELAY),
        machine.lost(ASK_ID, NOW, is_closed=True),
        machine.no_line(ASK_ID, NOW),
        machine.heard(ASK_ID, INVOICE, ASK, NOW),
        machine.deliver(ASK_ID, COMMIT, NOW),
        machine.give_up(ASK_ID, NOW, is_sent=True),
        machine.forget(ASK_ID),
        machine.give_up(ASK_ID, NOW, is_sent=False),
    ):
        assert not step.changes
        assert step.effects == []
    assert OpenPurpose("FST", 1, "") != ASK.purpose
