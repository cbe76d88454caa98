"""Requests that wait for a friend who keeps the token, and copies that are said too often."""

from __future__ import annotations

import pytest

from offset.base.limits import REPEAT_MS, TOKEN_OWED_MS
from offset.core.funder.records import OWN, Queue
from offset.core.funder.state.state import Friend, Queued
from offset.sim.judge.waiting import SPARE_MS, Waiting
from offset.sim.physics.violation import Violation
from offset.wire.friend import CancelOp, FriendsRoute, RequestOp

LONGEST = TOKEN_OWED_MS + SPARE_MS
REQUEST = RequestOp(bytes(16), bytes(32), FriendsRoute(()), 1, 1, bytes(32), 0)


def friend(queue: Queue = Queue.FORWARDED) -> Friend:
    """A friend for whom one request waits."""
    found = Friend(bytes(32), bytes([1]) * 32, "x", ())
    found.put_in_queue(queue, Queued(0, "FST", REQUEST, OWN))
    return found


@pytest.mark.parametrize("queue", [Queue.FORWARDED, Queue.USER])
def test_a_request_that_waits_too_long(queue: Queue) -> None:
    """Counted from when it was seen first, not from when the friend was looked at last."""
    waiting, them = Waiting("A"), friend(queue)
    waiting.saw(them, 0)
    waiting.saw(them, LONGEST)
    waiting.check(LONGEST, 0, 1)
    with pytest.raises(Violation, match="queue: A has kept a request"):
        waiting.check(LONGEST + 1, 0, 1)


def test_a_message_between_the_two_begins_the_time_anew() -> None:
    """Whoever gives the token back does not keep it."""
    waiting, them = Waiting("A"), friend()
    waiting.saw(them, 0)
    them.channel.move_token_counter += 1
    waiting.saw(them, LONGEST)
    waiting.check(2 * LONGEST, 0, 1)


def test_what_does_not_wait_any_more() -> None:
    """Said, cancelled, or gone with the friend; answers may wait for ever."""
    waiting, them = Waiting("A"), friend()
    waiting.saw(them, 0)
    them.take_from_queue(Queue.FORWARDED, 0)
    them.put_in_queue(Queue.BACKWARD, Queued(1, "FST", CancelOp(bytes(16)), OWN))
    waiting.saw(them, 1)
    waiting.check(2 * LONGEST, 0, 1)
    waiting.saw(friend(), 0)
    waiting.gone(them.public_key)
    waiting.check(2 * LONGEST, 0, 1)


def test_copies_have_a_pace() -> None:
    """One for each friend in an interval, however many there are in all."""
    waiting = Waiting("A")
    for number in range(10):
        waiting.check(number * REPEAT_MS, 2 * number, 2)
    with pytest.raises(Violation, match="told 2 friends 3 copies"):
        waiting.check(10 * REPEAT_MS - 1, 19, 2)
