"""What the dealings of a card order of its node for guests: invoices, collecting, withdrawing.

`Receiving` does it, and carries it through crashes; here it is tried again until the node has answered. An order that
was not answered when the wallet ended is given again at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from offset.app.errors import AppError, Disconnected, NoAnswer
from offset.base import base64url
from offset.base.backoff import Backoff
from offset.base.entropy import Entropy
from offset.base.faults import NodeStopped, UserFault
from offset.base.instants import SECOND, Millis
from offset.core.dealings.effects import (
    Answer,
    Collect,
    Collected,
    NothingFrozen,
    NotKnown,
    NotOpened,
    Opened,
    OpenInvoice,
    Order,
    OrderId,
    Withdraw,
    Withdrawn,
    WrongCommit,
)
from offset.wallet.receiving import Guest, Receiving
from offset.wallet.refusals import Refusal
from offset.wallet.sales import is_lost
from offset.wire.mailbox import NOBODY_ASKED
from offset.wire.text_values import INVOICE

PAUSE_MS_MIN: Millis = 1 * SECOND
PAUSE_MS_LONGEST: Millis = 60 * SECOND
"""Between two attempts, while the node is away."""

_LATER = ("node-down", "no-answer", "card-closed", "busy", "disk")
"""Kinds of refusals after which it is tried again."""

log = logging.getLogger("offset")


class Orders:
    """The orders under way of one card."""

    def __init__(
        self, receiving: Receiving, entropy: Entropy, answered: Callable[[OrderId, Answer], None]
    ) -> None:
        """`answered` takes what came of an order."""
        self._receiving, self._entropy, self._answered = receiving, entropy, answered
        self._tasks: set[asyncio.Task[None]] = set()

    def carry_out(self, order: Order) -> None:
        """Begin with this one."""
        task = asyncio.create_task(self._try(order))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def stop(self) -> None:
        """Leave everything as it is; the next start orders again what was not answered."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an order of a guest is left as it is until the next start", exc_info=error)

    async def _try(self, order: Order) -> None:
        backoff = Backoff(PAUSE_MS_MIN, PAUSE_MS_LONGEST)
        while (answer := await self._once(order)) is None:
            await asyncio.sleep(backoff.next_ms(self._entropy) / 1000)
        self._answered(order.order, answer)

    async def _once(self, order: Order) -> Answer | None:
        """What came of it; None: nothing is known yet."""
        try:
            match order:
                case OpenInvoice():
                    return await self._open(order)
                case Collect():
                    return await self._collect(order)
                case Withdraw():
                    return await self._withdraw(order)
        except (Disconnected, NoAnswer, NodeStopped) as error:
            log.info("an order of a guest waits: %s", error)
        except Refusal as refusal:
            if refusal.kind not in _LATER:
                raise
            log.info("an order of a guest waits: %s", refusal)
        return None

    async def _open(self, order: OpenInvoice) -> Answer:
        guest = Guest(
            order.ask_id,
            order.payer_name,
            None if order.request_id == NOBODY_ASKED else order.request_id,
        )
        try:
            row = await self._receiving.begin(
                f"ask:{base64url.encode(order.ask_id)}",
                b"",
                order.currency,
                order.amount,
                order.note,
                order.decimals,
                guest,
            )
        except (Disconnected, NoAnswer):
            raise
        except (UserFault, AppError) as error:
            # The node does not open it, or the app may not sell.
            log.warning("no invoice was opened for a guest: %s", error)
            return NotOpened()
        if row.stage != "open":
            return NotOpened()
        return Opened(row.invoice_id, INVOICE.decode(row.invoice).dest_public_key)

    async def _collect(self, order: Collect) -> Answer:
        try:
            row = await self._receiving.take(
                base64url.encode(order.invoice_id), order.commit, is_noted=order.ask_id != NOBODY_ASKED
            )
        except UserFault:
            return WrongCommit()
        except Refusal as refusal:
            match refusal.kind:
                case "not-found":
                    return WrongCommit()
                case "conflict" | "refused":
                    return NothingFrozen()
                case _:
                    raise
        return NotKnown() if row.stage == "not-known" and not is_lost(row) else Collected()

    async def _withdraw(self, order: Withdraw) -> Answer | None:
        id = base64url.encode(order.invoice_id)
        try:
            row = await self._receiving.cancel(id)
        except Refusal as refusal:
            match refusal.kind:
                case "not-found":
                    # It was withdrawn, and left no trace.
                    return Withdrawn()
                case "conflict":
                    return Collected()
                case _:
                    raise
        match row.stage:
            case "canceled":
                await self._receiving.drop(id)
                return Withdrawn()
            case "committed" | "collected":
                return Collected()
            case "not-known":
                return NotKnown()
            case _:
                return None
