"""A folder of kits, kept up to date while a node runs (docs/manual/copies.md)."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from offset.base.faults import OffsetError, UserFault
from offset.base.ids import PublicKey
from offset.base.limits import KIT_DAYS_KEPT_MAX, KITS_KEPT_MAX
from offset.core.funder.records import Changes
from offset.crypto.identity import Identity
from offset.engine.kit_times import KitTimes
from offset.shell.commits import Committer
from offset.shell.own_copies import opened_kit, write_kit
from offset.shell.service import Runnable
from offset.shell.system import monotonic_ms
from offset.store.schema.kits import FORMAT, Kit, KitContent
from offset.store.sqlite.kits import read_content

_NAME = re.compile(r"kit-([1-9][0-9]{0,17})\.age")
_DAY_SECONDS = 86_400

_log = logging.getLogger("offset")


class KitFolder:
    """The kits of one node. Its methods may run in a thread, one at a time."""

    def __init__(self, folder: Path, owner: Identity) -> None:
        """Raises UserFault when there is no such folder, it cannot be read, or it holds kits of another node."""
        self._folder, self._owner = folder, owner
        if not folder.is_dir():
            raise UserFault(f"there is no folder {folder} for kits; make it, readable for you only")
        numbers = self._numbers()
        self._newest: KitContent | None = None
        self._generation = max(numbers, default=0)
        if numbers:
            self._newest = self._read(self._generation)

    def _read(self, generation: int) -> KitContent:
        path = self._path(generation)
        try:
            return opened_kit(path, self._owner).content
        except UserFault as fault:
            raise UserFault(
                f"the newest kit does not open, and to write others beside it could remove what you need: {fault}; "
                "or give this node a folder of its own"
            ) from None

    def write(self, content: KitContent, now: int) -> Path | None:
        """Write a kit, unless the newest one says the same. `now` in ms since 1970. Raises UserFault."""
        if content == self._newest:
            return None
        # Seconds since 1970, so that it rises without being remembered, in whatever folder.
        generation = max(now // 1000, self._generation + 1)
        path = self._path(generation)
        write_kit(path, Kit(FORMAT, generation, now, content), self._owner)
        self._newest, self._generation = content, generation
        for old in superfluous(self._numbers(), now // 1000):
            with suppress(OSError):
                self._path(old).unlink()
        return path

    def _path(self, generation: int) -> Path:
        return self._folder / f"kit-{generation}.age"

    def _numbers(self) -> list[int]:
        try:
            names = [_NAME.fullmatch(path.name) for path in self._folder.iterdir()]
        except OSError as error:
            raise UserFault(f"cannot read the folder {self._folder}: {error.strerror}") from None
        return [int(name[1]) for name in names if name is not None]


def superfluous(generations: Iterable[int], now: int) -> list[int]:
    """Those that are neither among the newest KITS_KEPT_MAX nor the last of one of the last KIT_DAYS_KEPT_MAX days.

    `now` in seconds since 1970, as the generations are.
    """
    newest_first = sorted(generations, reverse=True)
    days: set[int] = set()
    old = []
    for place, generation in enumerate(newest_first):
        day = generation // _DAY_SECONDS
        is_last_of_day = day not in days and day > now // _DAY_SECONDS - KIT_DAYS_KEPT_MAX
        days.add(day)
        if place >= KITS_KEPT_MAX and not is_last_of_day:
            old.append(generation)
    return old


class WatchedStore:
    """A store whose changes are looked at when they are durable. Made in a running event loop."""

    def __init__(self, store: Committer, look: Callable[[Changes], None]) -> None:
        self._store, self._look = store, look
        self._loop = asyncio.get_running_loop()
        self._group: Changes = {}
        self.close = store.close

    def write(self, changes: Changes) -> None:
        """Take these changes into the group under way."""
        self._store.write(changes)
        self._group.update(changes)

    def flush(self) -> None:
        """Make the group under way durable; called in a worker thread."""
        self._store.flush()
        group, self._group = self._group, {}
        self._loop.call_soon_threadsafe(self._look, group)


class KitKeeper:
    """Writes kits as they are due, in a thread, while a node serves. Made in a running event loop."""

    def __init__(self, folder: KitFolder, database: Path, node: PublicKey) -> None:
        self._folder, self._database, self._node = folder, database, node
        self._times = KitTimes(monotonic_ms())
        self._moved = asyncio.Event()
        self._is_failing = self._is_stopping = False

    def watch(self, store: Committer) -> WatchedStore:
        """The store through which the node commits."""
        return WatchedStore(store, self._look)

    def _look(self, changes: Changes) -> None:
        self._times.look(changes, monotonic_ms())
        self._moved.set()

    def stop(self) -> None:
        """End `keep`, after the kit that is being written."""
        self._is_stopping = True
        self._moved.set()

    def beside(self, served: Runnable) -> Runnable:
        """What serves and keeps kits meanwhile."""
        return _Keeping(served, self)

    async def keep(self) -> None:
        """Write kits until `stop`, and then the last one: the next start may be on another machine."""
        while not self._is_stopping:
            self._moved.clear()
            due = self._times.due()
            now = monotonic_ms()
            if due is not None and due <= now:
                await self.write()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else (due - now) / 1000):
                    await self._moved.wait()
        await self.write()

    async def write(self) -> None:
        """Write a kit, unless the newest one says the same. A failure is logged, once until it is over."""
        self._times.begin(monotonic_ms())
        try:
            written = await asyncio.to_thread(self._write)
        except OffsetError as error:
            self._times.failed(monotonic_ms())
            if not self._is_failing:
                _log.error("no kit could be written, and it is tried again every minute: %s", error)
            self._is_failing = True
            return
        self._is_failing = False
        if written is not None:
            _log.info("wrote the kit %s", written)

    def _write(self) -> Path | None:
        return self._folder.write(read_content(self._database, self._node), time.time_ns() // 1_000_000)


class _Keeping:
    def __init__(self, served: Runnable, keeper: KitKeeper) -> None:
        self._served, self._keeper = served, keeper

    async def run(self) -> None:
        keeping = asyncio.create_task(self._keeper.keep())
        try:
            await self._served.run()
        finally:
            self._keeper.stop()
            await keeping

    def stop(self) -> None:
        self._served.stop()
