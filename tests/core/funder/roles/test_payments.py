"""Stages of a payment: each cell of the table of the specification (spec 03, 3.7)."""

from typing import Any

import msgspec
import pytest

from offset.base.entropy import SeededEntropy
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord, PaymentKey, PaymentRecord, PaymentStage
from offset.core.funder.roles import payments
from offset.core.funder.roles.payments import (
    ack_close_payment,
    create_payment,
    part_collected,
    part_failed,
    part_sent,
    request_close_payment,
)
from offset.core.funder.state.state import FunderState
from offset.core.funder.state.turn import Turn
from offset.crypto.identity import Identity
from offset.crypto.lives import LifeCipher
from offset.crypto.own_locks import OwnLocks
from offset.wire import app
from offset.wire.common import Receipt

IDENTITY = Identity(bytes([1]) * 32)
PAYMENT_ID, INVOICE_ID, ACK = bytes([2]) * 16, bytes([3]) * 32, bytes([4]) * 16


At = tuple[PaymentStage, int]
"""A stage, and how many parts are under way."""


def receipt(is_complete: bool = True) -> Receipt:
    return Receipt(bytes(32), INVOICE_ID, "FST", bytes(32), bytes(32), is_complete, 10, 10, bytes(64))


def fresh_turn() -> Turn:
    return Turn(
        FunderState(IDENTITY.public_key),
        IDENTITY,
        SeededEntropy("payments"),
        LifeCipher(IDENTITY),
        OwnLocks(IDENTITY),
        0,
    )


def at(stage: PaymentStage, parts: int) -> tuple[Turn, PaymentRecord]:
    """A turn of a buyer whose only payment is at this stage."""
    ended = {
        PaymentStage.SUCCEEDED: (receipt(), ACK),
        PaymentStage.ACKNOWLEDGED: (receipt(), ACK),
        PaymentStage.CANCELED: (None, ACK),
    }
    turn = fresh_turn()
    seller = bytes(32)
    payment = PaymentRecord(
        PAYMENT_ID, INVOICE_ID, "FST", 10, seller, bytes(32), stage, parts, *ended.get(stage, (None, None))
    )
    turn.state.payments[PAYMENT_ID] = payment
    return turn, payment


def outcome(turn: Turn) -> tuple[Any, str | None]:
    """Stage and parts now, or None if it is gone; and what the app is told."""
    payment = turn.state.payments.get(PAYMENT_ID)
    assert turn.changes.get(PaymentKey(PAYMENT_ID), payment) == payment, "the row says what memory says"
    told = None
    for result in turn.results:
        assert told is None
        told = type(result.status).__name__.removeprefix("PaymentStatus")
    return payment and (payment.stage, payment.open_transactions), told


@pytest.mark.parametrize(
    "before, after, told",
    [
        ((PaymentStage.NEW, 2), (PaymentStage.IN_PROGRESS, 2), None),
        ((PaymentStage.NEW, 0), (PaymentStage.CANCELED, 0), "Canceled"),
        ((PaymentStage.IN_PROGRESS, 1), (PaymentStage.IN_PROGRESS, 1), None),
        ((PaymentStage.SUCCEEDED, 1), (PaymentStage.SUCCEEDED, 1), "Success"),
        ((PaymentStage.CANCELED, 0), (PaymentStage.CANCELED, 0), "Canceled"),
        ((PaymentStage.ACKNOWLEDGED, 1), (PaymentStage.ACKNOWLEDGED, 1), "NotFound"),
    ],
)
def test_request_to_close(before: At, after: At, told: str | None) -> None:
    """Closing ends the sending of parts; the answer comes at once if the payment has ended."""
    turn, _ = at(*before)
    assert request_close_payment(turn, app.RequestClosePayment(PAYMENT_ID)) is None
    assert outcome(turn) == (after, told)


def test_request_to_close_an_unknown_payment() -> None:
    """The answer is that there is none."""
    turn = fresh_turn()
    request_close_payment(turn, app.RequestClosePayment(PAYMENT_ID))
    assert turn.results == [app.ResponseClosePayment(PAYMENT_ID, app.PAYMENT_NOT_FOUND)]


@pytest.mark.parametrize(
    "before, after",
    [
        ((PaymentStage.SUCCEEDED, 1), (PaymentStage.ACKNOWLEDGED, 1)),
        ((PaymentStage.SUCCEEDED, 0), None),
        ((PaymentStage.CANCELED, 0), None),
    ],
)
def test_acknowledgement(before: At, after: At | None) -> None:
    """An ended payment is forgotten once its app knows, but not before its last part has ended."""
    turn, _ = at(*before)
    assert ack_close_payment(turn, app.AckClosePayment(PAYMENT_ID, ACK)) is None
    assert outcome(turn) == (after, None)


@pytest.mark.parametrize(
    "before",
    [
        (PaymentStage.NEW, 1),
        (PaymentStage.NEW, 0),
        (PaymentStage.IN_PROGRESS, 1),
        (PaymentStage.ACKNOWLEDGED, 1),
    ],
)
def test_acknowledgement_too_early_or_twice(before: At) -> None:
    """Only what has ended can be acknowledged, once."""
    turn, _ = at(*before)
    assert ack_close_payment(turn, app.AckClosePayment(PAYMENT_ID, ACK)) is not None
    assert outcome(turn) == (before, None)
    assert ack_close_payment(fresh_turn(), app.AckClosePayment(PAYMENT_ID, ACK)) is not None


