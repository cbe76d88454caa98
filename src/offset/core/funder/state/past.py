"""What is over stays on the disk: the history, and the ids that were used. Here is how a funder looks there.

    add_invoice ──► UsedIds.has ──► used in a turn that is not durable yet?    memory
                                └──► used before?                              Past: the disk, by primary key

Memory holds only what the disk may not hold yet, so it does not grow with the number of payments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from offset.base.ids import PublicKey
from offset.core.funder.collects import CollectRecord
from offset.core.funder.record_kinds import PAST, in_order
from offset.core.funder.records import HistoryKey, HistoryRecord, Key, Record, UsedKey


class Noted(msgspec.Struct, frozen=True):
    """A row of the history, and when it was written."""

    row: HistoryRecord
    time: int
    """By the clock of the node's machine, in ms since 1970 (UTC); 0 where nobody knows."""


class Past(Protocol):
    """What is over, as far as it is durable. Whoever holds the rows of a node gives it this."""

    def last_number(self) -> int:
        """The highest number that a row of the history ever had; 0 if there never was one."""
        ...

    def is_used(self, key: UsedKey) -> bool:
        """Whether an invoice or payment with this id is over. Raises NodeStopped when the disk cannot say."""
        ...

    def last_collect(self, friend: PublicKey) -> int:
        """The number of the last collect that is kept for this friend; 0 if there is none.

        Raises NodeStopped when the disk cannot say.
        """
        ...

    def collects(self, friend: PublicKey) -> list[CollectRecord]:
        """All that are kept for this friend, the oldest first. Raises NodeStopped when the disk cannot say."""
        ...

    def newest(self, before: int | None, limit: int) -> list[Noted]:
        """The last `limit` rows of the history, or of those with a number below `before`; the newest first.

        Raises NodeStopped when the disk cannot say.
        """
        ...

    def oldest(self, after: int, limit: int) -> list[Noted]:
        """The first `limit` rows of the history with a number above `after`; the oldest first.

        Raises NodeStopped when the disk cannot say.
        """
        ...


class RowsPast:
    """The past in a dict of rows, which may go on to change. It knows no times."""

    def __init__(self, rows: Mapping[Key, Record]) -> None:
        self._rows = rows

    def last_number(self) -> int:
        """As Past says."""
        return max((key.number for key in self._rows if isinstance(key, HistoryKey)), default=0)

    def is_used(self, key: UsedKey) -> bool:
        """As Past says."""
        return key in self._rows

    def last_collect(self, friend: PublicKey) -> int:
        """As Past says."""
        return max((row.number for row in self.collects(friend)), default=0)

    def collects(self, friend: PublicKey) -> list[CollectRecord]:
        """As Past says."""
        rows = [row for row in self._rows.values() if isinstance(row, CollectRecord) and row.friend == friend]
        return sorted(rows, key=lambda row: row.number)

    def newest(self, before: int | None, limit: int) -> list[Noted]:
        """As Past says."""
        found = [noted for noted in self._all() if before is None or noted.row.number < before]
        return found[: -limit - 1 : -1]

    def oldest(self, after: int, limit: int) -> list[Noted]:
        """As Past says."""
        return [noted for noted in self._all() if noted.row.number > after][:limit]

    def _all(self) -> list[Noted]:
        rows = [row for row in self._rows.values() if isinstance(row, HistoryRecord)]
        return [Noted(row, 0) for row in sorted(rows, key=lambda row: row.number)]


NO_PAST: Past = RowsPast({})
"""Nothing was ever made durable."""


def present(rows: Mapping[Key, Record]) -> list[Record]:
    """What a node learns of these rows at its start; the others it looks up."""
    return [record for record in in_order(rows) if type(record) not in PAST]


class UsedIds:
    """The ids of what is over: of all that is durable, and of what was decided since."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._fresh: dict[UsedKey, None] = {}

    def __iter__(self) -> Iterator[UsedKey]:
        """Those in memory."""
        return iter(self._fresh)

    def has(self, key: UsedKey) -> bool:
        """Whether this id was used. Raises NodeStopped when the disk cannot say."""
        return key in self._fresh or self._past.is_used(key)

    def add(self, key: UsedKey) -> None:
        """It was used just now; keep it until it is durable."""
        self._fresh[key] = None

    def settled(self, keys: Iterable[UsedKey]) -> None:
        """These are durable."""
        for key in keys:
            self._fresh.pop(key, None)
