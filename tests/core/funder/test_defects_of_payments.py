"""What becomes of the parts, the receipt and the end of a payment.

What the reference does wrong there and ours does not: D12, D28, D29, D39, D40 of spec 03, 6.2.
"""

import pytest

from offset.base.limits import (
    I128_MAX,
    U128_MAX,
)
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord
from offset.wire import app
from offset.wire.common import RECEIPT
from offset.wire.friend import (
    FriendsRoute,
)
from support.ledger import Node, World


@pytest.mark.parametrize("amount, fees", [(11, 0), (10, I128_MAX), (10, U128_MAX)])
def test_d12_amounts_that_cannot_be_sent(amount: int, fees: int) -> None:
    """More than the payment, or more than numbers hold, kills the reference when sent; ours answers Failure."""
    world = World("as")
    world.chain()
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    request_id = world.part(payment_id, "as", amount, fees)
    assert world["a"].refusal == "the amount is too large"
    assert world["a"].results == [app.TransactionResult(request_id, app.FAILURE)]
    assert not world["a"].state.transactions


@pytest.mark.parametrize("order", ["mn", "nm"])
def test_d28_receipt_of_the_whole(order: str) -> None:
    """The receipt of the reference may prove a part only; ours is that of the complete part as soon as it is there."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    payment_id = world.payment("a", "s", world.invoice("s", 20), 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    world.disconnect("a", order[1])
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    early = world["a"].state.payments[payment_id]
    assert early.receipt is not None
    assert early.receipt.is_complete == (order == "nm")
    world.connect("a", order[1])
    world.settle()
    late = world["a"].state.payments[payment_id]
    assert late.receipt is not None
    assert late.receipt.is_complete
    assert late.ack_uid == early.ack_uid


def _history(node: Node) -> list[HistoryRecord]:
    return [row for row in node.rows.records() if isinstance(row, HistoryRecord)]


def test_d28_receipt_of_the_whole_after_the_acknowledgement() -> None:
    """An app that is content with the receipt of a part lets the payment be forgotten; the history gets
    the other, without saying twice that it was paid."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    payment_id = world.payment("a", "s", world.invoice("s", 20), 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    world.disconnect("a", "n")
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    (paid,) = _history(world["a"])
    assert (paid.kind, paid.amount) == (HistoryKind.PAID, 20)
    assert not RECEIPT.decode(paid.detail).is_complete
    ack_uid = world["a"].state.payments[payment_id].ack_uid
    assert ack_uid is not None
    world.control("a", app.AckClosePayment(payment_id, ack_uid))
    world["a"].take_results()
    world.connect("a", "n")
    world.settle()
    first, proof = _history(world["a"])
    assert first == paid
    assert (proof.kind, proof.amount, proof.id) == (HistoryKind.PROOF, 0, payment_id)
    whole = RECEIPT.decode(proof.detail)
    assert whole.is_complete
    assert whole.total_dest_payment == 20
    assert not world["a"].state.payments
    assert not world["a"].results


def test_d29_the_end_of_a_payment_is_kept() -> None:
    """An answer that no app waited for is lost in the reference; ours keeps it until it is acknowledged."""
    world = World("as")
    world.chain()
    payment_id = world.pay("as", 10)
    world.restart("a")
    for _ in range(2):
        world["a"].take_results()
        world.control("a", app.RequestClosePayment(payment_id))
        (result,) = world["a"].results
        assert isinstance(result.status, app.PaymentStatusSuccess)
    world.control("a", app.AckClosePayment(payment_id, result.status.ack_uid))
    assert not world["a"].state.payments


def test_d39_transaction_of_no_payment() -> None:
    """The reference is silent about a transaction of an unknown or closed payment; ours answers Failure."""
    world = World("as")
    world.chain()
    request_id = world.part(bytes(16), "as", 1)
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    world.control("a", app.RequestClosePayment(payment_id))
    world["a"].results.clear()
    late_id = world.part(payment_id, "as", 10)
    assert world["a"].results == [app.TransactionResult(late_id, app.FAILURE)]
    assert request_id != late_id


def test_d40_one_request_id_in_two_payments() -> None:
    """The reference mixes up two payments with one request id; ours answers Failure."""
    world = World("as")
    world.chain()
    _, request_id, _ = world.promise("as", 10)
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    world["a"].results.clear()
    route = FriendsRoute((world["a"].key, world["s"].key))
    world.control("a", app.CreateTransaction(payment_id, request_id, route, 10, 0))
    assert world["a"].results == [app.TransactionResult(request_id, app.FAILURE)]
    assert request_id in world["a"].state.transactions


def test_a_payment_id_is_never_used_twice() -> None:
    """Not after the payment ended and was acknowledged either: the history says of an id what it said once."""
    world = World("as")
    world.chain()
    payment_id = world.pay("as", 10)
    again = app.CreatePayment(payment_id, world.invoice("s", 1), "FST", 1, world["s"].key)
    world.control("a", again)
    assert world["a"].refusal == "there is such a payment already"
    ack_uid = world["a"].state.payments[payment_id].ack_uid
    assert ack_uid is not None
    world.control("a", app.AckClosePayment(payment_id, ack_uid))
    assert not world["a"].state.payments
    before = _history(world["a"])
    for _ in range(2):
        world.control("a", again)
        assert world["a"].refusal == "a payment with this id ended before; begin one with another id"
        world.restart("a")
    assert not world["a"].state.payments
    assert _history(world["a"]) == before
    assert [(row.kind, row.amount) for row in before] == [(HistoryKind.PAID, 10)]
