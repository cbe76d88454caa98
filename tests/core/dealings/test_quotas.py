"""Shares of guests: how many questions are open at once, who gives way, and how often a request is asked for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.base.ids import CallId, Uid
from offset.base.instants import MINUTE, SECOND
from offset.base.limits import (
    ASK_SAFE_MS,
    ASK_WAITS_MS,
    ASKS_OPEN_MAX,
    CONTACT_ASKS_MAX,
    REQUEST_ASKS_MAX,
    REQUEST_ASKS_PER_MINUTE,
    STRANGERS_ASKS_MAX,
)
from offset.core.dealings.effects import OpenInvoice, Reply, Withdraw
from offset.core.dealings.quotas import Kind, Shares, share_of
from offset.core.dealings.records import GuestStage
from offset.wire.mailbox import NOBODY_ASKED, AskInvoice, Refusal, RefusalCode, RequestPurpose, SettledState
from support.dealings import (
    ASK,
    ASK_REQUEST,
    GUEST,
    REQUEST,
    TERMS,
    UNIX,
    Desk,
    commit_of,
    letters,
    states,
    uid,
)
from support.letters import CALLED_AT, CALLER, REQUEST_ID

BUSY = Refusal(RefusalCode.BUSY)
ALWAYS = replace(REQUEST, is_once=False)


def ask(number: int, pattern: AskInvoice = ASK) -> AskInvoice:
    return replace(pattern, ask_id=uid(number))


def full(count: int = STRANGERS_ASKS_MAX, pattern: AskInvoice = ASK) -> Desk:
    """So many strangers have an invoice, the first of which is number 1."""
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    for number in range(1, count + 1):
        if pattern is ASK_REQUEST:
            # They come as slowly as a request is answered.
            desk.wait(MINUTE // REQUEST_ASKS_PER_MINUTE)
        desk.issue(ask(number, pattern), CallId(number))
    return desk


def stage_of(desk: Desk, number: int) -> GuestStage | None:
    row = desk.books.guests.get(uid(number))
    return None if row is None else row.stage


def touch(desk: Desk, number: int, *, is_complete: bool = False) -> None:
    desk.take(desk.machine.standing(uid(number) * 2, desk.now, is_touched=True, is_complete=is_complete))


def test_shares() -> None:
    assert share_of(None, NOBODY_ASKED)[0] is Kind.STRANGERS
    assert share_of(None, uid(1)) == (Kind.REQUEST, uid(1))
    assert share_of(CALLER.public_key, uid(1)) == (Kind.CONTACT, CALLER.public_key)
    assert not Shares().is_full(share_of(None, NOBODY_ASKED))


# Who gives way


def test_a_place_is_safe_for_a_minute() -> None:
    desk = full()
    assert letters(desk.guest(ask(999), call=CallId(999))) == [BUSY]
    desk.wait(ASK_SAFE_MS - 1)
    assert letters(desk.guest(ask(999), call=CallId(999))) == [BUSY]
    desk.wait(1)
    effects = desk.guest(ask(999), call=CallId(999))
    assert stage_of(desk, 1) is GuestStage.CANCELING
    assert stage_of(desk, 999) is GuestStage.OPENING
    assert Reply(CallId(1), effects[1].body, 0) in effects  # type: ignore[union-attr]
    assert states(effects) == [SettledState.WITHDRAWN]
    assert [type(effect) for effect in effects if isinstance(effect, Withdraw | OpenInvoice)] == [
        Withdraw,
        OpenInvoice,
    ]
    assert letters(desk.guest(ask(1), 2, CallId(1))) == [Refusal(RefusalCode.EXPIRED)]


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_clock_that_was_ahead_keeps_no_place_longer(is_stopped: bool) -> None:
    """Questions asked by a clock that was a year ahead are safe for a minute, also after a start."""
    desk = Desk()
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now + 365 * 24 * 60 * MINUTE))
    for number in range(1, STRANGERS_ASKS_MAX + 1):
        desk.issue(ask(number), CallId(number))
    if is_stopped:
        desk.start()
    else:
        desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now))
    assert letters(desk.guest(ask(999), call=CallId(999))) == [BUSY]
    desk.wait(ASK_SAFE_MS)
    desk.guest(ask(999), call=CallId(999))
    assert (stage_of(desk, 1), stage_of(desk, 999)) == (GuestStage.CANCELING, GuestStage.OPENING)


def test_what_was_frozen_counts() -> None:
    """The oldest for which nothing was frozen, then the oldest that is not complete, and those never."""
    desk = full()
    for number in range(1, STRANGERS_ASKS_MAX + 1):
        if number != 4:
            touch(desk, number, is_complete=number not in (2, 3))
    desk.wait(ASK_SAFE_MS)
    given_way = []
    for number in (1001, 1002, 1003):
        desk.guest(ask(number), call=CallId(number))
        desk.wait(1)
        gone = [n for n in range(1, 5) if stage_of(desk, n) is GuestStage.CANCELING]
        given_way.append([n for n in gone if n not in [one for ones in given_way for one in ones]])
    assert given_way == [[4], [2], [3]]
    assert letters(desk.guest(ask(1004), call=CallId(1004))) == [BUSY]
    assert stage_of(desk, 1) is GuestStage.ISSUED


def test_a_sale_needs_no_place() -> None:
    desk = full(STRANGERS_ASKS_MAX - 1)
    invoice = desk.issue(ask(500), CallId(500))
    assert letters(desk.guest(ask(999), call=CallId(999))) == [BUSY]
    desk.guest(commit_of(invoice), 2, CallId(500))
    assert letters(desk.guest(ask(999), call=CallId(999))) == []


def test_places_are_known_after_a_start() -> None:
    desk = full()
    desk.start()
    assert letters(desk.guest(ask(999), call=CallId(999))) == [BUSY]


def test_each_has_a_share_of_its_own() -> None:
    desk = full()
    desk.machine.set_contacts([CALLER.public_key])
    desk.machine.introduced(GUEST, CALLED_AT)
    assert letters(desk.guest(ask(998))) == []
    assert letters(desk.guest(ask(999, ASK_REQUEST), call=CallId(999))) == []


def test_a_contact_has_so_many() -> None:
    desk = Desk()
    desk.machine.set_contacts([CALLER.public_key])
    desk.machine.introduced(GUEST, CALLED_AT)
    for number in range(1, CONTACT_ASKS_MAX + 1):
        assert letters(desk.guest(ask(number), number)) == []
    assert letters(desk.guest(ask(99), 99)) == [BUSY]


def test_whoever_is_no_contact_is_a_stranger() -> None:
    desk = full()
    desk.machine.introduced(GUEST, CALLED_AT)
    assert letters(desk.guest(ask(999))) == [BUSY]


def test_a_request_has_so_many() -> None:
    desk = full(REQUEST_ASKS_MAX, ASK_REQUEST)
    desk.wait(MINUTE // REQUEST_ASKS_PER_MINUTE)
    desk.guest(ask(998, ASK_REQUEST), call=CallId(998))
    # The first has been here for a minute by now, so it gives way.
    assert stage_of(desk, 1) is GuestStage.CANCELING
    other = replace(ALWAYS, request_id=uid(77))
    desk.take(desk.machine.add_request(other))
    for_other = replace(ask(999), purpose=RequestPurpose(uid(77), None, ""))
    assert letters(desk.guest(for_other, call=CallId(999))) == []


def test_all_together_are_bounded() -> None:
    """Invoices that the node cannot withdraw count too, so what is in memory is bounded."""
    desk = Desk()
    row = full(1).books.guests[uid(1)]
    for number in range(1, ASKS_OPEN_MAX):
        known = ask(number)
        canceling = replace(row, ask=known, stage=GuestStage.CANCELING, invoice=None)
        desk.books.guests[uid(number)] = canceling
    desk.start()
    assert letters(desk.guest(ask(9998), call=CallId(9998))) == []
    assert letters(desk.guest(ask(9999), call=CallId(9999))) == [BUSY]


# How often a request is asked for


def test_a_request_is_answered_so_often() -> None:
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    for number in range(1, 2 * REQUEST_ASKS_PER_MINUTE + 1):
        desk.guest(ask(number, ASK_REQUEST), call=CallId(number))
    assert len(desk.orders()) == REQUEST_ASKS_PER_MINUTE
    desk.wait(MINUTE // REQUEST_ASKS_PER_MINUTE)
    assert len(desk.orders()) == REQUEST_ASKS_PER_MINUTE
    desk.wait(ASK_WAITS_MS)
    told = [effect.call for effect in desk.effects if isinstance(effect, Reply) and effect.body == BUSY]
    # One more was drawn, but there was no place for it; all others have waited for too long.
    assert sorted(told) == [CallId(n) for n in range(17, 33)]


@pytest.mark.parametrize("is_contact", [False, True])
def test_neither_contacts_nor_repetitions_wait(is_contact: bool) -> None:
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    for number in range(1, REQUEST_ASKS_PER_MINUTE + 1):
        desk.issue(ask(number, ASK_REQUEST), CallId(number))
    if is_contact:
        desk.machine.set_contacts([CALLER.public_key])
        desk.machine.introduced(GUEST, CALLED_AT)
        assert isinstance(desk.guest(ask(99, ASK_REQUEST))[-1], OpenInvoice)
    else:
        assert len(letters(desk.guest(ask(1, ASK_REQUEST), 2, CallId(1)))) == 1


def test_one_line_has_one_lot() -> None:
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    for number in range(1, REQUEST_ASKS_PER_MINUTE + 1):
        desk.guest(ask(number, ASK_REQUEST), call=CallId(number))
    assert letters(desk.guest(ask(50, ASK_REQUEST), 1)) == []
    assert desk.guest(ask(51, ASK_REQUEST), 2) == [Reply(GUEST, BUSY, 2)]
    # Who hangs up waits no longer.
    desk.machine.guest_gone(GUEST)
    assert letters(desk.wait(ASK_WAITS_MS)) == []


def test_lots_are_forgotten() -> None:
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    desk.guest(ask(1, ASK_REQUEST))
    desk.wait(2 * MINUTE)
    assert len(desk.machine._lots) == 0
    assert letters(desk.guest(ask(2, ASK_REQUEST))) == []


def test_who_floods_one_request_keeps_no_other_caller_from_it() -> None:
    """Ten lines that ask all the time, each for another sale, against one that asks as often: it has its turn."""
    desk = Desk()
    desk.take(desk.machine.add_request(ALWAYS))
    number, is_served, started = 1000, False, desk.now
    while not is_served and desk.now < started + 5 * MINUTE:
        for call in range(1, 11):
            number += 1
            desk.guest(ask(number, ASK_REQUEST), number, CallId(call))
        desk.guest(ask(7, ASK_REQUEST), number, GUEST)
        desk.wait(SECOND)
        is_served = any(isinstance(o, OpenInvoice) and o.ask_id == uid(7) for o in desk.orders())
    assert is_served


def test_ids() -> None:
    assert isinstance(uid(1), bytes)
    assert len({Uid(uid(n)) for n in range(300)}) == 300
    assert (TERMS.currencies["FST"].least, REQUEST_ID) == (10, b"r" * 16)
