"""What a node may not let wait, and not say too often: requests for a friend that keeps the token, and copies."""

from __future__ import annotations

from collections import deque

from offset.base.ids import PublicKey, short
from offset.base.instants import SECOND, Instant, Millis
from offset.base.limits import REPEAT_MS, TOKEN_OWED_MS
from offset.core.funder.records import Queue
from offset.core.funder.state.state import Friend
from offset.sim.physics.violation import claim

SPARE_MS: Millis = 2 * SECOND


class Waiting:
    """One node in one of its lives. All instants are those of its own clock."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counters: dict[PublicKey, int] = {}
        self._since: dict[PublicKey, dict[int, Instant]] = {}
        """Since when requests wait for each friend, by their number; anew with each message of the two."""
        self._copies = 0
        self._said_at: deque[Instant] = deque()
        self._counts: deque[tuple[Instant, int]] = deque()
        """How many friends there were, and since when, as far as it matters for copies."""

    def saw(self, friend: Friend, now: Instant) -> None:
        """Something about this friend changed."""
        key, counter = friend.public_key, friend.channel.move_token_counter
        before = self._since.pop(key, {}) if self._counters.get(key) == counter else {}
        self._counters[key] = counter
        numbers = [*friend.queues[Queue.FORWARDED], *friend.queues[Queue.USER]]
        if numbers:
            self._since[key] = {number: before.get(number, now) for number in numbers}
        else:
            self._since.pop(key, None)

    def gone(self, key: PublicKey) -> None:
        """There is no such friend any more."""
        self._since.pop(key, None)

    def check(self, now: Instant, copies: int, friends: int) -> None:
        """After each step: nothing has waited too long, and friends were not told the same too often."""
        for key, since in self._since.items():
            longest = now - min(since.values())
            claim(
                longest <= TOKEN_OWED_MS + SPARE_MS,
                "queue",
                f"{self._name} has kept a request for {short(key)}, who keeps the token, for {longest} ms",
            )
        for _ in range(copies - self._copies):
            self._said_at.append(now)
        self._copies = copies
        while self._said_at and now - self._said_at[0] >= REPEAT_MS:
            self._said_at.popleft()
        # A friend that was told one may be gone by now.
        self._counts.append((now, friends))
        while len(self._counts) > 1 and now - self._counts[1][0] >= REPEAT_MS:
            self._counts.popleft()
        most = max(count for _, count in self._counts)
        claim(
            len(self._said_at) <= most,
            "limit",
            f"{self._name} told {most} friends {len(self._said_at)} copies within {REPEAT_MS} ms",
        )
