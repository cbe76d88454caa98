"""What is lost with a channel after a commit was made may be claimed: it is neither paid nor unpaid (spec 03, 3.7)."""

from collections.abc import Callable

import pytest

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.reset import make_terms
from offset.core.funder.records import HistoryRecord, PaymentStage
from offset.core.funder.state import views
from offset.core.funder.state.views import lost_payments
from offset.wire import app
from offset.wire.common import Commit
from offset.wire.extension import LostCredits, LostPayment
from support.ledger import FST, World

Loss = Callable[[World], None]


def hear_terms(world: World) -> None:
    """The first hop says that the ledgers disagree, and claims what is frozen."""
    a, m = world["a"], world["m"]
    world.took(a, a.funder.friend_message(m.key, make_terms(m.friend(a).channel, m.entropy)))


def remove(world: World) -> None:
    """The buyer removes the first hop."""
    world.control("a", app.RemoveFriend(world["m"].key))


LOSSES = pytest.mark.parametrize("lose", [hear_terms, remove])


def promised() -> tuple[World, bytes, bytes, Commit]:
    """a has a commit for 100 over m, 3 of fees."""
    world = World("amb")
    world.chain()
    payment_id, request_id, commit = world.promise("amb", 100, 3)
    world["a"].take_results()
    return world, payment_id, request_id, commit


def history(world: World) -> list[tuple[HistoryKind, int, bytes]]:
    """Kind, amount and peer of what the buyer's history says."""
    rows = [row for row in world["a"].rows.records() if isinstance(row, HistoryRecord)]
    return [(row.kind, row.amount, row.peer) for row in rows]


@LOSSES
def test_after_the_commit_nobody_is_told_that_nothing_was_paid(lose: Loss) -> None:
    """The buyer's app hears neither Failure nor canceled: the seller can still collect, and the hop claims it."""
    world, payment_id, _, commit = promised()
    hop = world["m"].key
    lose(world)
    world.control("b", app.CommitInvoice(commit))
    assert world["b"].refusal is None
    payment = world["a"].state.payments[payment_id]
    assert payment.stage is PaymentStage.LOST
    assert world["a"].take_results() == []
    assert history(world) == [(HistoryKind.LOST_PART, 103, hop), (HistoryKind.UNPROVED, 100, world["b"].key)]
    lost = (LostPayment(payment_id, FST, (LostCredits(hop, 103),), payment.ack_uid),)
    assert lost_payments(world["a"].state, [payment_id]) == lost


@LOSSES
def test_our_apps_are_told_again_and_let_it_go(lose: Loss) -> None:
    """Whoever asks how it ended is told by the extension, also after a restart; an acknowledgement forgets it."""
    world, payment_id, request_id, _ = promised()
    lose(world)
    world.restart("a")
    turn = world.control("a", app.RequestClosePayment(payment_id))
    assert list(turn.lost_payments) == [payment_id]
    assert turn.results == []
    keys = tuple(world[name].key for name in "amb")
    world.control("a", app.CreateTransaction(payment_id, request_id, app.FriendsRoute(keys), 100, 3))
    assert world["a"].refusal == "the payment takes no more parts"
    (told,) = lost_payments(world["a"].state, turn.lost_payments)
    assert told.opt_ack_uid is not None
    world.control("a", app.AckClosePayment(payment_id, told.opt_ack_uid))
    assert world["a"].refusal is None
    assert payment_id not in world["a"].state.payments


@LOSSES
def test_without_a_commit_nothing_can_be_collected(lose: Loss) -> None:
    """A part that was lost before the whole was promised is noted with its friend, and the payment is canceled."""
    world = World("amb")
    world.chain()
    payment_id = world.payment("a", "b", world.invoice("b", 100), 100)
    request_id = world.part(payment_id, "amb", 60)
    world.settle()
    hop = world["m"].key
    world["a"].take_results()
    lose(world)
    assert world["a"].take_results() == [app.TransactionResult(request_id, app.FAILURE)]
    keys = tuple(world[name].key for name in "amb")
    world.control("a", app.CreateTransaction(payment_id, request_id, app.FriendsRoute(keys), 60, 0))
    assert (
        world["a"].refusal == "this part is lost with its channel, and may be claimed: it is not sent again"
    )
    world.control("a", app.RequestClosePayment(payment_id))
    assert world["a"].state.payments[payment_id].stage is PaymentStage.CANCELED
    assert history(world) == [(HistoryKind.LOST_PART, 60, hop), (HistoryKind.UNPAID, 100, world["b"].key)]


@LOSSES
def test_another_part_proves_the_whole(lose: Loss) -> None:
    """While other parts are under way they decide: a receipt proves that all was paid, the lost part included."""
    world = World("amnb")
    for left, right in ("am", "an", "mb", "nb"):
        world.befriend(left, right)
    payment_id = world.payment("a", "b", world.invoice("b", 100), 100)
    for route in ("amb", "anb"):
        world.part(payment_id, route, 50)
        world.settle()
    (commit,) = [item.result.commit for item in world["a"].results if isinstance(item.result, app.Complete)]
    world.control("a", app.RequestClosePayment(payment_id))
    lose(world)
    assert world["a"].state.payments[payment_id].stage is PaymentStage.IN_PROGRESS
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert world["a"].state.payments[payment_id].stage is PaymentStage.SUCCEEDED
    kinds = [kind for kind, _, _ in history(world)]
    assert kinds == [HistoryKind.LOST_PART, HistoryKind.PAID]


@LOSSES
def test_a_cancel_of_another_part_proves_nothing(lose: Loss) -> None:
    """What is lost stays in doubt, even if all else comes back."""
    world = World("amnb")
    for left, right in ("am", "an", "mb", "nb"):
        world.befriend(left, right)
    invoice_id = world.invoice("b", 100)
    payment_id = world.payment("a", "b", invoice_id, 100)
    for route in ("amb", "anb"):
        world.part(payment_id, route, 50)
        world.settle()
    lose(world)
    world.control("b", app.CancelInvoice(invoice_id))
    world.settle()
    world.control("a", app.RequestClosePayment(payment_id))
    assert world["a"].state.payments[payment_id].stage is PaymentStage.LOST


def test_a_report_names_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many payments are lost, a report has some of them; a forgotten one is told without parts."""
    monkeypatch.setattr(views, "LOST_PAYMENTS_TOLD_MAX", 2)
    world = World("amb")
    world.chain()
    ids = [world.promise("amb", 10, 3)[0] for _ in range(3)]
    hear_terms(world)
    state = world["a"].state
    assert [lost.payment_id for lost in lost_payments(state, ids)] == ids[:2]
    assert lost_payments(state, [b"x" * 16]) == (LostPayment(b"x" * 16, "", (), None),)
