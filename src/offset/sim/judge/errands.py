"""What must have come of purchases by letter once all is at rest (L2, L3, L4, L6)."""

from __future__ import annotations

from collections import Counter

from offset.base.instants import MINUTE, Millis
from offset.core.dealings.records import GuestAsk, GuestStage
from offset.sim.judge.evidence import Evidence
from offset.sim.physics.violation import claim

HELD_MS: Millis = 12 * MINUTE
"""Between honest wallets that are open nothing is held for longer: the longest pause between calls, and some time."""


def nothing_is_held(evidence: Evidence) -> None:
    """L4: all wallets are open and honest, so what was held has been collected, or came back."""
    for errand in evidence.errands:
        claim(
            errand.stage not in ("held", "stopping"),
            "L4",
            f"{errand} is {errand.stage}, {HELD_MS // MINUTE} min after faults stopped",
        )


def check(evidence: Evidence) -> None:
    """L2, L3, L6, when all is at rest."""
    sold: Counter[tuple[str, bytes]] = Counter()
    for errand in evidence.errands:
        purse = evidence.purses[errand.seller]
        end = None if errand.invoice is None else purse.ends.get(errand.invoice.invoice_id)
        claim(
            (errand.buyer_end == "paid") == (end == "collected"),
            "L3",
            f"{errand} is {errand.buyer_end or 'not sent'} for the buyer, and its invoice {end}",
        )
        if end == "collected" and errand.request_id is not None and errand.act.to == "once":
            sold[errand.seller, errand.request_id] += 1
    for (seller, _), count in sold.items():
        claim(count == 1, "L2", f"{seller} was paid {count} times for what is good once")
    for purse in evidence.purses.values():
        for row in purse.rows.values():
            if isinstance(row, GuestAsk) and row.stage is GuestStage.CANCELED:
                is_traced = row.is_touched or row.commit is not None
                claim(is_traced, "L6", f"{purse.name} keeps a sale for which nothing was ever frozen")
            if isinstance(row, GuestAsk) and row.stage is GuestStage.COLLECTED:
                assert row.invoice is not None
                how = purse.ends.get(row.invoice.invoice_id)
                claim(how == "collected", "L3", f"{purse.name} calls a sale collected that is {how}")
