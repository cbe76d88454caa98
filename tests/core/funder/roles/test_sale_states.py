"""The table of a sale is what its code does: every entry is reached, and nothing beside them is asked for."""

import pytest

from offset.core.funder.records import InvoiceRecord, PartRecord
from offset.core.funder.roles.sale_states import SALE, SaleState, sale_state
from offset.wire import app
from support.ledger import World
from support.ledger_peer import Peer
from support.recorded_transitions import record

PART = PartRecord(bytes(32), bytes(16))
SRC_LOCK = bytes([5]) * 32


@pytest.mark.parametrize(
    "total, parts, waiting, state",
    [
        (20, (), 0, SaleState.OPEN),
        (20, (PART,), 0, SaleState.PARTIAL),
        (20, (PART,), 19, SaleState.PARTIAL),
        (20, (PART,), 20, SaleState.WHOLE),
        (0, (), 0, SaleState.WHOLE),
    ],
)
def test_the_state_follows_from_what_waits(
    total: int, parts: tuple[PartRecord, ...], waiting: int, state: SaleState
) -> None:
    """An invoice is complete when nothing is missing, whatever its parts are."""
    invoice = InvoiceRecord(bytes(32), "FST", total, bytes(32), None, parts)
    assert sale_state(invoice, waiting) is state


class Shop:
    """A seller, and two friends that send it parts of an invoice."""

    def __init__(self, total: int, *amounts: tuple[str, int]) -> None:
        """`amounts`: who pays how much, in their order."""
        self.world = World("s")
        self.total = total
        self.payers = {name: Peer(self.world, name, "s") for name in "xy"}
        self.invoice_id = self.world.invoice("s", total)
        for number, (name, amount) in enumerate(amounts):
            payer = self.payers[name]
            details = {"total": total, "invoice_id": self.invoice_id, "src_lock": SRC_LOCK}
            payer.say("s", payer.request(number, amount, **details))

    def lose(self, name: str) -> None:
        """The channel with one of the two is lost."""
        self.payers[name].become_inconsistent("s")

    def time_out(self) -> None:
        """The rest does not come."""
        node = self.world["s"]
        self.world.took(node, node.funder.cancel_incomplete(self.invoice_id))

    def withdraw(self) -> None:
        """The seller wants no more."""
        self.world.control("s", app.CancelInvoice(self.invoice_id))


def test_every_entry_is_reached_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sales that end in each way from each state."""
    recorded = record(monkeypatch, SALE)
    Shop(20).withdraw()
    Shop(20, ("x", 5)).withdraw()
    Shop(20, ("x", 20)).withdraw()
    Shop(0).withdraw()
    Shop(20, ("x", 5), ("y", 5), ("x", 10), ("y", 0)).lose("x")
    Shop(20, ("x", 20)).lose("x")
    Shop(20, ("x", 20), ("y", 0)).lose("y")
    Shop(20, ("x", 5), ("y", 5)).lose("y")
    Shop(20, ("x", 5)).lose("x")
    Shop(20, ("x", 5)).time_out()
    world = World("as")
    world.chain()
    world.pay("as", 10)
    assert recorded == {(state, event) for state, row in SALE.table.items() for event in row}
