"""The relay machine against the conformance checks of spec 02, 11, column "Ours"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.relay.world import STRANGER, I, L, World, incoming, key
from offset.base.limits import (
    RELAY_ABSENT_MS_MAX,
    RELAY_ABSENT_MS_MIN,
    RELAY_FIRST_MESSAGE_MS,
    RELAY_HALF_TUNNEL_MS,
)
from offset.core.relay import Effect, HangupLeg, Quotas, SendLeg
from offset.wire.relay import (
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    Listen,
    RejectConnection,
)

# The way of a connection


def test_connect_is_announced_and_accept_joins(world: World) -> None:
    """The listener is told who waits; its Accept makes a tunnel that carries messages both ways."""
    world.enter(1, L, Listen())
    assert world.enter(2, I, Connect(L)) == [incoming(1, I)]
    assert world.enter(3, L, Accept(I)) == []
    assert world.say(2, b"hello") == [SendLeg(3, b"hello")]
    assert world.say(3, b"") == [SendLeg(2, b"")]


def test_early_messages_come_first_and_in_order(world: World) -> None:
    """What the initiator says before Accept reaches the listener first, two frames too, and kills nothing."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.say(2, b"nonce") == []
    assert world.say(2, b"second") == []
    world.wait(RELAY_HALF_TUNNEL_MS - 1)
    assert world.enter(3, L, Accept(I)) == [SendLeg(3, b"nonce"), SendLeg(3, b"second")]
    assert world.say(2, b"third") == [SendLeg(3, b"third")]


def test_w19_connect_to_absent_key_closes_after_a_while(world: World) -> None:
    """A Connect to a key that does not listen is closed after 50 to 500 ms, as a reject might be."""
    assert world.enter(2, I, Connect(L)) == []
    assert world.say(2, b"nonce") == []
    assert world.wait(RELAY_ABSENT_MS_MIN - 1) == []
    assert world.wait(RELAY_ABSENT_MS_MAX) == [HangupLeg(2)]


def test_w19_the_delay_varies() -> None:
    """The delay of a refusal is drawn anew each time, within its bounds."""
    world = World()
    delays = set()
    for number in range(50):
        world.enter(number, key(100 + number), Connect(L))
        at = world.relay.deadline()
        assert at is not None
        delays.add(at - world.now)
        world.wait(1000)
    assert len(delays) > 20
    assert min(delays) >= RELAY_ABSENT_MS_MIN
    assert max(delays) <= RELAY_ABSENT_MS_MAX


def test_connect_while_a_tunnel_exists_is_announced_again(world: World) -> None:
    """A tunnel between the two is no obstacle to the next Connect."""
    world.tunnel()
    assert world.enter(4, I, Connect(L)) == [incoming(1, I)]
    world.enter(5, L, Accept(I))
    assert world.say(4, b"x") == [SendLeg(5, b"x")]
    assert world.say(2, b"y") == [SendLeg(3, b"y")]


def test_a_key_may_connect_to_itself(world: World) -> None:
    """Listener and initiator may be the same key."""
    world.enter(1, L, Listen())
    assert world.enter(2, L, Connect(L)) == [incoming(1, L)]
    world.enter(3, L, Accept(L))
    assert world.say(3, b"x") == [SendLeg(2, b"x")]


# Rejecting


def test_reject_closes_the_half_tunnel(world: World) -> None:
    """Reject closes the leg of the initiator, at once."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.reject(1, I) == [HangupLeg(2)]


def test_reject_of_a_tunnel_or_of_nobody_does_nothing(world: World) -> None:
    """Reject of an established tunnel or of an unknown key has no effect."""
    world.tunnel()
    assert world.reject(1, I) == []
    assert world.reject(1, STRANGER) == []
    assert world.say(2, b"x") == [SendLeg(3, b"x")]


# Accepting


def test_accept_without_a_half_tunnel_is_closed(world: World) -> None:
    """Nobody waits: the accepting leg is closed."""
    world.enter(1, L, Listen())
    assert world.enter(3, L, Accept(I)) == [HangupLeg(3)]


def test_second_accept_is_closed_and_the_first_goes_on(world: World) -> None:
    """One half tunnel is accepted once."""
    world.tunnel()
    assert world.enter(4, L, Accept(I)) == [HangupLeg(4)]
    assert world.say(2, b"x") == [SendLeg(3, b"x")]


def test_a_stranger_cannot_accept(world: World) -> None:
    """Only the listener itself joins those who wait for it, even if the stranger listens too."""
    world.enter(1, L, Listen())
    world.enter(9, STRANGER, Listen())
    world.enter(2, I, Connect(L))
    assert world.enter(3, STRANGER, Accept(I)) == [HangupLeg(3)]
    assert world.enter(4, L, Accept(I)) == []


def test_accept_after_the_listening_leg_is_gone_is_closed(world: World) -> None:
    """Half tunnels go with the last listening leg, so there is nothing to accept."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.close(1) == [HangupLeg(2)]
    assert world.enter(3, L, Accept(I)) == [HangupLeg(3)]


# Ends


def test_listening_leg_lost_spares_tunnels(world: World) -> None:
    """Half tunnels are closed, tunnels live, and the key may listen again at once."""
    world.tunnel()
    world.enter(4, STRANGER, Connect(L))
    assert world.close(1) == [HangupLeg(4)]
    assert world.say(2, b"x") == [SendLeg(3, b"x")]
    world.enter(5, L, Listen())
    assert world.enter(6, STRANGER, Connect(L)) == [incoming(5, STRANGER)]


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\xff" * 40, bytes.fromhex("10035001010901")])
def test_undecodable_first_message_closes(world: World, junk: bytes) -> None:
    """A first message we cannot read closes the connection at once."""
    world.enter(1, L)
    assert world.say(1, junk) == [HangupLeg(1)]


