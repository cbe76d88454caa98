"""Notices that the machine slept, or moved to another network: lines that seem alive may be dead (spec 02, W34)."""

from __future__ import annotations

import socket
from collections.abc import Callable

from offset.base.instants import Millis
from offset.base.limits import SLEEP_MS_MIN
from offset.shell.system import asleep_ms

Addresses = tuple[str | None, ...]

_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses that are nobody's (RFC 5737, RFC 3849), so the way to them is the way out."""
_ANY_PORT = 9


class InterfaceWatch:
    """Compares what the system says with what it said at the last look."""

    __slots__ = ("_addresses", "_asleep", "_last_addresses", "_last_asleep")

    def __init__(
        self,
        asleep: Callable[[], Millis] = asleep_ms,
        addresses: Callable[[], Addresses] | None = None,
    ) -> None:
        """`asleep`: how long the machine has slept so far; `addresses`: its own, None where there is none."""
        self._asleep = asleep
        self._addresses = addresses or own_addresses
        self._last_asleep = asleep()
        self._last_addresses = self._addresses()

    def has_changed(self) -> bool:
        """Whether the machine slept since the last look, or has an address that it had not."""
        asleep, addresses = self._asleep(), self._addresses()
        has_slept = asleep - self._last_asleep >= SLEEP_MS_MIN
        pairs = zip(addresses, self._last_addresses, strict=True)
        has_moved = any(now is not None and now != before for now, before in pairs)
        self._last_asleep, self._last_addresses = asleep, addresses
        return has_slept or has_moved


def own_addresses() -> Addresses:
    """The addresses from which this machine would speak to the world, of IPv4 and IPv6."""
    return tuple(_own_address(family, far) for family, far in _FAR)


def _own_address(family: socket.AddressFamily, far: str) -> str | None:
    """To connect a UDP socket sends nothing: the kernel only looks for the way, and so chooses our address."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, _ANY_PORT))
            return str(probe.getsockname()[0])
    except OSError:
        # No network, or none of this family.
        return None
