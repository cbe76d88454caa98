"""What the other cards of a wallet may be paying: an open one says so itself, of a closed one its books do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from offset.base.faults import NodeStopped
from offset.base.ids import InvoiceId
from offset.store.card.rows import PurchaseRow
from offset.store.sqlite.small import read_only
from offset.wallet.books import FILE
from offset.wallet.purchases import OPEN, RequestKey, request_in

log = logging.getLogger("offset")


class OtherCard(NamedTuple):
    """A card of the same wallet."""

    name: str
    folder: Path
    open_rows: list[PurchaseRow] | None
    """What it may be paying; None: it is closed."""


class Claim(NamedTuple):
    """Something that another card may be paying."""

    card: str
    """Its name."""
    is_closed: bool
    invoice_id: InvoiceId
    request: RequestKey | None


async def claims(cards: Iterable[OtherCard]) -> list[Claim]:
    """All that these may be paying. Closed books that cannot be read are left out, and the log says so."""
    found: list[Claim] = []
    for card in cards:
        if card.open_rows is not None:
            found += [
                Claim(card.name, False, row.invoice_id, request_in(row.asked)) for row in card.open_rows
            ]
        elif (card.folder / FILE).exists():
            try:
                found += await asyncio.to_thread(_closed, card)
            except NodeStopped as error:
                log.warning("whether a closed card holds a payment is not known: %s", error)
    return found


def _closed(card: OtherCard) -> list[Claim]:
    with closing(read_only(card.folder / FILE)) as reader:
        names = {name for (name,) in reader.rows("SELECT name FROM pragma_table_info('purchases')")}
        # Books that were closed before there were addresses have no such column.
        asked = "asked" if "asked" in names else "NULL"
        stages = ", ".join("?" * len(OPEN))
        found = reader.rows(
            f"SELECT invoice_id, {asked} FROM purchases WHERE stage IN ({stages}) ORDER BY position", *OPEN
        )
        return [Claim(card.name, True, InvoiceId(id), request_in(text)) for id, text in found]
