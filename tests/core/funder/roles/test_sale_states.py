"""The table of a sale is what its code does: every entry is reached, and nothing beside them is asked for."""

import pytest

from offset.core.funder.roles.sale_states import SALE, SaleState, sale_state
from offset.wire import app
from support.ledger import World
from support.ledger_peer import Peer
from support.recorded_transitions import record

SRC_LOCK = bytes([5]) * 32


@pytest.mark.parametrize(
    "total, parts, waiting, state",
    [
        (20, 0, 0, None),
        (20, 1, 19, SaleState.PARTIAL),
        (20, 1, 20, SaleState.WHOLE),
        (0, 0, 0, None),
        (0, 1, 0, SaleState.WHOLE),
    ],
)
def test_the_state_follows_from_what_waits(
    total: int, parts: int, waiting: int, state: SaleState | None
) -> None:
    """A sale is complete when nothing is missing, whatever its parts are."""
    assert sale_state(total, parts, waiting) is state


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
        (payer,) = node.state.waiting
        self.world.took(node, node.funder.cancel_incomplete(payer))

    def withdraw(self) -> None:
        """The seller wants no more."""
        self.world.control("s", app.CancelInvoice(self.invoice_id))


def commit_beside(amount: int, *more: int) -> None:
    """A payment is collected while another payer has sent parts, perhaps all."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    other = Peer(world, "x", "s")
    for number, part in enumerate((amount, *more)):
        details = {"total": 10, "invoice_id": commit.invoice_id, "src_lock": SRC_LOCK}
        other.say("s", other.request(number, part, **details))
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal is None


def test_every_entry_is_reached_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sales that end in each way from each state."""
    recorded = record(monkeypatch, SALE)
    Shop(20, ("x", 5)).withdraw()
    Shop(20, ("x", 20)).withdraw()
    Shop(20, ("x", 5), ("y", 5), ("x", 10)).lose("x")
    Shop(20, ("x", 20)).lose("x")
    Shop(0, ("x", 0), ("y", 0)).lose("y")
    Shop(20, ("x", 5), ("y", 5)).lose("y")
    Shop(20, ("x", 5)).lose("x")
    Shop(20, ("x", 5)).time_out()
    for others in ((5,), (5, 5)):
        commit_beside(*others)
    assert recorded == {(state, event) for state, row in SALE.table.items() for event in row}
