"""What becomes of requests under way after a loss: each is decided when its two friends have told. S3, S5, S6."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.friend import reconciling, stray_collects
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import LOST, OWN, From, HistoryRecord, PaymentStage
from offset.crypto.identity import Identity
from offset.crypto.locks import hash_lock
from offset.crypto.own_locks import OwnLocks
from offset.wire import app
from offset.wire.aside import Handover
from offset.wire.common import Commit
from offset.wire.friend import CollectOp, CurrencyOperations
from offset.wire.orders import GiveUp
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, prefix_hash, response_hash
from support.ledger import FST, Node
from support.losses import LossyWorld


def row_of_three() -> LossyWorld:
    """x pays b over a."""
    world = LossyWorld("xab")
    world.befriend("x", "a", limit=100)
    world.befriend("a", "b", limit=100)
    return world


def tell(world: LossyWorld, name: str, *others: str) -> None:
    """These friends of the node tell, one after the other."""
    for other in others:
        world.connect(*sorted((name, other)))
        world.settle()
        assert world[name].friend(world[other]).has_told


def balances(world: LossyWorld, name: str, *others: str) -> list[int]:
    """What these owe the node."""
    return [world[name].credit(world[other]).balance for other in others]


def noted(node: Node, kind: HistoryKind) -> list[HistoryRecord]:
    """Rows of the history."""
    return [row for row in node.rows.records() if isinstance(row, HistoryRecord) and row.kind is kind]


@pytest.mark.parametrize("order", ["xb", "bx"])
@pytest.mark.parametrize("is_bare", [False, True])
def test_a_payment_goes_on(order: str, is_bare: bool) -> None:
    """The mediator lost its books while a payment waited for its commit: it is collected, whoever tells first."""
    world = row_of_three()
    copy = world.copy("a")
    _, request_id, commit = world.promise("xab", 40)
    if is_bare:
        world.lose_all("a")
    else:
        world.lose("a", copy)
    tell(world, "a", *order)
    a, x = world["a"], world["x"]
    assert a.credit(world["b"]).local[request_id].origin == From(x.key)
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert balances(world, "a", "x", "b") == [40, -40]
    assert noted(a, HistoryKind.LOST) == []


@pytest.mark.parametrize("order", ["xb", "bx"])
def test_a_collect_that_came_and_went(order: str) -> None:
    """The seller has collected, and the copy is from before the request: who paid on is paid."""
    world = row_of_three()
    copy = world.copy("a")
    _, _, commit = world.promise("xab", 40)
    world.give_token("a", "x")
    world.disconnect("a", "x")
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    world.lose("a", copy)
    tell(world, "a", *order)
    world.settle()
    assert balances(world, "a", "x", "b") == [40, -40]
    assert world["a"].state.strays == {} or order == "bx"


def test_an_answer_while_the_asker_is_away() -> None:
    """The seller collects when it has told and the asker has not: the collect is kept, and goes on when it tells."""
    world = row_of_three()
    copy = world.copy("a")
    _, request_id, commit = world.promise("xab", 40)
    world.lose("a", copy)
    tell(world, "a", "b")
    a = world["a"]
    assert a.credit(world["b"]).local[request_id].origin == LOST
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert balances(world, "a", "b") == [-40]
    assert len(a.state.strays) == 1
    world.restart("a")
    tell(world, "a", "x")
    world.connect("a", "b")
    world.settle()
    assert balances(world, "a", "x", "b") == [40, -40]
    assert a.state.strays == {}
    assert noted(a, HistoryKind.LOST) == []


def test_what_nobody_holds_is_cancelled() -> None:
    """The request never went on, and the friend that it names says so."""
    world = row_of_three()
    invoice = world.invoice("b", 40)
    payment = world.payment("x", "b", invoice, 40)
    copy = world.copy("a")
    world.disconnect("a", "b")
    world.connect("a", "b")
    request_id = world.part(payment, "xab", 40)
    # a has taken it, and b has not heard of it.
    while request_id not in world["a"].credit(world["x"]).remote:
        world.deliver(*next(pair for pair in world.under_way() if set(pair) == {"a", "x"}))
    world.lose("a", copy)
    tell(world, "a", "x")
    assert request_id in world["a"].credit(world["x"]).remote
    tell(world, "a", "b")
    world.settle()
    assert world["x"].credit(world["a"]).local == {}
    assert balances(world, "a", "x", "b") == [0, 0]


# S3: the seller tells last


def late_seller() -> tuple[LossyWorld, bytes, bytes, Commit]:
    """b has promised to x, of which a has not heard; then a has lost all, and x tells. Buyer and seller are one."""
    world = row_of_three()
    invoice = world.invoice("b", 40)
    payment = world.payment("x", "b", invoice, 40)
    request_id = world.part(payment, "xab", 40)
    x, a, b = world["x"], world["a"], world["b"]
    while request_id not in b.credit(a).remote:
        to, from_ = next(pair for pair in world.under_way())
        world.deliver(to, from_)
    pending = b.credit(a).remote[request_id]
    promise = pending.response or next(iter(b.friend(a).queues[0].values())).operation
    record = x.state.payments[payment]
    commit = Commit(
        response_hash(request_id, promise.rand_nonce),
        record.src_plain_lock,
        promise.dest_hashed_lock,
        40,
        40,
        invoice,
        FST,
        promise.signature,
    )
    world.lose_all("a")
    return world, payment, request_id, commit


def test_s3_a_seller_that_tells_last() -> None:
    """What x asked is left alone until b has told, though b stays away, so a is paid for what it pays."""
    world, _, request_id, commit = late_seller()
    a, x = world["a"], world["x"]
    tell(world, "a", "x")
    assert request_id in a.credit(x).remote
    world.restart("a")
    tell(world, "a", "x") if ("a", "x") not in world.lines else None
    assert request_id in a.credit(x).remote
    tell(world, "a", "b")
    world.control("b", app.CommitInvoice(commit))
    assert world["b"].refusal is None
    world.settle()
    assert balances(world, "a", "x", "b") == [40, -40]


def test_who_stays_away_is_given_up() -> None:
    """By the owner, at what it may cost: nobody knows whether the request went on."""
    world, _, request_id, _ = late_seller()
    a, x, b = world["a"], world["x"], world["b"]
    tell(world, "a", "x")
    world.control("a", GiveUp(bytes(32)))
    world.settle()
    assert request_id in a.credit(x).remote
    world.control("a", GiveUp(b.key))
    world.settle()
    assert a.credit(x).remote == {}
    assert x.credit(a).local == {}


def test_who_is_removed_is_given_up() -> None:
    """Nothing waits for a friend that is gone."""
    world, _, _, _ = late_seller()
    a, x = world["a"], world["x"]
    tell(world, "a", "x")
    world.control("a", app.RemoveFriend(world["b"].key))
    world.settle()
    assert a.credit(x).remote == {}


# S5: forged locks


def forged(world: LossyWorld, handover: Handover, collect: CollectOp) -> Handover:
    """b says that it collected, with these locks, and signs it."""
    b, a = world["b"], world["a"]
    (credit,) = handover.credits
    paid = sum(item.request.dest_payment + item.request.left_fees for item in credit.taken)
    credit = msgspec.structs.replace(credit, taken=(), balance=credit.balance + paid)
    info = TokenInfo(
        McInfo(b.key, a.key, (CurrencyBalanceInfo(FST, BalanceInfo(credit.balance, 0, 0)),)),
        CountersInfo(0, handover.incoming.token_info.counters.move_token_counter + 1),
    )
    message = handover.outgoing
    groups = (CurrencyOperations(FST, (collect,)),)
    prefix = prefix_hash(message.old_token, groups, message.opt_local_relays, message.opt_active_currencies)
    signature = b.identity.sign(move_token_buffer(prefix, info_hash(info), message.rand_nonce))
    message = msgspec.structs.replace(
        message, currencies_operations=groups, info_hash=info_hash(info), new_token=signature
    )
    return msgspec.structs.replace(handover, credits=(credit,), outgoing=message)


@pytest.mark.parametrize("order", ["xb", "bx"])
def test_s5_forged_locks(order: str) -> None:
    """b takes its bound, which our own signature allows; x does not pay for locks that do not open, and a lives on."""
    world = row_of_three()
    _, request_id, _ = world.promise("xab", 40)
    world.give_token("a", "b")
    world.give_token("a", "x")
    a = world["a"]
    shown = {name: world.handover(name, "a") for name in "xb"}
    shown["b"] = forged(world, shown["b"], CollectOp(request_id, bytes(32), bytes(32)))
    world.lose_all("a")
    for name in order:
        world.show("a", name, shown[name])
        assert a.friend(world[name]).has_told
    # It starts, and starts again. What x asked is left to the owner, who gives it back.
    for _ in range(2):
        world.restart("a")
        world.connect("a", "x")
        world.settle()
    assert request_id in a.credit(world["x"]).remote
    world.control("a", GiveUp(world["b"].key))
    world.settle()
    assert balances(world, "a", "x", "b") == [0, -40]
    assert world["x"].credit(a).local == {}


# Payments of our own


def test_a_part_of_ours_goes_on() -> None:
    """The buyer lost its books between its request and the promise: it hears the promise."""
    world = row_of_three()
    invoice = world.invoice("b", 40)
    payment = world.payment("x", "b", invoice, 40)
    request_id = world.part(payment, "xab", 40)
    copy = world.copy("x")
    world.settle()
    world["x"].take_results()
    world.lose("x", copy)
    tell(world, "x", "a")
    x = world["x"]
    assert x.credit(world["a"]).local[request_id].origin is OWN
    (result,) = x.take_results()
    assert isinstance(result.result, app.Complete)
    world.control("b", app.CommitInvoice(result.result.commit))
    world.settle()
    assert x.state.payments[payment].receipt is not None
    assert balances(world, "x", "a") == [-40]


def test_a_part_of_ours_that_was_paid() -> None:
    """The friend's collect proves it, and makes the receipt."""
    world = row_of_three()
    payment, _, commit = world.promise("xab", 40)
    copy = world.copy("x")
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    world.lose("x", copy)
    tell(world, "x", "a")
    receipt = world["x"].state.payments[payment].receipt
    assert receipt is not None
    assert hash_lock(receipt.dest_plain_lock) == commit.dest_hashed_lock
    assert balances(world, "x", "a") == [-40]


