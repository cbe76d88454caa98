"""How long a friend may keep the token after we asked for it. The funder knows no time; it is told.

A friend whose disk hangs, or who means harm, holds up whatever waits to be said to it: credits stay frozen all the way
back to where they came from. What was not said yet nobody can collect, so it can be given back.
"""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.alarms import Alarms
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import TOKEN_OWED_MS
from offset.core.funder.funder import Funder


class TokenTimeouts:
    """The friends who owe us the token. Nothing is stored: after a start everybody is offline."""

    def __init__(self, funder: Funder) -> None:
        self._funder = funder
        self._alarms: Alarms[PublicKey] = Alarms()
        self._since: dict[PublicKey, int] = {}
        """The message of ours after which each of them was asked."""

    def look(self, friends: Iterable[PublicKey], now: Instant) -> None:
        """These may have given the token back, or may have been asked for it."""
        for key in friends:
            since = self._funder.owed_since(key)
            if since is None:
                if self._since.pop(key, None) is not None:
                    self._alarms.stop(key)
            elif self._since.get(key) != since:
                self._since[key] = since
                self._alarms.set(key, now + TOKEN_OWED_MS)

    def pop(self, now: Instant) -> PublicKey | None:
        """A friend who has kept the token too long, or None."""
        return self._alarms.pop(now)

    def deadline(self) -> Instant | None:
        """When the next one has kept it too long."""
        return self._alarms.first()