@pytest.mark.parametrize("stage", [PaymentStage.SUCCEEDED, PaymentStage.CANCELED])
def test_acknowledgement_of_something_else(stage: str) -> None:
    """The acknowledgement must name the very end that the app was told."""
    turn, _ = at(stage, 0)
    assert ack_close_payment(turn, app.AckClosePayment(PAYMENT_ID, bytes(16))) is not None
    assert outcome(turn) == ((stage, 0), None)


@pytest.mark.parametrize(
    "before, after, told",
    [
        ((PaymentStage.NEW, 2), (PaymentStage.NEW, 1), None),
        ((PaymentStage.NEW, 1), (PaymentStage.NEW, 0), None),
        ((PaymentStage.IN_PROGRESS, 2), (PaymentStage.IN_PROGRESS, 1), None),
        ((PaymentStage.IN_PROGRESS, 1), (PaymentStage.CANCELED, 0), "Canceled"),
        ((PaymentStage.SUCCEEDED, 1), (PaymentStage.SUCCEEDED, 0), "Success"),
        ((PaymentStage.ACKNOWLEDGED, 2), (PaymentStage.ACKNOWLEDGED, 1), "NotFound"),
        ((PaymentStage.ACKNOWLEDGED, 1), None, None),
    ],
)
def test_failed_part(before: At, after: At | None, told: str | None) -> None:
    """A closed payment whose last part fails is cancelled; one that has succeeded stays so."""
    turn, payment = at(*before)
    part_failed(turn, payment)
    assert outcome(turn) == (after, told)


@pytest.mark.parametrize(
    "before, after, told",
    [
        ((PaymentStage.NEW, 2), (PaymentStage.SUCCEEDED, 1), "Success"),
        ((PaymentStage.IN_PROGRESS, 1), (PaymentStage.SUCCEEDED, 0), "Success"),
        ((PaymentStage.SUCCEEDED, 1), (PaymentStage.SUCCEEDED, 0), "Success"),
        ((PaymentStage.ACKNOWLEDGED, 2), (PaymentStage.ACKNOWLEDGED, 1), "NotFound"),
        ((PaymentStage.ACKNOWLEDGED, 1), None, None),
    ],
)
def test_collected_part(before: At, after: At | None, told: str | None) -> None:
    """A payment succeeds with the first part that is collected."""
    turn, payment = at(*before)
    part_collected(turn, payment, receipt())
    assert outcome(turn) == (after, told)


def test_receipt_and_acknowledgement_stay() -> None:
    """Later parts change neither the acknowledgement nor the receipt, unless theirs proves the whole."""
    turn, payment = at(PaymentStage.IN_PROGRESS, 3)
    part_collected(turn, payment, receipt(False))
    first = turn.state.payments[PAYMENT_ID]
    assert first.receipt == receipt(False)
    part_collected(turn, first, receipt(True))
    second = turn.state.payments[PAYMENT_ID]
    assert second.receipt == receipt(True)
    part_collected(turn, second, msgspec.structs.replace(receipt(False), dest_payment=1))
    third = turn.state.payments[PAYMENT_ID]
    assert (third.receipt, third.ack_uid) == (receipt(True), first.ack_uid)


def test_sent_part() -> None:
    """Each part counts."""
    turn, payment = at(PaymentStage.NEW, 2)
    part_sent(turn, payment)
    assert outcome(turn) == ((PaymentStage.NEW, 3), None)


def test_creating_a_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payment begins once, with its own secret, as long as there is room."""
    monkeypatch.setattr(payments, "PAYMENTS_MAX", 2)
    turn = fresh_turn()
    for number in (1, 2):
        request = app.CreatePayment(bytes([number]) * 16, INVOICE_ID, "FST", 10, bytes(32))
        assert create_payment(turn, request) is None
        assert create_payment(turn, request) == "there is such a payment already"
    one, two = turn.state.payments.values()
    assert one.src_plain_lock != two.src_plain_lock
    assert create_payment(turn, app.CreatePayment(bytes(16), INVOICE_ID, "FST", 1, bytes(32))) is not None


def noted(turn: Turn, kind: HistoryKind) -> HistoryRecord:
    """What this turn wrote into the history."""
    (record,) = [record for record in turn.changes.values() if isinstance(record, HistoryRecord)]
    assert (record.number, record.kind, record.id) == (1, kind, PAYMENT_ID)
    return record


def test_history() -> None:
    """What ended is noted for the owner: paid or unpaid."""
    turn, payment = at(PaymentStage.IN_PROGRESS, 1)
    part_collected(turn, payment, receipt())
    assert noted(turn, HistoryKind.PAID).amount == 10
    turn, payment = at(PaymentStage.IN_PROGRESS, 1)
    part_failed(turn, payment)
    assert noted(turn, HistoryKind.UNPAID).amount == 10
