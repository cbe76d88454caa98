"""Two channelers and Relay machines on one clock: friends meet, whatever happens to lines, relays and nodes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from offset.base.limits import (
    KEEPALIVE_CLOSE_MS,
    RELAY_HALF_TUNNEL_MS,
    STABLE_LINE_MS,
)
from offset.core.channeler import Offline, Online
from offset.wire.extension import LinkUp
from support.meeting import Meeting, NodeBody, RelayBody, Wire

MINUTE = 60_000


class Two(Meeting):
    """Two friends, low and high, and a relay for each."""

    def __init__(self, seed: int | str = 1, *, is_encrypted: bool = False) -> None:
        super().__init__(seed, is_encrypted=is_encrypted)
        self.low, self.high = self.pair()
        self.low_relay, self.high_relay = self.relay("low:1"), self.relay("high:1")

    def enable(self, node: NodeBody) -> None:
        """One side gets its relay and its friend."""
        low = node is self.low
        self.set_relays(node, (self.low_relay if low else self.high_relay).at())
        friend, at = (self.high, self.high_relay) if low else (self.low, self.low_relay)
        self.befriend(node, friend, [at.at()])

    def is_linked(self) -> bool:
        return self.are_linked(self.low, self.high)

    def until_linked(self, limit_ms: int) -> int:
        return self.run_until(self.is_linked, limit_ms)

    def linked(self) -> "Two":
        self.enable(self.low)
        self.enable(self.high)
        self.until_linked(3000)
        return self

    def tunnel(self, node: NodeBody) -> Wire:
        """The line that carries a node's link."""
        (state,) = [friend.state for friend in node.channeler.status(0).links]
        assert isinstance(state, LinkUp)
        return next(w for w in reversed(node.wires.values()) if w.relay.at() == state.relay)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_friends_meet_at_once_and_talk(is_encrypted: bool) -> None:
    """Enabled on both sides, two friends are online within a second and hear each other, for hours."""
    two = Two(is_encrypted=is_encrypted)
    two.enable(two.low)
    two.enable(two.high)
    assert two.until_linked(1000) < 1000
    two.run(4000 * 1000)
    two.say(two.low, two.high, b"to high")
    two.say(two.high, two.low, b"")
    two.run(100)
    assert two.high.heard == [(two.low.key, b"to high")]
    assert two.low.heard == [(two.high.key, b"")]
    assert len(two.low.news) == len(two.high.news) == 1


def test_the_line_of_a_link() -> None:
    """There is one as long as the friend is online."""
    two = Two()
    assert two.low.channeler.line_of(two.high.key) is None
    two = two.linked()
    line = two.low.channeler.line_of(two.high.key)
    assert line == two.tunnel(two.low).line
    two.low.channeler.line_closed(line, two.now)
    assert two.low.channeler.line_of(two.high.key) is None


@pytest.mark.parametrize("gap_ms", [0, 100, 1000, 10_000, 10 * MINUTE, 600 * MINUTE])
@pytest.mark.parametrize("high_first", [False, True])
def test_friends_meet_within_3_s_of_being_enabled(gap_ms: int, high_first: bool) -> None:
    """However long one side has waited for the other, 3 s after both are enabled they are online."""
    for seed in range(3):
        two = Two(seed)
        first, second = (two.high, two.low) if high_first else (two.low, two.high)
        two.enable(first)
        two.run(gap_ms)
        two.enable(second)
        two.until_linked(3000)


def test_friends_meet_within_3_s_when_one_learns_of_the_other_late() -> None:
    """The listener is up but does not know the friend yet: it rejects, and the next attempts come quickly."""
    for wait_ms in range(0, 2000, 250):
        two = Two(wait_ms)
        two.set_relays(two.low, two.low_relay.at())
        two.run(5000)
        two.enable(two.high)
        two.run(wait_ms)
        two.befriend(two.low, two.high, [])
        two.until_linked(3000)


