"""When a node ought to write a kit, by the rows that it has made durable.

    a friend or a setting changed        KIT_SETTINGS_MS later
    a collect waits for a friend         when it has waited for KIT_COLLECT_MS
    tokens moved                         after KIT_TOKENS of them or KIT_TOKENS_MS, but not within KIT_PAUSE_MS

Under load collects wait for a token all the time, but each for a moment only: those that are gone before their time
are not worth a kit.
"""

from __future__ import annotations

from offset.base.instants import Instant
from offset.base.limits import (
    KIT_COLLECT_MS,
    KIT_PAUSE_MS,
    KIT_SETTINGS_MS,
    KIT_TOKENS,
    KIT_TOKENS_MS,
)
from offset.core.funder.lost_keys import RevokedKey
from offset.core.funder.records import (
    Changes,
    ChannelKey,
    ConfigKey,
    FriendKey,
    IndexServersKey,
    QueuedKey,
    QueuedRecord,
    RelaysKey,
)
from offset.wire.friend import CollectOp

_SETTINGS = (FriendKey, ConfigKey, RelaysKey, IndexServersKey, RevokedKey)


class KitTimes:
    """Looks at changes, and says when a kit is due."""

    def __init__(self, now: Instant) -> None:
        """There may be changes from before: a kit is due soon."""
        self._settings_at: Instant | None = now + KIT_SETTINGS_MS
        self._waiting: dict[QueuedKey, Instant] = {}
        """Collects that wait and are in no kit yet, the oldest first, and when one of them is worth a kit."""
        self._tokens = 0
        self._tokens_since = now
        self._tokens_not_before = now
        self._not_before = now

    def look(self, changes: Changes, now: Instant) -> None:
        """These rows are durable."""
        for key, record in changes.items():
            if isinstance(key, ChannelKey):
                if not self._tokens:
                    self._tokens_since = now
                self._tokens += 1
            elif isinstance(key, QueuedKey):
                if isinstance(record, QueuedRecord) and isinstance(record.operation, CollectOp):
                    self._waiting.setdefault(key, now + KIT_COLLECT_MS)
                else:
                    self._waiting.pop(key, None)
            elif isinstance(key, _SETTINGS) and self._settings_at is None:
                self._settings_at = now + KIT_SETTINGS_MS

    def due(self) -> Instant | None:
        """When to write a kit; None while there is no reason."""
        reasons = [
            at for at in (self._settings_at, next(iter(self._waiting.values()), None)) if at is not None
        ]
        if self._tokens:
            many = self._tokens >= KIT_TOKENS
            at = self._tokens_since if many else self._tokens_since + KIT_TOKENS_MS
            reasons.append(max(at, self._tokens_not_before))
        return max(min(reasons), self._not_before) if reasons else None

    def begin(self, now: Instant) -> None:
        """A kit is made from what is durable now: whatever comes from here on is for the next one."""
        self._settings_at = None
        self._waiting.clear()
        self._tokens = 0
        self._tokens_not_before = now + KIT_PAUSE_MS

    def failed(self, now: Instant) -> None:
        """It could not be written: once more, later."""
        self._settings_at = now
        self._not_before = now + KIT_PAUSE_MS
