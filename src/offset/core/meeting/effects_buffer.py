"""What the parts of a machine that meets others share: alarms, chance, line numbers, and the list of its effects."""

from __future__ import annotations

import enum
from typing import Generic, TypeVar

from offset.base.alarms import Alarms
from offset.base.entropy import Entropy
from offset.base.ids import PublicKey
from offset.core.meeting.effects import CloseLine, LineEffect, LineId, Notice, OpenLine, SendLine
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress


class Alarm(enum.Enum):
    """Whom an alarm wakes."""

    LEG = "leg"
    """With a relay key: its listening leg."""
    FRESH = "fresh"
    """With a relay key: the second line of its listening leg."""
    LINE = "line"
    """With a line number: its tunnel."""


AlarmName = tuple[enum.Enum, PublicKey | LineId]
"""Whom, of the enumeration of whoever set it, and which of them."""

N = TypeVar("N")
"""What the machine tells its user."""


class EffectsBuffer(Generic[N]):
    """The parts do not call each other back: each writes what is to be done here, in order."""

    __slots__ = ("_effects", "_lines", "_news", "alarms", "entropy")

    def __init__(self, entropy: Entropy) -> None:
        self.entropy = entropy
        self.alarms: Alarms[AlarmName] = Alarms()
        self._effects: list[LineEffect | N] = []
        self._news: list[N] = []
        self._lines = 0

    def open(
        self, relay: RelayAddress, *, public_only: bool = False, speaker: Signer | None = None
    ) -> LineId:
        """Have a line opened; returns its number."""
        self._lines += 1
        line = LineId(self._lines)
        self._effects.append(OpenLine(line, relay, public_only, speaker))
        return line

    def send(self, line: LineId, data: bytes) -> None:
        """Have a message sent."""
        self._effects.append(SendLine(line, data))

    def close(self, line: LineId) -> None:
        """Have a line closed."""
        self._effects.append(CloseLine(line))

    def notice(self, text: str) -> None:
        """Have the owner of the machine told, in the log."""
        self._effects.append(Notice(text))

    def tell(self, news: N) -> None:
        """Have the user of the machine told."""
        self._news.append(news)

    def take(self) -> list[LineEffect | N]:
        """All effects since the last call.

        What is told to the user comes last: it may answer at once with a message, and that one must not
        overtake those that were sealed before it.
        """
        effects, self._effects = [*self._effects, *self._news], []
        self._news = []
        return effects
