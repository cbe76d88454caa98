"""A node as an app sees it, scripted: a report, a few simple rules, and a real line to every app.

It does at once what a node does in the end. A test may change its report at any time, give it the outcomes of payments
in advance, and replace the rule for any class of requests (`days` has the usual ones of bad days).

It is a pure engine like every other: `serving` runs it on loopback, and a host of the simulator in memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from offset.base.credits import Amount, Balance
from offset.base.entropy import SeededEntropy
from offset.base.ids import Currency, PaymentId, PublicKey
from offset.base.instants import Instant, Millis
from offset.core.apps.permissions import is_allowed
from offset.core.apps.reports import ReportView
from offset.engine.lines import LineClosed, LineMessage, LineOpened, Lines
from offset.engine.surface import Conn, Effect, Event
from offset.testing import rules
from offset.testing.identities import ALL, APP, CURRENCY, FRIEND, NODE, SELLER
from offset.testing.reports import consistent, friend_report, node_report
from offset.testing.rules import FakePayment, Rule
from offset.testing.served import Served
from offset.testing.settings import config_or_new
from offset.wire import app
from offset.wire.extension import Extra
from offset.wire.index import MultiRoute
from offset.wire.report import (
    NODE_REPORT,
    AddFriendReport,
    ChangeFriend,
    ChannelConsistent,
    FriendReportMutation,
    FunderMutation,
    NodeReport,
    NodeReportMutation,
    SetChannelStatus,
    SetLiveness,
    SetStatus,
    UpdateCurrencyConfig,
)


class FakeNode(Served):
    """An engine; run it with `serving` or `in_thread`.

    Whoever changes it from outside a rule does so within `do`, so that the apps are told at once.
    """

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
        self.requests: list[app.AppRequest] = []
        """All that apps asked for, in order."""
        self.payments: dict[PaymentId, FakePayment] = {}
        self.invoices: dict[bytes, app.AddInvoice] = {}
        self.conns: dict[Conn, PublicKey] = {}
        """The apps that are connected now."""
        self._lines = Lines(NODE, SeededEntropy("fake node"), handshakes_per_address_max=1000)
        self._now: Instant = 0
        self._later: list[tuple[Instant, int, Callable[[], object]]] = []
        self._count = 0

    # As an engine

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take an event of the driver."""
        self._now = now
        for news in self._lines.handle(event, now):
            match news:
                case LineOpened():
                    self.opened(news.conn, news.remote)
                case LineMessage():
                    self._take(news.conn, app.APP_TO_APP_SERVER.decode(news.data))
                case LineClosed():
                    self.conns.pop(news.conn, None)
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        return self._lines.take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do."""
        ours = self._later[0][0] if self._later else None
        return min((at for at in (self._lines.deadline(), ours) if at is not None), default=None)

    def opened(self, conn: Conn, key: PublicKey) -> None:
        """An app has connected: say what it may do, and the report; or end the line of an unknown app."""
        permissions = self.trusted.get(key)
        if permissions is None:
            self._lines.hangup(conn)
            return
        self.conns[conn] = key
        self.send(conn, app.APP_PERMISSIONS.encode(permissions))
        self.send(conn, NODE_REPORT.encode(self.view.snapshot()))

    def _take(self, conn: Conn, message: app.AppToAppServer) -> None:
        request = message.app_request
        key = self.conns.get(conn)
        if key is None:
            return  # we hung up
        permissions = self.trusted.get(key)
        if permissions is None or not is_allowed(permissions, request):
            self.hangup(conn)
            return
        self.requests.append(request)
        rule = self.script.get(type(request)) or rules.RULES[type(request)]
        rule(self, conn, message)

    # What rules use

    def send(self, conn: Conn, data: bytes) -> None:
        """Send bytes to one app, whatever they are."""
        self._lines.send(conn, data, self._now)

    def tell(self, conn: Conn, message: app.AppServerToApp) -> None:
        """Say something to one app, if it is still there."""
        if conn in self.conns:
            self.send(conn, app.APP_SERVER_TO_APP.encode(message))

    def change(
        self, *mutations: NodeReportMutation, ack: bytes | None = None, extra: Extra | None = None
    ) -> None:
        """Change the report and tell all apps; with `extra`, as a node of this program does."""
        self.view.apply_all(mutations)
        self.view.take_extra(extra)
        for conn in self.conns:
            self.tell(conn, app.ReportMutations(ack, mutations, extra))

    def change_friend(self, key: PublicKey, *changes: FriendReportMutation, ack: bytes | None = None) -> None:
        """Change what is said of a friend and tell all apps."""
        self.change(*[FunderMutation(ChangeFriend(key, change)) for change in changes], ack=ack)

    def ack(self, message: app.AppToAppServer) -> None:
        """Say that a request was processed, with nothing changed."""
        self.change(ack=message.app_request_id)

    def after(self, delay: Millis, act: Callable[[], object]) -> None:
        """Do something later."""
        self._count += 1
        heapq.heappush(self._later, (self._now + delay, self._count, act))

    def hangup(self, conn: Conn) -> None:
        """End the line of an app."""
        self.conns.pop(conn, None)
        self._lines.hangup(conn)

    # What tests use, within `do`

    def asked_for(self, kind: type) -> list[Any]:
        """The requests of one kind, in order."""
        return [request for request in self.requests if isinstance(request, kind)]

    def hangup_all(self) -> None:
        """End the lines of all apps; they may connect again."""
        for conn in list(self.conns):
            self.hangup(conn)

    def add_friend(self, key: PublicKey, name: str) -> None:
        """The node has another friend, which is enabled and online, with the currency FST and no debt."""
        added = friend_report(name)
        self.change(FunderMutation(AddFriendReport(key, name, (), None, added.channel_status)))
        self.change_friend(key, SetStatus(True), SetLiveness(True))

    def set_online(self, key: PublicKey, is_online: bool) -> None:
        """A friend comes or goes."""
        self.change_friend(key, SetLiveness(is_online))

    def set_balance(
        self,
        balance: Balance,
        frozen_by_us: Amount = 0,
        frozen_by_them: Amount = 0,
        *,
        key: PublicKey = FRIEND.public_key,
        currency: Currency = CURRENCY,
    ) -> None:
        """What a friend owes the node in a currency (negative: the node owes), and what both have frozen."""
        status = self.view.friends[key].channel_status
        reports = status.currency_reports if isinstance(status, ChannelConsistent) else ()
        (changed,) = consistent(**{currency: (balance, frozen_by_us, frozen_by_them)}).currency_reports
        kept = tuple(report for report in reports if report.currency != currency)
        self.change_friend(key, SetChannelStatus(ChannelConsistent((*kept, changed))))

    def freeze(self, amount: Amount, key: PublicKey = FRIEND.public_key) -> None:
        """A friend freezes credits towards the node: the node holds a buyer's request."""
        self.set_balance(0, 0, amount, key=key)

    def arrive(self, payment_id: PaymentId, result: app.RequestResult) -> None:
        """The one part of a payment that is under way gets its result; all apps hear it."""
        payment = self.payments[payment_id]
        (request_id,) = payment.open.keys() - payment.answers.keys()
        payment.answers[request_id] = result
        for conn in self.conns:
            self.tell(conn, app.TransactionResult(request_id, result))

    def collected(self, payment_id: PaymentId) -> None:
        """The seller of a payment has collected; whoever asked how it ended is told."""
        self.payments[payment_id].collected(self)

    def lose(self, payment_id: PaymentId) -> None:
        """The node forgets a payment, as one that was killed before it was durable."""
        del self.payments[payment_id]

    def set_limits(self, key: PublicKey, currency: Currency, **changes: Any) -> None:
        """Change what the node grants a friend in a currency: `remote_max_debt`, `rate`, `is_open`."""
        config = config_or_new(self.view.friends[key], currency)
        self.change_friend(key, UpdateCurrencyConfig(replace(config, **changes)))
