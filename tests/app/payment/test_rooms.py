"""What each friend lets pass: its limit, what it owes, and what is frozen."""

from __future__ import annotations

from app.payment.paying import BOB, CAROL, DAVE
from app.payment.test_own_lines import live, told
from offset.app.payment.rooms import Sum, most_in, most_out, rooms
from offset.base.ids import Currency
from offset.base.limits import CREDIT_MAX
from offset.testing import consistent, friend_report
from support.ours import OPEN

FST = Currency("FST")


def friend(name: str, balance: int = 0, out: int = 0, back: int = 0, **more: bool) -> object:
    """A friend whom we allow 1000."""
    return friend_report(name, consistent(FST=(balance, out, back)), configs=(OPEN,), **more)


def test_out_and_back() -> None:
    """Out: what we may owe plus what is owed to us minus what we froze; back: the same from the other side."""
    found = rooms(live({BOB: friend("bob", 30, 10, 5)}, told(BOB, 100)), FST)
    assert [(room.out, room.back) for room in found] == [(120, OPEN.remote_max_debt - 30 - 5)]


def test_limits_that_are_overdrawn_or_huge() -> None:
    """A limit that was lowered below the balance lets nothing pass; one of 2^128 - 1 counts as the highest limit."""
    found = rooms(
        live({BOB: friend("bob", -30), CAROL: friend("carol")}, told(BOB, 10), told(CAROL, 2**128 - 1)), FST
    )
    assert [room.out for room in found] == [0, CREDIT_MAX]


def test_sums() -> None:
    """Only those who are there count; a friend that does not tell its limit makes the sum a lower bound."""
    friends = {
        BOB: friend("bob"),
        CAROL: friend("carol", online=False),
        DAVE: friend("dave", 7),
    }
    found = rooms(live(friends, told(BOB, 100), told(CAROL, 40), told(DAVE, 0)), FST)
    assert most_out(found) == Sum(107, False)
    assert most_in(found) == 2 * OPEN.remote_max_debt - 7
    found = rooms(live(friends, told(BOB, 100)), FST)
    assert most_out(found) == Sum(100, True)


def test_other_currencies() -> None:
    """Friends that do not use the currency with us have no room; a friend that told no line for it grants nothing."""
    assert rooms(live({BOB: friend("bob")}), Currency("EUR")) == []
    other = told(BOB, 100)
    (room,) = rooms(live({BOB: friend("bob")}, other.__class__(BOB, ())), FST)
    assert room.out == 0
