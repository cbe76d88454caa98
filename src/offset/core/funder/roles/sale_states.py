"""The states of a sale: one payer and an invoice of ours (spec 03, 3.8; drawn in states.md).

Several payers may try to pay one invoice, side by side; one of them is collected, and the others get back what they
froze. No row says the state: it follows from what waits.
"""

from __future__ import annotations

import enum

from offset.base.credits import Amount
from offset.base.transitions import Transitions


class SaleState(enum.StrEnum):
    """How far a sale is. Without a part that waits there is none."""

    PARTIAL = "incomplete"
    """Parts wait, and more must come."""
    WHOLE = "complete"
    """Nothing is missing: a commit collects it."""
    RECEIVED = "received"
    """It was collected; the id of the invoice is not taken again."""


class SaleEvent(enum.StrEnum):
    """What happens to a sale."""

    PART_CAME = "a part comes; more are missing"
    LAST_PART_CAME = "a part comes; nothing is missing"
    TIMED_OUT = "the rest does not come in time"
    PARTS_LOST = "a channel with parts is lost; others wait"
    ALL_PARTS_LOST = "a channel with all parts is lost"
    SPARE_PARTS_LOST = "a channel with parts over nothing is lost"
    COMMITTED = "the app commits"
    OTHER_COMMITTED = "the app commits what another payer sent"
    WITHDRAWN = "the app withdraws the invoice"


SALE = Transitions[SaleState, SaleEvent](
    "sale",
    {
        None: {
            SaleEvent.PART_CAME: SaleState.PARTIAL,
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
        },
        SaleState.PARTIAL: {
            SaleEvent.PART_CAME: SaleState.PARTIAL,
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
            SaleEvent.TIMED_OUT: None,
            SaleEvent.PARTS_LOST: SaleState.PARTIAL,
            SaleEvent.ALL_PARTS_LOST: None,
            SaleEvent.OTHER_COMMITTED: None,
            SaleEvent.WITHDRAWN: None,
        },
        SaleState.WHOLE: {
            # A part over nothing: it changes no sum.
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
            SaleEvent.SPARE_PARTS_LOST: SaleState.WHOLE,
            SaleEvent.PARTS_LOST: SaleState.PARTIAL,
            SaleEvent.ALL_PARTS_LOST: None,
            SaleEvent.COMMITTED: SaleState.RECEIVED,
            SaleEvent.OTHER_COMMITTED: None,
            SaleEvent.WITHDRAWN: None,
        },
    },
)


def sale_state(total: Amount, parts: int, waiting: Amount) -> SaleState | None:
    """The state of a sale for `total` credits if so many parts, of so many credits together, wait."""
    if not parts:
        return None
    return SaleState.WHOLE if waiting >= total else SaleState.PARTIAL


def came(state: SaleState | None) -> SaleEvent:
    """What has happened if a part came, and the sale is now in this state."""
    return SaleEvent.LAST_PART_CAME if state is SaleState.WHOLE else SaleEvent.PART_CAME


def lost(state: SaleState | None) -> SaleEvent:
    """What has happened if parts were lost, and the sale is now in this state."""
    if state is SaleState.WHOLE:
        return SaleEvent.SPARE_PARTS_LOST
    return SaleEvent.PARTS_LOST if state is SaleState.PARTIAL else SaleEvent.ALL_PARTS_LOST
