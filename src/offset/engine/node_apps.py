"""The apps of a node: who is connected, what each may do, and what each is told (spec 05, 2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, Uid
from offset.base.limits import APPS_MAX
from offset.core.apps.pending_requests import PendingRequests
from offset.core.apps.permissions import is_allowed, may_see
from offset.engine.report_pieces import Piece
from offset.engine.told_status import StatusOf, ToldStatus
from offset.wire.app import (
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppRequest,
    AppServerToApp,
    AppToAppServer,
    ClientResponseRoutes,
    CreateTransaction,
    ReportMutations,
    RequestClosePayment,
    ResponseClosePayment,
    TransactionResult,
)
from offset.wire.extension import (
    PIECE_REQUEST,
    QUERY,
    WELCOME,
    Extra,
    LostPayment,
    NetworkStatus,
    Page,
    PieceRequest,
    Query,
    ReportPiece,
    StatusChange,
    Welcome,
)
from offset.wire.index import RequestRoutes
from offset.wire.orders import ORDER, Order
from offset.wire.report import NODE_REPORT, NodeReport, NodeReportMutation

Trust = Callable[[PublicKey], AppPermissions | None]
"""What the owner lets the app with this key do; None: the app is not known."""
Send = Callable[[Conn, bytes], None]
Asked = AppToAppServer | Order
"""A request of an app, and the id with which it is acknowledged."""


class NodeApps:
    """Connections of apps. An app is registered from its report on: it is told everything that follows."""

    def __init__(self, trust: Trust, send: Send) -> None:
        self._trust, self._send = trust, send
        self._permissions: dict[Conn, AppPermissions] = {}
        self._keys: dict[Conn, PublicKey] = {}
        self._registered: dict[Conn, None] = {}
        self._reportless: dict[Conn, None] = {}
        """Apps that need no report: they are told only what comes of requests, and of lost payments."""
        self._offered: dict[Conn, None] = {}
        """Apps that may have their report in pieces, or none."""
        self._pending = PendingRequests()
        self._told_status = ToldStatus()

    def __len__(self) -> int:
        return len(self._permissions)

    @property
    def requests_pending(self) -> int:
        """Different questions that wait for an answer."""
        return len(self._pending)

    def opened(self, conn: Conn, key: PublicKey, *, offers_pieces: bool = False) -> bool:
        """An app proved its key; it is told its permissions. False: it is to be hung up on.

        `offers_pieces`: an app that knows how may ask for its report piece by piece, or for none, before anything
        else.
        """
        may = self._trust(key)
        if may is None or len(self._permissions) >= APPS_MAX:
            return False
        self._permissions[conn] = may
        self._keys[conn] = key
        if offers_pieces:
            self._offered[conn] = None
        welcome = Welcome(
            may.routes, may.buyer, may.seller, may.config, offers_pieces, True, offers_pieces, True
        )
        self._send(conn, WELCOME.encode(welcome))
        return True

    def question(self, conn: Conn, data: bytes) -> PieceRequest | Query | Order | None:
        """What this message asks for, if it is one of ours; None for a request of 0.1.11.

        Raises PeerFault when it is unreadable, or not permitted: hang up on this app only.
        """
        asked = PIECE_REQUEST.decode(data)
        if asked.is_query:
            query = QUERY.decode(data)
            if not may_see(self._permissions[conn], query.listing):
                raise PeerFault("the app has no permission for its query")
            return query
        if asked.is_order:
            order = ORDER.decode(data)
            if not is_allowed(self._permissions[conn], order.app_request):
                raise PeerFault("the app has no permission for its order")
            return order
        return asked if (asked.is_wanted or asked.is_unneeded) and conn in self._offered else None

    def tell_page(self, conn: Conn, page: Page) -> None:
        """The answer to the query of one app, if it is still there."""
        if conn in self._registered or conn in self._reportless:
            self._send(conn, APP_SERVER_TO_APP.encode(ReportMutations(None, (), Extra(opt_page=page))))

    def register_reportless(self, conn: Conn) -> None:
        """The app needs no report; from here on it is told what comes of requests."""
        self._reportless[conn] = None

    def register(self, conn: Conn, report: NodeReport) -> None:
        """Send the report, or its first part; from here on the app is told of every change."""
        extra = report.opt_extra
        status = None if extra is None else extra.opt_status
        follow = extra is not None and extra.friends_follow
        self._register(conn, NODE_REPORT.encode(report), status, links_follow=follow)

    def register_encoded(self, conn: Conn, report: bytes) -> None:
        """The same with a report in the form of 0.1.11, which tells no status."""
        self._register(conn, report, None)

    def _register(
        self, conn: Conn, report: bytes, status: NetworkStatus | None, *, links_follow: bool = False
    ) -> None:
        if conn in self._permissions:
            if self._registered:
                self._told_status.join(status, links_follow=links_follow)
            else:
                self._told_status.begin(status)
            self._reportless.pop(conn, None)
            self._registered[conn] = None
            self._send(conn, report)

    def tell_piece(self, conn: Conn, piece: Piece, status: NetworkStatus) -> None:
        """The next friends of the report of one app. `status`: relays, and the links of these friends."""
        if conn not in self._registered:
            return
        if len(self._registered) == 1:
            self._told_status.add(status.links)
        else:
            self._told_status.compare(piece.keys, status.links)
        change = StatusChange(status.now, status.relays, status.links, (), status.index_servers)
        extra = Extra(
            opt_status_change=change,
            opt_piece=ReportPiece(piece.friends, piece.is_last),
        )
        self._send(conn, APP_SERVER_TO_APP.encode(ReportMutations(None, (), extra)))

    def revoked(self) -> list[Conn]:
        """Apps whose permissions are not what they were told: they must go, and may come again."""
        return [conn for conn, key in self._keys.items() if self._trust(key) != self._permissions[conn]]

    def closed(self, conn: Conn) -> None:
        """The app is gone; what it asked for is carried out all the same."""
        self._permissions.pop(conn, None)
        self._keys.pop(conn, None)
        self._registered.pop(conn, None)
        self._reportless.pop(conn, None)
        self._offered.pop(conn, None)
        self._pending.forget(conn)

    def request(self, conn: Conn, data: bytes) -> AppToAppServer:
        """Read a request. Raises PeerFault when it is unreadable or not permitted: hang up on this app only."""
        message = APP_TO_APP_SERVER.decode(data)
        if not is_allowed(self._permissions[conn], message.app_request):
            raise PeerFault("the app has no permission for its request")
        self._expect_answer(conn, message.app_request)
        return message

    def _expect_answer(self, conn: Conn, request: AppRequest) -> None:
        match request:
            case CreateTransaction():
                self._pending.ask(("transaction", request.request_id), conn)
            case RequestClosePayment():
                self._pending.ask(("payment", request.payment_id), conn)
            case RequestRoutes():
                self._pending.ask(("routes", request.request_id), conn)

    def tell_change(
        self, ack: Uid | None, mutations: Iterable[NodeReportMutation], extra: Extra | None = None
    ) -> None:
        """Changes of the report, for all; with `ack` also the acknowledgement of that request."""
        if self._registered:
            data = APP_SERVER_TO_APP.encode(ReportMutations(ack, tuple(mutations), extra))
            for conn in self._registered:
                self._send(conn, data)
        if self._reportless:
            self._tell_reportless(ack, extra)

    def _tell_reportless(self, ack: Uid | None, extra: Extra | None) -> None:
        """The acknowledgement, why the request was refused, and what is lost; nothing else of the change."""
        told = None
        if extra is not None and (extra.refusal or extra.lost_payments):
            told = Extra(refusal=extra.refusal, lost_payments=extra.lost_payments)
        if ack is not None or told is not None:
            data = APP_SERVER_TO_APP.encode(ReportMutations(ack, (), told))
            for conn in self._reportless:
                self._send(conn, data)

    def status_moved(self) -> None:
        """How we stand with relays and friends may have changed."""
        self._told_status.moved()

    def tell_status(self, linked: Collection[PublicKey], status_of: StatusOf) -> bool:
        """What of the status is not as all were told before. False: there is more to look at."""
        if not self._registered:
            return True
        change = self._told_status.change(linked, status_of)
        if change is not None:
            self.tell_change(None, (), Extra(opt_status_change=change))
        return not self._told_status.has_more

    def tell_lost(self, payments: Iterable[LostPayment]) -> None:
        """These payments are told with the changes of the report. How one that is lost ended 0.1.11 has no words for,
        so whoever asked waits no longer.
        """
        for lost in payments:
            if lost.opt_ack_uid is not None:
                self._pending.answer(("payment", lost.payment_id))

    def tell(self, message: AppServerToApp) -> None:
        """An answer, for those who asked."""
        question: tuple[str, bytes]
        match message:
            case TransactionResult():
                question = ("transaction", message.request_id)
            case ResponseClosePayment():
                question = ("payment", message.payment_id)
            case ClientResponseRoutes():
                question = ("routes", message.request_id)
            case _:
                raise AssertionError(message)
        conns = self._pending.answer(question)
        if conns:
            data = APP_SERVER_TO_APP.encode(message)
            for conn in conns:
                self._send(conn, data)
