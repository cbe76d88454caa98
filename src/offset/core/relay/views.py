"""What a relay can tell about itself (spec 02, W32)."""

from __future__ import annotations

import msgspec


class RelayView(msgspec.Struct, frozen=True):
    """Counts at one moment, and totals since the start."""

    connections: int
    listeners: int
    half_tunnels: int
    tunnels: int
    messages_carried: int
    bytes_carried: int
    refusals: dict[str, int]
    """By reason, since the start."""
