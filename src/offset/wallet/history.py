"""Writing down each change of a balance of a card, as its reports come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from functools import partial

from offset.app.updates import Update
from offset.base.faults import NodeStopped
from offset.base.ids import Currency, PublicKey
from offset.base.instants import Millis
from offset.store.card.database import CardDatabase
from offset.store.card.rows import Move
from offset.wallet.books import Books
from offset.wallet.moves import Expectations, Key, Ledgers
from offset.wire.report import (
    ChangeFriend,
    FunderMutation,
    NodeReport,
    RemoveFriendMutation,
    SetChannelStatus,
)

SETTLE_S = 1.0
"""Seconds within which a report tells of what the node has called paid."""
AGAIN_S = 5.0
"""Seconds until what could not be written is tried again."""

log = logging.getLogger("offset")

Told = Callable[[list[Move]], None]


class Historian:
    """Follows the reports of one card. What it has not written yet when it dies is found as a gap at the next start."""

    def __init__(
        self,
        books: Books,
        expected: Expectations,
        name: Callable[[PublicKey], str],
        now: Callable[[], Millis],
        told: Told,
    ) -> None:
        """`name` is what the owner calls a friend; `told` hears of moves once they are durable."""
        self._books, self._expected, self._name = books, expected, name
        self._now, self._told = now, told
        self._ledgers: Ledgers | None = None
        self._moves: list[Move] = []
        self._touched: dict[Key, None] = {}
        self._came = asyncio.Event()

    @property
    def totals(self) -> dict[Currency, int]:
        """What all friends owe together, by currency."""
        return {} if self._ledgers is None else self._ledgers.totals

    async def follow(self, updates: AsyncIterator[tuple[int, Update]]) -> None:
        """Until this is cancelled, or `updates` end. Raises UserFault when the books are those of another node."""
        writing = asyncio.create_task(self._write())
        try:
            async for _, update in updates:
                await self._take(update)
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    def settle(self, id: str) -> None:
        """The node has called it paid. What its report tells of it may still be on the way."""
        asyncio.get_running_loop().call_later(SETTLE_S, self._settle, id)

    def _settle(self, id: str) -> None:
        if self._ledgers is not None:
            self._add(self._ledgers.settle(id, self._now()))

    async def _take(self, update: Update) -> None:
        match update:
            case NodeReport():
                if self._ledgers is None:
                    self._ledgers = await self._begin(update.funder_report.local_public_key)
                friends = {
                    entry.friend_public_key: entry.friend_report
                    for entry in update.funder_report.friends.list
                }
                self._add(self._ledgers.whole(friends, self._now()))
            case FunderMutation(mutation=ChangeFriend(key, SetChannelStatus(status))):
                if self._ledgers is not None:
                    self._add(self._ledgers.friend(key, self._name(key), status, self._now()))
            case FunderMutation(mutation=RemoveFriendMutation(key)):
                if self._ledgers is not None:
                    self._add(self._ledgers.removed(key, self._now()))

    async def _begin(self, node: PublicKey) -> Ledgers:
        while True:
            try:
                is_first = await self._books.do(lambda books: books.claim(node))
                known = await self._books.do(lambda books: books.balances())
                return Ledgers(known, self._expected, is_first=is_first)
            except NodeStopped as error:
                log.error("the history cannot be read: %s", error)
                await asyncio.sleep(AGAIN_S)

    def _add(self, moves: list[Move]) -> None:
        if moves:
            self._moves += moves
            self._touched |= dict.fromkeys((move.friend, move.currency) for move in moves)
            self._came.set()

    async def _write(self) -> None:
        """All that came while the last group was written is the next one."""
        while True:
            await self._came.wait()
            self._came.clear()
            moves, self._moves = self._moves, []
            touched, self._touched = self._touched, {}
            assert self._ledgers is not None
            balances = self._ledgers.balances(touched)
            try:
                await self._books.do(partial(CardDatabase.add_moves, moves=moves, balances=balances))
            except NodeStopped as error:
                log.error("the history cannot be written: %s", error)
                self._moves[:0], self._touched = moves, touched | self._touched
                self._came.set()
                await asyncio.sleep(AGAIN_S)
                continue
            self._told(moves)
