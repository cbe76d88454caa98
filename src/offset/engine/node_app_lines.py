"""The lines of a node's apps: who gets in, who must go, and when all are told how the node stands.

app ── proves its key ──► opened ──► permissions; node: came ──► report, after what it may tell is durable
    ── wants a piece ───► node: wanted ──► the first part of a long report, then its friends, piece by piece
    ── needs no report ─► from here on told only what comes of requests
    ── query ───────────► read, permitted ──► node: queried      else hung up on
    ── request ─────────► read, permitted ──► node: asked        else hung up on
    ── gone ────────────► node: left                             what it asked for is carried out all the same
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    APPS_MAX,
    APPS_RECHECK_MS,
    REPORT_EARLY_REQUESTS_MAX,
    REPORT_OFFER_MS,
    STATUS_PAUSE_MS,
)
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.loop import Loop, Timer
from offset.engine.node_apps import Asked, NodeApps
from offset.engine.report_pieces import Piece
from offset.engine.surface import Tell
from offset.engine.told_status import StatusOf
from offset.wire.extension import NetworkStatus, PieceRequest, Query
from offset.wire.orders import Order
from offset.wire.report import NodeReport


class NodeAppLines:
    """The owner of the lines of apps."""

    def __init__(
        self,
        loop: Loop,
        apps: NodeApps,
        *,
        offers: Callable[[], bool],
        came: Callable[[Conn], bool | None],
        wanted: Callable[[Conn], None],
        asked: Callable[[Asked], None],
        queried: Callable[[Conn, Query], None],
        left: Callable[[Conn], None],
        linked: Callable[[], Collection[PublicKey]],
        status_of: StatusOf,
    ) -> None:
        """`offers`: whether an app may have the report in pieces. `came`: one is to have it whole; True: it waits for
        it, until `register_encoded`.

        `wanted`: one is to have its first part, or the next. `asked`: what one may ask. `queried`: one may see
        some rows, and asks for them. `left`: one is gone.
        `linked`: the friends with whom there is a link. `status_of`: how we stand with relays and some friends.
        """
        self._loop = loop
        self._apps = apps
        self._offers, self._came, self._wanted = offers, came, wanted
        self._asked, self._queried, self._left = asked, queried, left
        self._linked, self._status_of = linked, status_of
        self._undecided: dict[Conn, Instant] = {}
        """Apps that have not asked for a piece yet, and until when they may, the first one first."""
        self._early: dict[Conn, list[Asked]] = {}
        """Apps that wait for their report, and what they ask already: it is carried out after that."""
        self.offer_timer = Timer(self._wait_no_more)
        """An app may not know of pieces."""
        self.recheck_timer = Timer(self._recheck)
        """Whether the apps are still trusted."""
        self.status_timer = Timer(self._tell_status)
        """Apps are told how we stand with relays and friends."""

    def take(self, news: LineEvent) -> None:
        """What happens on the line of an app."""
        conn = news.conn
        match news:
            case LineMessage():
                try:
                    self._heard(conn, news.data)
                except PeerFault as fault:
                    self._hangup(conn, f"hung up on an app: {fault}")
            case LineOpened():
                self._opened(news)
            case LineClosed():
                self._closed(conn)
            case _:
                # What an app does not take the driver bounds.
                return

    def _heard(self, conn: Conn, data: bytes) -> None:
        question = self._apps.question(conn, data)
        if isinstance(question, PieceRequest):
            is_first = self._undecided.pop(conn, None) is not None
            if question.is_wanted:
                self._wanted(conn)
            elif is_first:
                self._apps.register_reportless(conn)
            else:
                raise PeerFault("it needs no report, and has one")
            return
        request: Asked | None = None
        if question is None:
            request = self._apps.request(conn, data)
        elif isinstance(question, Order):
            request = question
        if self._undecided.pop(conn, None) is not None:
            # It asks before it has its report, and knows of no pieces.
            self._come(conn)
        if request is not None:
            self._ask(conn, request)
        elif isinstance(question, Query):
            # Of an app of ours, which waits for no report: the answer is no part of it.
            self._queried(conn, question)

    def _ask(self, conn: Conn, request: Asked) -> None:
        early = self._early.get(conn)
        if early is None:
            self._asked(request)
        elif len(early) < REPORT_EARLY_REQUESTS_MAX:
            early.append(request)
        else:
            raise PeerFault(f"more than {REPORT_EARLY_REQUESTS_MAX} requests before it has its report")

    def _come(self, conn: Conn) -> None:
        if self._came(conn):
            self._early[conn] = []

    def _wait_no_more(self) -> None:
        """Apps that asked for no piece in time get the report whole."""
        now = self._loop.now
        for conn in [conn for conn, until in self._undecided.items() if until <= now]:
            del self._undecided[conn]
            self._come(conn)
        self.offer_timer.at = next(iter(self._undecided.values()), None)

    def register(self, conn: Conn, report: NodeReport) -> None:
        """Send the report; from here on the app is told of every change."""
        self._apps.register(conn, report)
        # Perhaps while the report waited for the disk.
        self.status_moved()

    def register_encoded(self, conn: Conn, report: bytes) -> None:
        """Send a report to an app that waited for it."""
        self._apps.register_encoded(conn, report)
        self.status_moved()

    def go_on(self, conn: Conn) -> None:
        """The report of an app that waited for it is on its way: now for what the app asked meanwhile."""
        for request in self._early.pop(conn, ()):
            self._asked(request)

    def tell_piece(self, conn: Conn, piece: Piece, status: NetworkStatus) -> None:
        """Send the next friends of the report. `status`: relays, and the links of these friends."""
        self._apps.tell_piece(conn, piece, status)
        if piece.is_last:
            # Links may have moved while a piece waited for the disk.
            self.status_moved()

    def status_moved(self) -> None:
        """Something may have changed: tell apps soon, and not of each step on the way."""
        self._apps.status_moved()
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self.status_timer.at is None and len(self._apps):
            self.status_timer.at = self._loop.now + STATUS_PAUSE_MS

    def _opened(self, news: LineOpened) -> None:
        offers_pieces = self._offers()
        if self._apps.opened(news.conn, news.remote, offers_pieces=offers_pieces):
            if self.recheck_timer.at is None:
                self.recheck_timer.at = self._loop.now + APPS_RECHECK_MS
            if not offers_pieces:
                self._come(news.conn)
                return
            self._undecided[news.conn] = self._loop.now + REPORT_OFFER_MS
            if self.offer_timer.at is None:
                self.offer_timer.at = self._undecided[news.conn]
            return
        if len(self._apps) >= APPS_MAX:
            self._loop.add(Tell("app", f"hung up on an app: there are {APPS_MAX} already"))
        self._loop.lines.hangup(news.conn)

    def _hangup(self, conn: Conn, why: str) -> None:
        self._loop.add(Tell("app", why))
        self._loop.lines.hangup(conn)
        self._closed(conn)

    def _closed(self, conn: Conn) -> None:
        self._apps.closed(conn)
        self._undecided.pop(conn, None)
        self._early.pop(conn, None)
        self._left(conn)

    def _recheck(self) -> None:
        """Hang up on apps whose ticket was removed or changed."""
        for conn in self._apps.revoked():
            self._hangup(conn, "hung up on an app that is not trusted as before")
        self.recheck_timer.at = self._loop.now + APPS_RECHECK_MS if len(self._apps) else None

    def _tell_status(self) -> None:
        self.status_timer.at = None
        if not self._apps.tell_status(self._linked(), self._status_of):
            self._tell_soon()
