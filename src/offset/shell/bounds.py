"""How long and how much the driver waits; tests take smaller numbers."""

from __future__ import annotations

import msgspec

from offset.base.instants import Millis
from offset.base.limits import (
    CLOSE_MS,
    CONNECT_MS,
    DESCRIPTORS_RESERVED,
    DESCRIPTORS_USED_PERCENT_MAX,
    DRAIN_MS,
    LINGER_MS,
    NETWORK_LOOK_MS,
    STOP_MS,
    WRITE_BUFFER_BYTES_HIGH,
    WRITE_BUFFER_BYTES_LOW,
    WRITE_BUFFER_BYTES_MAX,
    WRITE_STALL_MS,
)


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of one driver."""

    write_bytes_high: int = WRITE_BUFFER_BYTES_HIGH
    write_bytes_low: int = WRITE_BUFFER_BYTES_LOW
    write_bytes_max: int = WRITE_BUFFER_BYTES_MAX
    write_stall_ms: Millis = WRITE_STALL_MS
    connect_ms: Millis = CONNECT_MS
    linger_ms: Millis = LINGER_MS
    close_ms: Millis = CLOSE_MS
    drain_ms: Millis = DRAIN_MS
    stop_ms: Millis = STOP_MS
    network_look_ms: Millis = NETWORK_LOOK_MS


def ports_max(descriptors: int) -> int:
    """How many connections a process with so many descriptors may have before callers are turned away."""
    used_max = descriptors * DESCRIPTORS_USED_PERCENT_MAX // 100
    return max(1, min(used_max, descriptors - DESCRIPTORS_RESERVED))
