"""Names of currencies and addresses (tests/vectors/capnp.json)."""

from collections.abc import Callable

import pytest

from offset.base.faults import UserFault
from offset.base.limits import ADDRESS_BYTES_MAX, CURRENCY_BYTES_MAX
from offset.base.names import (
    check_address,
    check_currency,
    check_currency_length,
    check_reachable,
    host_and_port,
)
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("capnp", "currencyName"), ids=lambda case: f"{case['bytes']} bytes")
def test_length_of_currency_names(case: Case) -> None:
    """Currency names are counted in bytes of UTF-8, and have at most as many as in the reference."""
    if case["accepted"]:
        assert check_currency_length(case["name"]) == case["name"]
    else:
        with pytest.raises(UserFault, match=f"at most 16 bytes, not {case['bytes']}"):
            check_currency_length(case["name"])


@pytest.mark.parametrize("case", cases("capnp", "currencyName"), ids=lambda case: f"{case['bytes']} bytes")
def test_05_d12_empty_currency_is_refused(case: Case) -> None:
    """A person may name a currency like the reference allows, but for the empty name."""
    if case["accepted"] and case["name"]:
        assert check_currency(case["name"]) == case["name"]
    else:
        with pytest.raises(UserFault, match="16 bytes"):
            check_currency(case["name"])


@pytest.mark.parametrize("case", cases("capnp", "netAddress"), ids=lambda case: f"{case['length']} bytes")
def test_length_of_addresses(case: Case) -> None:
    """Addresses have at most as many bytes as in the reference; an empty one is let pass as there."""
    address = "a" * int(case["length"])
    if case["accepted"]:
        assert check_address(address) == address
    else:
        with pytest.raises(UserFault, match=f"at most 256 bytes, not {case['length']}"):
            check_address(address)


@pytest.mark.parametrize(
    "check, bytes_max", [(check_currency, CURRENCY_BYTES_MAX), (check_address, ADDRESS_BYTES_MAX)]
)
def test_lengths_count_bytes(check: Callable[[str], str], bytes_max: int) -> None:
    """The longest name is taken, one byte more is refused with a sentence, whatever bytes a character takes."""
    for longest in ("a" * bytes_max, "ä" * (bytes_max // 2)):
        assert check(longest) == longest
        with pytest.raises(UserFault, match=f"at most {bytes_max} bytes, not {bytes_max + 1}"):
            check(longest + "a")


@pytest.mark.parametrize("name", [" ", "\n", "FST ", " FST", "FST\n", "F\tST", "FST\u200b", "F\u202eST"])
def test_a_currency_is_named_so_that_it_can_be_seen(name: str) -> None:
    """No two currencies look the same by blanks or by characters that do not print; files may carry such a name."""
    with pytest.raises(UserFault, match=r"needs a name|has blanks around it or characters that do not print"):
        check_currency(name)
    assert check_currency_length(name) == name
    assert check_currency("New York ₪") == "New York ₪"


@pytest.mark.parametrize(
    "address, remedy",
    [
        ("", "give HOST:PORT"),
        ("no address at all", "give HOST:PORT.*without http:// and blanks"),
        ("host", "give HOST:PORT"),
        ("host:99999", "give HOST:PORT"),
        ("http://example.org:1234", "without http:// and blanks"),
        ("example.org:1234/", "without http:// and blanks"),
        ("example.org: 1234", "without http:// and blanks"),
        ("0.0.0.0:1234", "0.0.0.0 stands for all addresses"),
        ("[::]:1234", ":: stands for all addresses"),
        ("192.0.2.7:0", "the port is a number from 1 to 65535"),
        ("2001:db8::7:1234", r"into brackets, such as \[2001:db8::7\]:1234"),
        ("::1", "into brackets"),
    ],
)
def test_an_address_that_nobody_can_dial_is_refused(address: str, remedy: str) -> None:
    """What is wrong with the form of an address is said, with the right form."""
    with pytest.raises(UserFault, match=f"nobody can connect to .*{remedy}"):
        check_reachable(address)


@pytest.mark.parametrize(
    "address",
    ["192.0.2.7:1", "[2001:db8::7]:1234", "example.org:65535", "localhost:1", "127.0.0.1:9", "[::1]:9"],
)
def test_an_address_that_can_be_dialled_is_taken(address: str) -> None:
    """Names, and addresses of both kinds, those of this machine too."""
    assert check_reachable(address) == address


@pytest.mark.parametrize("check", [check_currency, check_currency_length, check_address])
def test_half_a_character_is_refused(check: Callable[[str], str]) -> None:
    """A text that is not UTF-8, from an escape in a file or a byte on a command line, is refused in a sentence."""
    with pytest.raises(UserFault, match="must be text in UTF-8"):
        check("\ud800")


@pytest.mark.parametrize(
    "address, dialed",
    [
        ("127.0.0.1:1337", ("127.0.0.1", 1337)),
        ("relay.example.org:80", ("relay.example.org", 80)),
        ("[::1]:65535", ("::1", 65535)),
        ("::1:80", ("::1", 80)),  # split at the last colon
        ("", None),
        ("no address at all", None),
        ("relay.example.org", None),
        ("relay.example.org:", None),
        (":80", None),
        ("[]:80", None),
        ("host:65536", None),
        ("host:99999999999", None),
        ("host:-1", None),
        ("host:8O", None),
        ("host:٣", None),
        ("host: 80", None),
    ],
)
def test_host_and_port(address: str, dialed: tuple[str, int] | None) -> None:
    """An address is split at its last colon into a host and a port of 16 bits, or cannot be dialed."""
    assert host_and_port(address) == dialed
