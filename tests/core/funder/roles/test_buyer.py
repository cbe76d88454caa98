"""Sending parts of a payment, and what comes back (spec 03, 3.7)."""

import pytest

from offset.core.funder.roles import buyer
from offset.crypto.locks import hash_lock
from offset.wire import app
from offset.wire.friend import FriendsRoute
from offset.wire.signing import verify_commit, verify_receipt
from support.ledger import World


def line() -> tuple[World, bytes]:
    world = World("abc")
    world.chain()
    return world, world.payment("a", "c", world.invoice("c", 30), 30)


def failed(world: World, request_id: bytes) -> bool:
    return world["a"].results[-1:] == [app.TransactionResult(request_id, app.FAILURE)]


def test_part_goes_out_as_a_request() -> None:
    """The request names the nodes after the first friend, the lock and invoice of the payment, and all the fees."""
    world, payment_id = line()
    world.give_token("a", "b")
    request_id = world.part(payment_id, "abc", 10, 3)
    payment = world["a"].state.payments[payment_id]
    request = world["a"].credit(world["b"]).local[request_id].request
    assert request.route.public_keys == (world["c"].key,)
    assert (request.dest_payment, request.total_dest_payment, request.left_fees) == (10, 30, 3)
    assert request.src_hashed_lock == hash_lock(payment.src_plain_lock)
    assert request.invoice_id == payment.invoice_id
    assert payment.open_transactions == 1


@pytest.mark.parametrize(
    "route, reason",
    [
        ("a", "the route is not valid"),
        ("abab", "the route is not valid"),
        ("bc", "the route does not lead from this node to the seller"),
        ("ab", "the route does not lead from this node to the seller"),
        ("axc", "the first node of the route is not a friend"),
    ],
)
def test_wrong_routes_fail_at_once(route: str, reason: str) -> None:
    """A route must begin here, end at the seller, repeat nobody, and lead over a friend."""
    world, payment_id = line()
    keys = tuple(bytes(32) if name == "x" else world[name].key for name in route)
    request = app.CreateTransaction(payment_id, bytes(16), FriendsRoute(keys), 10, 0)
    world.control("a", request)
    assert world["a"].refusal == reason
    assert failed(world, bytes(16))
    assert not world["a"].state.transactions


def test_friend_must_be_ready() -> None:
    """A part is not kept for a friend that is away, or without the currency."""
    world, payment_id = line()
    eur = world.payment("a", "c", bytes(32), 10, "EUR")
    assert failed(world, world.part(eur, "abc", 10))
    world.disconnect("a", "b")
    assert failed(world, world.part(payment_id, "abc", 10))


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of one payment, and requests that wait for one friend, are bounded."""
    world, payment_id = line()
    world.give_token("b", "a")
    monkeypatch.setattr(buyer, "USER_REQUESTS_PER_FRIEND_MAX", 2)
    for _ in range(2):
        assert not failed(world, world.part(payment_id, "abc", 1))
        assert world["a"].refusal is None
    assert failed(world, world.part(payment_id, "abc", 1))
    assert world["a"].refusal == "too many requests wait for the first friend of the route"
    monkeypatch.setattr(buyer, "TRANSACTIONS_PER_PAYMENT_MAX", 2)
    assert failed(world, world.part(payment_id, "abc", 1))
    assert world["a"].refusal == "the payment has too many parts"


def test_results() -> None:
    """A part that arrives is a success, the last one brings the commit, which the seller can verify."""
    world, payment_id = line()
    first = world.part(payment_id, "abc", 10)
    world.settle()
    assert world["a"].take_results() == [app.TransactionResult(first, app.SUCCESS)]
    second = world.part(payment_id, "abc", 20)
    world.settle()
    (result,) = world["a"].take_results()
    assert result.request_id == second
    assert isinstance(result.result, app.Complete)
    commit = result.result.commit
    assert verify_commit(commit, world["c"].key)
    assert (commit.dest_payment, commit.total_dest_payment) == (20, 30)


def test_same_request_again_tells_the_result_again() -> None:
    """An app that lost the answer asks again, also after a restart; nothing is sent twice."""
    world, payment_id = line()
    keys = tuple(world[name].key for name in "abc")
    request = app.CreateTransaction(payment_id, bytes(16), FriendsRoute(keys), 30, 0)
    world.control("a", request)
    world.control("a", request)
    assert world["a"].take_results() == [], "there is no result yet"
    world.settle()
    result = world["a"].take_results()
    world.restart("a")
    world.control("a", request)
    assert world["a"].take_results() == result
    assert world["a"].state.payments[payment_id].open_transactions == 1


def test_receipt_proves_the_payment() -> None:
    """The receipt is signed by the seller and holds both secrets."""
    world, _ = line()
    world.pay("abc", 10, 2)
    (status,) = [
        result.status for result in world["a"].results if isinstance(result, app.ResponseClosePayment)
    ]
    assert isinstance(status, app.PaymentStatusSuccess)
    assert verify_receipt(status.receipt, world["c"].key)
    assert status.receipt.is_complete


def test_balances_of_a_payment_with_fees() -> None:
    """The example of the specification: B pays E 10 over C and D, which take 1 each (spec 03, 7)."""
    world = World("bcde")
    world.chain()
    for name, other in ("cb", "dc"):
        world.control(name, app.SetFriendCurrencyRate(world[other].key, "FST", app.Rate(0, 1)))
    payment_id, _, commit = world.promise("bcde", 10, 2)
    frozen = [world[name].credit(world[other]).local_debt for name, other in ("bc", "cd", "de")]
    assert frozen == [12, 11, 10]
    world.control("e", app.CommitInvoice(commit))
    world.settle()
    balances = [
        world[name].credit(world[other]).balance for name, other in ("bc", "cb", "cd", "dc", "de", "ed")
    ]
    assert balances == [-12, 12, -11, 11, -10, 10]
    assert world["b"].state.payments[payment_id].open_transactions == 0
