"""Who waits for a listening key, and who was announced to it (spec 02, W13 to W15)."""

from offset.base.limits import RELAY_ANNOUNCE_MS
from offset.core.relay.legs import Leg, ListeningRole, WaitingRole
from offset.core.relay.listener import Listener

HERE, ANN, BEN, EVE = (bytes([number]) * 32 for number in range(4))


def half(key: bytes, since: int = 0) -> Leg:
    """The leg of somebody who wants to reach the listener."""
    return Leg(1, key, None, since, WaitingRole(HERE))


def listener() -> Listener:
    return Listener([Leg(0, HERE, None, 0, ListeningRole())])


def test_each_is_announced_once_in_order() -> None:
    """Whoever waits is announced once, in the order of arrival."""
    here = listener()
    here.arrive(BEN, half(BEN), 0)
    here.arrive(ANN, half(ANN), 0)
    assert here.to_announce() == [BEN, ANN]
    here.arrive(EVE, half(EVE), 1)
    assert here.to_announce() == [EVE]


def test_nobody_is_announced_while_it_is_congested() -> None:
    """Announcements wait until the newest leg has drained."""
    here = listener()
    here.arrive(ANN, half(ANN), 0)
    here.newest().congested = True
    assert here.to_announce() == []
    here.newest().congested = False
    assert here.to_announce() == [ANN]


def test_who_comes_again_replaces_its_leg_and_goes_to_the_end() -> None:
    """One leg of an initiator waits at a time: the newer one, behind all others."""
    here = listener()
    first, second = half(ANN), half(ANN)
    assert here.arrive(ANN, first, 0) is None
    here.arrive(BEN, half(BEN), 0)
    assert here.arrive(ANN, second, 0) is first
    assert here.to_announce() == [BEN, ANN]
    assert here.answer(ANN) is second
    assert here.answer(ANN) is None


def test_it_is_announced_again_only_when_no_answer_can_come_any_more() -> None:
    """While the answer to its first leg may be under way, a new leg of an initiator is not announced again."""
    here = listener()
    here.arrive(ANN, half(ANN, 0), 0)
    here.to_announce()
    here.arrive(ANN, half(ANN, 5), RELAY_ANNOUNCE_MS - 1)
    assert here.to_announce() == []
    here.arrive(ANN, half(ANN, 9), RELAY_ANNOUNCE_MS)
    assert here.to_announce() == [ANN]


def test_a_new_leg_of_the_listener_hears_of_everybody() -> None:
    """Another newest leg is told of all who wait, announced before or not."""
    here = listener()
    here.arrive(ANN, half(ANN), 0)
    here.to_announce()
    here.legs.append(Leg(2, HERE, None, 1, ListeningRole()))
    here.changed_newest()
    assert here.to_announce() == [ANN]


def test_room_is_for_those_who_wait_and_those_who_left_unanswered() -> None:
    """Initiators that came and went count until no answer can come; who waits already always has room."""
    here = listener()
    here.arrive(ANN, half(ANN), 0)
    here.to_announce()
    assert not here.has_room(BEN, 0, most=1)
    assert here.has_room(ANN, 0, most=1)
    del here.waiting[ANN]
    assert not here.has_room(BEN, RELAY_ANNOUNCE_MS - 1, most=1)
    assert here.has_room(ANN, RELAY_ANNOUNCE_MS - 1, most=1)
    assert here.has_room(BEN, RELAY_ANNOUNCE_MS, most=1)
