"""Friends and relays that come back: soon, and without a storm (spec 02, 6.4 and 6.5; W34)."""

import pytest

from offset.base.limits import (
    LISTEN_CONFIRM_MS,
    RELAY_AWAY_MS,
    RELAY_AWAY_RETRY_MS,
    REPLACED_MIN,
    STABLE_LINE_MS,
)
from offset.core.channeler.offline_reason import OfflineReason
from offset.core.meeting import CloseLine, OpenLine
from offset.core.meeting.effects import Notice
from offset.wire.extension import LinkDown, RelayConnecting, RelayListening
from offset.wire.relay import Listen
from support.scripted import HIGH, LOW, R1, R2, Script

MINUTES_AWAY = 2


@pytest.fixture
def script() -> Script:
    return Script()


def pauses_until(script: Script, end_ms: int) -> list[int]:
    """How long it took each time until R1 was dialed again, all attempts failing, for so long."""
    pauses, until = [], script.now + end_ms
    while script.now < until:
        before, lines = script.now, len(script.lines(R1))
        while len(script.lines(R1)) == lines:
            script.wait(50)
        pauses.append(script.now - before)
        script.close(script.last(R1))
    return pauses


def live(script: Script, line: int) -> None:
    """The link lives until it counts as stable."""
    for _ in range(STABLE_LINE_MS // 10_000 + 1):
        script.wait(10_000)
        script.hear(line, b"alive ")
    assert line not in script.closed


# Our leg


def test_a_relay_that_went_away_is_tried_every_two_seconds(script: Script) -> None:
    """After a stable leg was lost, no pause is long enough for people to notice."""
    leg = script.listen()
    script.wait(STABLE_LINE_MS)
    script.close(leg)
    pauses = pauses_until(script, MINUTES_AWAY * 60_000)
    assert max(pauses) <= 1.25 * RELAY_AWAY_RETRY_MS + 50
    assert len(pauses) > MINUTES_AWAY * 60_000 / (1.25 * RELAY_AWAY_RETRY_MS)


def test_a_relay_that_stays_away_is_tried_less_and_less(script: Script) -> None:
    """After some minutes nobody waits for it any more."""
    leg = script.listen()
    script.wait(STABLE_LINE_MS)
    script.close(leg)
    pauses_until(script, RELAY_AWAY_MS)
    assert max(pauses_until(script, 10 * 60_000)) > 20 * RELAY_AWAY_RETRY_MS


def test_friends_are_tried_when_our_leg_is_up_again(script: Script) -> None:
    """Also when another leg was up all the time: those who lost the same relay are there again."""
    script.set_relays(R1, R2)
    for relay in (R1, R2):
        script.open(script.last(relay))
    script.wait(STABLE_LINE_MS)
    line = script.dial(LOW, R1)
    script.link(line, LOW)
    live(script, line)
    leg = script.lines(R1)[0]
    script.close(leg)
    script.close(line)
    for _ in range(12):
        script.wait(700)
        for late in script.lines(R1)[2:]:
            if late not in script.closed:
                script.close(late)
                script.closed.append(late)
    attempts = len(script.lines(R1))
    script.wait(3 * RELAY_AWAY_RETRY_MS)
    assert len(script.lines(R1)) > attempts


# Dialing


def test_a_friend_behind_a_relay_that_went_away_is_tried_often(script: Script) -> None:
    """The higher side dials; a refused connect costs little."""
    line = script.dial(LOW, R1)
    script.link(line, LOW)
    live(script, line)
    script.close(line)
    assert max(pauses_until(script, MINUTES_AWAY * 60_000)) <= 1.25 * RELAY_AWAY_RETRY_MS + 50


def test_a_relay_that_is_back_starts_the_quick_attempts_anew(script: Script) -> None:
    """It refuses, since the friend is not there yet; the friend will be, within seconds."""
    line = script.dial(LOW, R1)
    script.link(line, LOW)
    live(script, line)
    script.close(line)
    pauses_until(script, MINUTES_AWAY * 60_000)
    waited = 0
    for _ in range(3):
        lines = len(script.lines(R1))
        while len(script.lines(R1)) == lines:
            script.wait(50)
            waited += 50
        script.open(script.last(R1))
        script.close(script.last(R1))
    assert waited < 1.25 * (RELAY_AWAY_RETRY_MS + 300 + 600) + 150


def test_a_friend_that_refuses_is_not_tried_more_often(script: Script) -> None:
    """A relay that answers has no friend for us: the pauses grow as ever."""
    line = script.dial(LOW, R1)
    script.link(line, LOW)
    live(script, line)
    script.close(line)
    pauses = []
    for _ in range(8):
        before, lines = script.now, len(script.lines(R1))
        while len(script.lines(R1)) == lines:
            script.wait(50)
        pauses.append(script.now - before)
        script.open(script.last(R1))
        script.close(script.last(R1))
    assert pauses[-1] > 4 * RELAY_AWAY_RETRY_MS


# After a sleep


def test_w34_a_second_leg_is_opened_beside_one_that_may_be_dead(script: Script) -> None:
    """The old one stays until the new one has survived; then it is closed."""
    old = script.listen()
    effects = script.do(script.channeler.network_changed(script.now))
    fresh = script.last(R1)
    assert effects == [OpenLine(fresh, R1)]
    script.open(fresh)
    assert script.wish(fresh) == Listen()
    assert old not in script.closed
    assert CloseLine(old) in script.wait(LISTEN_CONFIRM_MS)
    state = script.channeler.status(script.now).relays[0].state
    assert isinstance(state, RelayListening)


def test_w34_a_relay_that_gives_the_place_to_the_newest_ends_the_old_leg(script: Script) -> None:
    """Ours does: the leg goes on with the second line at once, and nothing is dialed again."""
    old = script.listen()
    script.do(script.channeler.network_changed(script.now))
    fresh = script.last(R1)
    script.open(fresh)
    assert script.close(old) == []
    assert isinstance(script.channeler.status(script.now).relays[0].state, RelayConnecting)
    script.wait(LISTEN_CONFIRM_MS)
    assert isinstance(script.channeler.status(script.now).relays[0].state, RelayListening)
    assert script.last(R1) == fresh


def test_w34_a_relay_that_refuses_the_second_leg_keeps_the_first(script: Script) -> None:
    """The reference does: the leg stays as it was, and friends may come through it."""
    old = script.listen()
    script.do(script.channeler.network_changed(script.now))
    fresh = script.last(R1)
    script.open(fresh)
    assert script.close(fresh) == []
    script.wait(STABLE_LINE_MS)
    assert old not in script.closed
    script.befriend(HIGH)
    script.link(script.accept(old), HIGH)
    assert len(script.news) == 1


def test_w34_a_second_leg_that_never_opens_is_given_up(script: Script) -> None:
    """The first one is judged by its own keepalive."""
    old = script.listen()
    script.do(script.channeler.network_changed(script.now))
    fresh = script.last(R1)
    script.wait(60_000)
    assert fresh in script.closed
    assert old not in script.closed
    script.close(old)
    script.wait(RELAY_AWAY_RETRY_MS)
    assert len(script.lines(R1)) == 3


def test_w34_both_lines_end_with_the_relay(script: Script) -> None:
    """A relay that is not wanted any more is left on both."""
    old = script.listen()
    script.do(script.channeler.network_changed(script.now))
    fresh = script.last(R1)
    script.set_relays(R2)
    assert {old, fresh} <= {*script.closed}


# A second program with our identity


def test_a_leg_that_is_replaced_again_and_again_is_named(script: Script) -> None:
    """The owner reads it in the log once, and beside the relay for as long as it lasts."""
    script.listen()
    for _ in range(REPLACED_MIN):
        script.close(script.last(R1))
        lines = len(script.lines(R1))
        while len(script.lines(R1)) == lines:
            script.wait(100)
        script.open(script.last(R1))
        script.wait(LISTEN_CONFIRM_MS)
    told = [news for news in script.news if isinstance(news, Notice)]
    assert len(told) == 1
    assert "another program uses this identity" in told[0].text
    assert "another program" in script.channeler.status(script.now).relays[0].last_error
    script.wait(STABLE_LINE_MS)
    script.close(script.last(R1))
    script.wait(2000)
    script.open(script.last(R1))
    script.wait(LISTEN_CONFIRM_MS)
    assert script.channeler.status(script.now).relays[0].last_error == ""


def test_links_that_end_soon_again_and_again_are_named(script: Script) -> None:
    """So the owner of a cloned identity reads why its friends come and go."""
    line = script.dial(LOW, R1)
    for _ in range(REPLACED_MIN):
        script.link(line, LOW)
        script.wait(2000)
        script.close(line)
        state = script.channeler.status(script.now).links[0].state
        assert isinstance(state, LinkDown)
        lines = len(script.lines(R1))
        while len(script.lines(R1)) == lines:
            script.wait(100)
        line = script.last(R1)
        script.open(line)
    assert state.why == OfflineReason.REPLACED.value
