"""The time of dealings: Unix times in rows, instants for what is due."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.instants import MINUTE
from offset.base.limits import HEARD_MS, PAY_GRACE_MS, PAY_WITHIN_MS
from offset.core.dealings import desk as desks
from offset.core.dealings.records import GuestStage
from support.dealings import UNIX, guest_stage, owner_at
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
    desk.set_clock(1000, UNIX)
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
