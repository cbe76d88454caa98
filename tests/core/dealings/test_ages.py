"""Ages of questions: by our own count, and never in the future."""

from __future__ import annotations

from msgspec.structs import replace

from offset.base.entropy import SeededEntropy
from offset.base.instants import MINUTE
from offset.core.dealings.ages import Ages
from offset.core.dealings.desk import Desk
from offset.core.dealings.records import GuestStage
from support.dealings import NOW, UNIX, guest_stage, owner_at
from support.letters import ASK_ID
from support.texts import MAILBOX


def ages_at(now: int, unix: int) -> tuple[Desk, Ages]:
    desk = Desk(MAILBOX, SeededEntropy(1))
    desk.set_clock(now, unix)
    return desk, Ages(desk)


ROW = owner_at(GuestStage.ISSUED).books.guests[ASK_ID]


def test_of_a_row_that_was_read() -> None:
    _, ages = ages_at(NOW, UNIX + NOW + MINUTE)
    ages.note(ROW, NOW)
    assert (ages.asked(ASK_ID), ages.issued(ASK_ID)) == (NOW - MINUTE, NOW - MINUTE)
    ages.note(replace(ROW, asked=ROW.asked - 5), NOW + 1)
    assert ages.asked(ASK_ID) == NOW - MINUTE


def test_a_time_that_lies_ahead_is_now() -> None:
    _, ages = ages_at(NOW, UNIX)
    ages.note(ROW, NOW)
    assert (ages.asked(ASK_ID), ages.issued(ASK_ID)) == (NOW, NOW)


def test_the_time_to_pay_runs_from_the_invoice() -> None:
    desk, ages = ages_at(NOW, UNIX + NOW)
    ages.note(replace(ROW, invoice=None), NOW)
    desk.set_clock(NOW + MINUTE, UNIX)
    assert ages.issued(ASK_ID) == NOW
    assert ROW.invoice is not None
    ages.note(replace(ROW, invoice=replace(ROW.invoice, issued=UNIX)), NOW + MINUTE)
    assert (ages.asked(ASK_ID), ages.issued(ASK_ID)) == (NOW, NOW + MINUTE)


def test_ages_leave_memory_with_their_questions() -> None:
    for stage in (GuestStage.ISSUED, GuestStage.CANCELED):
        desk = owner_at(stage)
        assert guest_stage(desk) is stage
        assert len(desk.machine._selling._ages) == len(desk.machine.guest_asks())
