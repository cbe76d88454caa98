"""The rows of a card's dealings, made durable together with what its books say of the same thing.

A commit stands in two tables: of a purchase and of our question, of a sale and of the question of a guest. Both are
written in one commit of the database, so that a payment waits for the disk once where it would wait twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from offset.base.faults import NodeStopped
from offset.core.dealings.records import GuestAsk, GuestStage
from offset.store.card.database import CardDatabase
from offset.store.card.dealings import Dealing, DealingKey
from offset.store.card.rows import PurchaseRow, SaleRow

Note = Callable[[GuestAsk], SaleRow | None]


class LetterRows:
    """A committer of a driver, as the rows of the dealings alone would be."""

    def __init__(self, database: CardDatabase, note: Note) -> None:
        """`note` gives the sale of a guest's question that has its commit now, if it is still to be written."""
        self._database, self._note = database, note
        self._store = database.dealings()
        self._loop = asyncio.get_running_loop()
        self._beside: list[tuple[PurchaseRow, asyncio.Future[None]]] = []
        """For the group that gathers."""
        self._purchases: list[tuple[PurchaseRow, asyncio.Future[None]]] = []
        """Of the group under way."""
        self._sales: list[SaleRow] = []
        self._is_closed = False

    def beside(self, row: PurchaseRow) -> asyncio.Future[None]:
        """Write this with the next rows of the dealings, which have to come in this turn; done once it is durable.

        What waits for it gets NodeStopped where they are not written.
        """
        written: asyncio.Future[None] = self._loop.create_future()
        self._beside.append((row, written))
        if self._is_closed:
            self.close()
        return written

    def write(self, changes: Mapping[DealingKey, Dealing | None]) -> None:
        """Take these changes, to be made durable by `flush`."""
        self._purchases, self._beside = self._beside, []
        committed = [
            row for row in changes.values() if isinstance(row, GuestAsk) and row.stage is GuestStage.COMMITTED
        ]
        self._sales = [sale for sale in map(self._note, committed) if sale is not None]
        self._store.write(changes)

    def flush(self) -> None:
        """Make them durable, all or none. Raises NodeStopped."""
        purchases, self._purchases = self._purchases, []
        try:
            with self._database.group():
                for purchase, _ in purchases:
                    self._database.put_purchase(purchase)
                for sale in self._sales:
                    self._database.note_commit(sale)
                self._store.flush()
        except Exception as error:
            self._loop.call_soon_threadsafe(_fail, purchases, error)
            raise
        self._loop.call_soon_threadsafe(_done, purchases)

    def close(self) -> None:
        """Leave the books to those that use them; what was not written by now will not be."""
        self._is_closed = True
        waiting, self._beside, self._purchases = self._beside + self._purchases, [], []
        _fail(waiting, NodeStopped("the letters of the card stopped before this was written down"))


def _done(written: list[tuple[PurchaseRow, asyncio.Future[None]]]) -> None:
    for _, future in written:
        if not future.done():
            future.set_result(None)


def _fail(written: list[tuple[PurchaseRow, asyncio.Future[None]]], error: Exception) -> None:
    for _, future in written:
        if not future.done():
            future.set_exception(error)
