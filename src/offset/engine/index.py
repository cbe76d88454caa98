"""The engine of stindex: lines below, the index server's machine above (spec 04, 1.4).

Received ──► lines ──► message ──► server ──► messages for many ──► lines ──► Write
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault, TextTooLong
from offset.base.ids import Conn, PublicKey, short
from offset.base.instants import Instant
from offset.base.limits import (
    COUNTERS_MS,
    FRAME_BYTES_MAX,
    INDEX_CLIENTS_MAX,
    INDEX_HANDSHAKES_MAX,
    INDEX_SERVER_MESSAGE_BYTES_MAX,
)
from offset.core.index.effects import DialPeer, HangupConn, PauseConn, ResumeConn, SendClients, SendPeers
from offset.core.index.effects import Effect as ServerEffect
from offset.core.index.server import IndexServer
from offset.crypto.signer import Signer
from offset.engine.line_events import (
    DIALED,
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
)
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Effect, Event, Tell
from offset.engine.views import IndexEngineView, StatedCapacity
from offset.wire.index import (
    INDEX_CLIENT_TO_SERVER,
    INDEX_SERVER_TO_CLIENT,
    INDEX_SERVER_TO_SERVER,
)

CLIENTS = "client"
"""The listener for nodes, which may be anybody."""
SERVERS = "server"
"""The listener for the other index servers, who must be trusted."""


class IndexEngine:
    """An index server without its sockets, clock and chance."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        trusted: Mapping[PublicKey, str],
        now: Instant,
        *,
        clients_max: int = INDEX_CLIENTS_MAX,
        handshakes_max: int = INDEX_HANDSHAKES_MAX,
    ) -> None:
        """`trusted`: the address of the server port of each index server to share with."""
        # Both ports together.
        handshakes_max *= 2
        lines = Lines(
            signer,
            entropy,
            connections_max=clients_max + len(trusted) + handshakes_max,
            handshakes_max=handshakes_max,
            message_bytes_max=dict.fromkeys((SERVERS, DIALED), INDEX_SERVER_MESSAGE_BYTES_MAX),
        )
        lines.listen(CLIENTS, self._take_client)
        lines.listen(SERVERS, self._take_peer)
        self._loop = Loop(lines, now)
        self._server = IndexServer(signer.public_key, trusted, entropy, now, clients_max=clients_max)
        self._timer = Timer(self._tick, self._server.deadline())
        self._counters = Timer(self._tell_counters, now + COUNTERS_MS)
        self._loop.set_timers(self._timer, self._counters)

    def start(self, now: Instant) -> list[Effect]:
        """Make the first time hash and dial the peers."""
        self._loop.now = now
        self._tick()
        return self._loop.take_effects()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        self._loop.now = now
        self._loop.take(event)
        self._loop.run_due()
        return self._loop.take_effects()

    def deadline(self) -> Instant | None:
        """When to be woken."""
        return self._loop.deadline()

    def view(self) -> IndexEngineView:
        """The counts of this moment."""
        return IndexEngineView(self._loop.lines.view(), self._server.view())

    def stated(self) -> Iterator[StatedCapacity]:
        """All that nodes have stated and that is still believed, one after another."""
        for node, record in self._server.records():
            yield StatedCapacity(node, record.friend, record.currency, record.capacity, record.toll)

    # Time

    def _tick(self) -> None:
        self._carry_out(self._server.tick(self._loop.now))

    def _tell_counters(self) -> None:
        self._counters.at = self._loop.now + COUNTERS_MS
        self._loop.add(Tell("counters", self.view()))

    # Lines

    def _take_client(self, news: LineEvent) -> None:
        """What happens on the line of a node."""
        conn, now = news.conn, self._loop.now
        match news:
            case LineMessage():
                try:
                    message = INDEX_CLIENT_TO_SERVER.decode(news.data)
                except TextTooLong:
                    self._carry_out(self._server.skipped(conn, len(news.data)))
                except PeerFault:
                    self._hangup(conn)
                else:
                    self._carry_out(self._server.client_message(conn, message))
            case LineOpened():
                self._carry_out(self._server.client_opened(conn, news.remote, news.peer))
            case LineClosed():
                self._carry_out(self._server.closed(conn, now))
            case LineCongested():
                self._carry_out(self._server.congested(conn))
            case LineDrained():
                self._carry_out(self._server.drained(conn))

    def _take_peer(self, news: LineEvent) -> None:
        """What happens on the line of another server, whoever dialed it."""
        conn, now = news.conn, self._loop.now
        match news:
            case LineMessage() if len(news.data) > FRAME_BYTES_MAX:
                # The reference has no limit, and passes on what anybody told it.
                self._carry_out(self._server.skipped(conn, len(news.data)))
            case LineMessage():
                try:
                    message = INDEX_SERVER_TO_SERVER.decode(news.data)
                except TextTooLong:
                    self._carry_out(self._server.skipped(conn, len(news.data)))
                except PeerFault:
                    self._hangup(conn)
                else:
                    self._carry_out(self._server.peer_message(conn, message))
            case LineOpened():
                is_dialed = news.listener == DIALED
                self._carry_out(self._server.peer_opened(conn, news.remote, is_dialed, now))
                if self._loop.lines.is_open(conn):
                    self._loop.add(Tell("peer", f"joined {short(news.remote)}"))
            case LineClosed():
                self._carry_out(self._server.closed(conn, now))
            case LineCongested():
                self._carry_out(self._server.congested(conn))
            case LineDrained():
                self._carry_out(self._server.drained(conn))

    def _take_dialed(self, key: PublicKey, news: LineEvent) -> None:
        """What happens on a line that we dialed to a peer."""
        if isinstance(news, LineClosed) and not news.was_open:
            self._loop.add(Tell("peer", f"cannot reach {short(key)}: {news.reason}"))
            self._carry_out(self._server.dial_failed(key, self._loop.now))
        else:
            self._take_peer(news)

    def _hangup(self, conn: Conn) -> None:
        """The peer said what nobody can read."""
        self._loop.lines.hangup(conn)
        self._carry_out(self._server.closed(conn, self._loop.now))

    # Effects

    def _carry_out(self, effects: list[ServerEffect]) -> None:
        self._timer.at = self._server.deadline()
        for effect in effects:
            match effect:
                case SendClients():
                    self._send(effect.conns, INDEX_SERVER_TO_CLIENT.encode(effect.message))
                case SendPeers():
                    self._send(effect.conns, INDEX_SERVER_TO_SERVER.encode(effect.message))
                case DialPeer():
                    owner = partial(self._take_dialed, effect.key)
                    self._loop.lines.dial(effect.address, effect.key, owner, self._loop.now)
                case HangupConn():
                    self._loop.lines.hangup(effect.conn)
                case PauseConn():
                    self._loop.lines.pause(effect.conn)
                case ResumeConn():
                    self._loop.lines.resume(effect.conn, self._loop.now)

    def _send(self, conns: tuple[Conn, ...], data: bytes) -> None:
        for conn in conns:
            self._loop.send(conn, data)
