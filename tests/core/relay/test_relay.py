"""The relay machine against the conformance checks of spec 02, 11, column "Ours"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    FRAME_BYTES_MAX,
    RELAY_ABSENT_MS_MAX,
    RELAY_ABSENT_MS_MIN,
    RELAY_ANNOUNCE_MS,
    RELAY_EARLY_BYTES_MAX,
    RELAY_FIRST_MESSAGE_MS,
    RELAY_HALF_TUNNEL_MS,
    RELAY_TUNNEL_BURST_BYTES,
    RELAY_TUNNEL_BYTES_PER_SECOND,
)
from offset.core.relay import Effect, HangupLeg, PauseLeg, Quotas, Relay, ResumeLeg, SendLeg
from offset.core.relay.legs import MESSAGE_COST
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Accept,
    Connect,
    IncomingConnection,
    InitConnection,
    Listen,
    RejectConnection,
)


def key(number: int) -> bytes:
    return number.to_bytes(2, "big") * 16


L, I, STRANGER = key(1), key(2), key(3)  # noqa: E741  # the names of the specification


class World:
    """A relay, a clock, and what the relay did."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self.relay = Relay(SeededEntropy(1), quotas or Quotas())
        self.now = 1000
        self.effects: list[Effect] = []
        self.open: set[int] = set()

    def take(self, effects: list[Effect]) -> list[Effect]:
        self.open -= {effect.conn for effect in effects if isinstance(effect, HangupLeg)}
        self.effects += effects
        return effects

    def enter(
        self, conn: int, who: bytes, wish: InitConnection | None = None, address: str = "127.0.0.1:9"
    ) -> list[Effect]:
        """A client opens a connection and says at once what it wants."""
        self.open.add(conn)
        effects = self.take(self.relay.opened(conn, who, address, self.now))
        return effects if wish is None else effects + self.say(conn, INIT_CONNECTION.encode(wish))

    def say(self, conn: int, data: bytes) -> list[Effect]:
        return self.take(self.relay.message(conn, data, self.now))

    def reject(self, conn: int, who: bytes) -> list[Effect]:
        return self.say(conn, REJECT_CONNECTION.encode(RejectConnection(who)))

    def close(self, conn: int) -> list[Effect]:
        self.open.discard(conn)
        return self.take(self.relay.closed(conn, self.now))

    def wait(self, span_ms: int) -> list[Effect]:
        """Time passes; the relay is woken exactly when it asks to be."""
        effects, end = [], self.now + span_ms
        while (at := self.relay.deadline()) is not None and at <= end:
            self.now = max(self.now, at)
            effects += self.take(self.relay.tick(self.now))
        self.now = end
        return effects

    def announced(self, conn: int) -> list[bytes]:
        """Who was announced on a listening leg so far."""
        return [
            INCOMING_CONNECTION.decode(effect.data).public_key
            for effect in self.effects
            if isinstance(effect, SendLeg) and effect.conn == conn
        ]

    def tunnel(self) -> None:
        """1 listens as L, 2 connects as I, 3 accepts as L."""
        self.enter(1, L, Listen())
        self.enter(2, I, Connect(L))
        self.enter(3, L, Accept(I))


def incoming(conn: int, who: bytes) -> SendLeg:
    return SendLeg(conn, INCOMING_CONNECTION.encode(IncomingConnection(who)))


@pytest.fixture
def world() -> World:
    return World()


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


# W13: half tunnels are watched and replaced


def test_w13_the_newest_connect_waits(world: World) -> None:
    """Connecting twice closes the first leg; Accept joins the second; the listener is told once."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.enter(3, I, Connect(L)) == [HangupLeg(2)]
    assert world.announced(1) == [I]
    world.enter(4, L, Accept(I))
    assert world.say(3, b"x") == [SendLeg(4, b"x")]


def test_w13_an_initiator_that_went_away_comes_back_at_once(world: World) -> None:
    """The half tunnel goes with its leg; the answer to the old announcement joins the new leg."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.say(2, b"old nonce")
    world.close(2)
    assert world.enter(3, I, Connect(L)) == []
    world.say(3, b"new nonce")
    assert world.enter(4, L, Accept(I)) == [SendLeg(4, b"new nonce")]


