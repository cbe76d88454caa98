"""A network at rest: both ends of purchases are the same, histories tell them, and nothing is lost."""

from typing import Any

import msgspec
import pytest

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.mutual_credit import Pending
from offset.core.funder.records import HistoryKey, PaymentRecord, PaymentStage
from offset.sim.course.run import Run
from offset.sim.course.simulation import go
from offset.sim.judge import final_checks
from offset.sim.physics.disk import history_of
from offset.sim.physics.violation import Violation
from offset.sim.script.scenario import CALM_MS
from offset.wire.common import RECEIPT
from offset.wire.friend import FriendsRoute, RequestOp
from support.sim_runs import ROW_PAYING, credit


def test_never_at_rest() -> None:
    """Liveness: something that never ends is named."""
    run = Run(ROW_PAYING)
    run.cast.world.run_to(CALM_MS)
    assert final_checks.is_settled(run.evidence)
    credit(run, "A", "B").local[bytes(16)] = Pending(
        RequestOp(bytes(16), bytes(32), FriendsRoute(()), 1, 1, bytes(32), 0)
    )
    assert "frozen" in final_checks.unsettled(run.evidence)


@pytest.mark.parametrize(
    "rule, field, value",
    [
        ("truth", "buyer_end", "canceled"),
        ("ends", "buyer_end", "unknown"),
        ("ends", "seller_end", "withdrawn"),
        ("commit", "both", "refused"),
    ],
)
def test_ends_of_payments(rule: str, field: str, value: str) -> None:
    """Buyer and seller must know the same end, and a commit in the seller's hand must be money."""
    run = Run(ROW_PAYING)
    go(run)
    purchase = run.evidence.purchases[0]
    assert (purchase.buyer_end, purchase.seller_end) == ("paid", "collected")
    if field == "both":
        purchase.buyer_end, purchase.seller_end = "canceled", value
    else:
        setattr(purchase, field, value)
    with pytest.raises(Violation) as found:
        final_checks.check(run.evidence)
    assert found.value.rule == rule


def test_sums_and_profits() -> None:
    """I4 and I7: credits that come from nowhere, stay frozen, or are lost are found at the end."""
    run = Run(ROW_PAYING)
    go(run)
    credit(run, "A", "B").balance += 1
    with pytest.raises(Violation, match="I4"):
        final_checks.check(run.evidence)
    credit(run, "A", "B").balance -= 1
    credit(run, "A", "B").local_debt += 1
    with pytest.raises(Violation, match="I7"):
        final_checks.check(run.evidence)
    credit(run, "A", "B").local_debt -= 1
    credit(run, "B", "C").balance -= 5
    credit(run, "C", "B").balance += 5
    with pytest.raises(Violation, match="I7"):
        final_checks.check(run.evidence)


def test_books(rest: Run) -> None:
    """The history tells each end once and right, with a receipt of the whole; nothing else is left."""
    (purchase,) = rest.evidence.purchases
    disk = rest.cast.hosts["A"].disk
    assert disk is not None
    (row,) = history_of(disk.rows, purchase.payment_id)
    assert row.kind is HistoryKind.PAID
    place, after = row.key(), HistoryKey(row.number + 1)
    receipt = RECEIPT.decode(row.detail)
    part = RECEIPT.encode(msgspec.structs.replace(receipt, is_complete=False))
    spoiled: tuple[tuple[str, dict[Any, Any]], ...] = (
        ("history", {place: None}),
        ("history", {place: msgspec.structs.replace(row, amount=21)}),
        ("history", {place: msgspec.structs.replace(row, kind=HistoryKind.UNPAID)}),
        ("history", {after: msgspec.structs.replace(row, number=row.number + 1)}),
        ("receipt", {place: msgspec.structs.replace(row, detail=part)}),
    )
    final_checks.check(rest.evidence)
    for rule, changes in spoiled:
        before = dict(disk.rows)
        disk.rows.update(changes)
        with pytest.raises(Violation) as found:
            final_checks.check(rest.evidence)
        assert found.value.rule == rule
        disk.rows.clear()
        disk.rows.update(before)
    rest.cast.state("A").payments[purchase.payment_id] = PaymentRecord(
        purchase.payment_id,
        purchase.invoice_id,
        "FST",
        20,
        rest.cast.key("C"),
        bytes(32),
        PaymentStage.NEW,
        0,
        None,
        None,
    )
    with pytest.raises(Violation, match="leftover: A still keeps"):
        final_checks.check(rest.evidence)
    del rest.cast.state("A").payments[purchase.payment_id]
    rest.cast.state("C").invoices[purchase.invoice_id] = None  # type: ignore[assignment]
    with pytest.raises(Violation, match="leftover: C still keeps the invoice"):
        final_checks.check(rest.evidence)
