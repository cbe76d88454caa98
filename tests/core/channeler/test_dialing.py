"""Our attempts to reach friends."""

import pytest

from offset.base.limits import (
    BACKOFF_MS_MAX,
    BACKOFF_MS_MIN,
    CONNECT_MS,
    DIAL_BACKOFF_MS_MIN,
    DIALS_MAX,
    HANDSHAKE_MS,
    KEEPALIVE_SEND_MS,
    LOWER_BACKOFF_MS_MAX,
    LOWER_DIAL_DELAY_MS,
    LOWER_OFFLINE_MS,
    LOWER_REFUSED_MS,
    LOWER_REFUSED_ROUNDS_MAX,
    RELAY_ATTEMPTS_MAX,
    RELAY_STAGGER_MS,
    STABLE_LINE_MS,
)
from offset.core.channeler import Offline, Online
from offset.core.meeting import CloseLine, OpenLine
from offset.crypto.public_keys import is_lower
from offset.wire.relay import Connect
from support.scripted import HIGH, LOW, R1, R2, R3, R4, Script, relay

ME = b"\x02" * 32


@pytest.fixture
def script() -> Script:
    return Script()


def next_line(script: Script, limit_ms: int = 2_000_000) -> int:
    """Wait for the next attempt; returns its line."""
    lines = len(script.dialed)
    end = script.now + limit_ms
    while len(script.dialed) == lines:
        at = script.channeler.deadline()
        assert at is not None
        assert at <= end
        script.wait(at - script.now)
    return script.last()


def refuse(script: Script, line: int) -> None:
    """The relay is reached and closes the line after our Connect."""
    script.open(line)
    script.close(line)


def test_first_attempt_at_once_with_one_nonce(script: Script) -> None:
    """The higher side connects as soon as the friend is enabled: Connect, then exactly one message (rule 3)."""
    assert script.befriend(LOW, R1) == [OpenLine(1, R1)]
    script.open(1)
    assert script.wish(1) == Connect(LOW)
    assert len(script.sent[1]) == 2
    assert script.link(1, LOW)[-1] == Online(LOW)


def test_a_refused_connect_is_repeated_quickly_then_slowly(script: Script) -> None:
    """After 0.3, 0.6, 1.2 s and so on, each within a quarter, up to 5 minutes: few quick connects (W11, rule 13)."""
    line = script.dial()
    for k in range(14):
        script.close(line)
        before = script.now
        line = next_line(script)
        script.open(line)
        middle = min(DIAL_BACKOFF_MS_MIN * 2**k, BACKOFF_MS_MAX)
        assert 0.75 * middle - 1 <= script.now - before <= 1.25 * middle


def test_a_refusal_moves_on_to_the_next_relay_at_once(script: Script) -> None:
    """There is no pause between different relays, only after the whole round (W23)."""
    script.befriend(LOW, R1, R2, R3)
    tried = []
    for number in range(3):
        line = script.last()
        tried.append(script.dialed[line])
        script.open(line)
        assert [type(effect) for effect in script.close(line)] == ([OpenLine] if number < 2 else [])
    assert sorted(address.address for address in tried) == ["relay1:1", "relay2:1", "relay3:1"]
    next_line(script, 400)


def test_w23_relays_are_tried_side_by_side_when_one_hangs(script: Script) -> None:
    """The next relay starts 2 s after the last one, at most 3 at a time."""
    script.befriend(LOW, R1, R2, R3, R4)
    assert len(script.dialed) == 1
    script.wait(RELAY_STAGGER_MS - 1)
    assert len(script.dialed) == 1
    script.wait(1)
    assert len(script.dialed) == 2
    script.wait(RELAY_STAGGER_MS * 4)
    assert len(script.dialed) == RELAY_ATTEMPTS_MAX < 4
    script.close(2)
    assert len(script.dialed) == RELAY_ATTEMPTS_MAX + 1


def test_w23_proof_goes_out_on_the_first_tunnel_with_a_nonce(script: Script) -> None:
    """The first tunnel that shows the nonce is chosen, the others are closed; so the friend sees one link."""
    script.befriend(LOW, R1, R2)
    script.wait(RELAY_STAGGER_MS)
    script.open(1)
    script.open(2)
    effects = script.show_nonce(2, LOW)
    assert CloseLine(1) in effects
    assert script.sent[2][-1] == b"proof " + ME
    assert script.sent[1][-1] == b"nonce " + ME
    assert script.show_nonce(1, LOW) == []
    assert script.hear(2, b"proof " + LOW)[-1] == Online(LOW)


