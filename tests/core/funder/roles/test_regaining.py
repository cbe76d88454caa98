"""A seller and a buyer that lost all but their key and what friends hand over (P11 of the design)."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.funder import Funder
from offset.core.funder.ledger.mutual_credit import Pending
from offset.core.funder.records import (
    HistoryRecord,
    InvoiceRecord,
    PaymentRecord,
    PaymentStage,
    TransactionRecord,
    UsedRecord,
)
from offset.core.funder.roles import regaining
from offset.core.funder.roles.regaining import NOBODY, regain_payment, regain_sale
from offset.core.funder.state.views import lost_payments
from offset.crypto.locks import hash_lock
from offset.crypto.own_locks import OwnLocks
from offset.wire import app
from offset.wire.common import Commit
from support.ledger import FST, Node, World
from support.losses import LossyWorld

GONE = (InvoiceRecord, PaymentRecord, TransactionRecord, HistoryRecord, UsedRecord)
"""What no friend can hand over."""


def lose(world: World, name: str) -> Node:
    """The node has its channels only, as after catching up with its friends. What was in memory is gone, too."""
    world._break_lines(name)
    node = world[name]
    for record in node.rows.records():
        if isinstance(record, GONE):
            node.rows.apply({record.key(): None})
    node.funder = Funder(node.identity, node.entropy, node.rows.records())
    node.report = node.funder.report()
    return node


def regain(world: World, name: str) -> list[bool]:
    """Look at each request under way, in one turn; which of them are ours."""
    node = world[name]
    turn = node.funder._turn()
    found: list[bool] = []
    for friend in node.state.friends.values():
        for currency, credit in friend.channel.credits.items():
            found += [regain_sale(turn, friend, currency, pending) for pending in credit.remote.values()]
            found += [regain_payment(turn, friend, currency, pending) for pending in credit.local.values()]
    world.took(node, node.funder._finish(turn))
    return found


def back(world: World, name: str, *friends: str) -> None:
    """The lines come up again."""
    for friend in friends:
        world.connect(name, friend)
    world.settle()


def one_payment(node: Node) -> PaymentRecord:
    """The only payment of a node."""
    (payment,) = node.state.payments.values()
    return payment


def test_the_seller_collects() -> None:
    """Its promise shows the lock, so the invoice is open again, and the buyer's commit collects it."""
    world = World("abc", 1)
    world.chain()
    payment_id, _, commit = world.promise("abc", 40, 1)
    lose(world, "c")
    assert regain(world, "c") == [True]
    back(world, "c", "b")
    world.control("c", app.CommitInvoice(commit))
    assert world["c"].refusal is None
    world.settle()
    assert (world["c"].credit(world["b"]).balance, world["a"].credit(world["b"]).balance) == (41, -41)
    assert world["a"].state.payments[payment_id].stage is PaymentStage.SUCCEEDED


def test_the_buyer_makes_the_same_commit() -> None:
    """The commit that was lost can be made again, and what comes of the payment is told under its new id."""
    world = World("abc", 2)
    world.chain()
    _, request_id, commit = world.promise("abc", 40, 1)
    node = lose(world, "a")
    assert regain(world, "a") == [True]
    payment = one_payment(node)
    assert (payment.stage, payment.is_promised, payment.open_transactions) == (
        PaymentStage.IN_PROGRESS,
        True,
        1,
    )
    back(world, "a", "b")
    node.take_results()
    parts = [part for part in node.state.transactions.values() if part.request_id == request_id]
    route = tuple(world[name].key for name in "abc")
    request = app.CreateTransaction(
        payment.payment_id, request_id, app.FriendsRoute(route), parts[0].dest_payment, parts[0].fees
    )
    world.control("a", request)
    assert node.take_results() == [app.TransactionResult(request_id, app.Complete(commit))]
    world.control("c", app.CommitInvoice(commit))
    world.settle()
    ended = one_payment(node)
    assert ended.stage is PaymentStage.SUCCEEDED
    assert ended.receipt is not None
    assert world["a"].credit(world["b"]).balance == -41


def test_a_payment_that_comes_to_nothing() -> None:
    """The seller withdraws: what was frozen comes back. Whether other parts were paid before the loss nobody knows."""
    world = World("abc", 3)
    world.chain()
    _, _, commit = world.promise("abc", 40, 1)
    node = lose(world, "a")
    regain(world, "a")
    back(world, "a", "b")
    world.control("c", app.CancelInvoice(commit.invoice_id))
    world.settle()
    assert one_payment(node).stage is PaymentStage.LOST
    assert node.credit(world["b"]).local_debt == 0


