"""What all parts of dealings share: the rows that changed in the step under way, its effects, alarms, and the time.

Times in rows and letters are Unix times, since they outlive a start. The machine is told which Unix time an instant
is, at the start and when the clock was set; the age of a guest's question is counted by instants (`ages`).
"""

from __future__ import annotations

import enum

from offset.base.alarms import Alarms
from offset.base.entropy import Entropy
from offset.base.ids import Uid
from offset.base.instants import Instant, Millis
from offset.core.dealings.effects import Effect, OrderId, Step
from offset.core.dealings.records import Changes
from offset.crypto.signer import Signer


class Alarm(enum.Enum):
    """What wakes dealings; each stands beside the id of a question or request."""

    SPEAK = "speak"
    """Call again because of a question of ours."""
    GIVE_OUT = "give out"
    """A question of ours was not answered, or giving up needs no answer any more."""
    EXPIRE = "expire"
    """The time to pay for a guest's question is over."""
    LOT = "lot"
    """A stranger's question for a request may be drawn, or has waited for long enough."""


class Desk:
    """What a step has led to so far."""

    __slots__ = (
        "_next_order",
        "_unix_at_zero",
        "alarms",
        "changes",
        "effects",
        "entropy",
        "listens_since",
        "signer",
    )

    def __init__(self, signer: Signer, entropy: Entropy) -> None:
        self.signer, self.entropy = signer, entropy
        self.alarms: Alarms[tuple[Alarm, Uid]] = Alarms()
        self.changes = Changes()
        self.effects: list[Effect] = []
        self.listens_since: Instant | None = None
        """Since when a payer could call without a break; None: nobody can."""
        self._unix_at_zero: Millis = 0
        self._next_order = 0

    def set_clock(self, now: Instant, unix: Millis) -> Millis:
        """It is `unix` ms since 1970, and perhaps nobody could call before: the machine may have slept.

        Returns by how much the clock is further than it was thought to be.
        """
        ahead = unix - now - self._unix_at_zero
        self._unix_at_zero = unix - now
        if self.listens_since is not None:
            self.listens_since = now
        return ahead

    def set_called(self, is_called: bool, now: Instant) -> None:
        """Whether a payer can call from now on."""
        if not is_called:
            self.listens_since = None
        elif self.listens_since is None:
            self.listens_since = now

    def unix(self, now: Instant) -> Millis:
        """The Unix time in ms at this instant."""
        return self._unix_at_zero + now

    def instant(self, unix: Millis) -> Instant:
        """The instant of this Unix time in ms."""
        return unix - self._unix_at_zero

    def new_order(self) -> OrderId:
        """A number for an order."""
        self._next_order += 1
        return OrderId(self._next_order)

    def add(self, effect: Effect) -> None:
        """Carry this out once the rows of this step are durable."""
        self.effects.append(effect)

    def take(self) -> Step:
        """All of this step."""
        step = Step(self.changes, self.effects)
        self.changes, self.effects = Changes(), []
        return step
