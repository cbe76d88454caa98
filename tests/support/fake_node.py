"""A node as an app sees it, scripted: real lines over loopback, and behind them a report and a few simple rules.

It does at once what a node does in the end, and each test may make it do something else: `script` maps a class of
requests to a function that takes the place of the rule.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import wraps
from typing import Any

from msgspec.structs import replace

from offset.app import Node, connect
from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.core.apps.permissions import is_allowed
from offset.core.apps.reports import ReportView, config_of
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.crypto.locks import hash_lock
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.surface import Conn, Effect, Event
from offset.shell.driver import Driver
from offset.wire import app
from offset.wire.common import Commit, NamedIndexServerAddress, NamedRelayAddress, Receipt
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.files import InvoiceFile, Ticket
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RequestRoutes, RouteCapacityRate
from offset.wire.report import (
    NODE_REPORT,
    AddFriendReport,
    AddIndexServerMutation,
    AddRelayMutation,
    ChangeFriend,
    ChannelConsistent,
    ChannelStatus,
    CurrencyConfigReport,
    CurrencyReport,
    FriendReport,
    FriendReportMutation,
    FunderMutation,
    FunderReport,
    IndexClientMutation,
    IndexClientReport,
    McBalanceReport,
    NodeReport,
    NodeReportMutation,
    PkFriendReport,
    PkFriendReportList,
    RemoveCurrencyConfig,
    RemoveFriendMutation,
    RemoveIndexServerMutation,
    RemoveRelayMutation,
    SetChannelStatus,
    SetName,
    SetRemoteRelays,
    SetStatus,
    UpdateCurrencyConfig,
)
from offset.wire.signing import commit_buffer

ALL = app.AppPermissions(routes=True, buyer=True, seller=True, config=True)
CURRENCY = "FST"


def identity(name: str) -> Identity:
    """The identity of this name, always the same."""
    return Identity(sha512_256(name.encode()))


NODE, APP, STRANGER, FRIEND, SELLER = map(identity, ("node", "app", "stranger", "friend", "seller"))
INDEX_SERVER = NamedIndexServerAddress(identity("index").public_key, "127.0.0.1:9", "index0")
RELAY = NamedRelayAddress(identity("relay").public_key, "127.0.0.1:8", "relay0")

# Reports


def consistent(**balances: tuple[int, int, int]) -> ChannelConsistent:
    """A channel with (balance, local debt, remote debt) by currency."""
    return ChannelConsistent(
        tuple(CurrencyReport(name, McBalanceReport(*values)) for name, values in balances.items())
    )


OPEN = CurrencyConfigReport("FST", Rate(0, 0), 100, True)
"""What the owner has set for a line that is open."""


def friend_report(
    name: str = "bob",
    status: ChannelStatus | None = None,
    *,
    enabled: bool = True,
    online: bool = True,
    configs: tuple[CurrencyConfigReport, ...] = (),
    **more: Any,
) -> FriendReport:
    """A friend; with FST and nothing owed unless told otherwise."""
    return FriendReport(
        name=name,
        remote_relays=more.get("relays", ()),
        currency_configs=configs,
        opt_last_incoming_move_token=more.get("token"),
        liveness=online,
        channel_status=status or consistent(FST=(0, 0, 0)),
        status=enabled,
    )


def node_report(
    friends: dict[PublicKey, FriendReport] | None = None,
    relays: tuple[NamedRelayAddress, ...] = (RELAY,),
    index_servers: tuple[NamedIndexServerAddress, ...] = (INDEX_SERVER,),
    connected: PublicKey | None = INDEX_SERVER.public_key,
    extra: Extra | None = None,
) -> NodeReport:
    """A whole report; with a friend, a relay and an index server that is in use, unless told otherwise.

    Without `extra` it is that of a node of the reference.
    """
    known = {FRIEND.public_key: friend_report()} if friends is None else friends
    entries = tuple(PkFriendReport(key, friend) for key, friend in known.items())
    return NodeReport(
        FunderReport(NODE.public_key, relays, PkFriendReportList(entries)),
        IndexClientReport(index_servers, connected),
        extra,
    )


OURS = Extra((), NetworkStatus(0, (), ()))
"""What makes a report that of a node of ours, which tells why it refuses a request."""

# Payments


def route(
    *through: PublicKey, capacity: int = 1000, rate: Rate | None = None, to: PublicKey = SELLER.public_key
) -> RouteCapacityRate:
    """A route from the node to the seller."""
    keys = FriendsRoute((NODE.public_key, *through, to))
    return RouteCapacityRate(keys, capacity, rate or Rate(0, 0))


ROUTE = route(FRIEND.public_key)


def invoice(amount: int = 50, seller: Identity = SELLER, name: str = "lunch") -> InvoiceFile:
    """An invoice of the seller."""
    return InvoiceFile(sha512_256(name.encode()), CURRENCY, seller.public_key, amount)


def commit_for(asked: InvoiceFile, seller: Identity = SELLER) -> Commit:
    """A commit that the seller would take."""
    unsigned = Commit(
        bytes(32),
        b"s" * 32,
        hash_lock(b"d" * 32),
        asked.dest_payment,
        asked.dest_payment,
        asked.invoice_id,
        asked.currency,
        bytes(64),
    )
    return replace(unsigned, signature=seller.sign(commit_buffer(unsigned)))


def receipt_for(asked: InvoiceFile, seller: Identity = SELLER) -> Receipt:
    """The proof that it was paid."""
    commit = commit_for(asked, seller)
    return Receipt(
        commit.response_hash,
        commit.invoice_id,
        commit.currency,
        commit.src_plain_lock,
        b"d" * 32,
        True,
        commit.dest_payment,
        commit.total_dest_payment,
        commit.signature,
    )


# The node

Rule = Callable[["FakeNode", Conn, app.AppToAppServer], None]


class Payment:
    """A payment as the fake node knows it."""

    def __init__(self, request: app.CreatePayment) -> None:
        self.request = request
        self.arrived = 0
        self.open: dict[bytes, int] = {}
        self.answers: dict[bytes, app.RequestResult] = {}
        self.is_closed = False
        self.status: app.PaymentStatus | None = None
        self.asker: Conn | None = None

    @property
    def asked(self) -> InvoiceFile:
        """The invoice, as far as the payment says."""
        request = self.request
        return InvoiceFile(
            request.invoice_id, request.currency, request.dest_public_key, request.total_dest_payment
        )


class FakeNode:
    """An engine; run it with `serving` or `in_thread`."""

    def __init__(self, report: NodeReport | None = None, trusted: dict[PublicKey, Any] | None = None) -> None:
        self.view = ReportView(report or node_report())
        self.trusted = {APP.public_key: ALL} if trusted is None else trusted
        self.script: dict[type, Rule] = {}
        self.routes: list[tuple[MultiRoute, ...] | None] = []
        """Answers to questions for routes, one after another; the last one stays."""
        self.results: list[app.RequestResult | None] = []
        """Results of parts, one after another, None for silence; then each part arrives."""
        self.seller = SELLER
        self.requests: list[app.AppRequest] = []
        self.payments: dict[bytes, Payment] = {}
        self.invoices: dict[bytes, app.AddInvoice] = {}
        self.conns: dict[Conn, PublicKey] = {}
        self.ticket = Ticket(NODE.public_key, "")
        self.driver: Driver | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._lines = Lines(NODE, SeededEntropy("fake node"), handshakes_per_address_max=1000)
        self._lines.listen("apps", self._line)
        self._now: Instant = 0

    # As an engine

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take an event of the driver."""
        self._now = now
        for news in self._lines.handle(event, now):
            news.owner(news)
        return self._lines.take_effects()

    def deadline(self) -> Instant | None:
        """When the lines have something to do."""
        return self._lines.deadline()

    def _line(self, news: LineEvent) -> None:
        match news:
            case LineOpened():
                self._opened(news.conn, news.remote)
            case LineMessage():
                self._take(news.conn, app.APP_TO_APP_SERVER.decode(news.data))
            case LineClosed():
                self.conns.pop(news.conn, None)
            case _:
                return

    def _opened(self, conn: Conn, key: PublicKey) -> None:
        permissions = self.trusted.get(key)
        if permissions is None:
            self._lines.hangup(conn)
            return
        self.conns[conn] = key
        self._lines.send(conn, app.APP_PERMISSIONS.encode(permissions), self._now)
        self._lines.send(conn, NODE_REPORT.encode(self.view.snapshot()), self._now)

    def _take(self, conn: Conn, message: app.AppToAppServer) -> None:
        request = message.app_request
        if conn not in self.conns:
            return  # we hung up
        if not is_allowed(self.trusted[self.conns[conn]], request):
            self.hangup(conn)
            return
        self.requests.append(request)
        rule = self.script.get(type(request)) or _RULES[type(request)]
        rule(self, conn, message)

    # For tests

    def asked_for(self, kind: type) -> list[Any]:
        """The requests of one kind, in order."""
        return [request for request in self.requests if isinstance(request, kind)]

    def tell(self, conn: Conn, message: app.AppServerToApp) -> None:
        """Say something to one app; call it in a rule, or wake the driver afterwards."""
        self._lines.send(conn, app.APP_SERVER_TO_APP.encode(message), self._now)

    def change(
        self, *mutations: NodeReportMutation, ack: bytes | None = None, extra: Extra | None = None
    ) -> None:
        """Change the report and tell all apps; with `extra`, as a node of ours does."""
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

    def hangup(self, conn: Conn) -> None:
        """End the line of an app."""
        self.conns.pop(conn, None)
        self._lines.hangup(conn)

    def do(self, act: Callable[[], object]) -> None:
        """Do something from outside a rule; from another thread it is done when this returns."""
        assert self.loop is not None
        if threading.get_ident() == self._thread:
            self._do(act)
        else:
            done = threading.Event()
            self.loop.call_soon_threadsafe(lambda: (self._do(act), done.set()))
            assert done.wait(20)

    def _do(self, act: Callable[[], object]) -> None:
        act()
        assert self.driver is not None
        self.driver.wake()


