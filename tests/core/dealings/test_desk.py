"""The time of dealings: Unix times in rows, instants for what is due."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.instants import MINUTE
from offset.base.limits import ASK_MS, HEARD_MS, PAY_GRACE_MS, PAY_WITHIN_MS
from offset.core.dealings import desk as desks
from offset.core.dealings.records import GuestStage, OwnStage
from support.asking import asking
from support.dealings import UNIX, guest_stage, owner_at
from support.letters import ASK_ID
from support.texts import MAILBOX

ISSUED, CANCELING = GuestStage.ISSUED, GuestStage.CANCELING


def test_a_wallet_that_was_closed_does_not_cancel_what_is_held_for_it() -> None:
    desk = owner_at(ISSUED)
    desk.now += 10 * 60 * MINUTE
    desk.start()
    desk.wait(HEARD_MS - 1)
    assert guest_stage(desk) is ISSUED
    # The machine slept, so nobody could call.
    desk.now += 60 * MINUTE
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now))
    desk.wait(HEARD_MS - 1)
    assert guest_stage(desk) is ISSUED
    desk.wait(1)
    assert guest_stage(desk) is CANCELING


def test_a_clock_that_is_set_ahead_cancels_nothing_at_once() -> None:
    desk = owner_at(ISSUED)
    desk.take(desk.machine.set_clock(desk.now, UNIX + 10**12))
    desk.wait(HEARD_MS - 1)
    assert guest_stage(desk) is ISSUED


def test_unix_times_and_instants() -> None:
    desk = desks.Desk(MAILBOX, SeededEntropy(1))
    assert desk.set_clock(1000, UNIX) == UNIX - 1000
    assert desk.set_clock(1000, UNIX) == 0
    assert desk.listens_since is None
    desk.set_called(True, 1000)
    assert (desk.unix(1500), desk.instant(UNIX + 500)) == (UNIX + 500, 1500)
    assert desk.listens_since == 1000
    assert [desk.new_order(), desk.new_order()] == [1, 2]


def test_nothing_ends_by_time_while_nobody_can_call() -> None:
    desk = owner_at(ISSUED)
    desk.wait(MINUTE)
    desk.machine.set_called(False, desk.now)
    desk.wait(24 * 60 * MINUTE)
    assert guest_stage(desk) is ISSUED
    # Neither does the clock count as a caller.
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now))
    desk.wait(60 * MINUTE)
    desk.machine.set_called(True, desk.now)
    desk.wait(HEARD_MS - 1)
    assert guest_stage(desk) is ISSUED
    # A break begins the ten minutes again; a second relay does not.
    desk.machine.set_called(False, desk.now)
    desk.machine.set_called(True, desk.now)
    desk.wait(HEARD_MS // 2)
    desk.machine.set_called(True, desk.now)
    desk.wait(HEARD_MS - HEARD_MS // 2 - 1)
    assert guest_stage(desk) is ISSUED
    desk.wait(1)
    assert guest_stage(desk) is CANCELING


@pytest.mark.parametrize("slip", [-(10**12), 60 * MINUTE, 10**12])
def test_a_clock_that_is_set_leaves_the_time_to_pay_as_it_is(slip: int) -> None:
    desk = owner_at(ISSUED)
    desk.wait(MINUTE)
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now + slip))
    desk.wait(PAY_WITHIN_MS + PAY_GRACE_MS - MINUTE - 1)
    assert guest_stage(desk) is ISSUED
    desk.wait(1)
    assert guest_stage(desk) is CANCELING


@pytest.mark.parametrize("stage", [OwnStage.ASKING, OwnStage.GIVING_UP])
def test_a_clock_that_is_set_back_lets_no_question_go_on_for_longer(stage: OwnStage) -> None:
    """It ends as long after that as it would have, a start later, too: what is durable says so."""
    year = 365 * 24 * 60 * MINUTE
    desk = asking()
    if stage is OwnStage.GIVING_UP:
        desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    before = desk.books.own[ASK_ID]
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now - year))
    row = desk.books.own[ASK_ID]
    assert row.ask_until == before.ask_until - year
    assert row == desk.machine.own_ask(ASK_ID)
    assert row.give_up_until == (None if before.give_up_until is None else before.give_up_until - year)
    desk.wait((ASK_MS if stage is OwnStage.ASKING else PAY_WITHIN_MS + PAY_GRACE_MS) - 1)
    assert desk.machine.own_ask(ASK_ID) is not None
    desk.wait(1)
    assert desk.machine.own_ask(ASK_ID) is None


def test_a_clock_that_is_set_forward_may_end_a_question() -> None:
    """Nobody can tell it from a machine that slept; nothing was sent for it."""
    desk = asking()
    desk.take(desk.machine.set_clock(desk.now, UNIX + desk.now + 60 * MINUTE))
    desk.wait(0)
    assert desk.machine.own_ask(ASK_ID) is None
