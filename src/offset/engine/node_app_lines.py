"""The lines of a node's apps: who gets in, who must go, and when all are told how the node stands.

app ── proves its key ──► opened ──► permissions; node: came ──► report, after what it may tell is durable
    ── request ─────────► read, permitted ──► node: asked        else hung up on
    ── gone ────────────► node: left                             what it asked for is carried out all the same
"""

from __future__ import annotations

from collections.abc import Callable

from offset.base.faults import PeerFault
from offset.base.ids import Conn
from offset.base.limits import APPS_MAX, APPS_RECHECK_MS, STATUS_PAUSE_MS
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.loop import Loop, Timer
from offset.engine.node_apps import NodeApps
from offset.engine.surface import Tell
from offset.wire.app import AppToAppServer
from offset.wire.extension import NetworkStatus
from offset.wire.report import NodeReport


class NodeAppLines:
    """The owner of the lines of apps."""

    def __init__(
        self,
        loop: Loop,
        apps: NodeApps,
        *,
        came: Callable[[Conn], None],
        asked: Callable[[AppToAppServer], None],
        left: Callable[[], None],
        status: Callable[[], NetworkStatus],
    ) -> None:
        """`came`: an app was taken in. `asked`: what one may ask. `left`: one is gone. `status`: how we stand now."""
        self._loop = loop
        self._apps = apps
        self._came, self._asked, self._left, self._status = came, asked, left, status
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
                    request = self._apps.request(conn, news.data)
                except PeerFault as fault:
                    self._hangup(conn, f"hung up on an app: {fault}")
                else:
                    self._asked(request)
            case LineOpened():
                self._opened(news)
            case LineClosed():
                self._closed(conn)
            case _:
                # What an app does not take the driver bounds.
                return

    def register(self, conn: Conn, report: NodeReport) -> None:
        """Send the report; from here on the app is told of every change."""
        self._apps.register(conn, report)
        # Perhaps while the report waited for the disk.
        self.status_moved()

    def status_moved(self) -> None:
        """Something may have changed: tell apps soon, and not of each step on the way."""
        if self.status_timer.at is None and len(self._apps):
            self.status_timer.at = self._loop.now + STATUS_PAUSE_MS

    def _opened(self, news: LineOpened) -> None:
        if self._apps.opened(news.conn, news.remote):
            if self.recheck_timer.at is None:
                self.recheck_timer.at = self._loop.now + APPS_RECHECK_MS
            self._came(news.conn)
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
        self._left()

    def _recheck(self) -> None:
        """Hang up on apps whose ticket was removed or changed."""
        for conn in self._apps.revoked():
            self._hangup(conn, "hung up on an app that is not trusted as before")
        self.recheck_timer.at = self._loop.now + APPS_RECHECK_MS if len(self._apps) else None

    def _tell_status(self) -> None:
        self.status_timer.at = None
        if not self._apps.tell_status(self._status()):
            self.status_moved()