def test_w13_an_answered_announcement_is_made_again(world: World) -> None:
    """After Accept came too late or after a Reject, the next Connect is announced again."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.close(2)
    world.enter(3, L, Accept(I))
    assert world.enter(4, I, Connect(L)) == [incoming(1, I)]
    world.reject(1, I)
    assert world.enter(5, I, Connect(L)) == [incoming(1, I)]


def test_w13_an_announcement_that_nobody_answers_is_made_again(world: World) -> None:
    """After 8 s no answer is to be expected, so a new Connect is announced anew."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.wait(RELAY_ANNOUNCE_MS)
    assert world.enter(3, I, Connect(L)) == [HangupLeg(2), incoming(1, I)]


def test_w13_too_many_early_bytes_pause_then_close(world: World) -> None:
    """Early messages are kept up to a limit: reading pauses, and whoever sends on is hung up."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.say(2, bytes(RELAY_EARLY_BYTES_MAX)) == [PauseLeg(2)]
    assert world.say(2, bytes(1000)) == []
    assert world.say(2, bytes(FRAME_BYTES_MAX)) == [HangupLeg(2)]


def test_w13_a_paused_initiator_is_resumed_by_accept(world: World) -> None:
    """Accept takes what was kept and reading goes on."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    big = bytes(RELAY_EARLY_BYTES_MAX)
    world.say(2, big)
    assert world.enter(3, L, Accept(I)) == [SendLeg(3, big), ResumeLeg(2)]


def test_w13_early_bytes_of_all_together_are_bounded() -> None:
    """When all half tunnels hold too much together, the one that holds most is hung up, whoever came last."""
    world = World(Quotas(early_bytes=10_000))
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.enter(3, STRANGER, Connect(L))
    assert world.say(2, bytes(3000)) == []
    assert world.say(3, bytes(6000)) == []
    assert world.say(2, bytes(1000)) == [HangupLeg(3)]
    world.enter(4, STRANGER, Connect(L))
    assert world.say(4, bytes(9000)) == [HangupLeg(4)]
    assert world.enter(5, L, Accept(I)) == [SendLeg(5, bytes(3000)), SendLeg(5, bytes(1000))]


# W14: two listening legs


def test_w14_the_newest_listening_leg_is_told(world: World) -> None:
    """A second Listen of the same key is taken and both are kept; the newest gets the announcements."""
    world.enter(1, L, Listen())
    assert world.enter(2, L, Listen()) == []
    assert world.enter(3, I, Connect(L)) == [incoming(2, I)]
    assert world.open == {1, 2, 3}


def test_w14_the_older_leg_takes_over(world: World) -> None:
    """When the newest ends, the other is told of those who still wait, and of all that follow."""
    world.enter(1, L, Listen())
    world.enter(2, L, Listen())
    world.enter(3, I, Connect(L))
    assert world.close(2) == [incoming(1, I)]
    assert world.enter(4, STRANGER, Connect(L)) == [incoming(1, STRANGER)]
    assert world.close(1) == [HangupLeg(3), HangupLeg(4)]


def test_w14_a_fresh_leg_is_told_of_those_who_wait(world: World) -> None:
    """The old leg may be dead: what it did not answer is announced on the new one."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    assert world.enter(3, L, Listen()) == [incoming(3, I)]


def test_w14_a_third_listen_replaces_the_oldest(world: World) -> None:
    """A key has two listening legs at most."""
    world.enter(1, L, Listen())
    world.enter(2, L, Listen())
    assert world.enter(3, L, Listen()) == [HangupLeg(1)]
    assert world.close(2) == []
    assert world.enter(4, I, Connect(L)) == [incoming(3, I)]


def test_w14_reject_on_either_leg_counts(world: World) -> None:
    """Answers are matched by key: the older leg may reject what the newer was told."""
    world.enter(1, L, Listen())
    world.enter(2, L, Listen())
    world.enter(3, I, Connect(L))
    assert world.reject(1, I) == [HangupLeg(3)]


# W15: the outbox


def test_w15_thirty_connects_at_once_arrive(world: World) -> None:
    """Nothing is lost when many connect at the same moment."""
    world.enter(1, L, Listen())
    for number in range(30):
        world.enter(10 + number, key(50 + number), Connect(L))
    assert world.announced(1) == [key(50 + number) for number in range(30)]


def test_w15_announcements_wait_for_a_congested_listener(world: World) -> None:
    """While the listening leg is congested the half tunnels stay queued; then they are announced in order."""
    world.enter(1, L, Listen())
    world.relay.congested(1)
    assert world.enter(2, I, Connect(L)) == []
    assert world.enter(3, STRANGER, Connect(L)) == []
    world.close(2)
    assert world.relay.drained(1) == [incoming(1, STRANGER)]


def test_w15_beyond_64_the_newest_is_refused(world: World) -> None:
    """64 may wait for one key; the next is closed as late as an absent key's."""
    world.enter(1, L, Listen())
    for number in range(64):
        world.enter(10 + number, key(50 + number), Connect(L))
    assert world.enter(2, I, Connect(L)) == []
    assert world.wait(RELAY_ABSENT_MS_MAX) == [HangupLeg(2)]
    world.reject(1, key(50))
    assert world.enter(3, I, Connect(L)) == [incoming(1, I)]