def test_w12_an_old_relay_list_on_the_higher_side_is_no_obstacle() -> None:
    """The higher side dials in vain; the lower one knows where the higher listens, and links."""
    two = Two()
    two.set_relays(two.low, two.low_relay.at())
    two.befriend(two.low, two.high, [two.high_relay.at()])
    two.set_relays(two.high, two.high_relay.at())
    gone = Meeting("elsewhere").relay("gone:1")
    two.befriend(two.high, two.low, [gone.at()])
    two.until_linked(3000)


def test_w12_dialing_from_both_sides_ends_in_one_link() -> None:
    """When both sides dial at the same moment they agree on one link and keep it."""
    for seed in range(30):
        two = Two(seed).linked()
        two.run(2 * MINUTE)
        two.low.news.clear()
        two.high.news.clear()
        two.network_changed(two.high)
        two.run(seed * 40)
        two.network_changed(two.low)
        two.run(30_000)
        assert two.is_linked()
        assert len(two.low.news) <= 4
        assert len(two.high.news) <= 4
        two.say(two.low, two.high, b"x")
        two.run(100)
        assert two.high.heard[-1] == (two.low.key, b"x")


def test_w23_several_relays_still_make_one_link() -> None:
    """A friend on three relays gets one Online, though some swallow packets and some refuse."""
    for seed in range(10):
        two = Two(seed)
        relays = [two.low_relay, two.relay("b:1"), two.relay("c:1")]
        relays[seed % 3].swallows = True
        relays[(seed + 1) % 3].machine = None
        at = [relay.at() for relay in relays]
        two.set_relays(two.low, *at)
        two.befriend(two.low, two.high, [])
        two.befriend(two.high, two.low, at)
        two.until_linked(10_000)
        two.run(MINUTE)
        assert len(two.low.news) == len(two.high.news) == 1


def test_a_closed_tunnel_is_replaced_in_a_moment() -> None:
    """A link that lived and was lost cleanly is made again within 2 s."""
    two = Two().linked()
    two.run(STABLE_LINE_MS + 1000)
    two.close(two.tunnel(two.high))
    two.run_until(lambda: not two.is_linked(), 100)
    two.until_linked(2000)


def test_a_cut_tunnel_is_replaced_when_the_silence_is_noticed() -> None:
    """After an unclean loss both sides notice by keepalive, and meet again soon after."""
    for side in ("low", "high"):
        two = Two().linked()
        two.run(STABLE_LINE_MS + 1000)
        two.cut(two.tunnel(getattr(two, side)))
        two.run_until(lambda two=two: not two.is_linked(), KEEPALIVE_CLOSE_MS + 100)  # type: ignore[misc]
        two.until_linked(5000)


def test_w9_w34_a_dead_link_does_not_block_a_fresh_one() -> None:
    """The higher side lost its network: it links afresh at once, and the lower one takes the newest link."""
    two = Two().linked()
    two.run(STABLE_LINE_MS)
    old = two.tunnel(two.low)
    two.cut(old)
    two.network_changed(two.high)
    two.run(1000)
    assert two.is_linked()
    assert two.tunnel(two.low) is not old
    assert [type(news) for _, news in two.low.news] == [Online, Offline, Online]
    two.say(two.high, two.low, b"again")
    two.run(100)
    assert two.low.heard == [(two.high.key, b"again")]


def test_w13_w14_a_killed_node_is_back_at_once() -> None:
    """A node that is killed and started again meets its friend within 3 s, whichever side it is."""
    for side in ("low", "high"):
        two = Two().linked()
        two.run(2 * MINUTE)
        node = getattr(two, side)
        two.restart_node(node)
        two.run(1000)
        two.enable(node)
        two.until_linked(3000)


def test_w14_a_node_that_lost_its_lines_unseen_is_back_at_once() -> None:
    """The relay still believes in the dead lines of the node; the new ones work at once all the same."""
    for side in ("low", "high"):
        two = Two().linked()
        two.run(2 * MINUTE)
        node = getattr(two, side)
        for wire in list(node.wires.values()):
            two.cut(wire)
        two.restart_node(node)
        two.run(1000)
        two.enable(node)
        two.until_linked(3000)
        two.run(MINUTE)
        assert two.is_linked()


