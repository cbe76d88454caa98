"""Who connects to whom, and when it tries again."""

from itertools import pairwise

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.instants import SECOND
from offset.base.limits import INDEX_SERVER_BACKOFF_MS_MAX
from offset.core.index.effects import DialPeer
from offset.core.index.federation import Federation
from offset.crypto.public_keys import is_lower
from support.payments import key

OWN = key("own")
LOWER, HIGHER = sorted(
    ((other := key(i)) for i in range(20)), key=lambda other: (not is_lower(other, OWN), other)
)[::19]


def federation(*keys: bytes) -> Federation:
    return Federation(OWN, {other: f"{other[:2]!r}:1" for other in keys}, SeededEntropy(1), 0)


def test_the_higher_key_dials() -> None:
    """Of two servers the one whose key has the lower hash waits, the other dials (1.5)."""
    assert is_lower(LOWER, OWN)
    assert is_lower(OWN, HIGHER)
    both = federation(LOWER, HIGHER)
    assert [dial.key for dial in both.dial(0)] == [LOWER]
    assert both.dial(0) == []
    assert both.opened(2, HIGHER, False, 0) == (True, None)
    assert both.opened(1, LOWER, True, 0) == (True, None)
    assert both.conns() == (2, 1)


def test_wrong_roles_and_strangers_are_refused() -> None:
    """A connection from a stranger, or from a server that should wait for us, is not kept (1.5)."""
    both = federation(LOWER, HIGHER)
    assert both.opened(2, key("stranger"), False, 0) == (False, None)
    assert both.opened(4, LOWER, False, 0) == (False, None)
    assert both.opened(5, HIGHER, True, 0) == (False, None)
    assert both.conns() == ()


def test_r9_own_key_is_ignored() -> None:
    """R9: a server whose own ticket lies among the trusted ones does not dial itself."""
    alone = federation(OWN)
    assert alone.dial(0) == []
    assert alone.deadline() is None
    assert alone.opened(2, OWN, False, 0) == (False, None)


def test_r7_the_newest_connection_of_a_key_counts() -> None:
    """R7: when a peer comes back before its dead connection was noticed, the old one gives way."""
    one = federation(HIGHER)
    assert one.opened(2, HIGHER, False, 0) == (True, None)
    assert one.opened(4, HIGHER, False, 5) == (True, 2)
    assert one.conns() == (4,)
    assert one.closed(2, 6) is None
    assert one.closed(4, 7) == HIGHER
    assert one.conns() == ()


def attempts(one: Federation, span: int, lived: int | None) -> list[int]:
    """When it dials during `span` ms; each attempt fails at once, or gives a session of `lived` ms."""
    dialed: list[int] = []
    now, conn = 0, 1
    while now <= span:
        for dial in one.dial(now):
            dialed.append(now)
            if lived is None:
                one.dial_failed(dial.key, now)
            else:
                assert one.opened(conn, dial.key, True, now) == (True, None)
                now += lived
                assert one.closed(conn, now) == dial.key
                conn += 2
        deadline = one.deadline()
        assert deadline is not None
        now = max(deadline, now)
    return dialed


@pytest.mark.parametrize("lived", [None, 0, 7 * SECOND])
def test_r9_short_sessions_pause_like_failures(lived: int | None) -> None:
    """R9: attempts that fail, or lead to a session of no use, come at growing intervals of up to a minute."""
    one = federation(LOWER)
    dialed = attempts(one, 600 * SECOND, lived)
    gaps = [later - earlier - (lived or 0) for earlier, later in pairwise(dialed)]
    assert 700 <= gaps[0] <= 1300
    assert max(gaps) <= INDEX_SERVER_BACKOFF_MS_MAX * 5 // 4
    assert 12 <= len(dialed) <= 25
    assert len(set(gaps)) == len(gaps), "there is jitter"


def test_a_good_session_is_followed_at_once() -> None:
    """After a session that lived, the next attempt waits for nothing, and failures count from the start."""
    one = federation(LOWER)
    attempts(one, 60 * SECOND, None)
    now = one.deadline()
    assert now is not None
    (dial,) = one.dial(now)
    assert isinstance(dial, DialPeer)
    one.opened(99, LOWER, True, now)
    assert one.closed(99, now + 100 * SECOND) == LOWER
    assert one.deadline() == now + 100 * SECOND
    one.dial(now + 100 * SECOND)
    one.dial_failed(LOWER, now + 100 * SECOND)
    deadline = one.deadline()
    assert deadline is not None
    assert deadline <= now + 102 * SECOND


def test_r10_slow_peers_are_left_out() -> None:
    """R10: a peer that does not keep up is left out until it has drained, and so is the one that spoke."""
    two = federation(HIGHER, LOWER)
    two.dial(0)
    two.opened(2, HIGHER, False, 0)
    two.opened(1, LOWER, True, 0)
    assert two.conns_with_room(but=None) == (2, 1)
    assert two.conns_with_room(but=1) == (2,)
    two.congested(2)
    two.congested(77)
    assert two.conns_with_room(but=None) == (1,)
    assert two.conns() == (2, 1)
    two.drained(2)
    assert two.conns_with_room(but=None) == (2, 1)


def test_a_failure_of_somebody_unknown_changes_nothing() -> None:
    """A dial that nobody asked for cannot fail."""
    one = federation()
    before = one.deadline()
    one.dial_failed(b"n" * 32, 5)
    assert one.deadline() == before
