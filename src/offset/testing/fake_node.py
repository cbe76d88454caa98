"""A node as an app sees it, scripted: a report, a few simple rules, and a real line to every app.

It does at once what a node does in the end. A test may change its report at any time, give it the outcomes of payments
in advance, and replace the rule for any class of requests (`days` has the usual ones of bad days).

It is a pure engine like every other: `serving` runs it on loopback, and a host of the simulator in memory.
"""

from __future__ import annotations

import heapq
from typing import Any

from msgspec.structs import replace

from offset.base.credits import Amount, Balance
from offset.base.ids import Conn, Currency, PaymentId, PublicKey, Uid
from offset.base.instants import Instant
from offset.core.apps.permissions import is_allowed
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.surface import Effect, Event
from offset.testing.fake_core import FakeCore
from offset.testing.identities import CURRENCY, FRIEND
from offset.testing.listings import answer_query
from offset.testing.papers import receipt_for
from offset.testing.reports import consistent, friend_report
from offset.testing.rules import RULES, lost_payment
from offset.testing.settings import config_or_new
from offset.wire import app
from offset.wire.extension import PIECE_REQUEST, QUERY, WELCOME, Extra, LostCredits, Welcome
from offset.wire.orders import ORDER, Order
from offset.wire.report import (
    NODE_REPORT,
    AddFriendReport,
    ChannelConsistent,
    FunderMutation,
    NodeReport,
    SetChannelStatus,
    SetLiveness,
    SetStatus,
    UpdateCurrencyConfig,
)

APPS = "apps"
"""The listener to which apps come."""
ACK_OF_SUCCESS = Uid(b"ack of success.1")


class FakeNode(FakeCore):
    """An engine; run it with `serving` or `in_thread`.

    Whoever changes it from outside a rule does so within `do`, so that the apps are told at once.
    """

    def __init__(
        self, report: NodeReport | None = None, trusted: dict[PublicKey, app.AppPermissions] | None = None
    ) -> None:
        """Without `report` the node has one friend, relay and index server; without `trusted` APP may do all."""
        super().__init__(report, trusted)
        self.lines.listen(APPS, self._line)

    # As an engine

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take an event of the driver."""
        self.now = now
        for news in self.lines.handle(event, now):
            news.owner(news)
        while self.later and self.later[0][0] <= now:
            heapq.heappop(self.later)[2]()
        return self.lines.take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do."""
        ours = self.later[0][0] if self.later else None
        return min((at for at in (self.lines.deadline(), ours) if at is not None), default=None)

    def _line(self, news: LineEvent) -> None:
        match news:
            case LineOpened():
                self.opened(news.conn, news.remote)
            case LineMessage():
                self._heard(news.conn, news.data)
            case LineClosed():
                self.forget(news.conn)
            case _:
                # What piles up is bounded by the driver.
                return

    def _heard(self, conn: Conn, data: bytes) -> None:
        question = PIECE_REQUEST.decode(data)
        if question.is_wanted or question.is_unneeded:
            if conn in self.undecided:
                self.undecided.discard(conn)
                if question.is_wanted:
                    self._send_report(conn)
                else:
                    self.reportless.add(conn)
        elif self.answers_queries and question.is_query:
            answer_query(self, conn, QUERY.decode(data))
        elif self.takes_orders and question.is_order:
            self._take_order(conn, ORDER.decode(data))
        else:
            self._take(conn, app.APP_TO_APP_SERVER.decode(data))

    def opened(self, conn: Conn, key: PublicKey) -> None:
        """An app has connected: say what it may do, and the report; or end the line of an unknown app.

        Where the report is optional it is sent whole to an app that asks for the first piece of it.
        """
        may = self.trusted.get(key)
        if may is None:
            self.lines.hangup(conn)
            return
        self.conns[conn] = key
        is_optional = self.report_is_optional
        welcome = Welcome(
            *(may.routes, may.buyer, may.seller, may.config),
            *(is_optional, self.answers_queries, is_optional, self.takes_orders),
        )
        self.send(conn, WELCOME.encode(welcome))
        if is_optional:
            self.undecided.add(conn)
        else:
            self._send_report(conn)

    def _send_report(self, conn: Conn) -> None:
        self.reports_sent += 1
        self.send(conn, NODE_REPORT.encode(self.view.snapshot()))

    def _take_order(self, conn: Conn, order: Order) -> None:
        permissions = self.trusted.get(self.conns[conn]) if conn in self.conns else None
        if permissions is None or not is_allowed(permissions, order.app_request):
            self.hangup(conn)
            return
        self.requests.append(order.app_request)
        extra = Extra(refusal=self.order_refusal) if self.order_refusal else None
        self.change(ack=order.app_request_id, extra=extra)

    def _take(self, conn: Conn, message: app.AppToAppServer) -> None:
        request = message.app_request
        key = self.conns.get(conn)
        if key is None:
            # We have hung up.
            return
        permissions = self.trusted.get(key)
        if permissions is None or not is_allowed(permissions, request):
            self.hangup(conn)
            return
        self.requests.append(request)
        rule = self.script.get(type(request)) or RULES[type(request)]
        rule(self, conn, message)

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
        payment = self.payments[payment_id]
        payment.status = app.PaymentStatusSuccess(receipt_for(payment.asked, self.seller), ACK_OF_SUCCESS)
        payment.open.clear()
        if payment.asker is not None:
            self.tell(payment.asker, app.ResponseClosePayment(payment_id, payment.status))

    def lose_channel(
        self,
        payment_id: PaymentId,
        amount: Amount,
        *,
        key: PublicKey = FRIEND.public_key,
        is_all: bool = True,
    ) -> None:
        """The channel to a friend is lost, who got so many credits of a payment; all apps are told.

        `is_all`: nothing else of the payment is under way.
        """
        payment = self.payments[payment_id]
        payment.lost = (*payment.lost, LostCredits(key, amount))
        if is_all:
            payment.open.clear()
        self.change(extra=Extra(lost_payments=(lost_payment(payment),)))

    def lose(self, payment_id: PaymentId) -> None:
        """The node forgets a payment, as one that was killed before it was durable."""
        del self.payments[payment_id]

    def set_limits(self, key: PublicKey, currency: Currency, **changes: Any) -> None:
        """Change what the node grants a friend in a currency: `remote_max_debt`, `rate`, `is_open`."""
        config = config_or_new(self.view.friends[key], currency)
        self.change_friend(key, UpdateCurrencyConfig(replace(config, **changes)))
