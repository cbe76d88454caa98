"""What a fake node knows, and how it speaks to its apps: rules act on this."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TypeAlias

from offset.base.credits import Amount
from offset.base.entropy import SeededEntropy
from offset.base.ids import Conn, Currency, InvoiceId, PaymentId, PublicKey, RequestId, Uid
from offset.base.instants import Instant, Millis
from offset.core.apps.reports import ReportView
from offset.engine.lines import Lines
from offset.testing.identities import ALL, APP, NODE, SELLER
from offset.testing.reports import node_report
from offset.testing.served import Served
from offset.wire import app
from offset.wire.extension import Extra, HistoryRow, LostCredits
from offset.wire.files import InvoiceFile
from offset.wire.index import MultiRoute
from offset.wire.orders import OrderRequest
from offset.wire.recovery import FoundRow, RecoveryRow
from offset.wire.report import (
    ChangeFriend,
    FriendReportMutation,
    FunderMutation,
    NodeReport,
    NodeReportMutation,
)

PaymentEnd: TypeAlias = app.PaymentStatusSuccess | app.PaymentStatusCanceled


class FakePayment:
    """A payment as the fake node knows it."""

    def __init__(self, request: app.CreatePayment) -> None:
        self.request = request
        self.arrived = 0
        """How much of it the seller holds."""
        self.open: dict[RequestId, int] = {}
        """The parts that were sent and did not fail, by the id of their request."""
        self.answers: dict[RequestId, app.RequestResult] = {}
        self.is_closed = False
        self.status: PaymentEnd | None = None
        """How it ended."""
        self.asker: Conn | None = None
        """Who asked how it ended."""
        self.lost: tuple[LostCredits, ...] = ()
        """What was given to friends whose channel was lost."""

    @property
    def asked(self) -> InvoiceFile:
        """The invoice, as far as the payment says."""
        request = self.request
        return InvoiceFile(
            request.invoice_id, request.currency, request.dest_public_key, request.total_dest_payment
        )


class FakeCore(Served):
    """The base of FakeNode."""

    def __init__(
        self, report: NodeReport | None = None, trusted: dict[PublicKey, app.AppPermissions] | None = None
    ) -> None:
        """Without `report` the node has one friend, relay and index server; without `trusted` APP may do all."""
        super().__init__(NODE.public_key)
        self.view = ReportView(report or node_report())
        """What the node says of itself."""
        self.trusted = {APP.public_key: ALL} if trusted is None else trusted
        """The apps it knows and what they may do, from their next connection on."""
        self.script: dict[type, Rule] = {}
        """What takes the place of the rule for a class of requests."""
        self.routes: list[tuple[MultiRoute, ...] | None] = []
        """Answers to requests for routes, one after another; the last one stays. None: the index server failed."""
        self.results: list[app.RequestResult | None] = []
        """Results of the next parts of payments, one after another, None for silence; then every part arrives."""
        self.seller = SELLER
        """Who signs the commits and receipts of what is paid."""
        self.requests: list[app.AppRequest | OrderRequest] = []
        """All that apps asked for, in order."""
        self.payments: dict[PaymentId, FakePayment] = {}
        self.invoices: dict[InvoiceId, app.AddInvoice] = {}
        self.frozen: dict[InvoiceId, Amount] = {}
        """What buyers have frozen for invoices. One that is not here was never touched, and leaves no history when it
        is withdrawn."""
        self.history: list[HistoryRow] = []
        self.found: list[FoundRow] = []
        self.recovery: list[RecoveryRow] = []
        """What ended, the oldest first."""
        self.answers_queries = True
        """Whether it lists payments, invoices and history, as a node of this program; from the next connection on."""
        self.takes_orders = True
        """Whether it takes orders (wire/orders.py), which change nothing here; from the next connection on."""
        self.order_refusal = ""
        """Why it refuses orders; empty: it does not."""
        self.report_is_optional = False
        """Whether it lets apps say that they need no report, as a node with a long one; from the next connection on."""
        self.undecided: set[Conn] = set()
        """The apps that have yet to say it, or to ask for their report."""
        self.reportless: set[Conn] = set()
        """The apps that need none: they are told only what comes of requests, and what is lost."""
        self.reports_sent = 0
        """How many apps got the report."""
        self.conns: dict[Conn, PublicKey] = {}
        """The apps that are connected now."""
        self.lines = Lines(NODE, SeededEntropy("fake node"), handshakes_per_address_max=1000)
        self.now: Instant = 0
        self.later: list[tuple[Instant, int, Callable[[], object]]] = []
        self._count = 0

    def send(self, conn: Conn, data: bytes) -> None:
        """Send bytes to one app, whatever they are."""
        self.lines.send(conn, data, self.now)

    def tell(self, conn: Conn, message: app.AppServerToApp) -> None:
        """Say something to one app, if it is still there."""
        if conn in self.conns:
            self.send(conn, app.APP_SERVER_TO_APP.encode(message))

    def change(
        self, *mutations: NodeReportMutation, ack: Uid | None = None, extra: Extra | None = None
    ) -> None:
        """Change the report and tell all apps; with `extra`, as a node of this program does."""
        self.view.apply_all(mutations)
        self.view.take_extra(extra)
        for conn in self.conns.keys() - self.undecided - self.reportless:
            self.tell(conn, app.ReportMutations(ack, mutations, extra))
        told = None
        if extra is not None and (extra.refusal or extra.lost_payments):
            told = Extra(refusal=extra.refusal, lost_payments=extra.lost_payments)
        for conn in self.reportless if ack is not None or told is not None else ():
            self.tell(conn, app.ReportMutations(ack, (), told))

    def change_friend(self, key: PublicKey, *changes: FriendReportMutation, ack: Uid | None = None) -> None:
        """Change what is said of a friend and tell all apps."""
        self.change(*[FunderMutation(ChangeFriend(key, change)) for change in changes], ack=ack)

    def ack(self, message: app.AppToAppServer) -> None:
        """Say that a request was processed, with nothing changed."""
        self.change(ack=message.app_request_id)

    def note(
        self, kind: str, id: bytes, currency: Currency, amount: Amount, peer: PublicKey, detail: bytes
    ) -> None:
        """Something has ended: one more row of the history."""
        self.history.append(HistoryRow(len(self.history) + 1, 0, kind, id, currency, amount, peer, detail))

    def after(self, delay: Millis, act: Callable[[], object]) -> None:
        """Do something later."""
        self._count += 1
        heapq.heappush(self.later, (self.now + delay, self._count, act))

    def hangup(self, conn: Conn) -> None:
        """End the line of an app."""
        self.forget(conn)
        self.lines.hangup(conn)

    def forget(self, conn: Conn) -> None:
        """An app is gone."""
        self.conns.pop(conn, None)
        self.undecided.discard(conn)
        self.reportless.discard(conn)


Rule: TypeAlias = Callable[[FakeCore, Conn, app.AppToAppServer], None]
"""Takes the node, the connection and the message with the request."""