def test_parts_are_of_one_payment() -> None:
    """Two parts over one friend have one lock, and end as one payment; so do they at the seller."""
    world = World("as", 4)
    world.befriend("a", "s")
    invoice_id = world.invoice("s", 30)
    payment_id = world.payment("a", "s", invoice_id, 30)
    world.part(payment_id, "as", 10)
    request_id = world.part(payment_id, "as", 20)
    world.settle()
    commit = commit_of(world["a"], request_id)
    for name in "as":
        lose(world, name)
        assert regain(world, name) == [True, True]
    assert one_payment(world["a"]).open_transactions == 2
    back(world, "a", "s")
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal is None
    world.settle()
    assert world["s"].credit(world["a"]).balance == 30
    assert one_payment(world["a"]).stage is PaymentStage.SUCCEEDED


def commit_of(node: Node, request_id: bytes) -> Commit:
    """The commit that this part made."""
    (result,) = [
        result.result
        for result in node.results
        if isinstance(result, app.TransactionResult) and result.request_id == request_id
    ]
    assert isinstance(result, app.Complete)
    return result.commit


@pytest.mark.parametrize("lost", ["first", "second", "none"])
def test_two_payers_of_one_invoice(lost: str) -> None:
    """Each has a lock of its own; whichever promises friends still know, the other payer is not mistaken for it."""
    world = World("abs", 5)
    world.befriend("a", "s")
    world.befriend("b", "s")
    invoice_id = world.invoice("s", 30)
    commits = {}
    for payer in "ab":
        payment_id = world.payment(payer, "s", invoice_id, 30)
        request_id = world.part(payment_id, f"{payer}s", 30)
        world.settle()
        commits[payer] = commit_of(world[payer], request_id)
    if lost != "none":
        gone = "a" if lost == "first" else "b"
        world.control(gone, app.RemoveFriend(world["s"].key))
        world.control("s", app.RemoveFriend(world[gone].key))
    left = {"first": "b", "second": "a", "none": "ab"}[lost]
    lose(world, "s")
    assert regain(world, "s") == [True] * len(left)
    (invoice,) = world["s"].state.invoices.values()
    first = hash_lock(commits["a"].src_plain_lock)
    assert invoice.src_hashed_lock == (NOBODY if lost == "first" else first)
    for payer in left:
        back(world, "s", payer)
    if lost == "first":
        # A third payer is promised another lock than the second one.
        world.befriend("a", "s")
        payment_id = world.payment("a", "s", invoice_id, 30)
        request_id = world.part(payment_id, "as", 30)
        world.settle()
        other = commit_of(world["a"], request_id)
        assert other.dest_hashed_lock not in {commit.dest_hashed_lock for commit in commits.values()}
    payer = left[-1]
    world.control("s", app.CommitInvoice(commits[payer]))
    assert world["s"].refusal is None
    world.settle()
    assert world["s"].credit(world[payer]).balance == 30


def test_what_is_not_ours() -> None:
    """Of a mediator, without a promise, with a drawn lock, or with a promise that somebody else made."""
    world = World("abc", 6)
    world.chain()
    world.promise("abc", 40, 1)
    assert regain(world, "b") == [False, False]
    seller = world["c"]
    friend = seller.friend(world["b"])
    (pending,) = friend.channel.credits[FST].remote.values()
    response = pending.response
    assert response is not None
    lose(world, "c")
    friend = seller.friend(world["b"])
    turn = seller.funder._turn()
    for wrong in (
        Pending(pending.request),
        Pending(pending.request, msgspec.structs.replace(response, dest_hashed_lock=bytes(32))),
        Pending(msgspec.structs.replace(pending.request, total_dest_payment=41), response),
        Pending(msgspec.structs.replace(pending.request, invoice_id=bytes(32)), response),
    ):
        assert not regain_sale(turn, friend, FST, wrong)
    assert not regain_sale(turn, friend, "EUR", pending)
    turn.locks = OwnLocks(world["a"].identity)
    assert not regain_sale(turn, friend, FST, pending)
    assert turn.changes == {}


