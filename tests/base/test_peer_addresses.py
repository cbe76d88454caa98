"""What the address of a peer is counted under."""

import pytest

from offset.base.peer_addresses import Tally, is_exempt, source_of


def test_a_tally_counts_each_name() -> None:
    """Names are counted apart; one that counts nothing, or was never counted, counts 0."""
    tally = Tally()
    tally.add("a", 2)
    tally.add("b", 1)
    tally.add("a", -1)
    tally.add("b", -1)
    assert [tally.of(name) for name in ("a", "b", "c")] == [1, 0, 0]


def test_a_tally_never_goes_below_nothing() -> None:
    """To count down what was never counted is a fault of ours."""
    with pytest.raises(AssertionError):
        Tally().add("a", -1)


@pytest.mark.parametrize(
    "address, source",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:80", "192.0.2.7"),
        ("[2001:db8:1:2:3::4]:80", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("[fe80::1%eth0]:80", "fe80::/64"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("relay.example:80", "relay.example:80"),
    ],
)
def test_source_of(address: str, source: str) -> None:
    """The port and the half of an IPv6 address that is the peer's choice do not count; a mapped IPv4 address is one."""
    assert source_of(address) == source


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9", "[::1]:1", "[::ffff:127.0.0.1]:1"])
def test_this_machine_is_exempt(address: str) -> None:
    """Whatever is a loopback address is exempt."""
    assert is_exempt(address)


@pytest.mark.parametrize("address", ["192.0.2.7:1", "[2001:db8::1]:1", "10.0.0.1", "localhost:1", ""])
def test_others_are_not_exempt(address: str) -> None:
    """No other address is, and no name, whatever it would lead to."""
    assert not is_exempt(address)