def test_a_part_of_ours_of_which_nothing_is_proved() -> None:
    """It ended while nobody looked, and the promise was not in the copy: it is not called unpaid."""
    world = row_of_three()
    invoice = world.invoice("b", 40)
    payment = world.payment("x", "b", invoice, 40)
    world.part(payment, "xab", 40)
    copy = world.copy("x")
    world.control("x", app.RequestClosePayment(payment))
    world.settle()
    (commit,) = [
        result.result.commit
        for result in world["x"].results
        if isinstance(result, app.TransactionResult) and isinstance(result.result, app.Complete)
    ]
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert world["x"].state.payments[payment].receipt is not None
    world["x"].take_results()
    world.lose("x", copy)
    tell(world, "x", "a")
    x = world["x"]
    assert x.take_results() == []
    world.control("x", app.RequestClosePayment(payment))
    assert x.state.payments[payment].stage is PaymentStage.LOST
    assert x.take_results() == []
    assert balances(world, "x", "a") == [-40]


# Sales of our own


def test_a_part_for_an_invoice_of_ours() -> None:
    """The seller lost its books after its promise: what it can open waits again, and is collected."""
    world = row_of_three()
    invoice = world.invoice("b", 40)
    copy = world.copy("b")
    payment = world.payment("x", "b", invoice, 40)
    world.part(payment, "xab", 40)
    world.settle()
    (commit,) = [
        result.result.commit
        for result in world["x"].results
        if isinstance(result, app.TransactionResult) and isinstance(result.result, app.Complete)
    ]
    world.lose("b", copy)
    tell(world, "b", "a")
    world.control("b", app.CommitInvoice(commit))
    assert world["b"].refusal is None
    world.settle()
    assert balances(world, "a", "x", "b") == [40, -40]


