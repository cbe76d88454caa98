"""The apps of a node: who is connected, what each may do, and what each is told (spec 05, 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, Uid
from offset.base.limits import APPS_MAX
from offset.core.apps.pending_requests import PendingRequests
from offset.core.apps.permissions import is_allowed
from offset.wire.app import (
    APP_PERMISSIONS,
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
from offset.wire.extension import Extra, LostPayment, NetworkStatus
from offset.wire.index import RequestRoutes
from offset.wire.report import NODE_REPORT, NodeReport, NodeReportMutation

Trust = Callable[[PublicKey], AppPermissions | None]
"""What the owner lets the app with this key do; None: the app is not known."""
Send = Callable[[Conn, bytes], None]


class NodeApps:
    """Connections of apps. An app is registered from its report on: it is told everything that follows."""

    def __init__(self, trust: Trust, send: Send) -> None:
        self._trust, self._send = trust, send
        self._permissions: dict[Conn, AppPermissions] = {}
        self._keys: dict[Conn, PublicKey] = {}
        self._registered: dict[Conn, None] = {}
        self._pending = PendingRequests()
        self._told_status: NetworkStatus | None = None

    def __len__(self) -> int:
        return len(self._permissions)

    @property
    def requests_pending(self) -> int:
        """Different questions that wait for an answer."""
        return len(self._pending)

    def opened(self, conn: Conn, key: PublicKey) -> bool:
        """An app proved its key. False: it is to be hung up on."""
        permissions = self._trust(key)
        if permissions is None or len(self._permissions) >= APPS_MAX:
            return False
        self._permissions[conn] = permissions
        self._keys[conn] = key
        self._send(conn, APP_PERMISSIONS.encode(permissions))
        return True

    def register(self, conn: Conn, report: NodeReport) -> None:
        """Send the report; from here on the app is told of every change."""
        if conn in self._permissions:
            self._registered[conn] = None
            status = None if report.opt_extra is None else report.opt_extra.opt_status
            if status is None or not self._was_told(status):
                # This report is older than what the others were told.
                self._told_status = None
            self._send(conn, NODE_REPORT.encode(report))

    def revoked(self) -> list[Conn]:
        """Apps whose permissions are not what they were told: they must go, and may come again."""
        return [conn for conn, key in self._keys.items() if self._trust(key) != self._permissions[conn]]

    def closed(self, conn: Conn) -> None:
        """The app is gone; what it asked for is carried out all the same."""
        self._permissions.pop(conn, None)
        self._keys.pop(conn, None)
        self._registered.pop(conn, None)
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

    def tell_status(self, status: NetworkStatus) -> None:
        """How the node stands with relays and friends, for all, if it is not as they were told before."""
        if not self._was_told(status):
            self._told_status = status
            self.tell_change(None, (), Extra(opt_status=status))

    def _was_told(self, status: NetworkStatus) -> bool:
        told = self._told_status
        return told is not None and (told.relays, told.links) == (status.relays, status.links)

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