def test_w15_those_who_left_unanswered_take_room_for_a_while_only(world: World) -> None:
    """Initiators that come and go cannot grow what the relay remembers, and do not block it for long."""
    world.enter(1, L, Listen())
    for number in range(64):
        world.enter(10 + number, key(50 + number), Connect(L))
        world.close(10 + number)
    world.enter(2, I, Connect(L))
    assert world.wait(RELAY_ABSENT_MS_MAX) == [HangupLeg(2)]
    world.wait(RELAY_ANNOUNCE_MS)
    assert world.enter(3, I, Connect(L)) == [incoming(1, I)]


# W16: quotas


def test_w16_connections_in_all() -> None:
    """Beyond the limit a new connection is hung up; one that ends makes room."""
    world = World(Quotas(connections=2))
    world.enter(1, L, Listen())
    world.enter(2, I)
    assert world.enter(3, I) == [HangupLeg(3)]
    world.close(2)
    assert world.enter(4, I) == []


def test_w16_connections_of_one_address() -> None:
    """One address has its limit, whatever its ports; others and this machine itself are not touched."""
    world = World(Quotas(connections_per_address=2))
    world.enter(1, L, address="198.51.100.1:1")
    world.enter(2, L, address="198.51.100.1:2")
    assert world.enter(3, L, address="198.51.100.1:3") == [HangupLeg(3)]
    assert world.enter(4, L, address="198.51.100.2:1") == []
    for conn in range(10, 20):
        assert world.enter(conn, L, address="127.0.0.1:1") == []
    world.close(1)
    assert world.enter(5, L, address="198.51.100.1:4") == []


def test_w16_connects_of_one_pair_are_paced(world: World) -> None:
    """One initiator may try one listener 8 times at once, then once per second; others are not touched."""
    world.enter(1, L, Listen())
    for conn in range(10, 18):
        world.enter(conn, I, Connect(L))
    assert world.enter(18, I, Connect(L)) == []
    assert 17 in world.open
    assert world.wait(RELAY_ABSENT_MS_MAX) == [HangupLeg(18)]
    assert world.enter(19, STRANGER, Connect(L)) == [incoming(1, STRANGER)]
    world.wait(500)
    assert HangupLeg(17) in world.enter(20, I, Connect(L))


def test_w16_connects_of_one_address_are_paced() -> None:
    """One address may connect 50 times at once, then 10 times per second."""
    world = World(Quotas(connections_per_address=1000))
    world.enter(1, L, Listen())
    for number in range(50):
        assert world.enter(10 + number, key(100 + number), Connect(L), "198.51.100.1:1")
    assert world.enter(2, I, Connect(L), "198.51.100.1:1") == []
    assert world.enter(3, STRANGER, Connect(L), "198.51.100.2:1") == [incoming(1, STRANGER)]


def test_w16_tunnels_of_one_key() -> None:
    """A key that has its number of tunnels gets no further one: both legs are hung up."""
    world = World(Quotas(tunnels_per_key=1))
    world.tunnel()
    world.enter(4, STRANGER, Connect(L))
    assert world.enter(5, L, Accept(STRANGER)) == [HangupLeg(5), HangupLeg(4)]
    world.close(2)
    world.enter(6, STRANGER, Connect(L))
    assert world.enter(7, L, Accept(STRANGER)) == []


def _fill(burst: int) -> bytes:
    """The message that uses up a burst."""
    return bytes(burst - MESSAGE_COST)


def test_w16_a_burst_passes_and_one_byte_more_pauses(world: World) -> None:
    """A burst passes at once; one byte beyond is carried too, but then nothing is read until it is paid for."""
    world.tunnel()
    assert world.say(2, _fill(RELAY_TUNNEL_BURST_BYTES)) == [SendLeg(3, _fill(RELAY_TUNNEL_BURST_BYTES))]
    assert world.say(2, b"") == [SendLeg(3, b""), PauseLeg(2)]
    assert world.wait(0) == []
    assert world.wait(1) == [ResumeLeg(2)]


