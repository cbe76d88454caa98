"""Each cause of a payment that does not come about: its sentence, its number, and what helps."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.payment.paying import BOB, CAROL, INVOICE
from app.payment.test_own_lines import BROKEN, FRESH, live, told
from app.payment.test_rooms import friend
from offset.app import (
    AppError,
    NoIndexServer,
    NoRoute,
    NotEnoughCredit,
    PaymentCanceled,
    PaymentRefused,
    PaymentUnfinished,
    PaymentUnknown,
    TooExpensive,
)
from offset.app.errors import Disconnected, NoAnswer, PaymentError
from offset.app.payment.reasons import why_not
from offset.app.reports import LiveReport
from offset.app.why import Action, Cause, Remedy
from offset.testing import NODE
from support.ours import OPEN

RICH = live({BOB: friend("bob")}, told(BOB, 1000))
"""Our own friends let everything pass."""


def actions(report: LiveReport, error: AppError) -> list[Action]:
    return [remedy.action for remedy in why_not(report, INVOICE, error).remedies]


def test_own_lines() -> None:
    """The shortfall is asked of a friend who is there; what passes could be paid instead; one who is away may help."""
    friends = {BOB: friend("bob"), CAROL: friend("carol", online=False)}
    why = why_not(live(friends, told(BOB, 20), told(CAROL, 40)), INVOICE, NotEnoughCredit("x"))
    assert (why.cause, why.most, why.is_at_least) == (Cause.OWN_LINES, 20, False)
    assert why.sentence == "Your friends let 20 FST pass, and 50 are asked for."
    assert why.remedies == (
        Remedy(Action.ASK_FRIEND, BOB, 30),
        Remedy(Action.PAY_LESS, amount=20),
        Remedy(Action.WAIT, CAROL),
    )


def test_nothing_passes_at_all() -> None:
    """Nobody is offered to pay 0."""
    assert actions(live({BOB: friend("bob")}, told(BOB, 0)), NoRoute("x")) == [Action.ASK_FRIEND]


def test_limits_that_are_not_told() -> None:
    """Where a friend does not tell its limit, our own lines are never called the reason."""
    why = why_not(live({BOB: friend("bob")}), INVOICE, NotEnoughCredit("x", 30))
    assert (why.cause, why.most) == (Cause.BEYOND, 30)


def test_beyond() -> None:
    """With what the best ways carry, where that is known."""
    why = why_not(RICH, INVOICE, NotEnoughCredit("x", 30))
    assert (why.cause, why.most) == (Cause.BEYOND, 30)
    assert why.sentence == "Beyond your friends at most 30 FST can pass now."
    assert why.remedies[0] == Remedy(Action.PAY_LESS, amount=30)
    assert actions(RICH, NotEnoughCredit("x")) == [Action.TRY_AGAIN, Action.ADD_FRIEND]


@pytest.mark.parametrize(
    "report, cause, sentence, action",
    [
        (live({}), Cause.NO_CURRENCY, "Nobody uses FST with you.", Action.ADD_FRIEND),
        (
            live({BOB: replace(FRESH, currency_configs=())}),
            Cause.NO_CURRENCY,
            "Nobody uses FST with you.",
            Action.OPEN_CURRENCY,
        ),
        (live({BOB: FRESH}), Cause.NO_CURRENCY, "bob has not agreed", Action.WAIT),
        (
            live({BOB: friend("bob", online=False), CAROL: friend("carol", online=False)}),
            Cause.ALL_CLOSED,
            "not there: bob, carol",
            Action.WAIT,
        ),
        (live({BOB: friend("bob", enabled=False)}), Cause.ALL_CLOSED, "bob", Action.ENABLE_FRIEND),
        (
            live({BOB: replace(BROKEN, currency_configs=(OPEN,))}),
            Cause.BOOKS_DIFFER,
            "differ from those of bob",
            Action.SETTLE_BOOKS,
        ),
    ],
)
def test_friends_are_in_the_way(report: LiveReport, cause: Cause, sentence: str, action: Action) -> None:
    """No friend with the currency, none that is there, or none that agrees on the balance."""
    why = why_not(report, INVOICE, NoRoute("x"))
    assert why.cause == cause
    assert sentence in why.sentence
    assert why.remedies[0].action == action


@pytest.mark.parametrize(
    "error, cause, action",
    [
        (NoIndexServer("the node has none"), Cause.NO_SERVER, Action.ADD_SERVER),
        (NoRoute("no chain"), Cause.NO_WAY, Action.TRY_AGAIN),
        (PaymentRefused("x"), Cause.CANCELLED, Action.TRY_AGAIN),
        (PaymentCanceled("x"), Cause.CANCELLED, Action.TRY_AGAIN),
        (PaymentUnknown("x"), Cause.NOT_KNOWN, Action.LOOK_AT_HELD),
        (PaymentUnfinished("x"), Cause.NOT_KNOWN, Action.LOOK_AT_HELD),
        (Disconnected("x"), Cause.NODE_AWAY, Action.TRY_AGAIN),
        (NoAnswer("x"), Cause.NODE_AWAY, Action.TRY_AGAIN),
        (PaymentError("x"), Cause.OTHER, Action.TRY_AGAIN),
    ],
)
def test_other_causes(error: AppError, cause: Cause, action: Action) -> None:
    """What the error alone says."""
    why = why_not(RICH, INVOICE, error)
    assert why.cause == cause
    assert why.remedies[0].action == action


def test_fees() -> None:
    """How much is to be allowed."""
    why = why_not(RICH, INVOICE, TooExpensive(9, 5, INVOICE.currency, is_default=True))
    assert (why.cause, why.sentence) == (Cause.FEES, "The way costs 9 FST.")
    assert why.remedies == (Remedy(Action.ALLOW_FEES, amount=9),)


def test_an_own_invoice() -> None:
    """Nothing helps, and nothing is offered."""
    own = replace(INVOICE, dest_public_key=NODE.public_key)
    why = why_not(RICH, own, NoRoute("x"))
    assert (why.cause, why.remedies) == (Cause.OWN_INVOICE, ())


def test_many_names() -> None:
    """A sentence names a few friends, and says how many more there are."""
    friends = {bytes([n]) * 32: friend(f"friend {n}", online=False) for n in range(9)}
    why = why_not(live(friends), INVOICE, NoRoute("x"))  # type: ignore[arg-type]
    assert why.sentence.endswith("friend 0, friend 1, friend 2 and 6 more.")
