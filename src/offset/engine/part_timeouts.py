"""How long parts of a payment wait for the rest of it (spec 03, D23). The funder knows no time; it is told.

A payment in parts may never become whole: the buyer gave up, or a part found no way. What has arrived is frozen on
every hop of its route, and only the seller can let it go. Complete payments are left alone: whoever has the commit
may collect them at any moment, and to withdraw them is for the owner (`CancelInvoice`).
"""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.alarms import Alarms
from offset.base.instants import Instant
from offset.base.limits import INVOICE_PARTS_MS
from offset.core.funder.funder import Funder
from offset.core.funder.state.waiting_parts import Payer


class PartTimeouts:
    """Payers who owe an invoice the rest of a payment. Nothing is stored: a start begins anew."""

    def __init__(self, funder: Funder) -> None:
        self._funder = funder
        self._alarms: Alarms[Payer] = Alarms()

    def look(self, payers: Iterable[Payer], now: Instant) -> None:
        """What waits of these payers may have changed. The time counts from the first part that waits."""
        for payer in payers:
            if not self._funder.is_incomplete(payer):
                self._alarms.stop(payer)
            elif self._alarms.at(payer) is None:
                self._alarms.set(payer, now + INVOICE_PARTS_MS)

    def pop(self, now: Instant) -> Payer | None:
        """A payer whose parts have waited long enough, or None."""
        return self._alarms.pop(now)

    def deadline(self) -> Instant | None:
        """When the next one has waited long enough."""
        return self._alarms.first()
