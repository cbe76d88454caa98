"""Addresses as text: `1.2.3.4:port`, `[v6]:port`, `host:port` (spec 01, 1.5)."""

from __future__ import annotations

import errno
import os
import socket
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from offset.base.faults import UserFault
from offset.base.limits import ADDRESS_BYTES_MAX
from offset.base.names import PORT_MAX, host_and_port


class Address(NamedTuple):
    """Where to dial or to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Where to dial: an IP address or a host name, and a port. Raises UserFault."""
    host, port = _split(
        text, "give host:port, such as 192.0.2.7:1234, [2001:db8::7]:1234 or example.org:1234"
    )
    if port == 0:
        raise UserFault(f"{text!r} is not an address to connect to: the port must be 1 to {PORT_MAX}")
    return Address(host, port)


def parse_listen_address(text: str) -> Address:
    """Where to listen: an IP address, no host name, and a port; 0 stands for any free one. Raises UserFault."""
    wish = "give IP:port, such as 127.0.0.1:1234 or [::1]:1234"
    host, port = _split(text, wish)
    if not is_ip(host) or (":" in host and not text.startswith("[")):
        raise UserFault(f"{text!r} is not an address to listen on: {wish}")
    return Address(host, port)


def is_ip(host: str) -> bool:
    """Whether `host` is an IP address, with or without a zone, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def peer_text(name: tuple[str, int] | tuple[str, int, int, int] | None) -> str:
    """The name that a socket gives its peer, as an address."""
    if not name:
        return "unknown"
    host = name[0].partition("%")[0]
    mapped = IPv6Address(host).ipv4_mapped if "::ffff:" in host else None
    return str(Address(str(mapped or host), name[1]))


def listening_socket(address: Address, backlog: int) -> socket.socket:
    """A socket that takes connections. Raises UserFault with what to do about it.

    We bind by ourselves, because asyncio lets `[::]` take IPv6 only, where it means both to everybody else.
    """
    opened = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        if os.name == "posix":
            # Elsewhere it would let two programs share the port.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        # Here already: when two bind at once, only this tells the second.
        opened.listen(backlog)
    except OSError as error:
        opened.close()
        raise UserFault(_listen_fault(address, error)) from None
    return opened


def _listen_fault(address: Address, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"{address} is in use: choose another port, or stop the program that listens there"
        case errno.EACCES | errno.EPERM:
            return f"this user may not listen on {address}: choose a port above 1023"
        case errno.EADDRNOTAVAIL:
            return f"this machine has no address {address.host}: listen on one that it has"
        case _:
            return f"cannot listen on {address}: {error.strerror or error}"


def _split(text: str, wish: str) -> Address:
    found = host_and_port(text)
    if found is None or len(text) > ADDRESS_BYTES_MAX or not found[0].strip("[]"):
        raise UserFault(f"{text[:ADDRESS_BYTES_MAX]!r} is not an address: {wish}")
    return Address(*found)