def test_w23_a_false_nonce_costs_one_handshake_only(script: Script) -> None:
    """Anybody can show a nonce. When no proof follows, the relays that were closed for it are tried again."""
    script.befriend(LOW, R1, R2)
    script.wait(RELAY_STAGGER_MS)
    script.open(1)
    script.open(2)
    script.show_nonce(2, LOW)
    script.wait(HANDSHAKE_MS)
    assert 2 in script.closed
    assert script.dialed[script.last()] == script.dialed[1]


def live(script: Script, span: int) -> None:
    """The attempt under way leads to a link, which lives so long and is then cut."""
    line = script.last()
    script.open(line)
    script.link(line, LOW)
    for wait in (*[KEEPALIVE_SEND_MS] * (span // KEEPALIVE_SEND_MS), span % KEEPALIVE_SEND_MS):
        script.wait(wait)
        script.hear(line, b"alive ")
    script.close(line)


def test_w24_the_last_good_relay_comes_first(script: Script) -> None:
    """After a success the next round begins with the relay that worked."""
    for seed in range(5):
        script = Script(seed)
        script.befriend(LOW, R1, R2, R3)
        first = script.dialed[script.last()]
        refuse(script, script.last())
        good = script.dialed[script.last()]
        assert good != first
        live(script, STABLE_LINE_MS)
        assert script.dialed[next_line(script)] == good


def test_w24_a_relay_that_cuts_links_comes_last() -> None:
    """It lets every handshake pass and cuts each link soon: the other one is used after the first time, and kept."""
    seen = set()
    for seed in range(6):
        script = Script(seed)
        script.befriend(LOW, R1, R2)
        bad = script.dialed[script.last()]
        seen.add(bad)
        live(script, 5000)
        good = script.dialed[next_line(script)]
        assert good != bad
        for _ in range(3):
            live(script, STABLE_LINE_MS)
            assert script.dialed[next_line(script)] == good
    assert len(seen) == 2


def test_w24_relays_of_equal_merit_take_turns() -> None:
    """Without any success the order is drawn."""
    firsts = set()
    for seed in range(20):
        script = Script(seed)
        script.befriend(LOW, R1, R2)
        firsts.add(script.dialed[1].address)
    assert len(firsts) == 2


def test_w31_two_texts_of_one_relay_wait_for_each_other(script: Script) -> None:
    """Two Connects at one relay would push each other out, so the second text waits for the first to fail."""
    script.befriend(LOW, relay(1, "a:1"), relay(1, "b:1"))
    script.wait(RELAY_STAGGER_MS * 3)
    assert len(script.dialed) == 1
    script.close(1)
    assert len(script.dialed) == 2


def test_w10_a_friend_that_accepts_and_closes_does_not_make_us_spin(script: Script) -> None:
    """Links that end soon count as failures: the pauses grow."""
    line = script.dial()
    script.link(line, LOW)
    pauses = []
    for _ in range(12):
        script.close(line)
        before = script.now
        line = next_line(script)
        pauses.append(script.now - before)
        script.open(line)
        script.link(line, LOW)
    assert pauses[0] <= 375
    assert pauses[-1] > 200_000
    assert sum(pauses[:6]) > 10_000


def test_w10_after_a_stable_link_we_dial_soon(script: Script) -> None:
    """A link that lived for a minute is made again within a second, and failures start from the shortest pause."""
    line = script.dial()
    for _ in range(9):
        script.close(line)
        line = next_line(script)
        script.open(line)
    script.link(line, LOW)
    script.hear(line, b"alive ")
    script.wait(30_000)
    script.hear(line, b"alive ")
    script.wait(STABLE_LINE_MS - 30_000)
    script.close(line)
    line = next_line(script, BACKOFF_MS_MIN)
    refuse(script, line)
    next_line(script, 400)


def test_w11_network_change_forgets_failures(script: Script) -> None:
    """The next attempt is made at once, and the pauses are short again."""
    line = script.dial()
    for _ in range(10):
        script.close(line)
        line = next_line(script)
    script.close(line)
    assert script.do(script.channeler.network_changed(script.now)) == [OpenLine(line + 1, R2)]
    script.close(line + 1)
    next_line(script, 400)


def test_w34_network_change_makes_a_fresh_link(script: Script) -> None:
    """A link that may be dead is replaced by a new one, not waited for; a failure leaves the old one alone."""
    line = script.dial()
    script.link(line, LOW)
    script.do(script.channeler.network_changed(script.now))
    fresh = script.last()
    assert fresh != line
    refuse(script, fresh)
    assert script.news == [Online(LOW)]
    script.wait(1000)
    assert script.last() == fresh
    script.do(script.channeler.network_changed(script.now))
    script.open(script.last())
    script.link(script.last(), LOW)
    assert script.news == [Online(LOW), Offline(LOW), Online(LOW)]


def test_w2_new_relays_of_a_friend_are_tried_at_once(script: Script) -> None:
    """A changed list ends the pause; the same list again changes nothing."""
    line = script.dial(LOW, R1)
    for _ in range(8):
        script.close(line)
        line = next_line(script)
    script.close(line)
    assert script.befriend(LOW, R1) == []
    effects = script.befriend(LOW, R1, R2)
    assert len(effects) == 1


def test_w21_removing_the_relay_under_attempt_cancels_it(script: Script) -> None:
    """The line is closed at once and its late news has no effect; a relay given twice is one."""
    script.befriend(LOW, R1, R1)
    assert script.befriend(LOW) == [CloseLine(1)]
    assert script.open(1) == []
    assert script.close(1) == []
    assert script.channeler.deadline() is None
    assert script.befriend(LOW, R1) == [OpenLine(2, R1)]


def test_w22_a_new_list_during_an_attempt_neither_doubles_nor_revives(script: Script) -> None:
    """Addresses still wanted go on, new ones are queued once, others never come back."""
    script.befriend(LOW, R1, R2)
    tried = script.dialed[1]
    other = R2 if tried == R1 else R1
    assert script.befriend(LOW, tried, R3) == [OpenLine(2, R3)]
    assert script.befriend(LOW, R3) == [CloseLine(1)]
    assert script.befriend(LOW, tried, R3) == [OpenLine(3, tried)]
    script.close(2)
    script.close(3)
    rounds = []
    for _ in range(4):
        rounds.append(script.dialed[next_line(script)])
        script.close(script.last())
        rounds.append(script.dialed[script.last()])
        script.close(script.last())
    assert other not in rounds
    assert rounds.count(tried) == rounds.count(R3) == 4


def test_w22_a_link_outlives_the_address_it_was_made_through(script: Script) -> None:
    """A new relay list does not touch the link."""
    line = script.dial()
    script.link(line, LOW)
    assert script.befriend(LOW, R3) == []
    assert script.news == [Online(LOW)]


def test_w20_news_of_an_earlier_life_is_ignored(script: Script) -> None:
    """A friend removed and added again: the end of the old line does not hit the new one."""
    first = script.dial()
    script.link(first, LOW)
    script.remove(LOW)
    assert script.news[-1] == Offline(LOW)
    second = script.dial()
    script.link(second, LOW)
    assert script.close(first) == []
    assert script.hear(first, b"message x") == []
    assert script.news[-1] == Online(LOW)


def test_w20_an_order_given_twice_is_one_order(script: Script) -> None:
    """UpdateFriend is idempotent at every stage."""
    script.befriend(LOW, R1)
    assert script.befriend(LOW, R1) == []
    script.open(1)
    assert script.befriend(LOW, R1) == []
    script.link(1, LOW)
    assert script.befriend(LOW, R1) == []
    script.close(1)
    assert script.befriend(LOW, R1) == []


def test_an_attempt_that_never_opens_is_given_up(script: Script) -> None:
    """A driver that reports nothing is not waited for longer than a connect and a handshake take."""
    script.befriend(LOW, R1)
    script.wait(CONNECT_MS + HANDSHAKE_MS)
    assert script.closed == [1]
    next_line(script, 400)


def test_a_friend_that_never_answers_is_given_up_after_8_s(script: Script) -> None:
    """The inner handshake has its limit from Connect on; then the line closes and we try again."""
    line = script.dial()
    script.wait(HANDSHAKE_MS)
    assert script.closed == [line]


def test_a_silent_friend_is_dropped_after_32_s(script: Script) -> None:
    """The keepalive of the inner line ends the link."""
    line = script.dial()
    script.link(line, LOW)
    script.wait(32_000)
    assert script.news == [Online(LOW), Offline(LOW)]
    assert script.closed == [line]


def test_w4_a_friend_that_talks_nonsense_loses_its_link_only(script: Script) -> None:
    """A broken frame on the inner link closes that link; other friends are not touched."""
    lower = next(bytes([n]) * 32 for n in range(5, 99) if is_lower(bytes([n]) * 32, ME))
    other = script.dial(lower, R3)
    script.link(other, lower)
    line = script.dial()
    script.link(line, LOW)
    script.hear(line, b"\xff\xff\xff")
    assert script.closed == [line]
    assert script.news == [Online(lower), Online(LOW), Offline(LOW)]


def test_w12_the_lower_side_tries_once_soon_then_gently(script: Script) -> None:
    """A second after enabling, then about 30 s later, and with growing pauses up to 15 minutes."""
    assert script.befriend(HIGH, R1) == []
    before = script.now
    line = next_line(script)
    assert script.now - before == LOWER_DIAL_DELAY_MS
    for k in range(8):
        script.close(line)  # the relay cannot be reached: that is no refusal
        before = script.now
        line = next_line(script)
        middle = min(LOWER_OFFLINE_MS * 2**k, LOWER_BACKOFF_MS_MAX)
        assert 0.75 * middle - 1 <= script.now - before <= 1.25 * middle


def test_w12_the_lower_side_waits_after_a_lost_link(script: Script) -> None:
    """The dialing is the friend's: we try only when it was offline for 30 s."""
    script.befriend(HIGH, R2)
    leg = script.listen()
    script.befriend(HIGH, R2)
    line = script.accept(leg)
    script.link(line, HIGH)
    script.close(line)
    before = script.now
    assert script.dialed[next_line(script)] == R2
    assert script.now - before >= 0.75 * LOWER_OFFLINE_MS


def test_w12_a_reference_peer_that_always_refuses_is_asked_once_per_hour(script: Script) -> None:
    """After 3 rounds of refusals on every relay the lower side tries once per hour."""
    script.befriend(HIGH, R1, R2)
    for rounds in range(LOWER_REFUSED_ROUNDS_MAX):
        before = script.now
        line = next_line(script)
        assert script.now - before <= 1.25 * LOWER_OFFLINE_MS * 2**rounds
        refuse(script, line)
        refuse(script, script.last())
    before = script.now
    next_line(script, LOWER_REFUSED_MS)
    assert script.now - before == LOWER_REFUSED_MS


def test_attempts_under_way_are_bounded_over_all_friends(script: Script) -> None:
    """With very many friends the attempts queue up; each that ends lets the next begin, and all have their turn."""
    friends = [key for n in range(400) if is_lower(key := n.to_bytes(2, "big") * 16, ME)]
    assert len(friends) > DIALS_MAX + 10
    for number, friend in enumerate(friends):
        script.befriend(friend, relay(number % 90, f"h{number}:1"))
    assert len(script.dialed) == DIALS_MAX
    for line in range(1, len(friends) + 1):
        script.close(line)
    assert len({address.address for address in script.dialed.values()}) == len(friends)


def test_without_relays_nobody_is_dialed(script: Script) -> None:
    """A friend of whom we know no relay costs nothing."""
    assert script.befriend(LOW) == []
    assert script.channeler.deadline() is None


def test_an_attempt_that_may_be_the_better_one_is_not_cut(script: Script) -> None:
    """Once our proof is out the friend may count on that tunnel; if the other link ends first, it decides."""
    ours = script.dial(LOW, R2)
    script.show_nonce(ours, LOW)
    theirs = script.accept(script.listen(R1), LOW)
    script.link(theirs, LOW)
    assert ours not in script.closed
    dials = len(script.dialed)
    assert script.close(theirs) == [Offline(LOW)]
    script.wait(2000)
    assert len(script.dialed) == dials, "no second attempt beside the one under way"
    assert script.hear(ours, b"proof " + LOW)[-1] == Online(LOW)
