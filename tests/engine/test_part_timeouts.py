"""Parts of a payment that never becomes whole do not stay frozen (D23)."""

from __future__ import annotations

import pytest

from offset.base.limits import INVOICE_PARTS_MS
from offset.testing import CURRENCY
from offset.wire.app import (
    SUCCESS,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    PaymentStatusCanceled,
    PaymentStatusSuccess,
    RequestClosePayment,
)
from offset.wire.friend import FriendsRoute
from support.nodes import Town

ALL, PART = 10, 4
FROZEN = {PART: (0, PART + 1, 0), ALL: (0, ALL + 2, 0)}


class Sale:
    """A pays an invoice of C over B, part by part."""

    def __init__(self) -> None:
        self.town = Town("abc")
        self.invoice_id = self.town.invoice("c", ALL)
        self.payments = 0

    def begin(self) -> bytes:
        """A new payment; its id."""
        self.payments += 1
        payment_id = bytes([self.payments]) * 16
        seller = self.town.key("c")
        self.town.apps["a"].post(CreatePayment(payment_id, self.invoice_id, CURRENCY, ALL, seller))
        return payment_id

    def part(self, payment_id: bytes, amount: int) -> object:
        """Send a part; how it ended."""
        app = self.town.apps["a"]
        request_id = app.entropy.bytes(16)
        route = FriendsRoute(tuple(self.town.key(name) for name in "abc"))
        app.post(CreateTransaction(payment_id, request_id, route, amount, 1))
        return self.town.result("a", request_id).result

    def begin_in_part(self) -> bytes:
        """A payment of which a part arrives; the buyer gives it up. Its id."""
        payment_id = self.begin()
        assert self.part(payment_id, PART) == SUCCESS
        self.town.apps["a"].post(RequestClosePayment(payment_id))
        return payment_id

    def is_canceled(self, payment_id: bytes) -> bool:
        """Whether the buyer was told that the payment came to nothing."""
        ending = self.town.ending("a", payment_id)
        return isinstance(ending.status, PaymentStatusCanceled)

    def frozen(self) -> tuple[int, int, int]:
        """What A sees."""
        self.town.world.run_for(1000)
        return self.town.balance("a", "b")


@pytest.fixture
def sale() -> Sale:
    """A sale between three nodes."""
    return Sale()


def test_d23_a_part_is_given_back_when_the_rest_does_not_come(sale: Sale) -> None:
    """After its time and not before, the part is free again on every hop, and the same invoice can still be paid."""
    payment_id = sale.begin_in_part()
    sale.town.world.run_for(INVOICE_PARTS_MS - 5000)
    assert sale.frozen() == FROZEN[PART]
    sale.town.world.run_for(5000)
    assert sale.is_canceled(payment_id)
    assert sale.frozen() == (0, 0, 0)
    assert isinstance(sale.part(sale.begin(), ALL), Complete)


def test_d23_the_time_counts_from_the_first_part(sale: Sale) -> None:
    """Further parts do not make the first one wait longer."""
    payment_id = sale.begin()
    assert sale.part(payment_id, PART) == SUCCESS
    sale.town.world.run_for(INVOICE_PARTS_MS - 10_000)
    assert sale.part(payment_id, PART) == SUCCESS
    sale.town.apps["a"].post(RequestClosePayment(payment_id))
    sale.town.world.run_for(11_000)
    assert sale.is_canceled(payment_id)
    assert sale.frozen() == (0, 0, 0)


def test_d23_a_whole_payment_waits_for_its_commit(sale: Sale) -> None:
    """Once all is there the node gives nothing back by itself, and an old commit is as good as a new one."""
    payment_id = sale.begin()
    assert sale.part(payment_id, PART) == SUCCESS
    sale.town.world.run_for(INVOICE_PARTS_MS - 1000)
    result = sale.part(payment_id, ALL - PART)
    assert isinstance(result, Complete)
    sale.town.world.run_for(3 * INVOICE_PARTS_MS)
    assert sale.frozen() == FROZEN[ALL]
    sale.town.apps["c"].ask(CommitInvoice(result.commit))
    sale.town.apps["a"].post(RequestClosePayment(payment_id))
    assert isinstance(sale.town.ending("a", payment_id).status, PaymentStatusSuccess)


def test_d23_the_time_begins_anew_with_the_node(sale: Sale) -> None:
    """A seller's node that was restarted gives the part back too, counted from its start."""
    payment_id = sale.begin_in_part()
    sale.town.world.run_for(INVOICE_PARTS_MS - 5000)
    sale.town.crash("c")
    sale.town.world.run_for(INVOICE_PARTS_MS - 5000)
    assert sale.frozen() == FROZEN[PART]
    sale.town.world.run_for(5000)
    assert sale.is_canceled(payment_id)
    assert sale.frozen() == (0, 0, 0)


@pytest.mark.parametrize("early_ms", [0, 8, 16, 24, 26, 28, 30, 32, 40])
def test_d23_the_rest_and_the_end_of_the_time_cross(sale: Sale, early_ms: int) -> None:
    """Whichever comes first, the payment is either whole and collected, or nothing of it is."""
    payment_id = sale.begin()
    assert sale.part(payment_id, PART) == SUCCESS
    sale.town.world.run_for(INVOICE_PARTS_MS - early_ms)
    result = sale.part(payment_id, ALL - PART)
    sale.town.apps["a"].post(RequestClosePayment(payment_id))
    if isinstance(result, Complete):
        sale.town.apps["c"].ask(CommitInvoice(result.commit))
        assert isinstance(sale.town.ending("a", payment_id).status, PaymentStatusSuccess)
        assert sale.frozen() == (-ALL - 2, 0, 0)
    else:
        assert result == SUCCESS
        sale.town.world.run_for(INVOICE_PARTS_MS)
        assert sale.is_canceled(payment_id)
        assert sale.frozen() == (0, 0, 0)
