"""The virtual network, between two engines that only note what they hear."""

from offset.base.limits import WRITE_STALL_MS
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Drained,
    Opened,
    Pause,
    Resume,
    Write,
)
from offset.sim.physics.network import Weather
from support.ears import Pair


def test_dial_opens_both_ends() -> None:
    """The dialer hears Opened for its number, the listener for an even one."""
    pair = Pair()
    assert [event.conn for event in pair.ears["a"].of(Opened)] == [1]
    assert [(event.conn, event.listener) for event in pair.ears["b"].of(Opened)] == [(2, "door")]


def test_bytes_stay_in_order() -> None:
    """However they are cut and delayed, bytes of a connection arrive in order, before its end."""
    pair = Pair()
    pieces = [bytes([number]) * 9 for number in range(40)]
    pair.do(pair.a, *[Write(1, piece) for piece in pieces], Close(1))
    pair.world.run_to(5000)
    assert pair.ears["b"].data() == b"".join(pieces)
    assert isinstance(pair.ears["b"].heard[-1], Closed)
    assert [event.conn for event in pair.ears["a"].of(Closed)] == [1]


def test_reset_loses_what_is_under_way() -> None:
    """A broken connection ends for both sides, and its bytes are gone."""
    pair = Pair()
    pair.do(pair.a, Write(1, b"x"))
    pair.network.reset(pair.a.ends[1], "cut")
    pair.world.run_to(5000)
    assert pair.ears["b"].data() == b""
    assert len(pair.ears["a"].of(Closed)) == len(pair.ears["b"].of(Closed)) == 1


def test_half_open_says_nothing() -> None:
    """On a half-open connection nothing arrives, not even its end; a write ends it for the writer in time."""
    pair = Pair()
    pair.network.fall_silent(pair.a.ends[1])
    pair.do(pair.a, Write(1, b"x"))
    pair.world.run_to(100 + 3 * WRITE_STALL_MS)
    assert pair.ears["b"].data() == b""
    assert not pair.ears["b"].of(Closed)
    assert pair.ears["a"].of(Closed)


def test_clog_holds_back() -> None:
    """What is clogged or parted arrives when that is over, and no dial is answered meanwhile."""
    for hold in ("clog", "part"):
        pair = Pair()
        if hold == "clog":
            pair.network.clog("b", 6000)
        else:
            pair.network.part("a", "b", 6000)
        pair.do(pair.a, Write(1, b"x"))
        pair.world.run_to(5999)
        assert pair.ears["b"].data() == b""
        pair.world.run_to(6100)
        assert pair.ears["b"].data() == b"x"


def test_congested_and_drained() -> None:
    """A writer whose bytes are not read is told, and told again when they are."""
    pair = Pair(Weather(high_bytes=100, low_bytes=20, cut_percent=0))
    far = next(iter(pair.b.ends))
    pair.do(pair.b, Pause(far))
    pair.do(pair.a, *[Write(1, bytes(30)) for _ in range(5)])
    pair.world.run_to(1000)
    assert len(pair.ears["a"].of(Congested)) == 1
    assert not pair.ears["a"].of(Drained)
    pair.do(pair.b, Resume(far))
    pair.world.run_to(2000)
    assert len(pair.ears["a"].of(Drained)) == 1
    assert len(pair.ears["b"].data()) == 150


def test_death_is_heard() -> None:
    """When a host dies its peers hear the end of their connections, and it hears nothing in its next life."""
    pair = Pair()
    pair.do(pair.a, Write(1, b"x"))
    pair.b.die("a test", 10)
    pair.world.run_to(5000)
    assert len(pair.ears["a"].of(Closed)) == 1
    assert pair.ears["b"].data() == b""
    assert pair.b.is_alive
