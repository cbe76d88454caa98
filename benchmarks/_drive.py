"""Payments from the first node of a chain to the last, many at once, all from this process.

One payment, through the SDK; the invoice is made before, unless asked otherwise:

    start ─ RequestRoutes ─ CreatePayment, CreateTransaction ─ Complete ══ the commit
          ─ CommitInvoice at the seller, RequestClosePayment at the buyer ══ the receipt
          ─ AckClosePayment ─ end: the next payment of this worker begins
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

from _chain import AMOUNT, CURRENCY

from offset.app import AppError, InvoiceFile, Node, Receipt
from offset.wire.signing import verify_receipt

STALL_SECONDS = 30.0
_SDK_SECONDS = 2 * STALL_SECONDS  # the SDK must not give up before we do
FAILURES_SHOWN = 5
_INVOICES_AT_ONCE = 64


class Stalled(Exception):
    """A payment was not done in time."""


@dataclass
class Times:
    """What was seen of a run; all times in ms from the start of the payment."""

    routed: list[float] = field(default_factory=list)
    committed: list[float] = field(default_factory=list)
    receipted: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    receipts: list[tuple[InvoiceFile, Receipt]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    in_flight_max: int = 0


class Drive:
    """One run of payments."""

    def __init__(self, buyer: Node, seller: Node, in_flight: int, *, invoices_inside: bool = False) -> None:
        self._buyer, self._seller = buyer, seller
        self._in_flight = in_flight
        self._invoices_inside = invoices_inside
        self._invoices: deque[InvoiceFile] = deque()
        self._left = 0
        self._under_way = 0
        self.times = Times()

    async def prepare(self, count: int) -> None:
        """Make the invoices."""
        self._left = count
        if self._invoices_inside:
            return
        for first in range(0, count, _INVOICES_AT_ONCE):
            size = min(_INVOICES_AT_ONCE, count - first)
            made = [self._seller.seller.create_invoice(CURRENCY, AMOUNT) for _ in range(size)]
            self._invoices.extend(await asyncio.gather(*made))

    async def run(self) -> Times:
        """Pay all invoices. Raises Stalled."""
        workers = [asyncio.create_task(self._work()) for _ in range(self._in_flight)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return self.times

    async def _work(self) -> None:
        while self._left > 0:
            self._left -= 1
            self._under_way += 1
            self.times.in_flight_max = max(self.times.in_flight_max, self._under_way)
            stage = ["making the invoice"]
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    await self._one(stage)
            except AppError as error:
                self.times.failures.append(f"{stage[-1]}: {type(error).__name__}: {error}")
            except TimeoutError:
                raise Stalled(
                    f"a payment was not done after {STALL_SECONDS:g} s, {stage[-1]}; "
                    f"{len(self.times.done)} were done, {self._under_way} under way, {self._left} to come"
                ) from None
            finally:
                self._under_way -= 1

    async def _one(self, stage: list[str]) -> None:
        times = self.times
        if self._invoices_inside:
            invoice = await self._seller.seller.create_invoice(CURRENCY, AMOUNT)
        else:
            invoice = self._invoices.popleft()
        stage.append("looking for a route")
        started = time.perf_counter()

        def passed() -> float:
            return (time.perf_counter() - started) * 1000

        def began(*_: object) -> None:
            stage.append("waiting for the commit")
            times.routed.append(passed())

        def store(receipt: Receipt) -> None:
            times.receipted.append(passed())
            times.receipts.append((invoice, receipt))
            stage.append("waiting for the acknowledgement")

        payment = await self._buyer.buyer.pay(invoice, timeout_s=_SDK_SECONDS, began=began)
        times.committed.append(passed())
        stage.append("waiting for the receipt")
        collecting = asyncio.create_task(self._seller.seller.commit(invoice, payment.commit))
        try:
            await payment.receipt(_SDK_SECONDS, store)
            await collecting
        finally:
            collecting.cancel()
            try:
                await collecting
            except AppError as error:  # then the receipt may never come
                stage.append(f"after the seller's node refused the commit: {error}")
            except asyncio.CancelledError:
                pass
        times.done.append(passed())


def forged(times: Times) -> int:
    """How many receipts are not what the invoice asked for, or not signed by the seller."""
    return sum(
        not (
            receipt.invoice_id == invoice.invoice_id
            and receipt.currency == invoice.currency
            and receipt.total_dest_payment == invoice.dest_payment
            and verify_receipt(receipt, invoice.dest_public_key)
        )
        for invoice, receipt in times.receipts
    )
