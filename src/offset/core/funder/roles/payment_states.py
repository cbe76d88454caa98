"""The stages of a payment of ours, and what leads from one to the next (spec 03, 3.7; drawn in states.md)."""

from __future__ import annotations

import enum

from offset.base.transitions import Transitions
from offset.core.funder.records import PaymentStage


class PaymentEvent(enum.StrEnum):
    """What happens to a payment."""

    CREATED = "the app creates it"
    PART_SENT = "a part is sent"
    CLOSED = "the app closes it; parts are under way"
    CLOSED_IDLE = "the app closes it; no part is under way"
    CLOSED_UNPROVED = "the app closes it; no part is under way, and a lost one may be claimed"
    PART_FAILED = "a part fails or is lost; others are under way"
    LAST_PART_FAILED = "the last part under way fails or is lost; nothing can be claimed"
    LAST_PART_UNPROVED = "the last part under way fails or is lost; a lost one may be claimed"
    PART_COLLECTED = "a part is collected; others are under way"
    LAST_PART_COLLECTED = "the last part under way is collected"
    ACKNOWLEDGED = "the app acknowledges the end; parts are under way"
    ACKNOWLEDGED_IDLE = "the app acknowledges the end; no part is under way"


PAYMENT = Transitions[PaymentStage, PaymentEvent](
    "payment",
    {
        None: {PaymentEvent.CREATED: PaymentStage.NEW},
        PaymentStage.NEW: {
            PaymentEvent.PART_SENT: PaymentStage.NEW,
            PaymentEvent.CLOSED: PaymentStage.IN_PROGRESS,
            PaymentEvent.CLOSED_IDLE: PaymentStage.CANCELED,
            PaymentEvent.CLOSED_UNPROVED: PaymentStage.LOST,
            PaymentEvent.PART_FAILED: PaymentStage.NEW,
            PaymentEvent.LAST_PART_FAILED: PaymentStage.NEW,
            PaymentEvent.LAST_PART_UNPROVED: PaymentStage.NEW,
            PaymentEvent.PART_COLLECTED: PaymentStage.SUCCEEDED,
            PaymentEvent.LAST_PART_COLLECTED: PaymentStage.SUCCEEDED,
        },
        # A part is always under way here: without one the payment has ended.
        PaymentStage.IN_PROGRESS: {
            PaymentEvent.CLOSED: PaymentStage.IN_PROGRESS,
            PaymentEvent.PART_FAILED: PaymentStage.IN_PROGRESS,
            PaymentEvent.LAST_PART_FAILED: PaymentStage.CANCELED,
            PaymentEvent.LAST_PART_UNPROVED: PaymentStage.LOST,
            PaymentEvent.PART_COLLECTED: PaymentStage.SUCCEEDED,
            PaymentEvent.LAST_PART_COLLECTED: PaymentStage.SUCCEEDED,
        },
        PaymentStage.SUCCEEDED: {
            PaymentEvent.CLOSED: PaymentStage.SUCCEEDED,
            PaymentEvent.CLOSED_IDLE: PaymentStage.SUCCEEDED,
            PaymentEvent.PART_FAILED: PaymentStage.SUCCEEDED,
            PaymentEvent.LAST_PART_FAILED: PaymentStage.SUCCEEDED,
            PaymentEvent.PART_COLLECTED: PaymentStage.SUCCEEDED,
            PaymentEvent.LAST_PART_COLLECTED: PaymentStage.SUCCEEDED,
            PaymentEvent.ACKNOWLEDGED: PaymentStage.ACKNOWLEDGED,
            PaymentEvent.ACKNOWLEDGED_IDLE: None,
        },
        # No part is under way here: the last one has failed or is lost.
        PaymentStage.LOST: {
            PaymentEvent.CLOSED_UNPROVED: PaymentStage.LOST,
            PaymentEvent.ACKNOWLEDGED_IDLE: None,
        },
        # No part is under way here: the last one has failed.
        PaymentStage.CANCELED: {
            PaymentEvent.CLOSED_IDLE: PaymentStage.CANCELED,
            PaymentEvent.ACKNOWLEDGED_IDLE: None,
        },
        PaymentStage.ACKNOWLEDGED: {
            PaymentEvent.CLOSED: PaymentStage.ACKNOWLEDGED,
            PaymentEvent.PART_FAILED: PaymentStage.ACKNOWLEDGED,
            PaymentEvent.LAST_PART_FAILED: None,
            PaymentEvent.PART_COLLECTED: PaymentStage.ACKNOWLEDGED,
            PaymentEvent.LAST_PART_COLLECTED: None,
        },
    },
)
