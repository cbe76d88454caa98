"""Which relay addresses of a peer we are ready to connect to (spec 02, W29).

A peer chooses where we connect. So a list has a length, an address a form, and whoever runs the node may
refuse addresses inside its own network.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from offset.base.ids import PUBLIC_KEY_BYTES
from offset.base.limits import ADDRESS_BYTES_MAX, FRIEND_RELAYS_MAX
from offset.base.names import is_public_ip
from offset.wire.common import RelayAddress

_PORT_MAX = 65_535


def usable_relays(relays: Iterable[RelayAddress], *, allow_private: bool) -> tuple[RelayAddress, ...]:
    """The first FRIEND_RELAYS_MAX of a peer's list without repetitions and without those of no use."""
    first = dict.fromkeys(islice(relays, FRIEND_RELAYS_MAX))
    return tuple(relay for relay in first if _is_usable(relay, allow_private))


def _is_usable(relay: RelayAddress, allow_private: bool) -> bool:
    if len(relay.public_key) != PUBLIC_KEY_BYTES or len(relay.address.encode()) > ADDRESS_BYTES_MAX:
        return False
    host, _, port = relay.address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= _PORT_MAX:
        return False
    return allow_private or not _is_private(host)


def _is_private(host: str) -> bool:
    """Whether a host is surely not in the public network. What a name stands for is seen when it is dialed."""
    try:
        return not is_public_ip(host)
    except ValueError:
        name = host.rstrip(".").lower()
        return name == "localhost" or name.endswith(".localhost")
