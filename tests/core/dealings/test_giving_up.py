"""Questions of ours that are given up: the rest of the payer's table (docs/MAILBOX.md, "The payer")."""

from __future__ import annotations

import pytest

from offset.base.instants import MINUTE, SECOND
from offset.base.limits import (
    DELIVERY_PAUSE_MS_MAX,
    PAY_GRACE_MS,
    PAY_WITHIN_MS,
)
from offset.core.dealings.buying import NOT_FOR_GOOD
from offset.core.dealings.effects import GaveUp, HangUp, Place, Settled, Write
from offset.core.dealings.records import OwnStage
from offset.wire.mailbox import (
    Body,
    GiveUp,
    Refusal,
    RefusalCode,
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
    PRICED,
    WITHDRAWN,
    come_to,
    heard,
    stage_of,
)
from support.dealings import UNIX, kinds, settled
from support.letters import ASK_ID
from support.texts import ADDRESS

# Giving up


@pytest.mark.parametrize("stage", [ASKING, PRICED, DELIVERING])
@pytest.mark.parametrize("is_sent", [False, True])
def test_give_up(stage: OwnStage, is_sent: bool) -> None:
    desk = come_to(stage)
    give_up = desk.machine.give_up(ASK_ID, desk.now, is_sent=is_sent)
    assert desk.take(give_up) == [Write(ASK_ID, GiveUp(ASK_ID))]
    assert stage_of(desk) is GIVING_UP
    until = desk.books.own[ASK_ID].give_up_until
    assert until == (None if is_sent else UNIX + desk.now + PAY_WITHIN_MS + PAY_GRACE_MS)


def test_what_the_owner_has_is_not_given_up() -> None:
    desk = come_to(DELIVERED)
    assert desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True)) == []
    assert stage_of(desk) is DELIVERED
    # Our node has said that nothing was paid, whatever the owner says.
    assert desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False)) == [HangUp(ASK_ID)]
    assert stage_of(desk) is None


@pytest.mark.parametrize("answer", [settled(WITHDRAWN), *[Refusal(code) for code in FOR_GOOD]])
def test_given_up_with_nothing_sent_is_over_with_the_answer(answer: Body) -> None:
    desk = come_to(PRICED)
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    assert heard(desk, answer) == [HangUp(ASK_ID), GaveUp(ASK_ID)]
    assert stage_of(desk) is None


@pytest.mark.parametrize("answer", [settled(WITHDRAWN), *[Refusal(code) for code in FOR_GOOD]])
def test_given_up_with_credits_frozen_stays_until_the_node_ends_it(answer: Body) -> None:
    """No word of the owner frees the person to pay again."""
    desk = come_to(GIVING_UP)
    assert heard(desk, answer) == [HangUp(ASK_ID), GaveUp(ASK_ID)]
    assert stage_of(desk) is GIVING_UP
    assert desk.wait(60 * MINUTE) == []
    assert desk.take(desk.machine.forget(ASK_ID)) == []
    assert stage_of(desk) is None


@pytest.mark.parametrize("state, is_collected", [(COLLECTING, False), (COLLECTED, True)])
def test_given_up_too_late(state: SettledState, is_collected: bool) -> None:
    desk = come_to(GIVING_UP)
    assert heard(desk, settled(state)) == [Settled(ASK_ID, is_collected)]
    assert stage_of(desk) is DELIVERED


@pytest.mark.parametrize("state", [COLLECTING, COLLECTED])
def test_what_was_not_sent_cannot_be_collected(state: SettledState) -> None:
    """An owner who says so anyway keeps no row of ours alive."""
    desk = come_to(PRICED)
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    assert heard(desk, settled(state)) == [HangUp(ASK_ID), GaveUp(ASK_ID)]
    assert stage_of(desk) is None


@pytest.mark.parametrize("code", NOT_FOR_GOOD)
def test_giving_up_is_said_again(code: RefusalCode) -> None:
    desk = come_to(GIVING_UP)
    heard(desk, Refusal(code))
    assert desk.wait(3 * SECOND) == [Write(ASK_ID, GiveUp(ASK_ID))]


def test_giving_up_what_was_not_sent_ends_by_itself() -> None:
    desk = come_to(PRICED)
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True))
    desk.wait(PAY_WITHIN_MS + PAY_GRACE_MS - 1)
    assert stage_of(desk) is GIVING_UP
    desk.wait(1)
    assert stage_of(desk) is None


def test_giving_up_what_may_be_frozen_goes_on_without_end() -> None:
    desk = come_to(GIVING_UP)
    desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True))
    for _ in range(20):
        assert kinds(desk.wait(int(DELIVERY_PAUSE_MS_MAX * 1.25))) == [Place]
        desk.take(desk.machine.lost(ASK_ID, desk.now, is_closed=True))
    desk.start()
    assert desk.effects == [Place(ASK_ID, ADDRESS)]


def test_the_wallet_may_say_later_whether_something_was_sent() -> None:
    desk = come_to(PRICED)
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True))
    assert desk.books.own[ASK_ID].give_up_until is None
    assert not desk.machine.give_up(ASK_ID, desk.now, is_sent=True).changes
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    assert desk.books.own[ASK_ID].give_up_until is not None
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True))
    heard(desk, settled(WITHDRAWN))
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=False))
    assert stage_of(desk) is None


def test_deliver_after_all() -> None:
    desk = come_to(DELIVERING)
    desk.take(desk.machine.give_up(ASK_ID, desk.now, is_sent=True))
    assert desk.take(desk.machine.deliver(ASK_ID, COMMIT, desk.now)) == [Write(ASK_ID, COMMIT)]
    assert stage_of(desk) is DELIVERING
