"""What a fake node does with each class of requests, unless a test says otherwise."""

from __future__ import annotations

from typing import Any

from offset.base.ids import Conn, Currency, Uid
from offset.core.funder.history_kinds import HistoryKind
from offset.testing.fake_core import FakeCore, FakePayment, Rule
from offset.testing.identities import FRIEND, NODE
from offset.testing.papers import commit_for
from offset.testing.reports import consistent
from offset.testing.settings import SETTINGS, change_settings
from offset.wire import app
from offset.wire.common import COMMIT
from offset.wire.extension import Extra, LostPayment
from offset.wire.index import RequestRoutes
from offset.wire.report import SetChannelStatus

ACK_OF_CANCEL = Uid(b"ack of cancel..1")
ACK_OF_LOSS = Uid(b"ack of loss....1")


# Buying


def _find_routes(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    answer = (node.routes.pop(0) if len(node.routes) > 1 else node.routes[0]) if node.routes else ()
    node.ack(message)
    node.tell(conn, app.ClientResponseRoutes(request.request_id, answer))


def _create_payment(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.payments[request.payment_id] = FakePayment(request)
    node.ack(message)


def _create_transaction(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
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


def _close_payment(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.ack(message)
    payment = node.payments.get(request.payment_id)
    if payment is None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, app.PAYMENT_NOT_FOUND))
        return
    payment.is_closed, payment.asker = True, conn
    if payment.lost and payment.status is None and not payment.open:
        node.change(extra=Extra(lost_payments=(lost_payment(payment),)))
        return
    if payment.status is None and not payment.open:
        payment.status = app.PaymentStatusCanceled(ACK_OF_CANCEL)
    if payment.status is not None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, payment.status))


def _ack_payment(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    payment = node.payments.get(request.payment_id)
    gone = None
    if payment is not None and payment.status is not None:
        assert request.ack_uid == payment.status.ack_uid, "the app acknowledged another end"
        del node.payments[request.payment_id]
    elif payment is not None and payment.lost:
        assert request.ack_uid == ACK_OF_LOSS, "the app acknowledged another end"
        del node.payments[request.payment_id]
        gone = Extra(lost_payments=(LostPayment(request.payment_id, Currency(""), (), None),))
    node.change(ack=message.app_request_id, extra=gone)


def lost_payment(payment: FakePayment) -> LostPayment:
    """What a node of this program tells of a payment of which parts are lost."""
    is_over = payment.is_closed and not payment.open and payment.status is None
    request = payment.request
    ack_uid = ACK_OF_LOSS if is_over else None
    return LostPayment(request.payment_id, request.currency, payment.lost, ack_uid)


# Selling


def _add_invoice(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    if request.invoice_id not in node.invoices and any(row.id == request.invoice_id for row in node.history):
        node.tell(
            conn,
            app.ReportMutations(message.app_request_id, (), Extra(refusal="the invoice was used before")),
        )
        return
    node.invoices[request.invoice_id] = request
    node.ack(message)


def _cancel_invoice(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    asked = node.invoices.pop(request.invoice_id, None)
    if asked is not None and asked.invoice_id in node.frozen:
        node.note(
            HistoryKind.WITHDRAWN,
            asked.invoice_id,
            asked.currency,
            asked.total_dest_payment,
            NODE.public_key,
            b"",
        )
    node.ack(message)


def _commit_invoice(node: FakeCore, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    asked = node.invoices.pop(request.commit.invoice_id, None)
    if asked is None:
        node.ack(message)
        return
    amount = asked.total_dest_payment
    detail = COMMIT.encode(request.commit)
    node.note(HistoryKind.RECEIVED, asked.invoice_id, asked.currency, amount, NODE.public_key, detail)
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
