"""Proof of life: when to speak and when to hang up."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import PeerFault
from offset.base.limits import KEEPALIVE_CLOSE_MS, KEEPALIVE_SEND_MS
from offset.link.keepalive import Keepalive

START = 1000


def test_a_heartbeat_is_due_after_a_time_of_not_sending() -> None:
    """Nothing is due before the send time has passed since the line is up, a heartbeat is due then."""
    keepalive = Keepalive(START)
    assert not keepalive.is_heartbeat_due(START)
    assert not keepalive.is_heartbeat_due(START + KEEPALIVE_SEND_MS - 1)
    assert keepalive.is_heartbeat_due(START + KEEPALIVE_SEND_MS)


def test_sending_puts_the_heartbeat_off() -> None:
    """Whoever sends need not send a heartbeat."""
    keepalive = Keepalive(START)
    keepalive.sent(START + 10)
    assert not keepalive.is_heartbeat_due(START + KEEPALIVE_SEND_MS + 9)
    assert keepalive.is_heartbeat_due(START + KEEPALIVE_SEND_MS + 10)


def test_a_silent_peer_is_hung_up_on() -> None:
    """The line ends when nothing was received for the close time, whatever we sent ourselves."""
    keepalive = Keepalive(START)
    keepalive.sent(START + KEEPALIVE_CLOSE_MS - 1)
    assert not keepalive.is_heartbeat_due(START + KEEPALIVE_CLOSE_MS - 1)
    with pytest.raises(PeerFault):
        keepalive.is_heartbeat_due(START + KEEPALIVE_CLOSE_MS)


def test_each_message_of_the_peer_gives_it_new_time() -> None:
    """A peer that speaks keeps the line."""
    keepalive = Keepalive(START)
    keepalive.received(START + KEEPALIVE_CLOSE_MS - 1)
    keepalive.is_heartbeat_due(START + 2 * KEEPALIVE_CLOSE_MS - 2)
    with pytest.raises(PeerFault):
        keepalive.is_heartbeat_due(START + 2 * KEEPALIVE_CLOSE_MS - 1)


def test_w16_a_peer_that_is_not_read_is_not_silent() -> None:
    """While it is paused nothing ends the line, not even what was under way; then the close time begins anew."""
    keepalive = Keepalive(START)
    keepalive.paused()
    keepalive.received(START + 1)
    now = START + 10 * KEEPALIVE_CLOSE_MS
    assert keepalive.is_heartbeat_due(now)
    keepalive.resumed(now)
    keepalive.is_heartbeat_due(now + KEEPALIVE_CLOSE_MS - 1)
    with pytest.raises(PeerFault):
        keepalive.is_heartbeat_due(now + KEEPALIVE_CLOSE_MS)


@given(events=st.lists(st.tuples(st.sampled_from(["sent", "received", "resumed"]), st.integers(0, 20_000))))
def test_the_deadline_is_the_first_moment_at_which_something_is_due(events: list[tuple[str, int]]) -> None:
    """Just before the deadline there is nothing to do; at the deadline there is."""
    now = START
    keepalive = Keepalive(now)
    for name, pause in events:
        now += pause
        getattr(keepalive, name)(now)
    deadline = keepalive.deadline()
    assert not keepalive.is_heartbeat_due(deadline - 1)
    with suppress(PeerFault):
        assert keepalive.is_heartbeat_due(deadline)
