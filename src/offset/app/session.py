"""One connection to a node: requests go out, answers find those who wait for them.

Every message costs a look-up or two, however many requests are under way: no task and no search per message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from offset.app.answers import Answers
from offset.app.errors import (
    AppError,
    CannotConnect,
    Disconnected,
    NoAnswer,
    NoReport,
    NotOffered,
    NotPermitted,
    Refused,
    not_trusted,
)
from offset.app.payment.lost import payment_lost
from offset.app.reports import LiveReport
from offset.app.updates import Update
from offset.base.entropy import new_uid
from offset.base.faults import PeerFault, UserFault
from offset.base.ids import PaymentId, PublicKey, RequestId, Uid
from offset.base.limits import SDK_REQUESTS_MAX
from offset.core.apps.permissions import is_allowed, may_see, needed_for, needed_permission
from offset.crypto.signer import Signer
from offset.engine.app import AppEngine, AppStage, Heard, Over, Ready
from offset.engine.surface import Tell
from offset.shell.driver import Driver
from offset.shell.system import SystemEntropy
from offset.wire.app import (
    AppPermissions,
    AppRequest,
    AppServerToApp,
    AppToAppServer,
    ClientResponseRoutes,
    PaymentStatus,
    ReportMutations,
    RequestResult,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.extension import (
    Extra,
    HistoryAfter,
    HistoryBefore,
    Listing,
    LostPayment,
    Page,
    Query,
)
from offset.wire.index import MultiRoute
from offset.wire.orders import Order, OrderRequest
from offset.wire.report import NodeReport, NodeReportMutation

CONNECT_S = 10.0
"""Seconds for connecting, handshake, permissions and report together."""
ANSWER_S = 30.0
"""Seconds for the acknowledgement of a request; a node answers within milliseconds."""

T = TypeVar("T")

Check = Callable[[], str | None]
"""Looks at the report in the moment a request was carried out: why it was refused, or None (spec 05, D-4).

