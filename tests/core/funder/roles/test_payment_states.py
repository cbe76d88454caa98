"""The table of a payment is what its code does: every entry is reached, and nothing beside them is asked for."""

from collections import deque

import pytest

from offset.base.entropy import SeededEntropy
from offset.core.funder.records import LostPart, PaymentRecord
from offset.core.funder.roles.payment_states import PAYMENT
from offset.core.funder.roles.payments import (
    ack_close_payment,
    create_payment,
    may_send_part,
    part_collected,
    part_failed,
    part_lost,
    part_promised,
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
from support.recorded_transitions import Recorded, record

IDENTITY = Identity(bytes([1]) * 32)
PAYMENT_ID = bytes(16)
PARTS_MAX = 3
RECEIPT = Receipt(bytes(32), bytes(32), "FST", bytes(32), bytes(32), True, 10, 10, bytes(64))


def outcomes(payment: PaymentRecord) -> list[PaymentRecord | None]:
    """What becomes of a payment by each thing that can happen to it now."""
    found: list[PaymentRecord | None] = []

    def turn() -> Turn:
        fresh = Turn(
            FunderState(IDENTITY.public_key),
            IDENTITY,
            SeededEntropy("payments"),
            LifeCipher(IDENTITY),
            OwnLocks(IDENTITY),
            0,
        )
        fresh.state.payments[PAYMENT_ID] = payment
        return fresh

    def took(after: Turn) -> None:
        found.append(after.state.payments.get(PAYMENT_ID))

    closing = turn()
    assert request_close_payment(closing, app.RequestClosePayment(PAYMENT_ID)) is None
    took(closing)
    knowing = turn()
    refusal = ack_close_payment(knowing, app.AckClosePayment(PAYMENT_ID, payment.ack_uid or bytes(16)))
    assert (refusal is None) == (knowing.state.payments.get(PAYMENT_ID) != payment)
    took(knowing)
    if may_send_part(payment) and payment.open_transactions < PARTS_MAX:
        sending = turn()
        part_sent(sending, payment)
        took(sending)
    if payment.open_transactions:
        failing = turn()
        part_failed(failing, payment)
        took(failing)
        if not payment.is_promised:
            promising = turn()
            part_promised(promising, payment)
            took(promising)
        losing = turn()
        part_lost(losing, payment, LostPart(bytes(16), bytes(32), 10))
        took(losing)
        paid = turn()
        part_collected(paid, payment, RECEIPT)
        took(paid)
    return found


def test_every_entry_is_reached_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that can happen to a payment with up to three parts, in every order."""
    recorded: Recorded = record(monkeypatch, PAYMENT)
    begin = Turn(
        FunderState(IDENTITY.public_key),
        IDENTITY,
        SeededEntropy("payments"),
        LifeCipher(IDENTITY),
        OwnLocks(IDENTITY),
        0,
    )
    create_payment(begin, app.CreatePayment(PAYMENT_ID, bytes(32), "FST", 10, bytes(32)))
    first = begin.state.payments[PAYMENT_ID]
    seen, waiting = {(first.stage, 0, False, (False, False))}, deque([first])
    while waiting:
        for payment in outcomes(waiting.popleft()):
            if payment is None:
                continue
            is_claimed = (payment.is_promised, bool(payment.lost))
            place = (payment.stage, payment.open_transactions, payment.receipt is not None, is_claimed)
            if place not in seen:
                seen.add(place)
                waiting.append(payment)
    assert recorded == {(state, event) for state, row in PAYMENT.table.items() for event in row}
