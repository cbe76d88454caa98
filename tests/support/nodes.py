"""A row of nodes in a virtual world, their payments, and a look into their memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from offset.base.credits import Amount
from offset.core.funder.state.state import Friend
from offset.engine.node import NodeEngine
from offset.engine.surface import Effect, Woken
from offset.sim.physics.disk import Rows
from offset.testing import CURRENCY, FriendNetwork
from offset.wire.app import (
    AddInvoice,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    RequestClosePayment,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.friend import FriendsRoute


class Town(FriendNetwork):
    """Nodes that are friends in a row, over one relay."""

    def __init__(
        self,
        names: str,
        *,
        limit: int = 1000,
        rate: int = 1,
        has_index: bool = False,
        rows: dict[str, Rows] | None = None,
    ) -> None:
        """`rows`: those of a town of the same names, which lives on here."""
        self._rows = rows
        links = itertools.pairwise(names)
        super().__init__(names, links, limit=limit, rate=rate, has_index=has_index)

    def build(
        self, names: Sequence[str], links: Iterable[tuple[str, str]], limit: Amount, rate: Amount
    ) -> None:
        if self._rows is None:
            super().build(names, links, limit, rate)
            return
        for name in names:
            self.start(name, self._rows[name])

    # Looking

    def engine(self, name: str) -> NodeEngine:
        """The engine of a node."""
        engine = self.host(name).engine
        assert isinstance(engine, NodeEngine)
        return engine

    def friend(self, name: str, other: str) -> Friend:
        """How one node sees the other."""
        return self.engine(name).view().state.friends[self.key(other)]

    def balance(self, name: str, other: str) -> tuple[int, int, int]:
        """Balance, local and remote pending debt, as they are in the node's memory."""
        credit = self.friend(name, other).channel.credits[CURRENCY]
        return credit.balance, credit.local_debt, credit.remote_debt

    def carry_out(self, name: str, effects: list[Effect]) -> None:
        """Do what an engine wants that a test has entered by itself."""
        self.host(name).carry_out(effects)
        self.host(name).feed(Woken())

    # Payments

    def invoice(self, seller: str, amount: int) -> bytes:
        """Open an invoice; returns its id."""
        app = self.apps[seller]
        invoice_id = app.entropy.bytes(32)
        app.ask(AddInvoice(invoice_id, CURRENCY, amount))
        return invoice_id

    def send(self, route: str, invoice_id: bytes, amount: int, fees: int) -> tuple[bytes, bytes]:
        """Begin to pay along a route; returns the ids of payment and request."""
        app = self.apps[route[0]]
        payment_id, request_id = app.entropy.bytes(16), app.entropy.bytes(16)
        keys = FriendsRoute(tuple(self.key(name) for name in route))
        app.post(CreatePayment(payment_id, invoice_id, CURRENCY, amount, self.key(route[-1])))
        app.post(CreateTransaction(payment_id, request_id, keys, amount, fees))
        app.post(RequestClosePayment(payment_id))
        return payment_id, request_id

    def result(self, buyer: str, request_id: bytes) -> TransactionResult:
        """Wait for the result of a request."""
        return self.apps[buyer].wait_for(TransactionResult, lambda told: told.request_id == request_id)

    def ending(self, buyer: str, payment_id: bytes) -> ResponseClosePayment:
        """Wait for the end of a payment."""
        return self.apps[buyer].wait_for(ResponseClosePayment, lambda told: told.payment_id == payment_id)

    def pay(self, route: str, amount: int, fees: int) -> ResponseClosePayment:
        """A whole payment along a route, from the invoice to the receipt."""
        invoice_id = self.invoice(route[-1], amount)
        payment_id, request_id = self.send(route, invoice_id, amount, fees)
        result = self.result(route[0], request_id).result
        assert isinstance(result, Complete)
        self.apps[route[-1]].ask(CommitInvoice(result.commit))
        return self.ending(route[0], payment_id)
