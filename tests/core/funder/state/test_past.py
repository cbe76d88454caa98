"""What is over is looked up, and nothing of it stays in memory."""

from offset.core.funder.funder import Funder
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import HistoryKey, HistoryRecord, Key, Record, UsedKey, UsedRecord
from offset.core.funder.state.past import Noted, RowsPast, UsedIds, present
from offset.wire import app
from support.ledger import FST, World


def row(number: int) -> HistoryRecord:
    return HistoryRecord(number, HistoryKind.PAID, bytes(16), "FST", 1, bytes(32), b"")


def test_a_used_id_is_in_memory_until_it_is_durable() -> None:
    """It is known at every moment: from memory, then from the disk."""
    rows: dict[Key, Record] = {}
    used = UsedIds(RowsPast(rows))
    key = UsedKey(UsedKind.INVOICE, bytes(32))
    assert not used.has(key)
    used.add(key)
    assert used.has(key)
    rows[key] = UsedRecord(key.kind, key.id)
    used.settled([key])
    assert used.has(key)
    assert not list(used)


def test_ids_of_invoices_and_payments_are_not_mistaken_for_each_other() -> None:
    """Apps choose both, so one may be chosen to look like the other."""
    used = UsedIds(RowsPast({}))
    used.add(UsedKey(UsedKind.INVOICE, bytes(32)))
    assert not used.has(UsedKey(UsedKind.PAYMENT, bytes(32)))


def test_pages() -> None:
    """From either end, and on from the last number that was seen."""
    past = RowsPast({record.key(): record for record in map(row, (2, 1, 5, 4, 3))})
    assert past.last_number() == 5
    assert past.newest(None, 2) == [Noted(row(5), 0), Noted(row(4), 0)]
    assert past.newest(4, 2) == [Noted(row(3), 0), Noted(row(2), 0)]
    assert past.newest(2, 9) == [Noted(row(1), 0)]
    assert past.newest(1, 9) == []
    assert past.oldest(0, 2) == [Noted(row(1), 0), Noted(row(2), 0)]
    assert past.oldest(3, 9) == [Noted(row(4), 0), Noted(row(5), 0)]
    assert past.oldest(5, 9) == []


def test_a_node_starts_without_its_past() -> None:
    """What it does not load goes on where it was: numbers rise, and ids stay used."""
    world = World("as")
    world.chain()
    world.pay("as", 10)
    _, _, commit = world.promise("as", 10)
    rows = {record.key(): record for record in world["s"].rows.records()}
    loaded = present(rows)
    assert len(loaded) == len(rows) - 3  # an id that is used, its history, and the collect that was made
    node, (invoice,) = world["s"], [key for key in rows if isinstance(key, UsedKey)]
    node.funder = Funder(node.identity, node.entropy, loaded, RowsPast(rows))
    assert not list(node.state.used)
    node.funder.start()
    refused = node.funder.control(app.AddInvoice(invoice.id, FST, 10))
    assert refused.refusal == "the invoice was used before"
    turn = node.funder.control(app.CancelInvoice(commit.invoice_id))
    assert [key for key in turn.changes if isinstance(key, HistoryKey)] == [HistoryKey(2)]
    assert turn.used_up == list(node.state.used) == [UsedKey(UsedKind.INVOICE, commit.invoice_id)]
    node.funder.settled(turn.used_up)
    assert not list(node.state.used)
