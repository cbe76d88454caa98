"""How much of a relay one key or one address may take (spec 02, W16)."""

from __future__ import annotations

import msgspec

from offset.base.instants import Instant, Millis
from offset.base.limits import (
    RELAY_CONNECT_BURST_PER_ADDRESS,
    RELAY_CONNECT_BURST_PER_PAIR,
    RELAY_CONNECT_MS_PER_ADDRESS,
    RELAY_CONNECT_MS_PER_PAIR,
    RELAY_CONNECTIONS_MAX,
    RELAY_CONNECTIONS_PER_ADDRESS_MAX,
    RELAY_EARLY_BYTES_TOTAL_MAX,
    RELAY_HALF_TUNNELS_PER_KEY_MAX,
    RELAY_LISTEN_LEGS_PER_KEY_MAX,
    RELAY_TUNNEL_BURST_BYTES,
    RELAY_TUNNEL_BYTES_PER_SECOND,
    RELAY_TUNNELS_PER_KEY_MAX,
)

_PRUNE_NAMES_MIN = 1024


class Quotas(msgspec.Struct, frozen=True):
    """What the owner of a relay may set."""

    connections: int = RELAY_CONNECTIONS_MAX
    connections_per_address: int = RELAY_CONNECTIONS_PER_ADDRESS_MAX
    listening_legs_per_key: int = RELAY_LISTEN_LEGS_PER_KEY_MAX
    half_tunnels_per_key: int = RELAY_HALF_TUNNELS_PER_KEY_MAX
    tunnels_per_key: int = RELAY_TUNNELS_PER_KEY_MAX
    early_bytes: int = RELAY_EARLY_BYTES_TOTAL_MAX
    tunnel_bytes_per_second: int = RELAY_TUNNEL_BYTES_PER_SECOND
    tunnel_burst_bytes: int = RELAY_TUNNEL_BURST_BYTES
    connect_ms_per_pair: Millis = RELAY_CONNECT_MS_PER_PAIR
    connect_burst_per_pair: int = RELAY_CONNECT_BURST_PER_PAIR
    connect_ms_per_address: Millis = RELAY_CONNECT_MS_PER_ADDRESS
    connect_burst_per_address: int = RELAY_CONNECT_BURST_PER_ADDRESS


class Pace:
    """Lets each name pass once per `interval_ms`, after a burst.

    Keeps one instant per name: the one at which the name would be due if it had kept the pace.
    """

    __slots__ = ("_ahead_ms", "_due", "_interval_ms", "_prune_at")

    def __init__(self, interval_ms: Millis, burst: int) -> None:
        self._interval_ms = interval_ms
        self._ahead_ms = interval_ms * (burst - 1)
        self._due: dict[bytes | str, Instant] = {}
        self._prune_at = _PRUNE_NAMES_MIN

    def allows(self, name: bytes | str, now: Instant) -> bool:
        """Whether `name` may pass now; if so it is counted."""
        due = max(self._due.get(name, now), now)
        if due - now > self._ahead_ms:
            return False
        self._due[name] = due + self._interval_ms
        if len(self._due) >= self._prune_at:
            self._due = {name: due for name, due in self._due.items() if due > now}
            self._prune_at = max(_PRUNE_NAMES_MIN, 2 * len(self._due))
        return True
