"""What changed, for pages: numbered, told once per moment however often it changed, kept for those who come back.

Events live in memory, as the keys of pages do: whoever comes with the number of an earlier start is told to read
everything anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple

from offset.base.limits import WALLET_EVENTS_MAX, WALLET_EVENTS_MS
from offset.wallet.values.events import Event, EventKind

AWAITED: frozenset[EventKind] = frozenset({"purchase", "sale", "request"})
"""What somebody waits for, and what changes a few times only: told at once."""


class Numbered(NamedTuple):
    """An event in its place."""

    number: int
    event: Event


class Events:
    """The events of one start of the wallet. For the thread of the loop."""

    def __init__(self, start: str) -> None:
        """`start` names this start; it is part of the id of each event."""
        self._start = start
        self._kept: deque[Numbered] = deque(maxlen=WALLET_EVENTS_MAX)
        self._number = 0
        self._changed: dict[tuple[EventKind, str | None, str | None], Callable[[], Any]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.Handle | None = None
        """Tells what is awaited when this turn of the loop is over."""
        self._came = asyncio.Event()
        self._is_over = False

    def publish(
        self, kind: EventKind, *, card: str | None = None, key: str | None = None, value: Any = None
    ) -> None:
        """Tell this now."""
        self._number += 1
        self._kept.append(Numbered(self._number, Event(kind=kind, card=card, key=key, value=value)))
        self._came.set()
        self._came = asyncio.Event()

    def changed(
        self,
        kind: EventKind,
        value: Callable[[], Any],
        *,
        card: str | None = None,
        key: str | None = None,
    ) -> None:
        """Tell soon that this changed, once however often it does until then; `value` gives it as it is then.

        What is awaited is told when this turn of the loop is over, all else WALLET_EVENTS_MS later.
        """
        self._changed[kind, card, key] = value
        loop = asyncio.get_running_loop()
        if kind in AWAITED:
            if self._turn is None:
                self._turn = loop.call_soon(self._flush_awaited)
        elif self._timer is None:
            self._timer = loop.call_later(WALLET_EVENTS_MS / 1000, self.flush)

    def flush(self) -> None:
        """Tell now what was to be told soon."""
        self._stop_waiting()
        changed, self._changed = self._changed, {}
        for (kind, card, key), value in changed.items():
            self.publish(kind, card=card, key=key, value=value())

    def _flush_awaited(self) -> None:
        self._turn = None
        for kind, card, key in [change for change in self._changed if change[0] in AWAITED]:
            value = self._changed.pop((kind, card, key))
            self.publish(kind, card=card, key=key, value=value())

    def _stop_waiting(self) -> None:
        for handle in (self._timer, self._turn):
            if handle is not None:
                handle.cancel()
        self._timer = self._turn = None

    def close(self) -> None:
        """Nothing more will come: those who read end."""
        self._is_over = True
        self._stop_waiting()
        self._came.set()

    def id_of(self, number: int) -> str:
        """The id of an event, as `Last-Event-ID` gives it back."""
        return f"{self._start}-{number}"

    @property
    def last_id(self) -> str:
        """Whoever has read everything now goes on behind this."""
        return self.id_of(self._number)

    async def read(self, after: str | None, beat_s: float) -> AsyncGenerator[tuple[str, Event | None], None]:
        """Events behind the one with the id `after`, each with its id; from now on if that is None.

        A `resync` comes first if some behind `after` are not kept any more. After `beat_s` seconds without an event
        a None comes. Ends with `close`.
        """
        number = self._number if after is None else self._known(after)
        if number is None:
            number = self._number
            yield self.id_of(number), Event(kind="resync")
        while not self._is_over:
            came = self._came
            # From the newest back, so that few which are new cost little however many are kept.
            new = min(self._number - number, len(self._kept))
            waiting = [self._kept[-place] for place in range(new, 0, -1)]
            if waiting and waiting[0].number > number + 1:
                # It reads more slowly than things change.
                number = self._number
                yield self.id_of(number), Event(kind="resync")
                continue
            for numbered in waiting:
                number = numbered.number
                yield self.id_of(number), numbered.event
            if waiting:
                continue
            try:
                async with asyncio.timeout(beat_s):
                    await came.wait()
            except TimeoutError:
                yield self.id_of(number), None

    def _known(self, id: str) -> int | None:
        """The number in an id, if all events behind it are kept."""
        start, _, digits = id.rpartition("-")
        if start != self._start or not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            return None
        number = int(digits)
        oldest = self._kept[0].number if self._kept else self._number + 1
        return number if oldest - 1 <= number <= self._number else None