@pytest.mark.parametrize("down_ms", [0, 1000, 30_000, 10 * MINUTE])
def test_a_restarted_relay_is_used_again(down_ms: int) -> None:
    """After a relay was down its clients come back: within seconds of a restart, within minutes of a long outage."""
    two = Two().linked()
    two.run(2 * MINUTE)
    for relay in two.relays:
        two.stop_relay(relay)
    two.run(down_ms)
    for relay in two.relays:
        two.start_relay(relay)
    two.run_until(lambda: not two.is_linked(), 100)
    two.until_linked(5000 + min(2 * down_ms, 160_000))


def test_w11_clients_of_a_restarted_relay_do_not_come_all_at_once() -> None:
    """Twenty listeners spread their return over the first second."""
    meeting = Meeting()
    relay = meeting.relay("r:1")
    nodes = [meeting.pair()[0] for _ in range(20)]
    for node in nodes:
        meeting.set_relays(node, relay.at())
    meeting.run(2 * MINUTE)
    meeting.stop_relay(relay)
    meeting.start_relay(relay)
    start = meeting.now
    meeting.run(1100)
    times = [at - start for node in nodes for at, _ in node.dials if at > start]
    assert len(times) == 20
    assert max(times) - min(times) > 500


def test_a_moved_relay_is_followed_by_both_sides() -> None:
    """The relay moves to another address: told of it, both sides meet there within 3 s."""
    two = Two().linked()
    two.run(2 * MINUTE)
    two.stop_relay(two.low_relay)
    two.low_relay.address = "elsewhere:1"
    two.start_relay(two.low_relay)
    two.run(10_000)
    two.enable(two.low)
    two.enable(two.high)
    two.until_linked(3000)


def test_w2_the_old_relay_serves_until_the_friend_knows_the_new_one() -> None:
    """Our list changes from A to B while the friend knows A only: the link can be made all the time (4.9)."""
    two = Two().linked()
    a, b = two.low_relay, two.relay("b:1")
    two.run(2 * MINUTE)
    two.befriend(two.low, two.high, [], [a.at()])
    two.set_relays(two.low, b.at())
    two.close(two.tunnel(two.high))
    two.run(3000)
    assert two.is_linked()
    two.befriend(two.low, two.high, [], [b.at()])
    two.run(3000)
    assert two.is_linked(), "the tunnel outlives the listening leg"
    two.close(two.tunnel(two.high))
    two.befriend(two.high, two.low, [b.at()])
    two.run_until(lambda: not two.is_linked(), 100)
    two.until_linked(3000)


def test_removing_a_friend_ends_the_link_on_both_sides() -> None:
    """The removed friend is offline at both ends, and its attempts are rejected until it is added again."""
    two = Two().linked()
    two.remove(two.low, two.high)
    two.run(10 * MINUTE)
    assert not two.low.online
    assert not two.high.online
    assert len(two.high.dials) < 20
    two.enable(two.low)
    two.until_linked(3000)


def test_many_pairs_over_one_relay_meet_at_once() -> None:
    """Fifty pairs that start together on one relay are all online within 3 s (W15)."""
    meeting = Meeting()
    relay = meeting.relay("r:1")
    pairs = [meeting.pair() for _ in range(50)]
    for low, high in pairs:
        meeting.meet(low, high, relay)
    meeting.run(3000)
    assert all(meeting.are_linked(*pair) for pair in pairs)


def test_a_node_with_many_friends_has_them_all_soon() -> None:
    """A listener of 60 friends, all starting at once, has them online within 10 s though it accepts 16 at a time."""
    meeting = Meeting()
    relay = meeting.relay("r:1")
    nodes = [node for _ in range(30) for node in meeting.pair()]
    hub, *others = nodes
    meeting.set_relays(hub, relay.at())
    for node in others:
        meeting.set_relays(node, relay.at())
        meeting.befriend(hub, node, [relay.at()])
        meeting.befriend(node, hub, [relay.at()])
    meeting.run(10_000)
    assert len(hub.online) == len(others)