def test_what_is_there_already() -> None:
    """The rows of a node that lost nothing stay as they are."""
    world = World("abc", 7)
    world.chain()
    world.promise("abc", 40, 1)
    for name in "ac":
        before = world[name].rows.records()
        regain(world, name)
        assert world[name].rows.records() == before


def test_an_invoice_that_was_used_is_not_opened_again() -> None:
    """It was collected or withdrawn, and its id is known."""
    world = World("abc", 8)
    world.chain()
    _, _, commit = world.promise("abc", 40, 1)
    seller = world["c"]
    pending = next(iter(seller.friend(world["b"]).channel.credits[FST].remote.values()))
    world.control("c", app.CancelInvoice(commit.invoice_id))
    turn = seller.funder._turn()
    assert not regain_sale(turn, seller.friend(world["b"]), FST, pending)
    assert turn.changes == {}


def test_a_payment_that_the_copy_calls_canceled() -> None:
    """Its part is under way all the same: that becomes a payment of its own, and what was told is not unsaid."""
    world = World("abc", 9)
    world.chain()
    payment_id, request_id, _ = world.promise("abc", 40, 1)
    node = lose(world, "a")
    record = PaymentRecord(
        *(
            payment_id,
            bytes(32),
            FST,
            40,
            world["c"].key,
            bytes(32),
            PaymentStage.CANCELED,
            0,
            None,
            bytes(16),
        )
    )
    (pending,) = node.friend(world["b"]).channel.credits[FST].local.values()
    lock = node.funder._locks.find_src(
        pending.request.invoice_id, 40, FST, world["c"].key, pending.request.src_hashed_lock
    )
    assert lock is not None
    old = msgspec.structs.replace(record, invoice_id=pending.request.invoice_id, src_plain_lock=lock)
    node.state.payments[payment_id] = old
    node.rows.apply({old.key(): old})
    assert regain(world, "a") == [True]
    assert node.state.payments[payment_id] == old
    assert node.state.transactions[request_id].payment_id != payment_id


def test_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for an invoice nor for a payment."""
    monkeypatch.setattr(regaining, "PAYMENTS_MAX", 0)
    monkeypatch.setattr(regaining, "INVOICES_MAX", 0)
    world = World("abc", 8)
    world.chain()
    world.promise("abc", 40, 1)
    for name in "ac":
        node = lose(world, name)
        turn = node.funder._turn()
        (credit,) = node.friend(world["b"]).channel.credits.values()
        friend = node.friend(world["b"])
        assert not any(regain_sale(turn, friend, FST, pending) for pending in credit.remote.values())
        assert not any(regain_payment(turn, friend, FST, pending) for pending in credit.local.values())
        assert turn.changes == {}


def test_an_invoice_that_was_withdrawn_while_its_books_were_lost() -> None:
    """The node does not know it, and says so; but what a friend hands over for it later is not held for ever."""
    world = LossyWorld("ab", 1)
    world.befriend("a", "b", limit=1000)
    payment_id, _, commit = world.promise("ab", 40)
    world.lose_all("b")
    world.control("b", app.CancelInvoice(commit.invoice_id))
    assert "not open" in (world["b"].refusal or "")
    world.connect("a", "b")
    world.settle()
    assert world["b"].friend(world["a"]).has_told
    assert world["b"].state.invoices == {}
    assert world["a"].state.payments[payment_id].stage is PaymentStage.CANCELED
    assert world["a"].credit(world["b"]).local_debt == 0
    # An invoice that nobody ever had is not remembered once all have told.
    turn = world.control("b", app.CancelInvoice(bytes(32)))
    assert turn.changes == {}


def test_apps_forget_a_payment_of_which_nothing_is_proved() -> None:
    """It was told as lost without a friend, and is told as forgotten when its app has acknowledged it."""
    world = World("abc", 10)
    world.chain()
    _, _, commit = world.promise("abc", 40, 1)
    node = lose(world, "a")
    regain(world, "a")
    back(world, "a", "b")
    world.control("c", app.CancelInvoice(commit.invoice_id))
    world.settle()
    payment = one_payment(node)
    (told,) = lost_payments(node.state, [payment.payment_id])
    assert told.opt_ack_uid is not None
    turn = world.control("a", app.AckClosePayment(payment.payment_id, told.opt_ack_uid))
    (told,) = lost_payments(node.state, turn.lost_payments)
    assert told.is_forgotten
