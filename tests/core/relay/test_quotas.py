"""Counting and pacing."""

import pytest

from offset.base.callers import Tally, is_exempt, source_of
from offset.core.relay.quotas import Pace


@pytest.mark.parametrize(
    "address, source",
    [
        ("198.51.100.7:80", "198.51.100.7"),
        ("198.51.100.7", "198.51.100.7"),
        ("[2001:db8:1:2:3:4:5:6]:80", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("[::ffff:198.51.100.7]:80", "198.51.100.7"),
        ("[fe80::1%eth0]:80", "fe80::/64"),
        ("somewhere", "somewhere"),
    ],
)
def test_source_of(address: str, source: str) -> None:
    """An address counts by its host, an IPv6 address by its first 64 bits."""
    assert source_of(address) == source


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.8.8.8", "[::1]:1", "::1", "[::ffff:127.0.0.1]:1"])
def test_loopback_is_exempt(address: str) -> None:
    """This machine's own addresses are not limited."""
    assert is_exempt(address)


@pytest.mark.parametrize("address", ["198.51.100.7:80", "localhost.example:1", "", "[::2]:1"])
def test_others_are_not_exempt(address: str) -> None:
    """Everybody else's are, and names are never trusted."""
    assert not is_exempt(address)


def test_pace_gives_a_burst_then_its_rate() -> None:
    """A name passes in a burst, then once per interval, and earns its burst back by waiting."""
    pace = Pace(100, 3)
    assert [pace.allows("a", 0) for _ in range(4)] == [True, True, True, False]
    assert pace.allows("b", 0)
    assert [pace.allows("a", 100), pace.allows("a", 199), pace.allows("a", 200)] == [True, False, True]
    assert [pace.allows("a", 5000) for _ in range(4)] == [True, True, True, False]


def test_pace_forgets_names_that_are_not_ahead() -> None:
    """What it remembers is bounded by what came in of late."""
    pace = Pace(100, 3)
    for number in range(10_000):
        assert pace.allows(str(number), number * 10)
    assert len(pace._due) <= 1024


def test_tally_drops_zeroes() -> None:
    """A name that counts nothing takes no room."""
    tally = Tally()
    tally.add("a", 2)
    tally.add("a", -2)
    assert tally.of("a") == 0
    assert not tally._counts
