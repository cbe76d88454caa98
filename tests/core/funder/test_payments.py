"""Stages of a payment: each row of the table of the specification (spec 03, 3.7)."""

from typing import Any

import pytest

from offset.base.limits import PAYMENTS_MAX
from offset.core.funder import payments
from offset.core.funder.payments import ACKNOWLEDGED, CANCELED, IN_PROGRESS, NEW, SUCCEEDED
from offset.core.funder.records import PaymentRecord
from offset.wire import app
from support.ledger import FST, World

RECEIPT_LOCK = bytes([9]) * 32


class Buyer:
    """A node that pays a seller in parts, brought to a stage."""

    def __init__(self) -> None:
        self.world = World("as")
        self.world.chain()
        self.invoice_id = self.world.invoice("s", 30)
        self.payment_id = self.world.payment("a", "s", self.invoice_id, 30)
        self.requests: list[bytes] = []

    def part(self) -> None:
        self.requests.append(self.world.part(self.payment_id, "as", 10))
        self.world.settle()

    def close(self) -> list[Any]:
        return self.ask(app.RequestClosePayment(self.payment_id))

    def ack(self) -> list[Any]:
        ack_uid = self.payment.ack_uid
        assert ack_uid is not None
        return self.ask(app.AckClosePayment(self.payment_id, ack_uid))

    def ask(self, request: Any) -> list[Any]:
        self.world["a"].results.clear()
        self.world.control("a", request)
        return self.world["a"].take_results()

    def fail(self) -> list[Any]:
        """The seller cancels one part."""
        return self._answer(app.CancelInvoice)

    def _answer(self, how: Any) -> list[Any]:
        raise NotImplementedError

    @property
    def payment(self) -> PaymentRecord:
        return self.world["a"].state.payments[self.payment_id]

    @property
    def stage(self) -> tuple[str, int]:
        return self.payment.stage, self.payment.open_transactions


def status(results: list[Any]) -> Any:
    """What the app is told of the payment, if anything."""
    told = [result.status for result in results if isinstance(result, app.ResponseClosePayment)]
    assert len(told) <= 1
    return told[0] if told else None
