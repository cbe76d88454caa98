"""Who waits for a listener, its two legs, and what is announced to it (W13 to W15)."""

from core.relay.world import STRANGER, I, L, World, incoming, key
from offset.base.limits import (
    FRAME_BYTES_MAX,
    RELAY_ABSENT_MS_MAX,
    RELAY_ANNOUNCE_MS,
    RELAY_EARLY_BYTES_MAX,
)
from offset.core.relay import HangupLeg, PauseLeg, Quotas, ResumeLeg, SendLeg
from offset.wire.relay import (
    Accept,
    Connect,
    Listen,
)

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
