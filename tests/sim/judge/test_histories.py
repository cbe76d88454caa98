"""Histories that lose rows, and ids that are forgotten, are found."""

import pytest
from msgspec.structs import replace

from offset.base.ids import InvoiceId, PublicKey, Signature
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import (
    OWN,
    Changes,
    ChannelRecord,
    CreditKey,
    CreditRecord,
    HistoryKey,
    HistoryRecord,
    InvoiceRecord,
    Queue,
    QueuedKey,
    QueuedRecord,
    UsedKey,
    UsedRecord,
)
from offset.core.funder.state.past import RowsPast
from offset.core.funder.state.state import FunderState
from offset.sim.judge.histories import Histories
from offset.sim.physics.violation import Violation
from offset.wire.friend import CollectOp, CurrencyBalance, ResetTerms

ID = UsedKey(UsedKind.PAYMENT, bytes(16))


def rows(*numbers: int) -> Changes:
    return {
        HistoryKey(number): HistoryRecord(number, HistoryKind.PAID, bytes(16), "FST", 1, bytes(32), b"")
        for number in numbers
    }


def test_rows_follow_each_other() -> None:
    """Also over several commits, and after a start that lost those which were not durable."""
    histories = Histories()
    histories.committed("A", rows(1, 2))
    histories.committed("B", rows(1))
    histories.committed("A", rows(3))
    histories.started("A", rows(1, 2))
    histories.committed("A", rows(3, 4))


@pytest.mark.parametrize(
    "changes",
    [rows(2), rows(1), rows(4), {HistoryKey(1): None}, {ID: None}],
    ids=["again", "before", "gap", "taken out", "forgotten"],
)
def test_a_history_that_does_not_grow_by_one(changes: Changes) -> None:
    """A row over another, a gap, a row that goes, an id that is forgotten."""
    histories = Histories()
    histories.committed("A", rows(1, 2))
    with pytest.raises(Violation, match="history"):
        histories.committed("A", changes)


def test_rows_that_are_gone_at_a_start() -> None:
    """The numbers on the disk have no gap."""
    with pytest.raises(Violation, match="lost rows"):
        Histories().started("A", rows(1, 3))


def test_an_id_that_is_used_and_not_known() -> None:
    """Whether it is durable already or not: a node that looks only at its disk does not know the others."""
    written = {ID: UsedRecord(ID.kind, ID.id)}
    durable = FunderState(bytes(32), RowsPast(written))
    Histories().used("A", durable, written)
    decided = FunderState(bytes(32), RowsPast({}))
    with pytest.raises(Violation, match="does not know"):
        Histories().used("A", decided, written)
    decided.used.add(ID)
    Histories().used("A", decided, written)


def test_a_collect_that_is_lost_without_a_row() -> None:
    """It goes with the credit of its friend; if it was said, the credit stays, and nothing need be noted."""
    friend, request_id = bytes([1]) * 32, bytes(16)
    place, credit = QueuedKey(friend, 7), CreditKey(friend, "FST")
    collect = CollectOp(request_id, bytes(32), bytes(32))
    waiting: Changes = {place: QueuedRecord(friend, 7, Queue.BACKWARD, "FST", collect, OWN)}
    said: Changes = {place: None, credit: CreditRecord(friend, "FST", 1, 0, 0)}
    lost: Changes = {place: None, credit: None}
    row = HistoryRecord(1, HistoryKind.UNCOLLECTED, request_id, "FST", 1, friend, b"")
    for last in (said, {**lost, row.key(): row}):
        histories = Histories()
        histories.committed("A", waiting)
        histories.committed("A", last)
    histories = Histories()
    histories.started("A", waiting)
    with pytest.raises(Violation, match="lost a collect"):
        histories.committed("A", lost)


OPEN = InvoiceRecord(InvoiceId(bytes(32)), "FST", 5, bytes(32), None, None, False)
ENDED = UsedRecord(UsedKind.INVOICE, OPEN.invoice_id)
NOTED = HistoryRecord(1, HistoryKind.WITHDRAWN, OPEN.invoice_id, "FST", 5, bytes(32), b"")


@pytest.mark.parametrize("is_durable", [False, True])
@pytest.mark.parametrize("is_promised", [False, True])
def test_traces_of_an_invoice(is_promised: bool, is_durable: bool) -> None:
    """A row and a used id if something was promised for it, whatever its own row says; else neither of them."""
    record = replace(OPEN, src_hashed_lock=bytes(32)) if is_promised else OPEN
    close: Changes = {record.key(): None}
    both: Changes = {ENDED.key(): ENDED, NOTED.key(): NOTED}

    def histories() -> Histories:
        found = Histories()
        if is_durable:
            found.started("A", {record.key(): record})
        else:
            found.committed("A", {record.key(): record})
        return found

    right = histories()
    right.committed("A", close | both if is_promised else close)
    assert right.is_untraced("A", OPEN.invoice_id) != is_promised
    assert not right.is_untraced("B", OPEN.invoice_id)
    for row in (ENDED, NOTED):
        with pytest.raises(Violation, match="remember"):
            histories().committed("A", {**close, row.key(): row})
    with pytest.raises(
        Violation, match="does not remember it" if is_promised else "nothing was ever promised"
    ):
        histories().committed("A", close if is_promised else close | both)


def test_a_reset_that_gives_way() -> None:
    """By how much a ledger starts below the claim, or above, stands in a row of the same commit."""
    friend, token = PublicKey(bytes(32)), Signature(bytes(64))
    terms = ResetTerms(token, 1, (CurrencyBalance("FST", 15), CurrencyBalance("EUR", 2)))
    apart = ChannelRecord(friend, None, None, 0, 0, (), (), terms, None, None, None)
    again = replace(apart, local_terms=None)
    euros, credits = CreditRecord(friend, "EUR", 2, 0, 0), CreditRecord(friend, "FST", 7, 0, 0)
    reset: Changes = {again.key(): again, credits.key(): credits, euros.key(): euros}
    row = HistoryRecord(1, HistoryKind.CONCEDED, token, "FST", 8, friend, b"")
    histories = Histories()
    histories.committed("A", {apart.key(): apart})
    histories.committed("A", {**reset, row.key(): row})
    for wrong in (
        {},
        {row.key(): replace(row, amount=7)},
        {row.key(): replace(row, kind=HistoryKind.GAINED)},
    ):
        histories = Histories()
        histories.started("A", {apart.key(): apart})
        with pytest.raises(Violation, match="other balances than it claimed"):
            histories.committed("A", {**reset, **wrong})
