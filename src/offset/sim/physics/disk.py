"""A virtual disk: groups of commits, made durable one after another, and ways to fail at it.

Like the driver, one group is flushed while the next one gathers. A group is atomic: it is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from offset.base.instants import Instant, Millis
from offset.core.funder.records import Changes, FriendRecord, HistoryRecord, Key, NodeRecord, Record
from offset.sim.physics.rng import Rng
from offset.sim.physics.world import World

BEFORE, DURING, AFTER, FULL, FSYNC = "before", "during", "after", "full", "fsync"
"""When the node dies next: before its group is written, while it is, after it is durable but before it speaks;
or the disk is full, or fsync fails, and the node stops by itself."""
FAULTS = (BEFORE, DURING, AFTER, FULL, FSYNC)

Rows = dict[Key, Record]


def apply(rows: Rows, changes: Changes) -> None:
    """Put these changes into the rows."""
    for key, record in changes.items():
        if record is None:
            rows.pop(key, None)
        else:
            rows[key] = record


def restored(rows: Rows) -> Rows:
    """These rows as `stmgr restore` and `stmgr claim` mark them: each friend begins a life, and is to tell."""
    found = dict(rows)
    for key, row in rows.items():
        if isinstance(row, FriendRecord):
            found[key] = msgspec.structs.replace(row, life=0, has_told=False)
        elif isinstance(row, NodeRecord):
            highest = row.highest_life if row.stopped is None else max(row.highest_life, row.stopped.at)
            found[key] = msgspec.structs.replace(row, stopped=None, highest_life=highest)
    return found


def history_of(rows: Rows, ident: bytes) -> list[HistoryRecord]:
    """What the history says of an invoice, a payment or a request."""
    return [row for row in rows.values() if isinstance(row, HistoryRecord) and row.id == ident]


class Disk:
    """What one node has made durable, and what is on its way there."""

    def __init__(
        self, world: World, rng: Rng, durable: Callable[[int], None], died: Callable[[str], None]
    ) -> None:
        """`durable` is told the number of the last commit of a group; `died` why the node must stop."""
        self._world, self._rng = world, rng
        self._tell_durable, self._tell_died = durable, died
        self.rows: Rows = {}
        """Durable."""
        self.written: Rows = {}
        """With all that is on its way: what the node believes."""
        self.flushes = 0
        self.flush_ms: tuple[Millis, Millis] = (1, 8)
        """How long a group takes, at least and at most."""
        self.slow_until: Instant = 0
        self.fault: str | None = None
        self._gathering: list[tuple[int, Changes]] = []
        self._flushing: list[tuple[int, Changes]] = []
        self._life = 0
        self._is_held = False

    @property
    def is_idle(self) -> bool:
        """Whether all is durable."""
        return not self._gathering and not self._flushing

    def commit(self, number: int, changes: Changes) -> None:
        """Take a commit into the gathering group."""
        for key, record in changes.items():
            # The rows of a wallet do not know their keys.
            assert not isinstance(record, Record) or record.key() == key, f"the row of {key} has another key"
        self._gathering.append((number, dict(changes)))
        apply(self.written, changes)
        if not self._flushing and not self._is_held:
            self._start()

    def hold(self) -> None:
        """From now on begin no group: commits wait, in memory only."""
        self._is_held = True

    def release(self) -> None:
        """Go on with what waits."""
        self._is_held = False
        if self._gathering and not self._flushing:
            self._start()

    def lose_unwritten(self) -> None:
        """The node died: a group under way may be durable or not, the gathering one is not."""
        if self._flushing and self._rng.percent(50):
            self._make_durable()
        self._gathering, self._flushing = [], []
        self._life += 1
        self.fault, self._is_held = None, False
        self.written = dict(self.rows)

    def put_back(self, rows: Rows) -> None:
        """The database is lost; these rows are in its place."""
        self.rows, self.written = dict(rows), dict(rows)

    def _delay(self) -> Millis:
        if self._world.now < self.slow_until:
            return self._rng.between(100, 1500)
        return self._rng.between(*self.flush_ms)

    def _start(self) -> None:
        if self.fault == BEFORE:
            self._flushing, self._gathering = [], []
            self._tell_died("a crash before a commit")
            return
        self._flushing, self._gathering = self._gathering, []
        life = self._life
        delay = self._delay()
        if self.fault == DURING:
            self._world.after(
                delay // 2, lambda: self._tell_died("a crash in a commit") if life == self._life else None
            )
        self._world.after(delay, lambda: self._flushed() if life == self._life else None)

    def _flushed(self) -> None:
        self.flushes += 1
        if self.fault == FULL:
            self._flushing = []
            self._tell_died("a full disk")
        elif self.fault == FSYNC:
            # Nobody knows whether the group is there.
            self._tell_died("a failing fsync")
        else:
            number = self._make_durable()
            if self.fault == AFTER:
                self._tell_died("a crash after a commit")
                return
            self._flushing = []
            if self._gathering and not self._is_held:
                self._start()
            self._tell_durable(number)

    def _make_durable(self) -> int:
        for _, changes in self._flushing:
            apply(self.rows, changes)
        number = self._flushing[-1][0]
        self._flushing = []
        return number
