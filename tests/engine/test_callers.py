"""Whom an engine lets in, without any line."""

from __future__ import annotations

from offset.engine.callers import Callers

FAR, OTHER, LOCAL = "192.0.2.1:5000", "198.51.100.1:5000", "127.0.0.1:5000"


def callers(connections: int = 10, handshakes: int = 10, per_address: int = 10) -> Callers:
    return Callers(
        connections_max=connections, handshakes_max=handshakes, handshakes_per_address_max=per_address
    )


def test_a_connection_counts_until_it_is_closed() -> None:
    """One too many is turned away, though it counts until the driver has closed it."""
    door = callers(connections=1)
    assert door.arrived(2, FAR) is None
    assert door.arrived(4, FAR) == "connections"
    door.closed(2)
    assert door.arrived(6, FAR) == "connections"
    door.closed(4)
    door.closed(6)
    assert door.arrived(8, FAR) is None
    assert len(door) == 1


def test_handshakes_of_one_address() -> None:
    """Counted from begin to finish, which may be said twice; this machine is exempt."""
    door = callers(per_address=1)
    for conn, peer in ((2, FAR), (4, OTHER), (6, LOCAL), (8, LOCAL)):
        assert door.arrived(conn, peer) is None
        door.begin(conn, peer)
    assert door.arrived(10, FAR) == "handshakes per address"
    door.finish(2)
    door.finish(2)
    assert door.arrived(12, FAR) is None
    assert door.arrived(14, OTHER) == "handshakes per address"


def test_whoever_was_silent_for_longest_gives_way() -> None:
    """Those who speak go to the end of the queue."""
    door = callers(handshakes=2)
    for conn in (2, 4):
        assert door.to_give_way() is None
        door.begin(conn, FAR)
    assert door.to_give_way() == 2
    door.spoke(2)
    assert door.to_give_way() == 4
    door.finish(4)
    assert door.to_give_way() is None
    door.spoke(4)
    assert (door.is_new(2), door.is_new(4), door.handshakes) == (True, False, 1)


def test_refusals_are_counted() -> None:
    """By reason."""
    door = callers()
    for reason in ("connections", "handshakes", "connections"):
        door.count_refusal(reason)
    assert door.refusals == {"connections": 2, "handshakes": 1}


def test_nobody_is_admitted_any_more() -> None:
    """When the engine ends."""
    door = callers()
    door.admit_no_more()
    assert door.arrived(2, FAR) == "connections"
