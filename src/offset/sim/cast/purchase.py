"""One purchase, as two apps carry it out: invoice, routes, parts, commit, receipt; with all that may come between."""

from __future__ import annotations

from itertools import pairwise

from offset.base.entropy import new_invoice_id, new_payment_id, new_request_id, new_uid
from offset.base.ids import Currency, RequestId, Uid
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.records import InvoiceKey, PaymentKey, PaymentRecord, PaymentStage
from offset.core.index.split import choose_multi_route
from offset.sim.cast.cast import Cast
from offset.sim.cast.forgery import FORGED_ONE_OF, forged_commit
from offset.sim.physics.disk import history_of
from offset.sim.physics.violation import claim
from offset.sim.script.payments import Pay
from offset.wire.app import (
    AckClosePayment,
    AddInvoice,
    AppRequest,
    CancelInvoice,
    ClientResponseRoutes,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    Failure,
    PaymentStatusCanceled,
    PaymentStatusSuccess,
    RequestClosePayment,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.common import COMMIT, Commit, Receipt
from offset.wire.extension import LostPayment
from offset.wire.friend import FriendsRoute
from offset.wire.index import RequestRoutes
from offset.wire.signing import verify_receipt


class Purchase:
    """A purchase and what became of it, on both sides."""

    def __init__(self, cast: Cast, number: int, pay: Pay) -> None:
        """`pay` says who buys what of whom, and all that comes between."""
        self.cast, self.number, self.pay = cast, number, pay
        self.buyer, self.seller, self.currency, self.amount = pay.buyer, pay.seller, pay.currency, pay.amount
        self.routes = list(pay.routes)
        ids = cast.world.rng.fork(f"deal {number}")
        self.invoice_id, self.payment_id, self._routes_id = (
            new_invoice_id(ids),
            new_payment_id(ids),
            new_uid(ids),
        )
        self._ids = ids
        self._lies = ids.fork("lies")
        self.parts: dict[RequestId, CreateTransaction] = {}
        self.results: dict[RequestId, str] = {}
        self.commit: Commit | None = None
        self.is_given = False
        """Whether the commit is in the seller's hand."""
        self.is_withdrawn = False
        """Whether the seller asked for the invoice to be cancelled."""
        self.is_committed = False
        """Whether the seller's node took note of the commit, one way or the other."""
        self.is_close_known = False
        self.is_invoiced = False
        self.excuse = ""
        """Why the ends may differ: credit was given up on purpose, or lost to somebody who broke the rules."""
        self.buyer_end: str | None = None
        self.seller_end: str | None = None
        self.receipt: Receipt | None = None
        self.began_at = cast.world.now
        self.ended_at: int | None = None

    def __str__(self) -> str:
        return f"payment {self.number} of {self.amount} {self.currency} from {self.buyer} to {self.seller}"

    @property
    def is_over(self) -> bool:
        """Whether both sides know how it ended."""
        return self.buyer_end is not None and self.seller_end is not None

    def begin(self) -> None:
        """The seller opens the invoice."""
        world = self.cast.world
        world.note(f"{self} begins")
        seller = self.cast.clients[self.seller]
        seller.ask(AddInvoice(self.invoice_id, self.currency, self.amount), self._invoiced)
        world.after(self.pay.withdraw_ms, self.withdraw)
        if self.pay.vanish_ms:
            vanishing = self.cast.clients[self.buyer].host
            world.after(self.pay.vanish_ms, lambda: vanishing.die("the app vanishes"))

    # The buyer

    def _invoiced(self) -> None:
        self.is_invoiced = True
        buyer = self.cast.clients[self.buyer]
        if self.routes:
            self._pay([(route, *self._share(place)) for place, route in enumerate(self.routes)])
            return
        buyer.listen("routes", self._routes_id, self._routed)
        cast = self.cast
        question = RequestRoutes(
            self._routes_id, self.currency, self.amount, cast.key(self.buyer), cast.key(self.seller), None
        )
        buyer.ask(question)
        cast.world.after(20_000, lambda: self._routed(ClientResponseRoutes(self._routes_id, None)))

    def _share(self, place: int) -> tuple[int, int]:
        each, odd = divmod(self.amount, len(self.routes))
        route = self.routes[place]
        fees = sum(self.cast.rate(node, before, self.currency) for before, node in pairwise(route[:-1]))
        return each + (1 if place < odd else 0), fees

    def _routed(self, answer: ClientResponseRoutes) -> None:
        if self.parts or self.buyer_end is not None:
            return
        choice = choose_multi_route(answer.result, self.amount) if answer.result else None
        if choice is None:
            self._ended("no route")
            return
        names = self.cast.names
        found = []
        for part in choice.parts:
            route = tuple(names.get(key, "?") for key in part.route.public_keys)
            found.append((route, part.amount, part.fee))
        self.routes = [route for route, _, _ in found]
        self._pay(found, [part.route for part in choice.parts])

    def _pay(
        self, parts: list[tuple[tuple[str, ...], int, int]], routes: list[FriendsRoute] | None = None
    ) -> None:
        cast, buyer = self.cast, self.cast.clients[self.buyer]
        buyer.listen("payment", self.payment_id, self._closed)
        buyer.on_ready[self] = self._again
        currency, total = self.currency, self.amount
        if self.pay.careless == "currency":
            currency = next(
                (name for name in cast.scenario.currencies() if name != currency), Currency("none")
            )
        elif self.pay.careless == "total":
            total += 1
        elif self.pay.careless == "twice":
            parts, routes = [(route, total, fees) for route, _, fees in (*parts, *parts)], None
        buyer.ask(CreatePayment(self.payment_id, self.invoice_id, currency, total, cast.key(self.seller)))
        for place, (route, amount, fees) in enumerate(parts):
            request_id = new_request_id(self._ids)
            keys = routes[place] if routes else FriendsRoute(tuple(cast.key(name) for name in route))
            part = CreateTransaction(self.payment_id, request_id, keys, amount, fees)
            self.parts[request_id] = part
            buyer.listen("transaction", request_id, self._result)
            buyer.ask(part)
        buyer.ask(RequestClosePayment(self.payment_id), self._close_known)

    def _close_known(self) -> None:
        self.is_close_known = True

    def _again(self) -> None:
        """The app is back on line: ask again for what it may have missed."""
        if self.buyer_end is None and self.is_close_known:
            client = self.cast.clients[self.buyer]
            again: list[AppRequest] = [
                part for request_id, part in self.parts.items() if request_id not in self.results
            ]
            for request in (*again, RequestClosePayment(self.payment_id)):
                client.tell(request)

    def _result(self, message: TransactionResult) -> None:
        request_id, result = message.request_id, message.result
        before = self.results.get(request_id)
        kind = type(result).__name__
        claim(
            before != "Failure" or isinstance(result, Failure),
            "I11",
            f"a part of {self} ended as Failure, and then as {kind}",
        )
        self.results[request_id] = kind
        if isinstance(result, Complete) and self.commit is None:
            self.commit = result.commit
            self.cast.watch.spoken(self.buyer, request_id)
            self.cast.world.after(self._ids.between(1, 2000), self._given)

    def _acknowledge(self, ack_uid: Uid) -> None:
        client = self.cast.clients[self.buyer]
        client.ask(AckClosePayment(self.payment_id, ack_uid))
        if self.buyer not in self.cast.wiped:
            seller = self.cast.key(self.seller)
            again = CreatePayment(self.payment_id, self.invoice_id, self.currency, self.amount, seller)
            client.ask(again, self._not_begun_again)

    def _not_begun_again(self) -> None:
        """A payment is made once: one that has ended cannot begin again under its id."""
        disk = self.cast.hosts[self.buyer].disk
        assert disk is not None
        row = disk.rows.get(PaymentKey(self.payment_id))
        claim(
            self.buyer in self.cast.wiped
            or row is None
            # Parts of it are still under way.
            or (isinstance(row, PaymentRecord) and row.stage is PaymentStage.ACKNOWLEDGED),
            "invoice",
            f"{self} has ended, and was begun a second time",
        )

    def _closed(self, message: ResponseClosePayment | LostPayment) -> None:
        if isinstance(message, LostPayment):
            if message.opt_ack_uid is not None:
                self._acknowledge(message.opt_ack_uid)
                self._ended("lost")
            return
        match message.status:
            case PaymentStatusSuccess(receipt, ack_uid):
                self.receipt = receipt
                self._check_receipt(receipt)
                self._acknowledge(ack_uid)
                self._ended("paid")
            case PaymentStatusCanceled(ack_uid):
                self._acknowledge(ack_uid)
                self._ended("canceled")
            case _:
                self._ended("unknown")

    def _check_receipt(self, receipt: Receipt) -> None:
        claim(
            verify_receipt(receipt, self.cast.key(self.seller))
            and receipt.invoice_id == self.invoice_id
            and receipt.currency == self.currency
            and receipt.total_dest_payment == self.amount,
            "receipt",
            f"the receipt of {self} proves nothing",
        )

    def _ended(self, how: str) -> None:
        if self.buyer_end in (None, "unknown"):
            self.buyer_end = how
            self.ended_at = self.cast.world.now
            self.cast.world.note(f"{self} ends for the buyer: {how}")
        else:
            # Books from a copy may not know the proof that the app has.
            is_forgotten = how == "lost" and self.buyer in self.cast.wiped
            claim(
                how in (self.buyer_end, "unknown") or is_forgotten,
                "ends",
                f"{self} ended as {self.buyer_end} and as {how}",
            )

    # The seller

    def _given(self) -> None:
        """The commit reaches the seller, out of band."""
        self.is_given = True
        self.cast.world.after(self.pay.wait_ms, self._collect)

    def _collect(self) -> None:
        assert self.commit is not None
        if self.seller_end is None:
            seller = self.cast.clients[self.seller]
            if self._lies.between(1, FORGED_ONE_OF) == 1:
                forged = forged_commit(self.commit, self._lies)
                seller.ask(CommitInvoice(forged), lambda: self._not_taken(forged))
            seller.ask(CommitInvoice(self.commit), self._committed)
            if self.pay.careless == "regret":
                seller.ask(CancelInvoice(self.invoice_id))

    def _not_taken(self, forged: Commit) -> None:
        """Asked for before the right one, and so answered before it on the same line."""
        disk = self.cast.hosts[self.seller].disk
        assert disk is not None
        rows = history_of(disk.rows, self.invoice_id)
        taken = [COMMIT.decode(row.detail) for row in rows if row.kind is HistoryKind.RECEIVED]
        claim(
            taken in ([], [self.commit]),
            "commit",
            f"the seller of {self} took a forged commit: {forged}",
        )

    def _committed(self) -> None:
        self.is_committed = True
        self._look()

    def _not_again(self) -> None:
        """An invoice is paid once: one that has ended is not open again."""
        disk = self.cast.hosts[self.seller].disk
        assert disk is not None
        is_open = InvoiceKey(self.invoice_id) in disk.rows
        is_forgotten = self.seller in self.cast.wiped or self.seller_end == "refused"
        claim(is_forgotten or not is_open, "invoice", f"the invoice of {self} was opened a second time")

    def withdraw(self) -> None:
        """The seller wants to wait no longer, unless it holds the commit."""
        if self.seller_end is None and not self.is_withdrawn and not self.is_given:
            self.is_withdrawn = True
            self.cast.clients[self.seller].ask(CancelInvoice(self.invoice_id), self._look)

    def _look(self) -> None:
        """How it ended for the seller, by its own books."""
        disk = self.cast.hosts[self.seller].disk
        assert disk is not None
        rows = history_of(disk.rows, self.invoice_id)
        how = "withdrawn"
        if any(row.kind is HistoryKind.RECEIVED for row in rows):
            how = "collected"
        elif self.is_committed and not self.is_withdrawn:
            how = "refused"
            # Let go of what still waits.
            self.cast.clients[self.seller].ask(CancelInvoice(self.invoice_id))
        if self.seller_end is None:
            self.seller_end = how
            self.cast.world.note(f"{self} ends for the seller: {how}")
            client = self.cast.clients[self.seller]
            again = AddInvoice(self.invoice_id, self.currency, self.amount)
            if rows or how == "refused":
                client.ask(again, self._not_again)
            else:
                # Nobody was promised anything, so the node takes the id once more.
                client.ask(again)
                client.ask(CancelInvoice(self.invoice_id), self._not_again)
        else:
            claim(
                how == self.seller_end, "ends", f"{self} ended for the seller as {self.seller_end} and {how}"
            )
