"""What pays an invoice, and what an invoice may do when parts of its payment vanish.

What the reference does wrong there and ours does not: D5, D6, D7, D8, D9, D10 of spec 03, 6.2.
"""

import msgspec

from offset.base.ids import InvoiceId
from offset.core.funder.records import UsedRecord
from offset.wire import app
from offset.wire.common import Commit
from offset.wire.friend import (
    CancelOp,
)
from support.ledger import FST, World
from support.ledger_faults import lose_channel
from support.ledger_peer import Peer


def test_d05_same_request_id_twice_for_one_invoice() -> None:
    """Two arrivals under one id complete an invoice of the reference at half the price; ours cancels the second."""
    world = World("s")
    first, second = Peer(world, "x", "s"), Peer(world, "y", "s")
    invoice_id = world.invoice("s", 20)
    first.say("s", first.request(1, 10, total=20, invoice_id=invoice_id))
    second.say("s", second.request(1, 10, total=20, invoice_id=invoice_id))
    second.get_token("s")
    assert list(second.answers().values()) == [CancelOp]
    assert waiting_at(world) == [first.key]


def test_d06_request_in_another_currency() -> None:
    """The reference lets a worthless currency pay any invoice; ours cancels."""
    world = World("as")
    world.befriend("a", "s", FST, "BAD")
    invoice_id = world.invoice("s", 10)
    payment_id = world.payment("a", "s", invoice_id, 10, "BAD")
    request_id = world.part(payment_id, "as", 10)
    world.settle()
    assert app.TransactionResult(request_id, app.FAILURE) in world["a"].results


def changed(commit: Commit, **changes: object) -> Commit:
    return msgspec.structs.replace(commit, **changes)


def test_d06_commit_in_another_currency() -> None:
    """A commit must be for the currency and total of the invoice."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    for wrong in (changed(commit, currency="BAD"), changed(commit, total_dest_payment=11)):
        world.control("s", app.CommitInvoice(wrong))
        assert world["s"].refusal == "the commit is for another amount or currency"


def test_d07_used_invoice_ids() -> None:
    """An old commit closes a new invoice of the reference under the same id; ours takes no id again for which it ever
    made a promise."""
    world = World("as")
    world.chain()
    world.pay("as", 10)
    _, _, commit = world.promise("as", 10)
    world.control("s", app.CancelInvoice(commit.invoice_id))
    world.restart("s")
    ids = {record.id for record in world["s"].rows.records() if isinstance(record, UsedRecord)}
    assert len(ids) == 2
    assert commit.invoice_id in ids
    for id in ids:
        world.control("s", app.AddInvoice(InvoiceId(id), FST, 10))
        assert world["s"].refusal == "the invoice was used before"


def test_d07_commit_with_another_lock() -> None:
    """A commit must carry the lock of this very invoice."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    world.control("s", app.CommitInvoice(changed(commit, dest_hashed_lock=bytes(32))))
    assert world["s"].refusal == "the commit belongs to another invoice with the same id"


def waiting_at(world: World) -> list[bytes]:
    """The friends through which parts came that wait for the one payer of s."""
    waiting = world["s"].state.waiting
    (payer,) = waiting
    return [friend for friend, _ in waiting.of(payer)]


def two_parts() -> tuple[World, bytes, Commit]:
    """a pays s 10 over m and 10 over n; all is promised. Returns also invoice and commit."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    invoice_id = world.invoice("s", 20)
    payment_id = world.payment("a", "s", invoice_id, 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    return world, invoice_id, commit


def test_d08_commit_after_a_part_is_gone() -> None:
    """The reference accepts a commit though a part has vanished; ours refuses to be paid half."""
    world, invoice_id, commit = two_parts()
    lose_channel(world, "s", "n", "inconsistent")
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal == "parts of the payment are gone, so it cannot be collected whole"
    assert invoice_id in world["s"].state.invoices
    assert world["s"].credit(world["m"]).balance == 0


def test_d09_request_after_a_part_is_gone() -> None:
    """A further request for such an invoice kills the reference; ours counts what really waits."""
    world, _, commit = two_parts()
    lose_channel(world, "s", "n", "inconsistent")
    (payment_id,) = world["a"].state.payments
    world.part(payment_id, "ams", 10)
    world.settle()
    assert waiting_at(world) == [world["m"].key] * 2
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    assert world["s"].credit(world["m"]).balance == 20


def test_d10_cancelling_an_invoice_after_a_part_is_gone() -> None:
    """Cancelling such an invoice kills the reference; ours cancels what is left."""
    world, invoice_id, _ = two_parts()
    lose_channel(world, "s", "n", "removed")
    world.control("s", app.CancelInvoice(invoice_id))
    world.settle()
    assert world["s"].refusal is None
    assert not world["s"].credit(world["m"]).remote
