"""A budget of processor time for each friend: what goes beyond it waits, and nobody else waits for it.

The engine knows no clock of the processor, so work is counted in microseconds that were measured on a slow machine.
A friend that has used up its share is not heard for a while: what came already is kept in order, and its connection
is not read meanwhile, so no more than what one read gives can pile up. When the connection ends, what was kept
is dropped: the friend says it again on the next one.
"""

from __future__ import annotations

from collections import deque

from offset.base.alarms import Alarms
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    FRIEND_WORK_AT_ONCE_MAX,
    FRIEND_WORK_BURST_MAX,
    FRIEND_WORK_PER_ASIDE_BYTES,
    FRIEND_WORK_PER_BYTES,
    FRIEND_WORK_PER_MESSAGE,
    FRIEND_WORK_PER_ROW,
    FRIEND_WORK_PER_SECOND,
)
from offset.base.token_bucket import TokenBucket


def cost(data: bytes, rows: int, *, is_aside: bool = False) -> int:
    """What a message of a friend cost that changed so many rows, in microseconds.

    `is_aside`: it is none about the token, or cannot be read.
    """
    per_bytes = FRIEND_WORK_PER_ASIDE_BYTES if is_aside else FRIEND_WORK_PER_BYTES
    work = FRIEND_WORK_PER_MESSAGE + len(data) // per_bytes + rows * FRIEND_WORK_PER_ROW
    # One that ends a large book must not silence the friend for so long that its connection seems dead.
    return min(work, FRIEND_WORK_AT_ONCE_MAX)


class FriendWork:
    """What each friend has used up, and what waits because of that."""

    def __init__(self) -> None:
        self._budgets: dict[PublicKey, TokenBucket] = {}
        self._ready_at: dict[PublicKey, Instant] = {}
        """When those who have used up their share are heard again."""
        self._waiting: dict[PublicKey, deque[bytes]] = {}
        self._alarms: Alarms[PublicKey] = Alarms()

    def must_wait(self, friend: PublicKey, data: bytes, now: Instant) -> bool:
        """Whether this message is kept for later: behind others, or because the share is used up."""
        waiting = self._waiting.get(friend)
        if waiting is None:
            ready_at = self._ready_at.get(friend)
            if ready_at is None or ready_at <= now:
                return False
            waiting = self._waiting[friend] = deque()
            self._alarms.set(friend, ready_at)
        waiting.append(data)
        return True

    def spend(self, friend: PublicKey, work: int, now: Instant) -> None:
        """Its message took so long, in microseconds."""
        budget = self._budgets.get(friend)
        if budget is None:
            budget = self._budgets[friend] = TokenBucket(FRIEND_WORK_PER_SECOND, FRIEND_WORK_BURST_MAX)
        ready_at = budget.spend(work, now)
        if ready_at > now:
            self._ready_at[friend] = ready_at
        else:
            self._ready_at.pop(friend, None)

    def pop(self, now: Instant) -> tuple[PublicKey, bytes] | None:
        """The next message that waits and may be heard now, or None. Say `look` after it."""
        friend = self._alarms.pop(now)
        return None if friend is None else (friend, self._waiting[friend].popleft())

    def look(self, friend: PublicKey, now: Instant) -> bool:
        """A message that waited was heard: returns whether none is left, so that its connection can be read again."""
        if self._waiting.get(friend):
            self._alarms.set(friend, max(self._ready_at.get(friend, now), now))
            return False
        self._waiting.pop(friend, None)
        return True

    def hung_up(self, friend: PublicKey) -> None:
        """Its connection is over. What was used up stays used up."""
        self._waiting.pop(friend, None)
        self._alarms.stop(friend)

    def drop(self, friend: PublicKey) -> None:
        """There is no such friend any more."""
        self.hung_up(friend)
        self._budgets.pop(friend, None)
        self._ready_at.pop(friend, None)

    def deadline(self) -> Instant | None:
        """When the next message that waits may be heard."""
        return self._alarms.first()
