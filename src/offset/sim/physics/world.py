"""Virtual time: what is to happen when, in one order, and a record of what did."""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from collections.abc import Callable

from offset.base.instants import MINUTE, SECOND, Instant, Millis
from offset.sim.physics.rng import Rng
from offset.sim.physics.violation import claim

EVENTS_REMEMBERED = 400
UNIX_AT_ZERO: Millis = 1_767_225_600_000
"""What the clocks of all machines say when a world begins, in ms since 1970."""
STEPS_PER_INSTANT_MAX = 20_000
"""More at one moment is an engine that wants to be woken again and again."""
STEPS_PER_SECOND_MAX = 50_000
"""More in a second of virtual time is an echo between engines; the busiest honest networks need some thousands."""


class World:
    """A clock, a list of things to do, and the trace of a run."""

    def __init__(self, seed: int | str) -> None:
        self.now: Instant = 0
        self.steps = 0
        self.rng = Rng(f"world {seed}")
        self.recent: deque[str] = deque(maxlen=EVENTS_REMEMBERED)
        self._trace = hashlib.blake2b(digest_size=16)
        self._todo: list[tuple[Instant, int, Callable[[], object]]] = []
        self._count = 0
        self._steps_now = 0
        self._second = self._steps_before = 0

    def unix(self) -> Millis:
        """The time of day, in ms since 1970."""
        return UNIX_AT_ZERO + self.now

    def after(self, delay: Millis, act: Callable[[], object]) -> None:
        """Do this later; what is due at the same moment happens in the order in which it was asked for."""
        self.at(self.now + delay, act)

    def at(self, instant: Instant, act: Callable[[], object]) -> None:
        """Do this at that moment, or now if it is past."""
        self._count += 1
        heapq.heappush(self._todo, (max(instant, self.now), self._count, act))

    def step(self) -> None:
        """Do the next thing."""
        instant, _, act = heapq.heappop(self._todo)
        self._steps_now = self._steps_now + 1 if instant == self.now else 0
        claim(self._steps_now < STEPS_PER_INSTANT_MAX, "liveness", f"time stands still at {instant} ms")
        if instant // SECOND != self._second:
            self._second, self._steps_before = instant // SECOND, self.steps
        busy = self.steps - self._steps_before
        claim(busy < STEPS_PER_SECOND_MAX, "liveness", f"engines echo one another at {instant} ms")
        self.now = instant
        self.steps += 1
        act()

    def run_to(self, instant: Instant) -> None:
        """Let time pass until then."""
        while self._todo and self._todo[0][0] <= instant:
            self.step()
        self.now = max(self.now, instant)

    def run_for(self, span: Millis) -> None:
        """Let so much time pass."""
        self.run_to(self.now + span)

    def run_until(self, is_true: Callable[[], bool], within: Millis = MINUTE) -> None:
        """Let time pass, one thing after another, until this is true. Raises Violation if it does not become so."""
        end = self.now + within
        while not is_true():
            is_due = bool(self._todo) and self._todo[0][0] <= end
            claim(is_due, "liveness", f"what was awaited at {end - within} ms did not come in {within} ms")
            self.step()

    def next_at(self) -> Instant | None:
        """When the next thing is to be done; None if there is none."""
        return self._todo[0][0] if self._todo else None

    def note(self, text: str) -> None:
        """Remember in words what happened; it is part of the trace."""
        self.recent.append(f"{self.now / 1000:10.3f} s  {text}")
        self.mark(text)

    def mark(self, text: str) -> None:
        """Make this part of the trace."""
        self._trace.update(f"{self.now} {text}\n".encode())

    def trace(self) -> str:
        """A fingerprint of all that happened so far."""
        return self._trace.hexdigest()
