"""Which addresses of friends we use."""

import pytest

from offset.base.limits import FRIEND_RELAYS_MAX
from offset.core.meeting import OpenLine
from offset.core.meeting.addresses import usable_relays
from offset.wire.common import RelayAddress
from support.scripted import LOW, R1, Script, relay


def at(address: str) -> RelayAddress:
    return relay(1, address)


def test_w29_only_the_first_sixteen_count() -> None:
    """Of a longer list the first 16 are used."""
    many = [relay(number) for number in range(FRIEND_RELAYS_MAX + 4)]
    assert usable_relays(many, allow_private=True) == tuple(many[:FRIEND_RELAYS_MAX])


def test_repetitions_are_left_out() -> None:
    """The same key and text count once, the same key with another text is another address."""
    assert usable_relays([R1, R1, at("b:2")], allow_private=True) == (R1, at("b:2"))


@pytest.mark.parametrize(
    "address",
    ["", "host", ":1", "host:", "host:0", "host:65536", "host:-1", "host:1a", "host:¹", "h" * 257 + ":1"],
)
def test_w29_addresses_without_host_and_port_are_left_out(address: str) -> None:
    """An address is host:port with a port from 1 to 65535, and at most 256 bytes."""
    assert usable_relays([RelayAddress(R1.public_key, address)], allow_private=True) == ()


PRIVATE = [
    "127.0.0.1:1",
    "[::1]:1",
    "10.1.2.3:1",
    "192.168.1.1:1",
    "169.254.1.1:1",
    "[fe80::1%eth0]:1",
    "localhost:1",
    "LOCALHOST.:1",
    "0.0.0.0:1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_w29_inner_addresses_may_be_refused(address: str) -> None:
    """Addresses inside our own network are used only if the owner of the node allows it."""
    assert usable_relays([at(address)], allow_private=True) == (at(address),)
    assert usable_relays([at(address)], allow_private=False) == ()


@pytest.mark.parametrize("address", ["1.1.1.1:65535", "[2606:4700::1]:1", "relay.example:1337"])
def test_public_addresses_are_used(address: str) -> None:
    """Addresses of the public network and names are always used."""
    assert usable_relays([at(address)], allow_private=False) == (at(address),)


def test_w29_the_channeler_does_not_dial_refused_addresses() -> None:
    """With the option set, a friend cannot make us connect to our own machine."""
    script = Script(allow_private_relays=False)
    script.befriend(LOW, at("127.0.0.1:1"), at("1.1.1.1:1"))
    assert list(script.dialed.values()) == [at("1.1.1.1:1")]


def test_w29_what_a_name_stands_for_is_looked_at_when_it_is_dialed() -> None:
    """Where a friend leads us, the driver must see to it; our own relays may be anywhere."""
    own, named = relay(2, "10.0.0.1:1"), at("relay.example:1")
    script = Script(allow_private_relays=False)
    assert script.set_relays(own) == [OpenLine(1, own)]
    assert script.befriend(LOW, named) == [OpenLine(2, named, public_only=True)]
    script.open(1)
    assert script.incoming(1, LOW)[-1] == OpenLine(3, own)
