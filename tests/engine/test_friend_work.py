"""A budget of processor time for each friend: what goes beyond it waits in order, and others do not wait for it."""

from __future__ import annotations

from offset.base.instants import SECOND
from offset.base.limits import (
    FRIEND_WORK_AT_ONCE_MAX,
    FRIEND_WORK_BURST_MAX,
    FRIEND_WORK_PER_ASIDE_BYTES,
    FRIEND_WORK_PER_BYTES,
    FRIEND_WORK_PER_MESSAGE,
    FRIEND_WORK_PER_ROW,
    FRIEND_WORK_PER_SECOND,
    KEEPALIVE_CLOSE_MS,
)
from offset.engine.friend_work import FriendWork, cost

FRIEND, OTHER = bytes(32), bytes([1]) * 32
ONE = FRIEND_WORK_PER_SECOND // 10
"""The work of a tenth of a second's share."""


def heard(work: FriendWork, now: int) -> list[bytes]:
    """What waited and is heard now; each message costs ONE."""
    found = []
    while (item := work.pop(now)) is not None:
        friend, data = item
        work.spend(friend, ONE, now)
        work.look(friend, now)
        found.append(data)
    return found


def spend_all(work: FriendWork, friend: bytes = FRIEND) -> None:
    """A friend uses up its burst, and a tenth of a second more."""
    work.spend(friend, FRIEND_WORK_BURST_MAX + ONE, 0)


def test_a_friend_within_its_share_never_waits() -> None:
    """A burst of FRIEND_WORK_BURST_MAX at once, and then FRIEND_WORK_PER_SECOND for ever."""
    work = FriendWork()
    work.spend(FRIEND, FRIEND_WORK_BURST_MAX, 0)
    for now in range(0, 100 * SECOND, SECOND // 10):
        assert not work.must_wait(FRIEND, b"", now)
        work.spend(FRIEND, ONE, now + SECOND // 10)
    assert work.deadline() is None


def test_what_goes_beyond_waits_in_order_and_nothing_is_dropped() -> None:
    """Each message is heard once, when the share allows it: ten a second if each costs a tenth."""
    work = FriendWork()
    spend_all(work)
    messages = [bytes([number]) for number in range(25)]
    for data in messages:
        assert work.must_wait(FRIEND, data, 0)
    assert heard(work, SECOND // 10 - 1) == []
    found = []
    while (now := work.deadline()) is not None:
        found += [(data, now) for data in heard(work, now)]
    assert [data for data, _ in found] == messages
    assert [now for _, now in found] == [(number + 1) * SECOND // 10 for number in range(25)]


def test_others_are_heard_at_once() -> None:
    """The share of one friend is nobody else's."""
    work = FriendWork()
    spend_all(work)
    assert work.must_wait(FRIEND, b"", 0)
    assert not work.must_wait(OTHER, b"", 0)


def test_it_is_told_when_nothing_waits_any_more() -> None:
    """Only after the last message the connection is read again; what comes before that stands behind."""
    work = FriendWork()
    spend_all(work)
    work.must_wait(FRIEND, b"1", 0)
    assert work.pop(SECOND) == (FRIEND, b"1")
    work.must_wait(FRIEND, b"2", SECOND)
    assert not work.look(FRIEND, SECOND)
    assert work.pop(SECOND) == (FRIEND, b"2")
    assert work.look(FRIEND, SECOND)
    assert work.deadline() is None


def test_another_connection_does_not_renew_the_share() -> None:
    """What waited is dropped with the connection, for the friend says it again; what was used up stays used up."""
    work = FriendWork()
    spend_all(work)
    assert work.must_wait(FRIEND, b"old", 0)
    work.hung_up(FRIEND)
    assert work.deadline() is None
    assert work.must_wait(FRIEND, b"new", 1)
    assert heard(work, SECOND) == [b"new"]


def test_a_friend_that_is_gone_is_forgotten() -> None:
    """Removed and added again it begins afresh."""
    work = FriendWork()
    spend_all(work)
    assert work.must_wait(FRIEND, b"", 0)
    work.drop(FRIEND)
    assert work.deadline() is None
    assert not work.must_wait(FRIEND, b"", 0)


def test_a_message_that_ends_a_large_book_does_not_silence_a_friend_for_long() -> None:
    """It counts FRIEND_WORK_AT_ONCE_MAX at most; the friend is heard again before its connection seems dead."""
    assert cost(bytes(1), 5) == FRIEND_WORK_PER_MESSAGE + 5 * FRIEND_WORK_PER_ROW
    assert cost(bytes(1000), 0) == FRIEND_WORK_PER_MESSAGE + 1000 // FRIEND_WORK_PER_BYTES
    assert (
        cost(bytes(1000), 0, is_aside=True) == FRIEND_WORK_PER_MESSAGE + 1000 // FRIEND_WORK_PER_ASIDE_BYTES
    )
    assert cost(b"", 10**6) == FRIEND_WORK_AT_ONCE_MAX
    work = FriendWork()
    work.spend(FRIEND, FRIEND_WORK_BURST_MAX, 0)
    work.spend(FRIEND, cost(b"", 10**6), 0)
    assert work.must_wait(FRIEND, b"", 0)
    assert work.deadline() == FRIEND_WORK_AT_ONCE_MAX * SECOND // FRIEND_WORK_PER_SECOND
    assert work.deadline() < KEEPALIVE_CLOSE_MS / 2