Asked only of a node that tells no refusals: what a report shows may have another cause.
"""


class Session:
    """The talk with one node. Made by `open_session`, used by the parts of `Node`."""

    known: LiveReport | None
    """The report; None when the node left it out because the app needs none."""
    permissions: AppPermissions
    answers_queries: bool
    """Whether the node lists payments, invoices and history; one of the reference does not."""
    takes_orders: bool
    """Whether the node does what 0.1.11 cannot be asked for (wire/orders.py); one of the reference does not."""

    def __init__(
        self,
        identity: Signer,
        address: str,
        node: PublicKey,
        former: LiveReport | None = None,
        *,
        wants_report: bool = True,
    ) -> None:
        """`former` is the report of an earlier connection to this node: it goes on with the new one.

        `wants_report`: else the node may leave it out, and whoever looks at it gets NoReport.
        """
        self.entropy = SystemEntropy()
        self.address, self.node = address, node
        self.wants_report = wants_report
        self.known = None
        self.routes: Answers[Uid, tuple[MultiRoute, ...] | None] = Answers()
        self.transactions: Answers[RequestId, RequestResult] = Answers()
        self.endings: Answers[PaymentId, PaymentStatus] = Answers()
        self.pages: Answers[Uid, Page] = Answers()
        self.follow: Callable[[Update], None] | None = None
        """Told each change of the report after it was applied."""
        self._identity = identity
        self._former = former
        self._lost_payments: dict[PaymentId, LostPayment] = {}
        self._acks: Answers[Uid, None] = Answers()
        self._checks: dict[Uid, Check] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lost: AppError | None = None
        self._is_over = asyncio.Event()
        self._engine = AppEngine(identity, self.entropy, address, node, wants_report=wants_report)
        self._driver = Driver(self._engine, tell=self._tell)
        self._running = asyncio.create_task(self._driver.run())
        self._running.add_done_callback(self._ended)

    @property
    def report(self) -> LiveReport:
        """What the node says about itself. Raises NoReport when it was left out."""
        if self.known is None:
            raise NoReport
        return self.known

    @property
    def wanted_report(self) -> LiveReport:
        """The report, for what needs it. Raises NoReport also where a node sent it to an app that wants none: whoever
        leaned on that would fail at another node.
        """
        if not self.wants_report:
            raise NoReport
        return self.report

    @property
    def tells_refusals(self) -> bool:
        """Whether an acknowledgement without a reason means done; a node that leaves its report out is ours."""
        return self.known is None or self.known.tells_refusals

    @property
    def lost_payments(self) -> Mapping[PaymentId, LostPayment]:
        """Payments of which parts are lost, as `LiveReport.lost_payments`; without a report those told since."""
        return self._lost_payments if self.known is None else self.known.lost_payments

    # Requests

    async def ask(
        self, request: AppRequest | OrderRequest, check: Check | None = None, timeout_s: float = ANSWER_S
    ) -> None:
        """Send a request, return when the node has carried it out.

        Raises Refused with what `check` says, NotPermitted, NoAnswer or Disconnected; and NotOffered for an order, if
        the node takes none.
        """
        if len(self._acks) >= SDK_REQUESTS_MAX:
            raise UserFault(f"{SDK_REQUESTS_MAX} requests wait for the node already")
        ack = new_uid(self.entropy)
        with self._acks.expect(ack) as answer:
            if check is not None:
                self._checks[ack] = check
            try:
                self.post(request, ack)
                await within(answer, timeout_s)
            finally:
                self._checks.pop(ack, None)

    def post(self, request: AppRequest | OrderRequest, ack: Uid | None = None) -> None:
        """Send a request and do not wait. Raises NotPermitted or Disconnected, or NotOffered for an order."""
        if self._lost is not None:
            raise Disconnected(str(self._lost))
        if not is_allowed(self.permissions, request):
            permission = needed_permission(request)
            raise NotPermitted(f"this app does not have the permission '{permission}' of the node")
        if isinstance(request, OrderRequest) and not self.takes_orders:
            raise NotOffered(
                "this node cannot be asked for that: its program is that of 0.1.11, or an older one"
            )
        ack = ack or new_uid(self.entropy)
        try:
            if isinstance(request, OrderRequest):
                self._engine.order(Order(ack, request))
            else:
                self._engine.post(AppToAppServer(ack, request))
        except (OverflowError, UnicodeEncodeError) as error:
            raise UserFault(f"a value of the request cannot be sent: {error}") from None
        self._driver.wake()

    async def query(self, listing: Listing, limit: int, timeout_s: float = ANSWER_S) -> Page:
        """Some rows of what the node lists; it may give fewer than `limit`.

        Raises NotOffered of a node that lists nothing, NotPermitted, NoAnswer or Disconnected.
        """
        if self._lost is not None:
            raise Disconnected(str(self._lost))
        if not self.answers_queries:
            raise NotOffered("this node does not list its payments, invoices and history: its program cannot")
        if not may_see(self.permissions, listing):
            needed = " and ".join(f"'{name}'" for name in needed_for(listing))
            instead = ", or 'config'" if isinstance(listing, HistoryAfter | HistoryBefore) else ""
            raise NotPermitted(f"this app does not have the permission {needed}{instead} of the node")
        if len(self.pages) >= SDK_REQUESTS_MAX:
            raise UserFault(f"{SDK_REQUESTS_MAX} queries wait for the node already")
        query = Query(new_uid(self.entropy), listing, limit)
        with self.pages.expect(query.query_id) as answer:
            self._engine.query(query)
            self._driver.wake()
            return await within(answer, timeout_s)

    # Life

    async def until_ready(self, timeout_s: float) -> None:
        """Wait for permissions and report; a long report may take longer, while pieces of it come.

        Raises CannotConnect or NotTrusted.
        """
        pieces = -1
        while self._engine.pieces > pieces:
            pieces = self._engine.pieces
            try:
                async with asyncio.timeout(timeout_s):
                    return await asyncio.shield(self._ready)
            except TimeoutError:
                continue
        raise CannotConnect(f"the node at {self.address} did not answer within {timeout_s:g} s")

    async def until_lost(self) -> AppError:
        """Wait until the connection is over: why it is."""
        await self._is_over.wait()
        assert self._lost is not None
        return self._lost

    async def close(self) -> None:
        """End the connection once what was posted is on its way. Who still waits gets Disconnected."""
        self._driver.stop()
        await asyncio.wait([self._running])

    def _ended(self, running: asyncio.Task[None]) -> None:
        error = None if running.cancelled() else running.exception()
        self._lose(Disconnected(f"the connection failed: {error}" if error else "the connection was closed"))

    # What the engine tells

    def _tell(self, tell: Tell) -> None:
        match tell.detail:
            case Heard(message=message):
                try:
                    self._hear(message)
                except PeerFault as fault:
                    self._lose(Disconnected(str(fault)))
                    self._driver.stop()
            case Ready(permissions=permissions, report=report):
                self.permissions = permissions
                self.answers_queries, self.takes_orders = (
                    tell.detail.answers_queries,
                    tell.detail.takes_orders,
                )
                try:
                    self.known = None if report is None else self._begin(report)
                except PeerFault as fault:
                    self._lose(CannotConnect(str(fault)))
                else:
                    self._ready.set_result(None)
            case Over() as over:
                self._lose(self._loss(over))

    def _begin(self, report: NodeReport) -> LiveReport:
        if self._former is None:
            return LiveReport(report)
        self._former.restart(report)
        return self._former

    def _hear(self, message: AppServerToApp) -> None:
        match message:
            case ReportMutations():
                extra = message.opt_extra
                if message.mutations or extra is not None:
                    if self.known is not None:
                        self.known.apply(message.mutations, extra)
                    self._tell_follower(message.mutations, extra)
                for lost in () if extra is None else extra.lost_payments:
                    if self.known is None:
                        self._note_lost(lost)
                    if lost.opt_ack_uid is not None:
                        # 0.1.11 has no words for this end, so it is not told as an answer.
                        self.endings.refuse(lost.payment_id, payment_lost(self.known, lost))
                if extra is not None and extra.opt_page is not None:
                    self.pages.give(extra.opt_page.query_id, extra.opt_page)
                if message.opt_app_request_id is not None:
                    self._acknowledged(message.opt_app_request_id, "" if extra is None else extra.refusal)
            case TransactionResult():
                self.transactions.give(message.request_id, message.result)
            case ClientResponseRoutes():
                self.routes.give(message.request_id, message.result)
            case ResponseClosePayment():
                self.endings.give(message.payment_id, message.status)

    def _note_lost(self, lost: LostPayment) -> None:
        if not lost.is_forgotten:
            self._lost_payments[lost.payment_id] = lost
        else:
            self._lost_payments.pop(lost.payment_id, None)

    def _tell_follower(self, mutations: tuple[NodeReportMutation, ...], extra: Extra | None) -> None:
        if self.follow is None:
            return
        for mutation in mutations:
            self.follow(mutation)
        # An extra may say only why a request was refused, which is no change of the report.
        if extra is None:
            return
        if extra.credit_lines or extra.opt_status or extra.opt_status_change or extra.lost_payments:
            self.follow(extra)

    def _acknowledged(self, ack: Uid, refusal: str) -> None:
        """A node of ours says why it refused a request; of another the report tells whether it did (D-4)."""
        check = self._checks.pop(ack, None)
        if self.tells_refusals:
            check = None
        reason = refusal or (check() if check is not None else None)
        if reason is None:
            self._acks.give(ack, None)
        else:
            self._acks.refuse(ack, Refused(reason))

    def _loss(self, over: Over) -> AppError:
        match over.stage:
            case AppStage.DIALING:
                reason = over.reason.removeprefix(f"no connection to {self.address}: ")
                return CannotConnect(f"cannot reach the node at {self.address}: {reason}")
            case AppStage.GREETING if not over.by_us:
                return not_trusted(self.address, self._identity.public_key)
            case AppStage.GREETING | AppStage.REPORTING:
                return CannotConnect(f"the node at {self.address} sent no report: {over.reason}")
            case _:
                return Disconnected(f"the connection to the node is over: {over.reason}")

    def _lose(self, error: AppError) -> None:
        if self._lost is not None:
            return
        self._lost = error
        self._is_over.set()
        if not self._ready.done():
            self._ready.set_exception(error)
            # Looked at, because nobody may wait for it any more.
            self._ready.exception()
            return
        lost = error if isinstance(error, Disconnected) else Disconnected(str(error))
        for answers in (self._acks, self.routes, self.transactions, self.endings, self.pages):
            answers.lose(lost)
        if self.known is not None:
            self.known.lose(lost)


async def open_session(
    identity: Signer,
    address: str,
    node: PublicKey,
    timeout_s: float,
    former: LiveReport | None = None,
    *,
    wants_report: bool = True,
) -> Session:
    """Connect; the arguments are those of Session. Raises CannotConnect or NotTrusted, and then nothing is left."""
    session = Session(identity, address, node, former, wants_report=wants_report)
    try:
        await session.until_ready(timeout_s)
    except BaseException:
        await session.close()
        raise
    return session


async def within(answer: asyncio.Future[T], timeout_s: float) -> T:
    """The answer. Raises NoAnswer when it does not come within `timeout_s` seconds."""
    try:
        async with asyncio.timeout(timeout_s):
            return await answer
    except TimeoutError:
        raise NoAnswer(f"the node did not answer within {round(timeout_s, 2):g} s") from None
