"""Logins and keys: good once, good for one start, counted, and ended."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from offset.base import base64url
from offset.base.limits import (
    WALLET_CALLS_BURST_MAX,
    WALLET_LOGIN_MS,
    WALLET_LOGINS_PER_MINUTE_MAX,
    WALLET_SESSIONS_MAX,
)
from offset.wallet.refusals import Refusal
from offset.wallet.web.sessions import CODE_LENGTH, CODE_LETTERS, MINUTE_MS, Session, Sessions


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of a test."""
    return Clock()


def test_a_login_is_good_once(clock: Clock) -> None:
    """Whoever comes second with it gets nothing."""
    sessions = Sessions(clock=clock)
    link = sessions.new_link()
    key, session = sessions.log_in(link)
    assert sessions.of_key(key) is session
    with pytest.raises(Refusal) as refused:
        sessions.log_in(link)
    assert refused.value.kind == "wrong-login"


def test_a_login_grows_old(clock: Clock) -> None:
    """WALLET_LOGIN_MS after it was made it is good no more."""
    sessions = Sessions(clock=clock)
    early, late = sessions.new_link(), sessions.new_link()
    clock.now += WALLET_LOGIN_MS - 1
    sessions.log_in(early)
    clock.now += 1
    with pytest.raises(Refusal, match="too old"):
        sessions.log_in(late)


def test_a_code_may_be_typed_as_people_type(clock: Clock) -> None:
    """Small letters, blanks and hyphens do not matter."""
    sessions = Sessions(clock=clock)
    code = sessions.new_code()
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(CODE_LETTERS)
    sessions.log_in(f"{code[:5].lower()} - {code[5:]}")


def test_logins_are_counted(clock: Clock) -> None:
    """After WALLET_LOGINS_PER_MINUTE_MAX attempts even a good one has to wait for the minute to end."""
    sessions = Sessions(clock=clock)
    good = sessions.new_link()
    for _ in range(WALLET_LOGINS_PER_MINUTE_MAX):
        with pytest.raises(Refusal, match="used before"):
            sessions.log_in("guess")
    with pytest.raises(Refusal) as refused:
        sessions.log_in(good)
    assert refused.value.kind == "rate"
    clock.now += MINUTE_MS
    sessions.log_in(good)


def test_the_oldest_session_goes(clock: Clock) -> None:
    """Beyond WALLET_SESSIONS_MAX the one that asked for nothing for longest is ended."""
    sessions = Sessions(clock=clock)
    begun = [sessions.begin() for _ in range(WALLET_SESSIONS_MAX)]
    begun[0][1].spend_call(clock.now)
    key, _ = sessions.begin()
    assert sessions.of_key(key) is not None
    assert sessions.of_key(begun[0][0]) is not None
    assert sessions.of_key(begun[1][0]) is None
    assert begun[1][1].is_over


def test_calls_are_counted(clock: Clock) -> None:
    """After WALLET_CALLS_BURST_MAX calls at once a session waits; a moment later it goes on."""
    session = Session("page", "key")
    for _ in range(WALLET_CALLS_BURST_MAX + 1):
        session.spend_call(clock.now)
    with pytest.raises(Refusal) as refused:
        session.spend_call(clock.now)
    assert refused.value.kind == "rate"
    assert refused.value.problem.until is not None
    clock.now += 1000
    session.spend_call(clock.now)


def test_a_session_proves_who_it_is(clock: Clock) -> None:
    """The proof is HMAC-SHA-256 of the nonce under the key of the page."""
    key, session = Sessions(clock=clock).begin()
    expected = hmac.new(key.encode(), b"a nonce", hashlib.sha256).digest()
    assert session.proof("a nonce") == base64url.encode(expected)


def test_sessions_are_listed_and_ended(clock: Clock) -> None:
    """An ended session is known no more, and whoever follows the list is told."""
    told: list[None] = []
    sessions = Sessions(changed=lambda: told.append(None), clock=clock)
    key, session = sessions.begin()
    assert [found.kind for found in sessions.all()] == ["page", "socket"]
    assert sessions.end(session.id)
    assert not sessions.end(session.id)
    assert sessions.of_key(key) is None
    assert len(told) == 2
