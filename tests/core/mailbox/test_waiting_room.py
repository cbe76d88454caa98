"""Who waits to be accepted."""

from __future__ import annotations

from offset.base.entropy import SeededEntropy
from offset.base.limits import CALLER_WAITS_MS, CALLERS_WAITING_MAX
from offset.core.mailbox.waiting_room import Caller, WaitingRoom
from offset.wire.common import RelayAddress

RELAY, OTHER = RelayAddress(b"r" * 32, "relay:1"), RelayAddress(b"o" * 32, "other:1")


def callers(count: int, relay: RelayAddress = RELAY) -> list[Caller]:
    return [(relay, number.to_bytes(32)) for number in range(count)]


def room_of(count: int, seed: int = 1) -> WaitingRoom:
    room = WaitingRoom(SeededEntropy(seed))
    assert all(room.enter(caller, 0) for caller in callers(count))
    return room


def test_it_is_bounded() -> None:
    """CALLERS_WAITING_MAX wait; one who waits already is no newcomer."""
    room = room_of(CALLERS_WAITING_MAX)
    assert not room.enter((OTHER, b"n" * 32), 0)
    assert room.enter(callers(1)[0], 0)
    assert room.draw() is not None
    assert room.enter((OTHER, b"n" * 32), 0)


def test_each_is_drawn_once_and_by_lot() -> None:
    """All are drawn in the end; who is first differs, and each has about the same chance."""
    room = room_of(10)
    drawn = [room.draw() for _ in range(10)]
    assert sorted(drawn) == sorted(callers(10))  # type: ignore[type-var]
    assert room.draw() is None
    firsts = [room_of(4, seed).draw() for seed in range(400)]
    assert all(60 < firsts.count(caller) < 140 for caller in callers(4))


def test_nobody_waits_for_long() -> None:
    """After CALLER_WAITS_MS a caller is sent away; asking again while it waits changes nothing."""
    room = room_of(1)
    room.enter((OTHER, b"n" * 32), 1000)
    room.enter(callers(1)[0], 2000)
    assert room.deadline() == CALLER_WAITS_MS
    assert room.overdue(CALLER_WAITS_MS - 1) == []
    assert room.overdue(CALLER_WAITS_MS) == callers(1)
    assert room.deadline() == 1000 + CALLER_WAITS_MS


def test_a_relay_that_is_lost() -> None:
    """Nobody waits there any more."""
    room = room_of(3)
    room.enter((OTHER, b"n" * 32), 0)
    room.leave(RELAY.public_key)
    assert len(room) == 1
    assert room.draw() == (OTHER, b"n" * 32)
    assert room.deadline() is None