def test_undecodable_message_on_a_listening_leg_closes_it(world: World) -> None:
    """It is as if the leg had closed: those who wait are closed too."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.say(1, b"\xff" * 9) == [HangupLeg(1), HangupLeg(2)]


def test_w6_silent_clients_hold_up_nobody(world: World) -> None:
    """Five silent clients are closed after 4 s each, and a client behind them is served meanwhile."""
    for conn in range(10, 15):
        world.enter(conn, STRANGER)
    world.enter(1, L, Listen())
    assert world.enter(2, I, Connect(L)) == [incoming(1, I)]
    assert world.wait(RELAY_FIRST_MESSAGE_MS - 1) == []
    assert world.wait(1) == [HangupLeg(conn) for conn in range(10, 15)]


def test_half_tunnel_lives_32_seconds(world: World) -> None:
    """A half tunnel that nobody answers is closed after 32 s."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.wait(RELAY_HALF_TUNNEL_MS - 1) == []
    assert world.wait(1) == [HangupLeg(2)]
    assert world.relay.deadline() is None


@pytest.mark.parametrize("ending, other", [(2, 3), (3, 2)])
def test_the_last_words_arrive_before_the_end(world: World, ending: int, other: int) -> None:
    """Either leg ending ends the tunnel, after what it said was passed on."""
    world.tunnel()
    world.effects.clear()
    world.say(ending, b"last1")
    world.say(ending, b"last2")
    world.close(ending)
    assert world.effects == [SendLeg(other, b"last1"), SendLeg(other, b"last2"), HangupLeg(other)]
    assert world.close(other) == []


def test_a_forgotten_connection_is_ignored(world: World) -> None:
    """After Hangup nothing that is still reported of the connection has an effect."""
    world.enter(1, L)
    world.say(1, b"junk")
    assert world.say(1, INIT_CONNECTION.encode(Listen())) == []
    assert world.close(1) == []
    assert world.relay.congested(1) == world.relay.drained(1) == []


# The view


def test_w32_the_view_counts(world: World) -> None:
    """The view counts connections by stage, what was carried, and refusals by reason."""
    world.tunnel()
    world.enter(4, STRANGER, Connect(L))
    world.say(2, b"12345")
    world.enter(5, I, Connect(STRANGER))
    view = world.relay.view()
    assert (view.connections, view.listeners, view.half_tunnels, view.tunnels) == (5, 1, 1, 1)
    assert (view.messages_carried, view.bytes_carried) == (1, 5)
    assert view.refusals == {"absent": 1}


# Anything may come, in any order

_KEYS = st.sampled_from([L, I, STRANGER])
_WISHES = st.one_of(
    st.just(INIT_CONNECTION.encode(Listen())),
    _KEYS.map(lambda who: INIT_CONNECTION.encode(Connect(who))),
    _KEYS.map(lambda who: INIT_CONNECTION.encode(Accept(who))),
    _KEYS.map(lambda who: REJECT_CONNECTION.encode(RejectConnection(who))),
    st.binary(max_size=8),
)
_STEPS = st.one_of(
    st.tuples(st.just("enter"), _KEYS, _WISHES),
    st.tuples(st.just("say"), st.integers(0, 40), _WISHES),
    st.tuples(st.just("close"), st.integers(0, 40), st.none()),
    st.tuples(st.just("congested"), st.integers(0, 40), st.none()),
    st.tuples(st.just("drained"), st.integers(0, 40), st.none()),
    st.tuples(st.just("wait"), st.integers(0, 40_000), st.none()),
)


@given(st.lists(_STEPS, max_size=80))
def test_no_order_of_events_breaks_it(steps: list[tuple[str, object, object]]) -> None:
    """The relay never raises, never speaks to a closed connection, and ends empty."""
    world = World(
        Quotas(
            half_tunnels_per_key=2, tunnels_per_key=3, connections=20, early_bytes=200, tunnel_burst_bytes=200
        )
    )
    conn = 0
    for step, which, what in steps:
        before = set(world.open)
        effects: list[Effect] = []
        match step:
            case "enter":
                conn += 1
                before.add(conn)
                effects = world.enter(conn, which)  # type: ignore[arg-type]
                effects += world.say(conn, what)  # type: ignore[arg-type]
            case "say":
                effects = world.say(which, what)  # type: ignore[arg-type]
            case "close":
                effects = world.close(which)  # type: ignore[arg-type]
                before.discard(which)  # type: ignore[arg-type]
            case "congested":
                effects = world.take(world.relay.congested(which))  # type: ignore[arg-type]
            case "drained":
                effects = world.take(world.relay.drained(which))  # type: ignore[arg-type]
            case _:
                effects = world.wait(which)  # type: ignore[arg-type]
        for effect in effects:
            assert effect.conn in before
            if isinstance(effect, HangupLeg):
                before.remove(effect.conn)
    for number in sorted(world.open):
        world.close(number)
    assert world.open == set()
    view = world.relay.view()
    assert (view.connections, view.listeners, view.half_tunnels, view.tunnels) == (0, 0, 0, 0)
    assert world.relay.deadline() is None
