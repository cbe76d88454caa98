"""What friends are told again: not more often than once in an interval, and not made anew each time.

A friend can ask for our last message, or our terms, with some 80 bytes, and we answer with up to 900 kB. That
a connection is new, or that what we say is not quite what we said before, is reason enough to say it at once. All
else is a copy: the first one is said at once, and of those after it one in each interval.
"""

from __future__ import annotations

from dataclasses import dataclass

from offset.base.alarms import Alarms
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import REPEAT_MS, REPEATED_BYTES_MAX
from offset.wire.friend import FRIEND_MESSAGE, FriendMessage, MoveTokenRequest


@dataclass(slots=True, eq=False)
class _Said:
    """What a friend was told last."""

    message: FriendMessage
    is_here: bool = True
    """Whether that was on this connection."""
    data: bytes | None = None
    """It as bytes, once it was said more than once."""
    again_at: Instant = 0
    """When a copy may be said: of it, or of what follows it."""


class Repeats:
    """What each friend was told last, as far as this process remembers."""

    def __init__(self) -> None:
        self._said: dict[PublicKey, _Said] = {}
        self._kept: dict[PublicKey, int] = {}
        """Whose bytes are kept, and how many, oldest first."""
        self.kept_bytes = 0
        """How many those are together."""
        self._waiting: Alarms[PublicKey] = Alarms()
        self.count = 0
        """How many copies were said."""

    def say(self, friend: PublicKey, message: FriendMessage, now: Instant) -> bytes | None:
        """The bytes to send now; None when it is a copy for which it is too early: `pop` gives it when it is time."""
        said = self._said.get(friend)
        if said is None or not _is_copy(said.message, message, in_full=not said.is_here):
            self._forget_bytes(friend)
            self._waiting.stop(friend)
            self._said[friend] = _Said(message, again_at=0 if said is None else said.again_at)
            return FRIEND_MESSAGE.encode(message)
        if not said.is_here:
            said.is_here = True
            return self._bytes(friend, said)
        if said.again_at > now:
            if self._waiting.at(friend) is None:
                self._waiting.set(friend, said.again_at)
            return None
        said.again_at = now + REPEAT_MS
        self.count += 1
        return self._bytes(friend, said)

    def pop(self, now: Instant) -> tuple[PublicKey, FriendMessage] | None:
        """A friend, and what it may be told again if that is still what it was told last; or None."""
        friend = self._waiting.pop(now)
        return None if friend is None else (friend, self._said[friend].message)

    def new_line(self, friend: PublicKey) -> None:
        """There is another connection to this friend: what was said on the former one may be lost."""
        self._waiting.stop(friend)
        if friend in self._said:
            self._said[friend].is_here = False

    def drop(self, friend: PublicKey) -> None:
        """Forget what this friend was told."""
        self._waiting.stop(friend)
        self._forget_bytes(friend)
        self._said.pop(friend, None)

    def deadline(self) -> Instant | None:
        """When `pop` has something to give."""
        return self._waiting.first()

    def _bytes(self, friend: PublicKey, said: _Said) -> bytes:
        """Encoded once, if it is not too much to keep."""
        if said.data is not None:
            return said.data
        data = FRIEND_MESSAGE.encode(said.message)
        said.data = data
        self._kept[friend] = len(data)
        self.kept_bytes += len(data)
        while self.kept_bytes > REPEATED_BYTES_MAX:
            self._forget_bytes(next(iter(self._kept)))
        return data

    def _forget_bytes(self, friend: PublicKey) -> None:
        size = self._kept.pop(friend, None)
        if size is not None:
            self.kept_bytes -= size
            self._said[friend].data = None


def _is_copy(before: FriendMessage, now: FriendMessage, *, in_full: bool) -> bool:
    """Whether it says nothing that was not said before; `in_full`: and nothing less."""
    if isinstance(before, MoveTokenRequest) and isinstance(now, MoveTokenRequest):
        # The funder repeats the very object that it keeps; comparing long ones would cost too much.
        if before.move_token is not now.move_token or before.opt_credit_lines != now.opt_credit_lines:
            return False
        return before.token_wanted == now.token_wanted or (before.token_wanted and not in_full)
    return before == now