def test_the_same_seed_gives_the_same_run() -> None:
    """A whole run depends on the seed and nothing else."""
    runs = []
    for _ in range(2):
        two = Two(7).linked()
        two.stop_relay(two.low_relay)
        two.run(MINUTE)
        two.start_relay(two.low_relay)
        two.run(10 * MINUTE)
        runs.append((two.low.news, two.high.news, two.low.dials, two.high.dials))
    assert runs[0] == runs[1]


# Anything may happen, in any order

SIDES = st.sampled_from(["low", "high"])
NUMBERS = st.integers(0, 20)
STEPS = st.one_of(
    st.tuples(st.just("run"), st.integers(0, 3000) | st.integers(0, 400_000), st.none()),
    st.tuples(st.sampled_from(["cut", "close"]), SIDES, NUMBERS),
    st.tuples(st.sampled_from(["stop", "start", "swallow", "move"]), NUMBERS, st.none()),
    st.tuples(st.sampled_from(["enable", "restart", "remove", "network", "relays", "say"]), SIDES, NUMBERS),
)
RECOVERY_MS_MAX = 8 * MINUTE
"""Longest pauses: 5 min between attempts and a quarter more, then a handshake; 2 min and a quarter for a leg."""


def take_step(two: Two, step: tuple[str, int | str, int | None]) -> None:
    kind, which, number = step
    node = getattr(two, which) if isinstance(which, str) else two.low
    relay: RelayBody = two.relays[which % 2] if isinstance(which, int) else two.relays[(number or 0) % 2]
    friend = two.high if node is two.low else two.low
    match kind:
        case "run":
            assert isinstance(which, int)
            two.run(which)
        case "cut" | "close":
            wires = list(node.wires.values())
            if wires and number is not None:
                getattr(two, kind)(wires[number % len(wires)])
        case "stop":
            two.stop_relay(relay)
        case "start":
            if relay.machine is None:
                two.start_relay(relay)
        case "swallow":
            relay.swallows = not relay.swallows
        case "move":
            relay.address = f"moved{two.now}:1"
        case "enable":
            two.enable(node)
        case "restart":
            two.restart_node(node)
        case "remove":
            two.remove(node, friend)
        case "network":
            two.network_changed(node)
        case "relays":
            kept = [relay.at() for relay in two.relays[: (number or 0) % 3]]
            two.set_relays(node, relay.at())
            two.befriend(node, friend, kept, kept)
        case "say":
            two.say(node, friend, b"hello")


@given(st.lists(STEPS, max_size=40), st.integers(0, 1000))
@example([("enable", "low", 0), ("enable", "high", 0), ("run", 399_999, None), ("cut", "low", 1)], 0)
def test_friends_always_meet_again(steps: list[tuple[str, int | str, int | None]], seed: int) -> None:
    """No order of faults and orders breaks a machine; once the faults stop the friends are online soon, and stay."""
    two = Two(seed)
    for step in steps:
        take_step(two, step)
    for relay in two.relays:
        relay.swallows = False
        if relay.machine is None:
            two.start_relay(relay)
    two.enable(two.low)
    two.enable(two.high)
    two.until_linked(RECOVERY_MS_MAX)
    # A cut may still be noticed, or a link of the other direction come up; then all is quiet.
    two.run(KEEPALIVE_CLOSE_MS + RELAY_HALF_TUNNEL_MS)
    two.until_linked(RECOVERY_MS_MAX)
    quiet = len(two.low.news), len(two.high.news)
    two.say(two.high, two.low, b"at last")
    two.run(STABLE_LINE_MS)
    assert two.low.heard[-1] == (two.high.key, b"at last")
    assert (len(two.low.news), len(two.high.news)) == quiet
