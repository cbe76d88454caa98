"""What the operating system gives: time, chance, an event loop, descriptors; and memory, which it may have back."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress

from offset.base.instants import Instant, Millis

Clock = Callable[[], Instant]

ENTROPY_POOL_BYTES = 4096
_DIRECT_BYTES = ENTROPY_POOL_BYTES // 4
"""Larger draws go to the system at once: they would waste the pool."""
DESCRIPTORS_WANTED = 65_536
DESCRIPTORS_UNKNOWN = 1024
"""What we count on where the system does not tell its limit."""

_forks = 0


def _count_fork() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_count_fork)


def monotonic_ms() -> Instant:
    """Milliseconds of a clock that never goes back, whatever happens to the time of day."""
    return time.monotonic_ns() // 1_000_000


def unix_ms() -> Millis:
    """The time of day in milliseconds since 1970 (UTC), as the machine believes it."""
    return time.time_ns() // 1_000_000


# A clock that goes on while the machine sleeps. On macOS CLOCK_MONOTONIC does, and Python's own does not.
_SLEEPLESS = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def asleep_ms() -> Millis:
    """How long the machine has slept up to now, beside a constant; never moves where the system does not tell."""
    if _SLEEPLESS is None:
        return 0
    return (time.clock_gettime_ns(_SLEEPLESS) - time.monotonic_ns()) // 1_000_000


class SystemEntropy:
    """Random bytes of the system, drawn in blocks: a message needs several small draws, a system call each.

    For one thread, that of the loop. After a fork the child starts with an empty pool, so that parent and child
    never draw the same bytes.
    """

    __slots__ = ("_at", "_forks", "_pool")

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0
        self._forks = _forks

    def bytes(self, count: int) -> bytes:
        """`count` fresh random bytes."""
        start = self._at
        end = start + count
        if end > len(self._pool) or self._forks != _forks:
            if count > _DIRECT_BYTES:
                return os.urandom(count)
            self._pool = os.urandom(ENTROPY_POOL_BYTES)
            self._forks = _forks
            start, end = 0, count
        self._at = end
        return self._pool[start:end]


def give_back_memory() -> None:
    """Let the system have what is free within this process; takes about a ms, and does nothing where it cannot.

    The allocator of glibc keeps what was freed between things that stay, until it is told otherwise.
    """
    # Here, because few programs need it, and it takes memory itself.
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def new_loop() -> asyncio.AbstractEventLoop:
    """The event loop of our programs: uvloop where it is installed, unless OFFSET_LOOP=asyncio says otherwise."""
    if os.environ.get("OFFSET_LOOP") != "asyncio":
        try:
            import uvloop
        except ImportError:
            pass
        else:
            return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def descriptors_max() -> int:
    """How many descriptors this process may have open."""
    try:
        import resource
    except ImportError:
        # Not a Unix.
        return DESCRIPTORS_UNKNOWN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return DESCRIPTORS_WANTED if soft == resource.RLIM_INFINITY else soft


def raise_descriptor_limit() -> None:
    """Ask for as many descriptors as we are allowed to have: the usual 1024 are few for a relay."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            # macOS has a lower limit that it does not tell; we go on with what we have.
            return
