"""Apps that go on when their node is killed and comes back: what an owner of a shop would write with the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Literal, TypeVar

from offset.app import (
    CannotConnect,
    Commit,
    Disconnected,
    InvoiceFile,
    NoAnswer,
    NoIndexServer,
    NoRoute,
    NotEnoughCredit,
    PaymentCanceled,
    PaymentRefused,
    PaymentUnfinished,
    PaymentUnknown,
    Receipt,
    Refused,
    connect_files,
)
from offset.app import Node as AppNode
from offset.base.credits import Amount
from offset.base.ids import PaymentId
from offset.programs.offset.network import DemoNode
from offset.wire.app import PaymentStatusNotFound, PaymentStatusSuccess

PATIENCE_S = 60.0
RETRY_S = 0.05
PAY_S = 20.0
END_S = 20.0

ATTEMPTS = 4
FEES_MAX = 1
"""What bob takes. A payment that was refused may be tried with higher fees, of which the seller gets the rest."""

T = TypeVar("T")
Step = Literal["began", "promised", "collected"]
Happened = Callable[[Step], None]
"""Called at each step of a payment, so that a test can strike just then."""


class App:
    """A connection to a node that is made again whenever it breaks."""

    def __init__(self, node: DemoNode) -> None:
        self._files = node
        self._stack = AsyncExitStack()
        self._node: AppNode | None = None
        self._connecting = asyncio.Lock()

    async def __aenter__(self) -> App:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def node(self) -> AppNode:
        """The node, as soon as it answers."""
        async with self._connecting, asyncio.timeout(PATIENCE_S):
            while self._node is None:
                try:
                    connecting = connect_files(self._files.app_ident, self._files.ticket)
                    self._node = await self._stack.enter_async_context(connecting)
                except CannotConnect:
                    await asyncio.sleep(RETRY_S)
            return self._node

    def lost(self, node: AppNode) -> None:
        """This connection is of no use any more."""
        if self._node is node:
            self._node = None

    async def insist(self, work: Callable[[AppNode], Awaitable[T]]) -> T:
        """Have something done, if need be again after the node has come back."""
        while True:
            node = await self.node()
            try:
                return await work(node)
            except Disconnected:
                self.lost(node)


class Deal:
    """One invoice, and what became of it."""

    def __init__(self, buyer: App, seller: App, invoice: InvoiceFile, happened: Happened) -> None:
        self.invoice = invoice
        self.is_paid = False
        self.receipt: Receipt | None = None
        self._buyer, self._seller, self._happened = buyer, seller, happened
        self._payment_id: PaymentId | None = None

    async def run(self) -> None:
        """Pay, collect, and learn the end. Of a payment that cannot be finished the seller cancels the invoice."""
        commit = await self._pay()
        if commit is None:
            await self._seller.insist(self._withdraw)
        else:
            self._happened("promised")
            await self._seller.insist(lambda node: self._collect(node, commit))
            self._happened("collected")
        await self._buyer.insist(self._end)

    async def _pay(self) -> Commit | None:
        """The commit, or None when nothing came of the payment: what is begun must not be begun again."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                node = await self._buyer.node()
                try:
                    payment = await node.buyer.pay(
                        self.invoice, timeout_s=PAY_S, fees_max=FEES_MAX, began=self._began
                    )
                    return payment.commit
                except (NoRoute, NoIndexServer, NotEnoughCredit, PaymentRefused, NoAnswer):
                    self._payment_id = None
                    await asyncio.sleep(RETRY_S)
                except Disconnected:
                    self._buyer.lost(node)
                    if self._payment_id is not None:
                        return await self._resume(self._payment_id)
                except PaymentUnfinished:
                    return None

    async def _resume(self, payment_id: PaymentId) -> Commit | None:
        try:
            payment = await self._buyer.insist(
                lambda node: node.buyer.resume(self.invoice, payment_id, timeout_s=PAY_S)
            )
        except (PaymentCanceled, PaymentUnknown, PaymentUnfinished):
            return None
        return payment.commit

    def _began(self, payment_id: PaymentId, _: Amount) -> None:
        self._payment_id = payment_id
        self._happened("began")

    async def _withdraw(self, node: AppNode) -> None:
        try:
            await node.seller.cancel(self.invoice)
        except Refused:
            return  # withdrawn before the node was killed, and its answer was lost

    async def _collect(self, node: AppNode, commit: Commit) -> None:
        try:
            await node.seller.commit(self.invoice, commit)
        except Refused:
            return  # collected before the node was killed, and its answer was lost

    async def _end(self, node: AppNode) -> None:
        assert self._payment_id is not None
        status = await node.buyer.ended(self._payment_id, END_S)
        if isinstance(status, PaymentStatusNotFound):
            return  # not stored when the node was killed, or the end is known and its acknowledgement was stored
        if isinstance(status, PaymentStatusSuccess):
            self.is_paid, self.receipt = True, status.receipt
        await node.buyer.acknowledge(self._payment_id, status.ack_uid)


async def shop(
    buyer: DemoNode, seller: DemoNode, customers: int, currency: str, happened: Happened
) -> list[Deal]:
    """So many customers at once, each of whom buys one thing; all the deals that this took.

    No two deals are about the same amount, and no two sets of deals about the same sum.
    """
    made: list[Deal] = []

    async def create(amount: Amount) -> InvoiceFile:
        return await selling.insist(lambda node: node.seller.create_invoice(currency, amount))

    async def customer(number: int) -> None:
        for attempt in range(ATTEMPTS):
            invoice = await create(2 ** (number + customers * attempt))
            deal = Deal(buying, selling, invoice, happened)
            made.append(deal)
            await deal.run()
            if deal.is_paid:
                return
        raise AssertionError(f"customer {number} could not pay, however often it tried")

    async with App(buyer) as buying, App(seller) as selling, asyncio.TaskGroup() as group:
        for number in range(customers):
            group.create_task(customer(number))
    return made
