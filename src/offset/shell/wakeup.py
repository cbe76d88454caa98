"""One timer for the deadline of an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from offset.base.instants import Instant
from offset.shell.system import Clock


class Wakeup:
    """Rings when the deadline has come; call `set` when the deadline may have changed.

    Deadlines mostly move on, so a timer that will ring too early is left alone: it sets itself anew.
    """

    __slots__ = ("_at", "_clock", "_deadline", "_loop", "_ring", "_timer")

    def __init__(
        self, clock: Clock, deadline: Callable[[], Instant | None], ring: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._deadline = deadline
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._at: Instant = 0

    def set(self) -> None:
        """Look at the deadline, ring when it has come."""
        deadline = self._deadline()
        if deadline is None or (self._timer is not None and self._at <= deadline):
            return
        self.stop()
        self._at = deadline
        # At least 1 ms, so that a deadline that stays in the past does not keep the loop busy.
        self._timer = self._loop.call_later(max(1, deadline - self._clock()) / 1000, self._look)

    def stop(self) -> None:
        """Ring no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        deadline = self._deadline()
        if deadline is not None and deadline <= self._clock():
            self._ring()
        else:
            self.set()
