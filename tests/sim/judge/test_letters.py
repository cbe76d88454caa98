"""What wallets say at every moment is judged: rules L1, L3, L6."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.core.dealings.effects import Collect, OpenInvoice, OrderId, Priced, Settled, Withdraw
from offset.core.dealings.records import GuestAsk
from offset.engine.surface import Persist
from offset.sim.course.run import Run
from offset.sim.judge import letters
from offset.sim.physics.violation import Violation
from support.dealings import commit_of, uid
from support.letters import invoice
from support.wallet_runs import by_letter, run_of

ORDER = OrderId(1)


@pytest.fixture(scope="module")
def sold() -> Run:
    """After a purchase by letter."""
    return run_of(by_letter())


def sale_of(run: Run) -> GuestAsk:
    (sale,) = [row for row in run.evidence.purses["C"].rows.values() if isinstance(row, GuestAsk)]
    return sale


def test_what_is_durable_may_be_said(sold: Run) -> None:
    sale = sale_of(sold)
    assert sale.invoice is not None
    assert sale.commit is not None
    letters.told(sold.evidence.purses, "A", Priced(sale.ask_id, sale.invoice))
    letters.told(sold.evidence.purses, "A", Settled(sale.ask_id, True))
    letters.told(sold.evidence.purses, "C", Collect(ORDER, sale.ask_id, sale.invoice.invoice_id, sale.commit))


def test_what_is_not_durable_may_not(sold: Run) -> None:
    sale = sale_of(sold)
    other = invoice()
    unknown = OpenInvoice(ORDER, uid(9), uid(9), "FST", 5, "", None, "")
    for name, said in (
        ("A", Priced(sale.ask_id, replace(other, ask_id=sale.ask_id))),
        ("C", unknown),
        ("C", Withdraw(ORDER, uid(9), other.invoice_id)),
        ("C", Collect(ORDER, sale.ask_id, other.invoice_id, commit_of(other))),
    ):
        with pytest.raises(Violation) as found:
            letters.told(sold.evidence.purses, name, said)
        assert found.value.rule == "L1"


def test_only_the_own_node_ends_what_was_sent() -> None:
    run = run_of(by_letter())
    (errand,) = run.evidence.errands
    for end in ("paid", "canceled", "not sent"):
        letters.over("A", str(errand), end)
    for unsaid in (None, "unknown"):
        with pytest.raises(Violation) as found:
            letters.over("A", str(errand), unsaid)
        assert found.value.rule == "L3"


def test_what_is_remembered_is_written() -> None:
    run = run_of(by_letter())
    purse = run.evidence.purses["A"]
    commit = [Persist(1, {})]
    letters.saw(purse.host, purse.engine, commit)
    assert purse.host.disk is not None
    purse.host.disk.written["own_asks", uid(1)] = _own_ask()  # type: ignore[index,assignment]
    with pytest.raises(Violation) as found:
        letters.saw(purse.host, purse.engine, commit)
    assert found.value.rule == "restore"


def _own_ask() -> object:
    from support.asking import PRICED, come_to

    return come_to(PRICED).books.own.popitem()[1]
