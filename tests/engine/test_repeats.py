"""What friends are told again: at once on a new connection and when it says more, else once in an interval."""

from __future__ import annotations

from unittest.mock import patch

from offset.base.ids import UNSIGNED
from offset.base.limits import REPEAT_MS, REPEATED_BYTES_MAX
from offset.engine import repeats
from offset.engine.repeats import Repeats
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage, MoveToken, MoveTokenRequest, ResetTerms

FRIEND, OTHER = bytes(32), bytes([1]) * 32
TOKEN = MoveToken(UNSIGNED, (), None, None, bytes(32), bytes(16), UNSIGNED)
SAID = MoveTokenRequest(TOKEN, False)
TERMS = ResetTerms(UNSIGNED, 1, ())


def said(told: Repeats, message: FriendMessage, now: int, friend: bytes = FRIEND) -> bool:
    """Whether a friend is told this now; if so it is told all of it."""
    data = told.say(friend, message, now)
    assert data is None or FRIEND_MESSAGE.decode(data) == message
    return data is not None


def due(told: Repeats, now: int) -> list[FriendMessage]:
    """What may be said again now."""
    found = []
    while (item := told.pop(now)) is not None:
        found.append(item[1])
    return found


def test_copies_are_said_once_in_an_interval() -> None:
    """A thousand questions for what was said get two answers: the first at once, another when the time has come."""
    for message in (SAID, TERMS):
        told = Repeats()
        assert said(told, message, 0)
        assert [said(told, message, 1) for _ in range(1000)] == [True, *[False] * 999]
        assert told.deadline() == 1 + REPEAT_MS
        assert due(told, REPEAT_MS) == []
        assert due(told, 1 + REPEAT_MS) == [message]
        assert said(told, message, 1 + REPEAT_MS)
        assert told.deadline() is None
        assert told.count == 2


def test_nothing_new_waits() -> None:
    """Another message, one that asks for the token now, and one that tells credit lines are said at once."""
    told = Repeats()
    lines = (CreditLine("FST", 5, True),)
    wanted = MoveTokenRequest(TOKEN, True)
    assert [said(told, SAID, 0) for _ in range(3)] == [True, True, False]
    for message in (wanted, MoveTokenRequest(TOKEN, True, lines), MoveTokenRequest(TOKEN, True, ()), TERMS):
        assert said(told, message, 0)
        # Copies have one pace, whatever they are copies of.
        assert not said(told, message, 0)
    assert due(told, REPEAT_MS) == [TERMS]


def test_what_asked_for_the_token_is_not_news_without_asking() -> None:
    """A copy that asks for less is a copy, and goes on asking: it may replace one that was not sent yet."""
    told = Repeats()
    wanted = MoveTokenRequest(TOKEN, True)
    assert said(told, wanted, 0)
    assert told.say(FRIEND, SAID, 0) == FRIEND_MESSAGE.encode(wanted)
    assert told.say(FRIEND, SAID, 0) is None


def test_a_new_connection_is_told_at_once() -> None:
    """What was said on the former one may be lost, however little time has passed; and then as on any."""
    told = Repeats()
    assert [said(told, SAID, 0) for _ in range(3)] == [True, True, False]
    told.new_line(FRIEND)
    assert told.deadline() is None
    assert [said(told, SAID, 0) for _ in range(2)] == [True, False]
    told.new_line(FRIEND)
    assert [said(told, MoveTokenRequest(TOKEN, True), 0) for _ in range(2)] == [True, False]
    told.new_line(FRIEND)
    # On the new connection the token was not asked for, and it is not now.
    assert said(told, SAID, 0)


def test_friends_do_not_wait_for_each_other() -> None:
    """Each has its own interval, and one that is dropped is forgotten."""
    told = Repeats()
    for friend in (FRIEND, OTHER):
        assert [said(told, SAID, 0, friend) for _ in range(3)] == [True, True, False]
    told.drop(OTHER)
    assert due(told, REPEAT_MS) == [SAID]
    assert [said(told, SAID, 0, OTHER) for _ in range(2)] == [True, True]


def test_a_copy_is_not_made_anew() -> None:
    """Encoded when it is said, once more for the first copy, and never again."""
    told = Repeats()
    with patch.object(repeats, "FRIEND_MESSAGE", wraps=FRIEND_MESSAGE) as codec:
        for at in range(10):
            told.say(FRIEND, SAID, at * REPEAT_MS)
            told.new_line(FRIEND)
    assert codec.encode.call_count == 2


def test_bytes_that_are_kept_have_a_limit() -> None:
    """Beyond REPEATED_BYTES_MAX the oldest go; what is said stays the same."""
    told = Repeats()
    relays = tuple(RelayAddress(bytes(32), "x" * 256) for _ in range(3000))
    long = MoveTokenRequest(MoveToken(UNSIGNED, (), relays, None, bytes(32), bytes(16), UNSIGNED), False)
    size = len(FRIEND_MESSAGE.encode(long))
    count = REPEATED_BYTES_MAX // size + 2
    friends = [number.to_bytes(32, "big") for number in range(count)]
    for friend in friends:
        assert said(told, long, 0, friend)
        assert said(told, long, 0, friend)
    assert REPEATED_BYTES_MAX - size < told.kept_bytes <= REPEATED_BYTES_MAX
    assert said(told, long, REPEAT_MS, friends[0])
    assert told.kept_bytes <= REPEATED_BYTES_MAX
    for friend in friends:
        told.drop(friend)
    assert told.kept_bytes == 0
