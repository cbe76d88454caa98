"""What must be true of wallets at every moment: what they say is durable, what they keep is bounded (L1, L3, L6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from offset.base.limits import ASKS_OPEN_MAX, OWN_ASKS_MAX, REQUEST_ASKS_MAX, STRANGERS_ASKS_MAX
from offset.core.dealings.effects import Collect, OpenInvoice, Priced, Settled, Withdraw
from offset.core.dealings.records import ENDED, GuestAsk, GuestStage, OwnAsk
from offset.engine.card import CardEngine
from offset.engine.surface import Effect, Persist
from offset.sim.cast.errand import Errand
from offset.sim.cast.purse import Purse
from offset.sim.physics.host import Host
from offset.sim.physics.violation import claim
from offset.wire.mailbox import NOBODY_ASKED


def saw(host: Host, engine: CardEngine, effects: list[Effect]) -> None:
    """L6: what is kept for others is bounded; and what is on the disk is what a wallet remembers."""
    if not any(isinstance(effect, Persist) for effect in effects):
        return
    assert host.disk is not None
    guests, own = engine.dealings.guest_asks(), engine.dealings.own_asks()
    written: dict[Any, Any] = {**host.disk.written}
    for table, kept in (("guest_asks", guests), ("own_asks", own)):
        for row in kept:
            is_written = written.get((table, row.ask_id)) == row
            claim(is_written, "restore", f"{host.name} remembers what is not written: {row}")
    rows = [row for row in written.values() if isinstance(row, OwnAsk)]
    claim(
        len(rows) == len(own),
        "restore",
        f"{host.name} has forgotten what is written: {len(rows)}, {len(own)}",
    )
    waiting = [
        row for row in guests if row.stage in (GuestStage.OPENING, GuestStage.ISSUED) and row.contact is None
    ]
    shares = Counter(row.request_id for row in waiting)
    strangers = shares.pop(NOBODY_ASKED, 0)
    is_bounded = (
        strangers <= STRANGERS_ASKS_MAX
        and max(shares.values(), default=0) <= REQUEST_ASKS_MAX
        and sum(row.stage not in ENDED for row in guests) <= ASKS_OPEN_MAX
        and len(own) <= OWN_ASKS_MAX
    )
    claim(is_bounded, "L6", f"{host.name} keeps more for others than its shares: {strangers}, {shares}")


def told(purses: Mapping[str, Purse], name: str, detail: Any) -> None:
    """L1: an order is given, and a letter of the other side comes, only after its row is durable."""
    match detail:
        case OpenInvoice() | Withdraw():
            row = purses[name].rows.get(("guest_asks", detail.ask_id))
            claim(row is not None, "L1", f"the wallet of {name} orders what is not durable: {detail}")
        case Collect() if detail.ask_id != NOBODY_ASKED:
            row = purses[name].rows.get(("guest_asks", detail.ask_id))
            is_durable = isinstance(row, GuestAsk) and row.commit == detail.commit
            claim(is_durable, "L1", f"the wallet of {name} collects with a commit that is not durable")
        case Priced() | Settled():
            errand = purses[name].errands[detail.ask_id]
            assert isinstance(errand, Errand)
            row = purses[errand.seller].rows.get(("guest_asks", detail.ask_id))
            _spoken(errand.seller, detail, row)
        case _:
            pass


def over(name: str, words: str, end: str | None) -> None:
    """L3: only the own node ends what was sent, whatever the other side says."""
    is_known = end not in (None, "unknown")
    claim(is_known, "L3", f"{words} is taken for ended, and the node of {name} has not said how")


def _spoken(seller: str, letter: Priced | Settled, row: Any) -> None:
    """What the owner said stood on its disk, and stands there unless the sale has ended since."""
    match letter:
        case Priced(_, invoice):
            is_durable = row is None or (isinstance(row, GuestAsk) and row.invoice == invoice)
        case Settled():
            is_durable = isinstance(row, GuestAsk) and (row.commit is not None)
    claim(is_durable, "L1", f"the wallet of {seller} said what is not on its disk: {letter}")
