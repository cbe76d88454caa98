"""How long a restored node waits for a friend to speak first. The funder knows no time; it is told.

A friend on a new line repeats its last message, or speaks, before anything else. So one from which a heartbeat came
and no message has nothing to say: it was restored, too. A line lives only as long as heartbeats come, in order, and a
relay cannot hold back a message without all that follows it.
"""

from __future__ import annotations

from offset.base.alarms import Alarms
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import AWAITED_MS
from offset.core.funder.funder import Funder


class Awaited:
    """The friends that are online, and have not spoken since this node was restored."""

    def __init__(self, funder: Funder) -> None:
        self._funder = funder
        self._alarms: Alarms[PublicKey] = Alarms()

    def online(self, friend: PublicKey, now: Instant) -> None:
        """There is a line to this friend."""
        if self._funder.is_awaited(friend):
            self._alarms.set(friend, now + AWAITED_MS)

    def offline(self, friend: PublicKey) -> None:
        """The line is gone."""
        self._alarms.stop(friend)

    def pop(self, now: Instant) -> PublicKey | None:
        """A friend that has nothing to say, or None."""
        return self._alarms.pop(now)

    def deadline(self) -> Instant | None:
        """When the next one has been silent for so long."""
        return self._alarms.first()
