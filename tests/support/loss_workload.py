"""Random lives in which one node loses its books again and again, while its friends tell one after the other."""

from __future__ import annotations

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import HistoryRecord, PaymentStage
from offset.wire.orders import GiveUp
from support.ledger import Node, Rows
from support.ledger_workload import Workload
from support.losses import LossyWorld


class LossWorkload(Workload):
    """One random life. The node `victim` goes on from copies; with `is_bare` from its identity alone.

    With `is_between` it neither buys nor sells, so whatever it is owed in the end it must be owed: nothing is lost.
    """

    world: LossyWorld

    def __init__(
        self, names: str, links: list[str], seed: int, *, is_bare: bool = False, is_between: bool = False
    ) -> None:
        super().__init__(names, links, seed)
        self.victim = self.choose(names)
        self.is_bare, self.is_between = is_bare, is_between
        self.copies: list[Rows] = []
        self.losses = self.told = 0

    def make_world(self, names: str, seed: int) -> LossyWorld:
        return LossyWorld(names, seed)

    def route(self) -> str:
        """As in every life, or with the victim in the middle."""
        route = super().route()
        is_at_an_end = self.victim in (route[0], route[-1])
        return "" if self.is_between and is_at_an_end else route

    def copy(self) -> None:
        """Somebody copies the books."""
        if not self.is_bare:
            self.copies.append(self.world.copy(self.victim))

    def lose(self) -> None:
        """The books are gone. One of the last copies is there, or none is."""
        if self.is_bare:
            self.world.lose_all(self.victim)
        elif self.copies:
            self.world.lose(self.victim, self.choose(self.copies[-2:]))
        else:
            return
        self.losses += 1

    def wait(self) -> None:
        """Who was to speak first has nothing to say: time passes on lines on which nothing is under way."""
        busy = {tuple(sorted(pair)) for pair in self.world.under_way()}
        for left, right in list(self.world.lines):
            for name, other in ((left, right), (right, left)):
                node, key = self.world[name], self.world[other].key
                if (left, right) not in busy and node.funder.is_awaited(key):
                    self.world.took(node, node.funder.silent(key))

    actions = (copy, lose, wait)

    def check(self) -> None:
        """As always; nobody ever stops, and nobody else forgets."""
        super().check()
        assert not self.world.stopped

    def _check_limit(self, node: Node, friend: object) -> None:
        """Not where a request is left alone that the victim may have refused."""
        if node.name != self.victim:
            super()._check_limit(node, friend)

    def end(self) -> None:
        """All friends tell, and then it ends as every life does."""
        for _ in range(3):
            for left, right in self.links:
                if tuple(sorted((left, right))) not in self.world.lines:
                    self.connect(left, right)
            self.world.settle()
            self.wait()
            self.world.settle()
        self.listen()
        victim = self.world[self.victim]
        assert all(friend.has_told for friend in victim.state.friends.values())
        if not self.is_between:
            # Its owner gives up what is left to him: friends have collected what he himself had paid, and forgot.
            for key in list(victim.state.friends):
                self.world.control(self.victim, GiveUp(key))
            self.world.settle()
        super().end()
        for left, right in self.links:
            self.world.trust(left, right, 10**9)
            self.world.trust(right, left, 10**9)
        self.world.settle()

    def _check_ends(self) -> None:
        """Of the others as always. What the victim calls unpaid is unpaid."""
        parts, self.parts = self.parts, {}
        self.parts = {ident: part for ident, part in parts.items() if part[0] != self.victim}
        super()._check_ends()
        self.parts = parts
        received = {
            row.id
            for node in self.world.nodes.values()
            for row in node.rows.records()
            if isinstance(row, HistoryRecord) and row.kind is HistoryKind.RECEIVED
        }
        for payment in self.world[self.victim].state.payments.values():
            if payment.stage is PaymentStage.CANCELED:
                assert payment.invoice_id not in received, "called unpaid, and it was paid"
            assert payment.open_transactions == 0

    def _check_balances(self) -> None:
        """Nobody but the victim has lost anything, and no credits are made or lost."""
        total = 0
        for name, node in self.world.nodes.items():
            net = sum(
                credit.balance
                for friend in node.state.friends.values()
                for credit in friend.channel.credits.values()
            )
            total += net
            if name == self.victim:
                assert net >= 0 or not self.is_between, "it has paid on, and was not paid"
                continue
            paid = sum(
                request.dest_payment + request.fees
                for request_id, (buyer, request) in self.parts.items()
                if buyer == name and not self.failures[request_id]
            )
            received = sum(
                record.amount
                for record in node.rows.records()
                if isinstance(record, HistoryRecord) and record.kind == HistoryKind.RECEIVED
            )
            assert net >= received - paid
        assert total == 0
