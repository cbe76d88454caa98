"""The states of an invoice of ours, and what leads from one to the next (spec 03, 3.8; drawn in states.md).

No row says the state: it follows from what waits for the invoice.
"""

from __future__ import annotations

import enum

from offset.base.credits import Amount
from offset.base.transitions import Transitions
from offset.core.funder.records import InvoiceRecord


class SaleState(enum.StrEnum):
    """How far a sale is."""

    OPEN = "open"
    """No part waits."""
    PARTIAL = "incomplete"
    """Parts wait, and more must come."""
    WHOLE = "complete"
    """Nothing is missing: a commit collects it."""
    RECEIVED = "received"
    """It was collected; the id is not taken again."""
    WITHDRAWN = "withdrawn"
    """It was withdrawn; the id is not taken again."""


class SaleEvent(enum.StrEnum):
    """What happens to a sale."""

    OPENED = "the app opens an invoice"
    OPENED_FOR_NOTHING = "the app opens an invoice over nothing"
    PART_CAME = "a part comes; more are missing"
    LAST_PART_CAME = "a part comes; nothing is missing"
    TIMED_OUT = "the rest does not come in time"
    PARTS_LOST = "a channel with parts is lost; others wait"
    ALL_PARTS_LOST = "a channel with all parts is lost"
    SPARE_PARTS_LOST = "a channel with parts over nothing is lost"
    COMMITTED = "the app commits"
    WITHDRAWN = "the app withdraws the invoice"


SALE = Transitions[SaleState, SaleEvent](
    "sale",
    {
        None: {
            SaleEvent.OPENED: SaleState.OPEN,
            SaleEvent.OPENED_FOR_NOTHING: SaleState.WHOLE,
        },
        SaleState.OPEN: {
            SaleEvent.PART_CAME: SaleState.PARTIAL,
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
            SaleEvent.WITHDRAWN: SaleState.WITHDRAWN,
        },
        SaleState.PARTIAL: {
            SaleEvent.PART_CAME: SaleState.PARTIAL,
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
            SaleEvent.TIMED_OUT: SaleState.OPEN,
            SaleEvent.PARTS_LOST: SaleState.PARTIAL,
            SaleEvent.ALL_PARTS_LOST: SaleState.OPEN,
            SaleEvent.WITHDRAWN: SaleState.WITHDRAWN,
        },
        SaleState.WHOLE: {
            # A part over nothing: it changes no sum.
            SaleEvent.LAST_PART_CAME: SaleState.WHOLE,
            SaleEvent.SPARE_PARTS_LOST: SaleState.WHOLE,
            SaleEvent.PARTS_LOST: SaleState.PARTIAL,
            SaleEvent.ALL_PARTS_LOST: SaleState.OPEN,
            SaleEvent.COMMITTED: SaleState.RECEIVED,
            SaleEvent.WITHDRAWN: SaleState.WITHDRAWN,
        },
    },
)


def sale_state(invoice: InvoiceRecord, waiting: Amount) -> SaleState:
    """The state of an open invoice for which so many credits wait."""
    if waiting >= invoice.total_dest_payment:
        return SaleState.WHOLE
    return SaleState.PARTIAL if invoice.parts else SaleState.OPEN


def came(state: SaleState) -> SaleEvent:
    """What has happened if a part came, and the sale is now in this state."""
    return SaleEvent.LAST_PART_CAME if state is SaleState.WHOLE else SaleEvent.PART_CAME


def lost(state: SaleState) -> SaleEvent:
    """What has happened if parts were lost, and the sale is now in this state."""
    if state is SaleState.WHOLE:
        return SaleEvent.SPARE_PARTS_LOST
    return SaleEvent.PARTS_LOST if state is SaleState.PARTIAL else SaleEvent.ALL_PARTS_LOST
