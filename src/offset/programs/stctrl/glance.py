"""A short look at a node: connect, read permissions and report, hang up.

The line is the same as everywhere (`offset.link`), on a blocking socket instead of an event loop: a program that
only shows something need not load one.
"""

from __future__ import annotations

import os
import socket
import time
from typing import NoReturn

from offset.base.faults import PeerFault, UserFault
from offset.base.instants import Instant
from offset.base.limits import APP_FRAME_BYTES_MAX
from offset.base.names import host_and_port
from offset.core.apps.first_report import FirstReport
from offset.crypto.identity import Identity
from offset.link.stack import Line
from offset.wire.files import Ticket
from offset.wire.report import NodeReport

_READ_BYTES = 2**18


class _SystemEntropy:
    """Chance of the system."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


def glance(identity: Identity, node: Ticket, timeout_s: float) -> NodeReport:
    """What the node says about itself. Raises CannotConnect or NotTrusted."""
    where = host_and_port(node.address)
    if where is None:
        raise UserFault(f"the ticket has the address {node.address!r}, which is not HOST:PORT")
    try:
        with socket.create_connection(where, timeout_s) as connection:
            return _Look(identity, node, connection, timeout_s).report()
    except TimeoutError:
        _cannot(node, f"no answer within {timeout_s:g} s")
    except (OSError, UnicodeError) as error:  # the latter: no host can have such a name
        _cannot(node, getattr(error, "strerror", None) or str(error))


class _Look:
    def __init__(self, identity: Identity, node: Ticket, connection: socket.socket, timeout_s: float) -> None:
        self._identity, self._node = identity, node
        self._connection = connection
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._line = Line(
            identity,
            _SystemEntropy(),
            _now(),
            expects=node.public_key,
            message_bytes_max=APP_FRAME_BYTES_MAX,
        )

    def report(self) -> NodeReport:
        """Read until the report is here. Raises OSError when the connection breaks."""
        first = FirstReport()
        self._send()
        try:
            while True:
                data = self._read()
                if not data:
                    self._closed(first)
                for message in self._line.receive(data, _now()):
                    for answer in first.take(message):
                        self._line.send(answer, _now())
                        # Pieces of a long report come as long as we ask for them.
                        self._deadline = time.monotonic() + self._timeout_s
                    # Permissions are not needed: anybody whom the node knows may look.
                    if first.report is not None:
                        return first.report
                self._send()
        except PeerFault as fault:
            _cannot(self._node, str(fault))

    def _read(self) -> bytes:
        """What comes next, nothing at the end. Raises TimeoutError at the deadline."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        try:
            return self._connection.recv(_READ_BYTES)
        except ConnectionError:
            return b""

    def _send(self) -> None:
        data = b"".join(self._line.outgoing())
        if data:
            self._connection.sendall(data)

    def _closed(self, first: FirstReport) -> NoReturn:
        if self._line.remote is not None and first.permissions is None:
            from offset.app.errors import not_trusted

            raise not_trusted(self._node.address, self._identity.public_key)
        _cannot(self._node, "the node closed the connection")


def _cannot(node: Ticket, reason: str) -> NoReturn:
    from offset.app.errors import CannotConnect

    raise CannotConnect(f"cannot reach the node at {node.address}: {reason}") from None


def _now() -> Instant:
    return time.monotonic_ns() // 1_000_000