def test_a_sale_without_its_invoice() -> None:
    """The copy is from before the invoice, or there is none: its lock follows from our key."""
    for is_bare in (False, True):
        world = row_of_three()
        copy = world.copy("b")
        _, _, commit = world.promise("xab", 40)
        if is_bare:
            world.lose_all("b")
        else:
            world.lose("b", copy)
        tell(world, "b", "a")
        world.control("b", app.CommitInvoice(commit))
        assert world["b"].refusal is None
        world.settle()
        assert balances(world, "a", "x", "b") == [40, -40]


def test_a_part_that_we_cannot_open_is_given_back() -> None:
    """Its invoice is lost, and its lock was drawn by an older program."""
    world = row_of_three()
    copy = world.copy("b")
    world.promise("xab", 40)
    world.lose("b", copy)
    world["b"].funder._locks = OwnLocks(Identity(bytes(32)))
    tell(world, "b", "a")
    world.settle()
    assert world["x"].credit(world["a"]).local == {}
    assert balances(world, "a", "x", "b") == [0, 0]


def test_a_purchase_without_its_payment() -> None:
    """Nothing but the identity: the request is ours by its lock, and its collect ends a payment."""
    world = row_of_three()
    _, request_id, commit = world.promise("xab", 40)
    world.lose_all("x")
    tell(world, "x", "a")
    x = world["x"]
    assert x.credit(world["a"]).local[request_id].origin is OWN
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert balances(world, "x", "a") == [-40]
    (payment,) = x.state.payments.values()
    assert payment.receipt is not None


def test_searches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs some ms; the rest counts as nobody's, and its friend may claim what our signature allows."""
    monkeypatch.setattr(reconciling, "REGAIN_SEARCHES_MAX", 0)
    world = row_of_three()
    _, request_id, _ = world.promise("xab", 40)
    world.lose_all("x")
    tell(world, "x", "a")
    assert world["x"].credit(world["a"]).local[request_id].origin == LOST


def test_strays_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is noted as lost at once."""
    monkeypatch.setattr(stray_collects, "STRAYS_MAX", 0)
    world = row_of_three()
    copy = world.copy("a")
    _, _, commit = world.promise("xab", 40)
    world.lose("a", copy)
    tell(world, "a", "b")
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert world["a"].state.strays == {}
    (row,) = noted(world["a"], HistoryKind.LOST)
    assert row.amount == 40
