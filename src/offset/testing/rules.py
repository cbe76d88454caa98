"""What a fake node does with each class of requests, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from offset.engine.surface import Conn
from offset.testing.identities import FRIEND
from offset.testing.papers import commit_for, receipt_for
from offset.testing.reports import consistent
from offset.testing.settings import SETTINGS, change_settings
from offset.wire import app
from offset.wire.files import InvoiceFile
from offset.wire.index import RequestRoutes
from offset.wire.report import SetChannelStatus

if TYPE_CHECKING:
    from offset.testing.fake_node import FakeNode

Rule: TypeAlias = "Callable[[FakeNode, Conn, app.AppToAppServer], None]"
"""Takes the node, the connection and the message with the request."""


class FakePayment:
    """A payment as the fake node knows it."""

    def __init__(self, request: app.CreatePayment) -> None:
        self.request = request
        self.arrived = 0
        """How much of it the seller holds."""
        self.open: dict[bytes, int] = {}
        """The parts that were sent and did not fail, by the id of their request."""
        self.answers: dict[bytes, app.RequestResult] = {}
        self.is_closed = False
        self.status: app.PaymentStatusSuccess | app.PaymentStatusCanceled | None = None
        """How it ended."""
        self.asker: Conn | None = None
        """Who asked how it ended."""

    @property
    def asked(self) -> InvoiceFile:
        """The invoice, as far as the payment says."""
        request = self.request
        return InvoiceFile(
            request.invoice_id, request.currency, request.dest_public_key, request.total_dest_payment
        )

    def collected(self, node: FakeNode) -> None:
        """The seller has collected."""
        self.status = app.PaymentStatusSuccess(receipt_for(self.asked, node.seller), b"ack of success.1")
        self.open.clear()
        if self.asker is not None:
            node.tell(self.asker, app.ResponseClosePayment(self.request.payment_id, self.status))


# Buying


def _find_routes(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    answer = (node.routes.pop(0) if len(node.routes) > 1 else node.routes[0]) if node.routes else ()
    node.ack(message)
    node.tell(conn, app.ClientResponseRoutes(request.request_id, answer))


def _create_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.payments[request.payment_id] = FakePayment(request)
    node.ack(message)


def _create_transaction(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.ack(message)
    payment = node.payments.get(request.payment_id)
    if payment is not None and request.request_id in payment.open:
        # Asked for again (D-8).
        if request.request_id in payment.answers:
            node.tell(conn, app.TransactionResult(request.request_id, payment.answers[request.request_id]))
        return
    if payment is None or payment.is_closed or not request.route.public_keys:
        node.tell(conn, app.TransactionResult(request.request_id, app.FAILURE))
        return
    result: app.RequestResult | None
    if node.results:
        result = node.results.pop(0)
    else:
        payment.arrived += request.dest_payment
        is_all = payment.arrived >= payment.request.total_dest_payment
        result = app.Complete(commit_for(payment.asked, node.seller)) if is_all else app.SUCCESS
    if result is None or not isinstance(result, app.Failure):
        payment.open[request.request_id] = request.dest_payment
    if result is not None:
        payment.answers[request.request_id] = result
        node.tell(conn, app.TransactionResult(request.request_id, result))


def _close_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.ack(message)
    payment = node.payments.get(request.payment_id)
    if payment is None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, app.PAYMENT_NOT_FOUND))
        return
    payment.is_closed, payment.asker = True, conn
    if payment.status is None and not payment.open:
        payment.status = app.PaymentStatusCanceled(b"ack of cancel..1")
    if payment.status is not None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, payment.status))


def _ack_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    payment = node.payments.get(request.payment_id)
    if payment is not None and payment.status is not None:
        assert request.ack_uid == payment.status.ack_uid, "the app acknowledged another end"
        del node.payments[request.payment_id]
    node.ack(message)


# Selling


def _add_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.invoices[request.invoice_id] = request
    node.ack(message)


def _cancel_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.invoices.pop(request.invoice_id, None)
    node.ack(message)


def _commit_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    asked = node.invoices.pop(request.commit.invoice_id, None)
    if asked is None:
        node.ack(message)
        return
    amount = asked.total_dest_payment
    collected = SetChannelStatus(consistent(**{asked.currency: (amount, 0, 0)}))
    node.change_friend(FRIEND.public_key, collected, ack=message.app_request_id)


RULES: dict[type, Rule] = {
    **dict.fromkeys(SETTINGS, change_settings),
    RequestRoutes: _find_routes,
    app.CreatePayment: _create_payment,
    app.CreateTransaction: _create_transaction,
    app.RequestClosePayment: _close_payment,
    app.AckClosePayment: _ack_payment,
    app.AddInvoice: _add_invoice,
    app.CancelInvoice: _cancel_invoice,
    app.CommitInvoice: _commit_invoice,
}
"""What the node does with each class of requests."""
