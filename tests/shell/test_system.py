"""What the operating system gives."""

import asyncio
import os
import time

import pytest
import uvloop

from offset.base.limits import DESCRIPTORS_USED_PERCENT_MAX, SLEEP_MS_MIN
from offset.shell.bounds import ports_max
from offset.shell.system import (
    ENTROPY_POOL_BYTES,
    SystemEntropy,
    asleep_ms,
    descriptors_max,
    give_back_memory,
    monotonic_ms,
    new_loop,
    raise_descriptor_limit,
)


def test_clock() -> None:
    """The clock counts whole milliseconds and does not go back."""
    first, second = monotonic_ms(), monotonic_ms()
    assert isinstance(first, int)
    assert 0 <= second - first < 60_000


def test_w34_the_clock_of_sleep_stands_still_while_we_are_awake() -> None:
    """Between two looks of a running program the machine has not slept."""
    first, second = asleep_ms(), asleep_ms()
    assert abs(second - first) < SLEEP_MS_MIN


def test_w34_sleep_is_what_one_clock_has_and_the_other_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the clock that goes on in sleep is ahead by an hour more, the machine slept for an hour."""
    ahead_ns = 7_000_000
    monkeypatch.setattr(time, "monotonic_ns", lambda: 5_000_000_000)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _: 5_000_000_000 + ahead_ns)
    before = asleep_ms()
    ahead_ns += 3_600_000_000_000
    assert asleep_ms() - before == 3_600_000


def test_entropy_lengths() -> None:
    """Draws have the length asked for, beyond the pool too."""
    entropy = SystemEntropy()
    for count in (0, 1, 16, 32, 256, ENTROPY_POOL_BYTES, ENTROPY_POOL_BYTES + 1, 100_000):
        assert len(entropy.bytes(count)) == count


def test_entropy_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte of the system is given out once, in order, and small draws share a system call."""
    given: list[bytes] = []
    true_urandom = os.urandom

    def urandom(count: int) -> bytes:
        given.append(true_urandom(count))
        return given[-1]

    monkeypatch.setattr(os, "urandom", urandom)
    entropy = SystemEntropy()
    drawn = [entropy.bytes(32) for _ in range(ENTROPY_POOL_BYTES // 32 * 2)]
    assert b"".join(drawn) == b"".join(given)
    assert len(given) == 2


def test_entropy_after_a_fork() -> None:
    """Parent and child do not draw the same bytes."""
    entropy = SystemEntropy()
    entropy.bytes(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, entropy.bytes(32))
        os._exit(0)
    os.close(writing)
    theirs = os.read(reading, 32)
    os.close(reading)
    assert os.waitpid(child, 0)[1] == 0
    assert len(theirs) == 32
    assert theirs != entropy.bytes(32)


def test_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """uvloop is used where it is installed, unless OFFSET_LOOP says asyncio."""
    monkeypatch.delenv("OFFSET_LOOP", raising=False)
    fast = new_loop()
    monkeypatch.setenv("OFFSET_LOOP", "asyncio")
    plain = new_loop()
    try:
        assert isinstance(fast, uvloop.Loop)
        assert not isinstance(plain, uvloop.Loop)
        assert isinstance(plain, asyncio.AbstractEventLoop)
    finally:
        fast.close()
        plain.close()


def test_descriptors() -> None:
    """Asking for more descriptors never gives fewer."""
    before = descriptors_max()
    raise_descriptor_limit()
    assert descriptors_max() >= before > 0


@pytest.mark.parametrize("descriptors, connections", [(10, 1), (64, 32), (1024, 921), (65_536, 58_982)])
def test_connections_leave_descriptors(descriptors: int, connections: int) -> None:
    """Some descriptors are kept for what is no connection; one connection is always possible."""
    assert ports_max(descriptors) == connections


def test_callers_leave_a_tenth_of_the_descriptors() -> None:
    """With many descriptors DESCRIPTORS_USED_PERCENT_MAX of them may be connections, and not one more."""
    assert ports_max(100_000) == 1000 * DESCRIPTORS_USED_PERCENT_MAX


def test_memory_that_is_free_goes_back_where_the_system_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told once; where there is no such call nothing happens."""
    told: list[int] = []

    class Libc:
        malloc_trim = told.append

    monkeypatch.setattr("ctypes.CDLL", lambda _: Libc)
    give_back_memory()
    assert told == [0]
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    give_back_memory()
    assert told == [0]
