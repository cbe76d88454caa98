"""Time as whole milliseconds. Pure code never reads a clock; it is told the time.

An Instant counts from any fixed moment (the driver uses a monotonic clock, the simulator its own).
"""

from __future__ import annotations

Instant = int
"""A moment, in ms since some fixed but arbitrary moment."""

Millis = int
"""A span of time, in ms."""

SECOND: Millis = 1000
MINUTE: Millis = 60 * SECOND
HOUR: Millis = 60 * MINUTE


def earliest(*deadlines: Instant | None) -> Instant | None:
    """The first of those deadlines that exist, or None when there is none."""
    # Asked after every step of an engine, so without a generator.
    first = None
    for deadline in deadlines:
        if deadline is not None and (first is None or deadline < first):
            first = deadline
    return first
