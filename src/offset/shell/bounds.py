"""How long and how much the driver waits; tests take smaller numbers."""

from __future__ import annotations

import msgspec

from offset.base.instants import SECOND, Millis
from offset.base.limits import (
    CONNECT_MS,
    WRITE_BUFFER_BYTES_HIGH,
    WRITE_BUFFER_BYTES_LOW,
    WRITE_BUFFER_BYTES_MAX,
    WRITE_STALL_MS,
)

CONNECT_STAGGER_MS: Millis = 250  # from one address of a host to the next: spec 02, W25
LINGER_MS: Millis = 1 * SECOND  # for the peer to close after us, so that the last bytes reach it
CLOSE_MS: Millis = 8 * SECOND  # for the peer to take what was written before a Close
DRAIN_MS: Millis = 10 * SECOND  # for an engine to come to rest when the program is to end: spec 02, W32
STOP_MS: Millis = 2 * SECOND  # for the last bytes when the program ends
DESCRIPTORS_USED_PERCENT_MAX = 90  # callers beyond it are turned away: spec 02, W5
DESCRIPTORS_RESERVED = (
    32  # for what is no connection: the loop, listeners, the database, files, names to resolve
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


def ports_max(descriptors: int) -> int:
    """How many connections a process with so many descriptors may have before callers are turned away."""
    used_max = descriptors * DESCRIPTORS_USED_PERCENT_MAX // 100
    return max(1, min(used_max, descriptors - DESCRIPTORS_RESERVED))
