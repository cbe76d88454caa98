"""What one key or address may take of a relay, and back-pressure (W16, W7)."""

from core.relay.world import STRANGER, I, L, World, incoming, key
from offset.base.limits import (
    RELAY_ABSENT_MS_MAX,
    RELAY_TUNNEL_BURST_BYTES,
    RELAY_TUNNEL_BYTES_PER_SECOND,
)
from offset.core.relay import HangupLeg, PauseLeg, Quotas, ResumeLeg, SendLeg
from offset.core.relay.legs import MESSAGE_COST
from offset.wire.relay import (
    Accept,
    Connect,
    Listen,
)

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
