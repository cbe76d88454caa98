"""The engine of an app: one line to its node (spec 05, 2.1; spec 01, 2.4).

    app  ── dial, handshake ──► node
    app  ◄── AppPermissions, NodeReport, then any number of AppServerToApp ── node
             (a long report in pieces, for which the app asks)
    app  ── AppToAppServer, at any time once the report is here ──► node

An app that needs no report is ready with the permissions, at a node that offers to leave the report out.

What it learns it tells the program around it, as `Tell(TOPIC, news)`: Ready once, then Heard, and Over at the end.
What that program wants to send it hands to `post`, and wakes the engine.
"""

from __future__ import annotations

import enum

import msgspec

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey
from offset.base.instants import SECOND, Instant, Millis
from offset.base.limits import APP_FRAME_BYTES_MAX
from offset.core.apps.first_report import FirstReport
from offset.crypto.signer import Signer
from offset.engine.line_events import DIALED, LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Effect, Event, Tell
from offset.wire.app import (
    APP_SERVER_TO_APP,
    APP_TO_APP_SERVER,
    AppPermissions,
    AppServerToApp,
    AppToAppServer,
)
from offset.wire.extension import QUERY, Query
from offset.wire.orders import ORDER, Order
from offset.wire.report import NodeReport

TOPIC = "app"
WELCOME_MS: Millis = 8 * SECOND
"""How long the node may be silent until the report is here; the reference waits for ever (spec 05, 2.1)."""


class AppStage(enum.Enum):
    """How far the line has come."""

    DIALING = "dialing"
    """Until the node has proved its key."""
    GREETING = "greeting"
    """The node looks whether it knows us."""
    REPORTING = "reporting"
    """It does."""
    READY = "ready"
    OVER = "over"


class Ready(msgspec.Struct, frozen=True):
    """The node knows us: what we may do, and all about the node."""

    permissions: AppPermissions
    report: NodeReport | None
    """None: we said that we need none, and the node left it out."""
    answers_queries: bool = False
    """Whether it lists payments, invoices and history."""
    takes_orders: bool = False
    """Whether it does what 0.1.11 cannot be asked for."""


class Heard(msgspec.Struct, frozen=True):
    """A message of the node, in order."""

    message: AppServerToApp


class Over(msgspec.Struct, frozen=True):
    """The line is over, for this reason; it had come to this stage. Nothing follows."""

    stage: AppStage
    reason: str
    by_us: bool
    """Whether we hung up, because of what the node said or did not say."""


News = Ready | Heard | Over


class AppEngine:
    """An app without its sockets, clock and chance."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        address: str,
        node: PublicKey,
        *,
        wants_report: bool = True,
    ) -> None:
        """`address` is `host:port` of the node, `node` the key that it must prove. `wants_report`: else it may leave
        the report out.
        """
        lines = Lines(signer, entropy, message_bytes_max={DIALED: APP_FRAME_BYTES_MAX})
        self._loop = Loop(lines, 0)
        self._welcome = Timer(self._wait_no_more)
        self._loop.set_timers(self._welcome)
        self._address, self._node = address, node
        self._conn: Conn | None = None
        self._stage = AppStage.DIALING
        self._first = FirstReport(node, wants_report=wants_report)
        self._pieces = 0
        self._posted: list[bytes] = []
        self._told: list[Effect] = []

    @property
    def stage(self) -> AppStage:
        """How far the line has come."""
        return self._stage

    @property
    def pieces(self) -> int:
        """How many pieces of the report came, if it comes in pieces: while this grows the rest is on its way."""
        return self._pieces

    def post(self, message: AppToAppServer) -> None:
        """Send a message with the next event; wake the engine soon. Dropped when the line is over.

        Raises what the codec raises when the message cannot be sent at all, an amount below 0 for instance.
        """
        self._post(APP_TO_APP_SERVER.encode(message))

    def query(self, query: Query) -> None:
        """Ask for rows, of a node that takes queries, as with `post`."""
        self._post(QUERY.encode(query))

    def order(self, order: Order) -> None:
        """Ask for what 0.1.11 cannot be asked for, of a node that takes orders, as with `post`."""
        self._post(ORDER.encode(order))

    def _post(self, data: bytes) -> None:
        if self._stage is not AppStage.OVER:
            self._posted.append(data)

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done; the first one, whatever it is, begins with dialing.

        What is told comes last: whoever hears Over finds the line closed.
        """
        loop = self._loop
        loop.now = now
        if self._conn is None:
            self._conn = loop.lines.dial(self._address, self._node, self._line, now)
        loop.take(event)
        loop.run_due()
        if self._stage is AppStage.READY and self._posted:
            posted, self._posted = self._posted, []
            for data in posted:
                loop.send(self._conn, data)
        told, self._told = self._told, []
        return loop.take_effects() + told

    def deadline(self) -> Instant | None:
        """When there is something to do without an event."""
        return self._loop.deadline()

    def _line(self, news: LineEvent) -> None:
        match news:
            case LineOpened():
                self._stage = AppStage.GREETING
                self._welcome.at = self._loop.now + WELCOME_MS
            case LineMessage():
                self._take(news.data)
            case LineClosed():
                self._end(news.reason, by_us=False)
            case _:
                # The driver bounds what waits for the node.
                return

    def _wait_no_more(self) -> None:
        self._hangup(f"the node said nothing for {WELCOME_MS} ms")

    def _take(self, data: bytes) -> None:
        try:
            match self._stage:
                case AppStage.GREETING | AppStage.REPORTING:
                    self._take_first(data)
                case AppStage.READY:
                    self._tell(Heard(APP_SERVER_TO_APP.decode(data)))
                case AppStage.DIALING | AppStage.OVER:
                    raise AssertionError("a message comes on an open line")
        except PeerFault as fault:
            self._hangup(str(fault))

    def _take_first(self, data: bytes) -> None:
        assert self._conn is not None
        for answer in self._first.take(data):
            self._loop.send(self._conn, answer)
        if self._stage is AppStage.REPORTING:
            self._pieces += 1
        self._stage, self._welcome.at = AppStage.REPORTING, self._loop.now + WELCOME_MS
        permissions = self._first.permissions
        if permissions is not None and self._first.is_over:
            self._stage, self._welcome.at = AppStage.READY, None
            first = self._first
            self._tell(Ready(permissions, first.report, first.answers_queries, first.takes_orders))

    def _hangup(self, reason: str) -> None:
        assert self._conn is not None
        self._loop.lines.hangup(self._conn)
        self._end(reason, by_us=True)

    def _end(self, reason: str, *, by_us: bool) -> None:
        self._tell(Over(self._stage, reason, by_us))
        self._stage = AppStage.OVER
        self._welcome.at = None
        self._posted.clear()

    def _tell(self, news: News) -> None:
        self._told.append(Tell(TOPIC, news))