# Rules


def _ack(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    node.ack(message)


def _config(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    node.change(*_mutations(node, message.app_request), ack=message.app_request_id)


def _mutations(node: FakeNode, request: Any) -> list[NodeReportMutation]:
    """What a request of the owner changes; nothing where a node refuses in silence."""
    match request:
        case app.AddRelay():
            return [FunderMutation(AddRelayMutation(request.relay))]
        case app.RemoveRelay():
            return [FunderMutation(RemoveRelayMutation(request.public_key))]
        case app.AddIndexServer():
            return [IndexClientMutation(AddIndexServerMutation(request.index_server))]
        case app.RemoveIndexServer():
            return [IndexClientMutation(RemoveIndexServerMutation(request.public_key))]
        case app.AddFriend():
            if request.friend_public_key in node.view.friends:
                return []
            added = AddFriendReport(
                request.friend_public_key, request.name, request.relays, None, ChannelConsistent(())
            )
            return [FunderMutation(added)]
    key = request.friend_public_key
    friend = node.view.friends.get(key)
    if friend is None:
        return []
    if isinstance(request, app.RemoveFriend):
        return [FunderMutation(RemoveFriendMutation(key))]
    return [FunderMutation(ChangeFriend(key, _friend_mutation(friend, request)))]


def _friend_mutation(friend: FriendReport, request: Any) -> FriendReportMutation:
    match request:
        case app.SetFriendName():
            return SetName(request.name)
        case app.SetFriendRelays():
            return SetRemoteRelays(request.relays)
        case app.EnableFriend() | app.DisableFriend():
            return SetStatus(isinstance(request, app.EnableFriend))
        case app.RemoveFriendCurrency():
            return RemoveCurrencyConfig(request.currency)
        case app.ResetFriendChannel():
            return SetChannelStatus(ChannelConsistent(()))
    config = config_of(friend, request.currency)
    config = config or CurrencyConfigReport(request.currency, Rate(0, 0), 0, False)
    match request:
        case app.SetFriendCurrencyMaxDebt():
            return UpdateCurrencyConfig(replace(config, remote_max_debt=request.remote_max_debt))
        case app.SetFriendCurrencyRate():
            return UpdateCurrencyConfig(replace(config, rate=request.rate))
        case _:
            is_open = isinstance(request, app.OpenFriendCurrency)
            return UpdateCurrencyConfig(replace(config, is_open=is_open))


def _find_routes(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    answer = (node.routes.pop(0) if len(node.routes) > 1 else node.routes[0]) if node.routes else ()
    node.ack(message)
    node.tell(conn, app.ClientResponseRoutes(request.request_id, answer))


def _create_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.payments[request.payment_id] = Payment(request)
    node.ack(message)


def _create_transaction(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.ack(message)
    payment = node.payments.get(request.payment_id)
    if payment is not None and request.request_id in payment.open:  # asked for again (D-8)
        if request.request_id in payment.answers:
            node.tell(conn, app.TransactionResult(request.request_id, payment.answers[request.request_id]))
        return
    if payment is None or payment.is_closed or not request.route.public_keys:
        node.tell(conn, app.TransactionResult(request.request_id, app.FAILURE))
        return
    result: app.RequestResult | None
    if node.results:
        result = node.results.pop(0)
    else:
        payment.arrived += request.dest_payment
        is_all = payment.arrived >= payment.request.total_dest_payment
        result = app.Complete(commit_for(payment.asked, node.seller)) if is_all else app.SUCCESS
    if result is None or not isinstance(result, app.Failure):
        payment.open[request.request_id] = request.dest_payment
    if result is not None:
        payment.answers[request.request_id] = result
        node.tell(conn, app.TransactionResult(request.request_id, result))


def _close_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.ack(message)
    payment = node.payments.get(request.payment_id)
    if payment is None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, app.PAYMENT_NOT_FOUND))
        return
    payment.is_closed, payment.asker = True, conn
    if payment.status is None and not payment.open:
        payment.status = app.PaymentStatusCanceled(b"ack of cancel..1")
    if payment.status is not None:
        node.tell(conn, app.ResponseClosePayment(request.payment_id, payment.status))


def _ack_payment(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    payment = node.payments.get(request.payment_id)
    if payment is not None and payment.status is not None:
        assert request.ack_uid == payment.status.ack_uid  # type: ignore[union-attr]
        del node.payments[request.payment_id]
    node.ack(message)


def arrive(node: FakeNode, payment_id: bytes, result: app.RequestResult) -> None:
    """A part under way of a payment is answered; nobody may hear of it."""
    payment = node.payments[payment_id]
    (request_id,) = payment.open.keys() - payment.answers.keys()
    payment.answers[request_id] = result
    for conn in node.conns:
        node.tell(conn, app.TransactionResult(request_id, result))


def collected(node: FakeNode, payment_id: bytes) -> None:
    """The seller of a payment has collected; say so to whoever asked."""
    payment = node.payments[payment_id]
    payment.status = app.PaymentStatusSuccess(receipt_for(payment.asked, node.seller), b"ack of success.1")
    payment.open.clear()
    if payment.asker is not None:
        node.tell(payment.asker, app.ResponseClosePayment(payment_id, payment.status))


def _add_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.invoices[request.invoice_id] = request
    node.ack(message)


def _cancel_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    node.invoices.pop(request.invoice_id, None)
    node.ack(message)


def freeze(node: FakeNode, amount: int, key: PublicKey = FRIEND.public_key) -> None:
    """A friend freezes credits towards the node: it holds a buyer's request."""
    node.change_friend(key, SetChannelStatus(consistent(FST=(0, 0, amount))))


def _commit_invoice(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    request: Any = message.app_request
    asked = node.invoices.pop(request.commit.invoice_id, None)
    if asked is None:
        node.ack(message)
        return
    amount = asked.total_dest_payment
    collected = SetChannelStatus(consistent(FST=(amount, 0, 0)))
    node.change_friend(FRIEND.public_key, collected, ack=message.app_request_id)


_RULES: dict[type, Rule] = {
    **dict.fromkeys(
        [
            *(app.AddRelay, app.RemoveRelay, app.AddIndexServer, app.RemoveIndexServer),
            *(app.AddFriend, app.RemoveFriend, app.SetFriendName, app.SetFriendRelays),
            *(app.EnableFriend, app.DisableFriend, app.ResetFriendChannel),
            *(app.OpenFriendCurrency, app.CloseFriendCurrency, app.RemoveFriendCurrency),
            *(app.SetFriendCurrencyMaxDebt, app.SetFriendCurrencyRate),
        ],
        _config,
    ),
    RequestRoutes: _find_routes,
    app.CreatePayment: _create_payment,
    app.CreateTransaction: _create_transaction,
    app.RequestClosePayment: _close_payment,
    app.AckClosePayment: _ack_payment,
    app.AddInvoice: _add_invoice,
    app.CancelInvoice: _cancel_invoice,
    app.CommitInvoice: _commit_invoice,
}

refuse: Rule = _ack
"""What a node of the reference does when it refuses: it says that the request was processed, and nothing else."""


def refuse_aloud(reason: str) -> Rule:
    """What a node of ours does when it refuses."""

    def rule(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
        node.tell(conn, app.ReportMutations(message.app_request_id, (), Extra((), None, reason)))

    return rule


def ignore(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    """Say nothing at all."""


def hang_up(node: FakeNode, conn: Conn, message: app.AppToAppServer) -> None:
    """End the connection in the middle of a request."""
    node.hangup(conn)


# Running it


@asynccontextmanager
async def serving(node: FakeNode | None = None, port: int = 0) -> AsyncIterator[FakeNode]:
    """A node on loopback, in this event loop; at a free port unless one is given, for one that starts again."""
    node = node or FakeNode()
    node.driver = driver = Driver(node, tell=lambda tell: None)
    node.loop, node._thread = asyncio.get_running_loop(), threading.get_ident()
    address = await driver.listen("apps", "127.0.0.1", port)
    node.ticket = Ticket(NODE.public_key, str(address))
    running = asyncio.create_task(driver.run())
    try:
        yield node
    finally:
        driver.stop()
        driver.stop()
        with suppress(asyncio.CancelledError):
            await running


@contextmanager
def in_thread(node: FakeNode | None = None, port: int = 0) -> Iterator[FakeNode]:
    """A node on loopback, in a thread of its own, for programs that block."""
    node = node or FakeNode()
    started, stop = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        async with serving(node, port):
            started.set()
            await asyncio.to_thread(stop.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(20)
    try:
        yield node
    finally:
        stop.set()
        thread.join(20)
        if failures:
            raise failures[0]


# Tests that talk to it

STORY_S = 30.0


def story(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine; it has to end in time."""

    @wraps(test)
    def run(*args: Any, **values: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **values), STORY_S))

    return run


@asynccontextmanager
async def connected(
    fake: FakeNode | None = None, app: Identity = APP
) -> AsyncIterator[tuple[FakeNode, Node]]:
    """The fake node, and the SDK connected to it."""
    async with serving(fake) as serving_node, connect(serving_node.ticket, None, app) as node:
        yield serving_node, node
