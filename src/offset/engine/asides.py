"""The line of each friend, as far as asides go: its hello, and how long we let the friend speak first.

    online ──► hello, and if the friend is awaited: an alarm ──► its hello or a message: nobody waits any more
                                                            └──► AWAITED_MS: it has nothing to say, so we speak

After a start every friend is awaited: it may have newer books than ours, if ours were put back. A friend of 0.1.11
says no hello, but on a new line it repeats its last message, or speaks, before anything else. So one from which a
heartbeat came and no message has nothing to say: it is waiting, too. A line lives only as long as heartbeats come, in
order, and a relay cannot hold back a message without all that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from offset.base.alarms import Alarms
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import AWAITED_MS
from offset.core.funder.funder import Funder

LineNumber = int
"""Of all lines to friends, in the order in which they came up. What was decided on one is not said on another."""


@dataclass(slots=True, eq=False)
class _Line:
    """The line to a friend that is online."""

    number: LineNumber
    has_greeted: bool = False
    """The friend has said hello; a second one is not heard."""
    gives_nothing: bool = False
    """It knows our newest token, or has handed over, or cannot: what does not fit now is not waited about."""


class Asides:
    """The lines of the friends that are online."""

    def __init__(self, funder: Funder) -> None:
        self._funder = funder
        self._lines: dict[PublicKey, _Line] = {}
        self._count = 0
        self._alarms: Alarms[PublicKey] = Alarms()

    def online(self, friend: PublicKey, now: Instant) -> LineNumber:
        """There is a line to this friend."""
        self._count += 1
        self._lines[friend] = _Line(self._count)
        if self._funder.is_awaited(friend):
            self._alarms.set(friend, now + AWAITED_MS)
        return self._count

    def offline(self, friend: PublicKey) -> None:
        """The line is gone."""
        self._lines.pop(friend, None)
        self._alarms.stop(friend)

    def is_up(self, friend: PublicKey, number: LineNumber) -> bool:
        """Whether this line is still there."""
        line = self._lines.get(friend)
        return line is not None and line.number == number

    def greeted(self, friend: PublicKey) -> bool:
        """The friend says hello. Returns whether that is the first time on this line."""
        line = self._lines.get(friend)
        if line is None or line.has_greeted:
            return False
        line.has_greeted = True
        return True

    def has_greeted(self, friend: PublicKey) -> bool:
        """Whether the friend has said hello on its line: it knows asides."""
        line = self._lines.get(friend)
        return line is not None and line.has_greeted

    def gives_nothing(self, friend: PublicKey) -> bool:
        """From now on no handover of this friend is expected, nor taken. Returns whether one was until now."""
        line = self._lines.get(friend)
        if line is None or not line.has_greeted or line.gives_nothing:
            return False
        line.gives_nothing = True
        return True

    def greeters(self) -> list[PublicKey]:
        """The friends that said hello on their line: they know asides."""
        return [friend for friend, line in self._lines.items() if line.has_greeted]

    def number_of(self, friend: PublicKey) -> LineNumber | None:
        """The line of a friend that is online."""
        line = self._lines.get(friend)
        return None if line is None else line.number

    def look(self, friend: PublicKey, now: Instant) -> None:
        """Something came of this friend: it is not awaited any more, or from now on.

        One that said hello, and will hand over nothing, has nothing to say that is worth waiting for.
        """
        line = self._lines.get(friend)
        if line is None:
            return
        if not self._funder.is_awaited(friend):
            self._alarms.stop(friend)
        elif line.gives_nothing and not self._funder.is_to_answer(friend):
            self._alarms.set(friend, now)
        elif self._alarms.at(friend) is None:
            self._alarms.set(friend, now + AWAITED_MS)

    def pop(self, now: Instant) -> PublicKey | None:
        """A friend that has nothing to say, or None."""
        return self._alarms.pop(now)

    def deadline(self) -> Instant | None:
        """When the next one has been silent for so long."""
        return self._alarms.first()