def test_w16_the_other_direction_has_its_own_allowance(world: World) -> None:
    """What one end says takes nothing of what the other end may say."""
    world.tunnel()
    world.say(2, bytes(RELAY_TUNNEL_BURST_BYTES))
    assert world.say(3, _fill(RELAY_TUNNEL_BURST_BYTES)) == [SendLeg(2, _fill(RELAY_TUNNEL_BURST_BYTES))]


def test_w16_so_much_passes_each_second(world: World) -> None:
    """After the burst a leg that says whatever it is read for passes at the rate, however long it goes on."""
    world.tunnel()
    world.say(2, _fill(RELAY_TUNNEL_BURST_BYTES))
    start, carried, piece = world.now, 0, 60_000
    is_reading = True
    for _ in range(500):
        if is_reading:
            out = world.say(2, bytes(piece - MESSAGE_COST))
            carried += piece
            is_reading = PauseLeg(2) not in out
        else:
            at = world.relay.deadline()
            assert at is not None
            is_reading = ResumeLeg(2) in world.wait(at - world.now)
    assert is_reading or ResumeLeg(2) in world.wait(1000)
    allowed = (world.now - start) * RELAY_TUNNEL_BYTES_PER_SECOND // 1000
    assert allowed - RELAY_TUNNEL_BYTES_PER_SECOND <= carried <= allowed + piece


def test_w16_what_is_not_used_comes_back_up_to_the_burst(world: World) -> None:
    """A tunnel that was quiet for long has its burst again, and not more."""
    world.tunnel()
    world.say(2, bytes(RELAY_TUNNEL_BURST_BYTES))
    world.wait(3_600_000)
    assert PauseLeg(2) not in world.say(2, _fill(RELAY_TUNNEL_BURST_BYTES))
    assert PauseLeg(2) in world.say(2, b"x")


def test_w16_a_leg_goes_on_when_both_reasons_to_pause_are_gone(world: World) -> None:
    """Back-pressure and rate pause a leg once, and it is read again when neither holds, in either order."""
    world.tunnel()
    world.relay.congested(3)
    assert PauseLeg(2) not in world.say(2, bytes(RELAY_TUNNEL_BURST_BYTES))
    assert world.wait(1000) == []
    assert world.relay.drained(3) == [ResumeLeg(2)]
    assert PauseLeg(2) in world.say(2, bytes(RELAY_TUNNEL_BYTES_PER_SECOND))
    assert world.relay.congested(3) == []
    assert world.relay.drained(3) == []
    assert world.wait(2000) == [ResumeLeg(2)]


def test_w16_early_messages_count(world: World) -> None:
    """What was kept for the listener is taken from the bucket of its tunnel."""
    world = World(Quotas(tunnel_burst_bytes=1000))
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.say(2, bytes(2000))
    assert world.enter(3, L, Accept(I)) == [SendLeg(3, bytes(2000)), PauseLeg(2)]
    assert world.wait(1000) == [ResumeLeg(2)]


def test_w16_a_slowed_tunnel_ends_like_any_other(world: World) -> None:
    """A leg that ends while it waits for its bucket leaves no alarm behind."""
    world.tunnel()
    world.say(2, bytes(RELAY_TUNNEL_BURST_BYTES))
    assert world.close(3) == [HangupLeg(2)]
    world.close(1)
    assert world.relay.deadline() is None


# W7: back-pressure


def test_w7_a_congested_leg_pauses_the_other(world: World) -> None:
    """What piles up towards one side stops the reading of the other side, until it has drained."""
    world.tunnel()
    assert world.relay.congested(3) == [PauseLeg(2)]
    assert world.relay.congested(3) == []
    assert world.say(2, b"was under way") == [SendLeg(3, b"was under way")]
    assert world.relay.congested(2) == [PauseLeg(3)]
    assert world.relay.drained(3) == [ResumeLeg(2)]
    assert world.relay.drained(3) == []
    assert world.relay.drained(2) == [ResumeLeg(3)]


def test_w7_a_leg_that_was_congested_before_the_tunnel_counts(world: World) -> None:
    """The tunnel starts paused towards a leg that is congested already."""
    world.enter(1, L, Listen())
    world.enter(2, I, Connect(L))
    world.relay.congested(2)
    assert world.enter(3, L, Accept(I)) == [PauseLeg(3)]


def test_flow_of_a_leg_without_a_partner(world: World) -> None:
    """What piles up towards a client that has said nothing yet concerns nobody."""
    world.enter(1, I)
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
