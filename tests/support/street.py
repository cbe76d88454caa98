"""Four friends in a row whose programs die and come back, apps that insist, and purchases that end right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise

from offset.base.entropy import SeededEntropy
from offset.base.ids import PublicKey
from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.record_kinds import in_order
from offset.core.funder.records import (
    InvoiceKey,
    PaymentKey,
    PendingKey,
    QueuedKey,
    TransactionKey,
)
from offset.core.funder.state.state import FunderState
from offset.engine.app import Heard, Over, Ready
from offset.engine.node import NodeEngine
from offset.engine.relay import LISTENER, RelayEngine
from offset.engine.surface import Engine, Tell
from offset.sim.judge import checks
from offset.sim.physics.disk import Rows, history_of
from offset.sim.physics.host import Host
from offset.testing import CURRENCY, CalmWorld, VirtualApp, identity
from offset.wire.app import (
    AckClosePayment,
    AddInvoice,
    AppRequest,
    AppServerToApp,
    CancelInvoice,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    Failure,
    PaymentStatusCanceled,
    PaymentStatusSuccess,
    ReportMutations,
    RequestClosePayment,
    RequestResult,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.common import Commit, NamedRelayAddress, Receipt
from offset.wire.friend import FriendsRoute
from offset.wire.signing import verify_receipt
from support.nodes import Town
from support.strikes import Trap, WatchedHost

NAMES = "abcd"
LINKS = tuple(pairwise(NAMES))
FEE = 1
"""Of each mediator, for each part."""
DOWN_MS = 400
AFTERMATH_MS = 2000
RETRY_MS = 100
PATIENCE_MS = 300_000
PASSING = (PendingKey, QueuedKey, InvoiceKey, PaymentKey, TransactionKey)
"""Tables in which nothing stays when all is over."""

Then = Callable[[], None]


class Street(Town):
    """a, b, c and d over one relay. Whoever is killed comes back with its durable rows, and its app connects again."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        """`rows`: of nodes that are friends already."""
        self.trap: Trap | None = None
        self.owners: dict[str, Owner] = {}
        self.ids = SeededEntropy("ids of purchases")
        super().__init__(NAMES, rows=rows)
        self.world.run_until(self.is_ready)

    def make_world(self) -> CalmWorld:
        return CalmWorld(partial(WatchedHost, lambda: self.trap))

    def start(self, name: str, rows: Rows | None = None) -> None:
        self.start_node(name, rows)
        self.owners[name] = Owner(self, name)

    def is_ready(self) -> bool:
        """Whether all friends see each other, and all apps their nodes."""
        return all(owner.is_ready for owner in self.owners.values()) and all(
            self.is_alive(name) and self.friend(name, other).is_ready(CURRENCY)
            for left, right in LINKS
            for name, other in ((left, right), (right, left))
        )

    def is_alive(self, *names: str) -> bool:
        """Whether these nodes run."""
        return all(self.host(name).is_alive for name in names)

    def add_second_relay(self) -> NamedRelayAddress:
        """Start another relay."""
        relay = identity("second relay")

        def make(host: Host) -> Engine:
            return RelayEngine(relay, SeededEntropy("second relay"), host.clock.now())

        self.world.add("second relay", make, {LISTENER: "relay:2"})
        return NamedRelayAddress(relay.public_key, "relay:2", "second")

    # What a trap needs

    def line(self, name: str, other: str) -> int:
        """The connection of a node, or of an app, that leads to the other."""
        host = self.host(name)
        if not isinstance(host.engine, NodeEngine):
            return next(iter(host.ends), 0)
        part = host.engine._channeler
        link = part._channeler._friends[self.key(other)].link
        return 0 if link is None else part._conns[link.line]

    def key(self, name: str) -> PublicKey:
        """The key of a node, or of the node of an app."""
        return super().key(name[-1])

    def kill(self, name: str) -> None:
        """End a node or an app; it starts again after a while."""
        self.world.kill(name)
        if name in self.identities:
            self.world.after(DOWN_MS, lambda: self.start_node(name, self.rows(name)))
        else:
            self.owners[name[-1]].come_again()

    # Looking

    def state(self, name: str) -> FunderState:
        """What a node remembers."""
        return self.engine(name).view().state

    def balances(self) -> list[int]:
        """What each node is owed by its friend on the right; checks that the friend says the same."""
        for left, right in LINKS:
            assert self.friend(left, right).channel.is_consistent
            assert self.friend(right, left).channel.is_consistent
            balance, ours, theirs = self.balance(left, right)
            assert (balance, ours, theirs) == (-self.balance(right, left)[0], 0, 0)
            assert self.balance(right, left)[1:] == (0, 0)
        return [self.balance(left, right)[0] for left, right in LINKS]

    def is_quiet(self) -> bool:
        """Whether nothing is under way any more."""
        return self.is_ready() and all(
            self.has_said_all(name) and not any(isinstance(key, PASSING) for key in self.rows(name))
            for name in NAMES
        )

    def has_said_all(self, name: str) -> bool:
        """Whether everything of a node is durable, and nothing waits for it."""
        disk = self.host(name).disk
        return disk is not None and disk.is_idle and not self.engine(name).view().turns_held

    def settle(self) -> None:
        """Wait until nothing is under way, also after those who were struck last have come back."""
        self.world.run_until(self.is_quiet, PATIENCE_MS)
        self.world.run_for(AFTERMATH_MS)
        self.world.run_until(self.is_quiet, PATIENCE_MS)

    def check(self) -> None:
        """Every node keeps its invariants, and remembers what its rows say."""
        for name in NAMES:
            state = self.state(name)
            for friend in state.friends.values():
                checks.friend(name, state, friend)
            checks.invoices(name, state)
            checks.payments(name, state)
            restored = FunderState(state.local)
            restored.restore(in_order(self.rows(name)))
            there, here = checks.snapshot(restored), checks.snapshot(state)
            assert there == here, f"{name}: {checks.difference(there, here)}"


class Owner:
    """The owner of a node and its app: connects again, and repeats what was not acknowledged, as the SDK would.

    What the owner knows survives the app.
    """

    def __init__(self, street: Street, name: str) -> None:
        self.street, self.name = street, name
        self.is_ready = False
        self.hears: list[Callable[[AppServerToApp], None]] = []
        self.on_ready: list[Then] = []
        self.on_post: Callable[[AppRequest], None] = lambda _: None
        self._asks: dict[int, tuple[AppRequest, Then]] = {}
        self._ids: dict[bytes, int] = {}
        self._count = 0
        self._connect()

    def ask(self, request: AppRequest, then: Then = lambda: None) -> None:
        """Ask until it is acknowledged, in order."""
        self._count += 1
        self._asks[self._count] = request, then
        if self.is_ready:
            self._post(self._count)

    def tell(self, request: AppRequest) -> None:
        """Ask once."""
        self._app.post(request)

    def come_again(self) -> None:
        """The line is over, or the app: start it again after a while."""
        self.is_ready = False
        self.street.world.after(RETRY_MS, self._connect)

    def _connect(self) -> None:
        street = self.street
        self._app = app = street.add_app(self.name, self.name)
        app.host.on_tell = lambda tell: self._told(app, tell)

    def _told(self, app: VirtualApp, tell: Tell) -> None:
        if app is not self._app or not app.host.is_alive:
            return
        match tell.detail:
            case Ready():
                self.is_ready = True
                for number in list(self._asks):
                    self._post(number)
                for act in self.on_ready:
                    act()
            case Heard(ReportMutations(opt_app_request_id=bytes(request_id))):
                asked = self._asks.pop(self._ids.pop(request_id, 0), None)
                if asked is not None:
                    asked[1]()
            case Heard(message):
                for hear in self.hears:
                    hear(message)
            case Over():
                self.come_again()

    def _post(self, number: int) -> None:
        request = self._asks[number][0]
        self.on_post(request)
        self._ids[self._app.post(request)] = number


class Purchase:
    """One purchase, as two apps carry it out."""

    def __init__(
        self,
        street: Street,
        parts: tuple[int, ...] = (10,),
        promised: Callable[[Purchase], None] = lambda purchase: purchase.collect(),
    ) -> None:
        """`promised`: what happens when the seller has promised for all parts."""
        self.street, self.parts, self._promised = street, parts, promised
        self.buyer, self.seller = street.owners[NAMES[0]], street.owners[NAMES[-1]]
        entropy = street.ids
        self.invoice_id, self.payment_id = entropy.bytes(32), entropy.bytes(16)
        route = FriendsRoute(tuple(street.key(name) for name in NAMES))
        fees = FEE * (len(NAMES) - 2)
        self.requests = {
            request_id: CreateTransaction(self.payment_id, request_id, route, part, fees)
            for part in parts
            for request_id in [entropy.bytes(16)]
        }
        self.total = sum(parts)
        self.results: dict[bytes, RequestResult] = {}
        self.commit: Commit | None = None
        self.receipt: Receipt | None = None
        self.is_given = False
        """Whether the commit is in the seller's hand."""
        self.is_over_for_buyer = self.is_over_for_seller = False
        self._is_ended = self._is_released = False
        self._awaited: list[AppRequest] = []  # acknowledged, but the answer proper may come later

    def begin(self) -> None:
        """The seller opens the invoice, the buyer pays."""
        self.buyer.hears.append(self._hear)
        self.buyer.on_ready.append(self._again)
        self._balances = self.street.balances()
        self.seller.ask(AddInvoice(self.invoice_id, CURRENCY, self.total), self._pay)

    def _pay(self) -> None:
        seller = self.street.key(NAMES[-1])
        self.buyer.ask(CreatePayment(self.payment_id, self.invoice_id, CURRENCY, self.total, seller))
        for request in (*self.requests.values(), RequestClosePayment(self.payment_id)):
            self.buyer.ask(request, lambda request=request: self._awaited.append(request))  # type: ignore[misc]

    def _again(self) -> None:
        """The line is back: ask for answers that may have been missed."""
        if not self._is_ended:
            for request in self._awaited:
                if not (isinstance(request, CreateTransaction) and request.request_id in self.results):
                    self.buyer.tell(request)

    def _hear(self, message: AppServerToApp) -> None:
        match message:
            case TransactionResult() if message.request_id in self.requests:
                self._result(message.request_id, message.result)
            case ResponseClosePayment() if message.payment_id == self.payment_id:
                self._ended(message)

    def _result(self, request_id: bytes, result: RequestResult) -> None:
        self.results[request_id] = result
        if isinstance(result, Failure):
            assert not self.is_given, "what is promised and committed to cannot fail"
            self.release()
        elif isinstance(result, Complete) and self.commit is None:
            self.commit = result.commit
            self._promised(self)

    def _ended(self, message: ResponseClosePayment) -> None:
        match message.status:
            case PaymentStatusSuccess(receipt, ack_uid):
                assert verify_receipt(receipt, self.street.key(NAMES[-1]))
                assert receipt.invoice_id == self.invoice_id
                assert receipt.total_dest_payment == self.total
                self.receipt = receipt
            case PaymentStatusCanceled(ack_uid):
                assert self.receipt is None
                assert not self.is_given
                self.release()
            case _:
                raise AssertionError("the node forgot a payment that it had acknowledged")
        if not self._is_ended:
            self._is_ended = True
            self.buyer.ask(AckClosePayment(self.payment_id, ack_uid), self._over_for_buyer)

    def _over_for_buyer(self) -> None:
        self.is_over_for_buyer = True

    # The seller

    def collect(self) -> None:
        """The commit reaches the seller, who collects."""
        if self.is_given or self._is_released:
            return
        assert self.commit is not None
        self.is_given = True
        self.seller.ask(CommitInvoice(self.commit), self._over_for_seller)

    def release(self) -> None:
        """The seller waits no longer."""
        if not self._is_released:
            self._is_released = True
            self.seller.ask(CancelInvoice(self.invoice_id), self._over_for_seller)

    def _over_for_seller(self) -> None:
        self.is_over_for_seller = True

    # The end

    @property
    def is_over(self) -> bool:
        """Whether both sides know how it ended."""
        return self.is_over_for_buyer and self.is_over_for_seller

    def is_paid(self) -> bool:
        """Whether it was paid, by the books of both sides, which must agree."""
        bought, sold = self.street.rows(NAMES[0]), self.street.rows(NAMES[-1])
        bought_rows = history_of(bought, self.payment_id)
        bought_ends = [row.kind for row in bought_rows if row.kind is not HistoryKind.PROOF]
        sold_ends = [row.kind for row in history_of(sold, self.invoice_id)]
        is_paid = bought_ends == [HistoryKind.PAID]
        assert is_paid == (self.receipt is not None)
        assert bought_ends == [HistoryKind.PAID if is_paid else HistoryKind.UNPAID]
        # Withdrawn before a part came it leaves no row.
        assert sold_ends in ([[HistoryKind.RECEIVED]] if is_paid else [[HistoryKind.WITHDRAWN], []])
        assert is_paid or not self.is_given
        return is_paid

    def balances_after(self, *, is_paid: bool) -> list[int]:
        """What each node is to be owed by its friend on the right."""
        if not is_paid:
            return self._balances
        fees = [FEE * len(self.parts) * mediators for mediators in reversed(range(len(LINKS)))]
        return [before - self.total - fee for before, fee in zip(self._balances, fees, strict=True)]
