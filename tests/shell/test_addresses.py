"""Addresses as text."""

import errno
import socket

import pytest

from offset.base.faults import UserFault
from offset.shell.addresses import (
    Address,
    listening_socket,
    parse_address,
    parse_listen_address,
    peer_text,
)


@pytest.mark.parametrize(
    "text, host, port",
    [
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:65535", "::1", 65535),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
        ("relay.example.org:1234", "relay.example.org", 1234),
        ("::1:80", "::1", 80),  # the last colon counts: spec 01, 1.5
        ("localhost:00080", "localhost", 80),
    ],
)
def test_dialed(text: str, host: str, port: int) -> None:
    """Addresses that can be dialed."""
    assert parse_address(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        ":1",
        "host",
        "host:",
        "host:0",
        "host:65536",
        "host:+1",
        "host:-1",
        "host:1 ",
        "host:\u0661",
        "[]:1",
    ],
)
def test_not_dialed(text: str) -> None:
    """What is no address to dial is refused with one sentence."""
    with pytest.raises(UserFault, match="is not an address"):
        parse_address(text)


def test_too_long() -> None:
    """An address is at most 256 bytes long, and the sentence about it does not grow with it."""
    with pytest.raises(UserFault) as caught:
        parse_address("a" * 1000 + ":1")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text, host, port",
    [
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("0.0.0.0:7", "0.0.0.0", 7),
        ("[::1]:1", "::1", 1),
        ("[::]:0", "::", 0),
    ],
)
def test_listened_on(text: str, host: str, port: int) -> None:
    """Addresses to listen on; port 0 is any free one."""
    assert parse_listen_address(text) == (host, port)
    assert str(parse_listen_address(text)) == text


@pytest.mark.parametrize("text", ["localhost:1", "::1:80", "127.0.0.1", "127.0.0.1:65536", "1.2.3:4", ""])
def test_not_listened_on(text: str) -> None:
    """Names are not listened on, nor is what is no address (spec 01, 1.5)."""
    with pytest.raises(UserFault, match=r"IP:port"):
        parse_listen_address(text)


@pytest.mark.parametrize(
    "name, text",
    [
        (("192.0.2.1", 5), "192.0.2.1:5"),
        (("2001:db8::1", 5, 0, 0), "[2001:db8::1]:5"),
        (("fe80::1%eth0", 5, 0, 2), "[fe80::1]:5"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1:5"),
        (None, "unknown"),
    ],
)
def test_peer(name: tuple[str, int] | None, text: str) -> None:
    """A peer bears its address; IPv4 in the clothes of IPv6 is IPv4, so that it is counted once."""
    assert peer_text(name) == text


@pytest.mark.parametrize(
    "number, words",
    [
        (errno.EADDRINUSE, "in use: choose another port"),
        (errno.EACCES, "port above 1023"),
        (errno.EADDRNOTAVAIL, "has no address 127.0.0.1"),
        (errno.ENOBUFS, "cannot listen on 127.0.0.1:1"),
    ],
)
def test_cannot_listen(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    """Why we cannot listen is one sentence that says what to do."""

    def bind(*_: object) -> None:
        raise OSError(number, "something")

    class Sock(socket.socket):
        pass

    monkeypatch.setattr(Sock, "bind", bind)
    monkeypatch.setattr("offset.shell.addresses.socket.socket", Sock)
    with pytest.raises(UserFault, match=words):
        listening_socket(Address("127.0.0.1", 1), 1)
