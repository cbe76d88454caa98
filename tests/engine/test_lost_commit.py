"""A buyer's app that dies in the midst of a payment, and what its node tells the next one (D-8)."""

from __future__ import annotations

import pytest

from offset.testing import CURRENCY
from offset.wire.app import (
    FAILURE,
    SUCCESS,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    PaymentStatusSuccess,
    RequestClosePayment,
)
from offset.wire.friend import FriendsRoute
from support.nodes import Town

NOWHERE = FriendsRoute(())


def _another_app(town: Town) -> None:
    """The app of the buyer is killed, and starts again."""
    town.apps["a"].host.die("killed")
    town.apps["a"] = town.add_app("a", "a")
    town.apps["a"].wait_ready()


@pytest.mark.parametrize("is_crash", [False, True])
@pytest.mark.parametrize("after_ms", [4, 8, 12, 16, 24, 2000])
def test_05_d8_a_commit_is_told_again(after_ms: int, is_crash: bool) -> None:
    """Whenever the app dies, or the node with it: who asks for the part again gets the commit, and it is good."""
    town = Town("abc")
    invoice_id = town.invoice("c", 10)
    payment_id, request_id = town.send(
        "abc", invoice_id, 10, 1
    )  # closed too: the reference gives no commit then
    town.world.run_for(after_ms)
    if is_crash:
        town.crash("a")
        town.world.run_until(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online)
    else:
        _another_app(town)
    town.apps["a"].post(CreateTransaction(payment_id, request_id, NOWHERE, 0, 0))
    result = town.result("a", request_id).result
    if result == FAILURE:
        # Killed before the request was durable, or before it had left: then nothing is frozen for it.
        assert after_ms < 2000
        assert town.balance("a", "b") == (0, 0, 0)
        return
    assert isinstance(result, Complete)
    town.apps["c"].ask(CommitInvoice(result.commit))
    town.apps["a"].post(RequestClosePayment(payment_id))
    assert isinstance(town.ending("a", payment_id).status, PaymentStatusSuccess)
    town.world.run_for(1000)
    assert town.balance("a", "b") == (-11, 0, 0)
    assert town.balance("c", "b") == (10, 0, 0)


def test_05_d8_every_part_is_told_again() -> None:
    """Of a payment in parts each is told again, and what was never sent is a failure that freezes nothing."""
    town = Town("ab")
    invoice_id = town.invoice("b", 10)
    payment_id, first, second, never = b"payment of parts", b"f" * 16, b"s" * 16, b"n" * 16
    route = FriendsRoute((town.key("a"), town.key("b")))
    town.apps["a"].post(CreatePayment(payment_id, invoice_id, CURRENCY, 10, town.key("b")))
    town.apps["a"].post(CreateTransaction(payment_id, first, route, 4, 0))
    town.apps["a"].post(CreateTransaction(payment_id, second, route, 6, 0))
    town.world.run_for(1000)
    _another_app(town)
    for request_id in (first, second, never):
        town.apps["a"].post(CreateTransaction(payment_id, request_id, NOWHERE, 0, 0))
    assert town.result("a", first).result == SUCCESS
    assert isinstance(town.result("a", second).result, Complete)
    assert town.result("a", never).result == FAILURE
    assert town.balance("a", "b") == (0, 10, 0)
