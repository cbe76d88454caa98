"""The engine of stindex: lines below, the index server's machine above (spec 04, 1.4).

Received ──► lines ──► message ──► server ──► messages for many ──► lines ──► Write
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault, TextTooLong
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant, earliest
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
from offset.engine.lines import DIALED, LineClosed, LineEvent, LineMessage, LineOpened, Lines
from offset.engine.surface import Congested, Drained, Effect, Event, Tell
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
        handshakes_max *= 2  # of both ports together
        self._lines = Lines(
            signer,
            entropy,
            connections_max=clients_max + len(trusted) + handshakes_max,
            handshakes_max=handshakes_max,
            message_bytes_max=dict.fromkeys((SERVERS, DIALED), INDEX_SERVER_MESSAGE_BYTES_MAX),
        )
        self._server = IndexServer(signer.public_key, trusted, entropy, now, clients_max=clients_max)
        self._dialing: dict[Conn, PublicKey] = {}
        self._clients: dict[Conn, None] = {}
        self._peers: dict[Conn, None] = {}
        self._tell_at = now + COUNTERS_MS
        self._told: list[Effect] = []

    def start(self, now: Instant) -> list[Effect]:
        """Make the first time hash and dial the peers."""
        self._carry_out(self._server.tick(now), now)
        return self._take_effects()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        match event:
            case Congested(conn):
                self._carry_out(self._server.congested(conn), now)
            case Drained(conn):
                self._carry_out(self._server.drained(conn), now)
            case _:
                for news in self._lines.handle(event, now):
                    self._take(news, now)
        deadline = self._server.deadline()
        if deadline is not None and deadline <= now:
            self._carry_out(self._server.tick(now), now)
        if now >= self._tell_at:
            self._tell_at = now + COUNTERS_MS
            self._told.append(Tell("counters", self.view()))
        return self._take_effects()

    def deadline(self) -> Instant | None:
        """When to be woken."""
        return earliest(self._lines.deadline(), self._server.deadline(), self._tell_at)

    def view(self) -> IndexEngineView:
        """The counts of this moment."""
        return IndexEngineView(self._lines.view(), self._server.view())

    def stated(self) -> Iterator[StatedCapacity]:
        """All that nodes have stated and that is still believed, one after another."""
        for node, record in self._server.records():
            yield StatedCapacity(node, record.friend, record.currency, record.capacity, record.toll)

    def _take_effects(self) -> list[Effect]:
        told, self._told = self._told, []
        return told + self._lines.take_effects()

    def _take(self, news: LineEvent, now: Instant) -> None:
        match news:
            case LineMessage():
                self._take_message(news, now)
            case LineOpened():
                self._take_opened(news, now)
            case LineClosed(conn, reason):
                key = self._dialing.pop(conn, None)
                if key is None:
                    self._forget(conn, now)
                else:
                    self._told.append(Tell("peer", f"cannot reach {key.hex()[:8]}: {reason}"))
                    self._carry_out(self._server.dial_failed(key, now), now)

    def _take_opened(self, news: LineOpened, now: Instant) -> None:
        conn = news.conn
        if news.listener == CLIENTS:
            self._clients[conn] = None
            self._carry_out(self._server.client_opened(conn, news.remote, news.peer), now)
            return
        is_dialed = self._dialing.pop(conn, None) is not None
        self._peers[conn] = None
        self._carry_out(self._server.peer_opened(conn, news.remote, is_dialed, now), now)
        if conn in self._peers:
            self._told.append(Tell("peer", f"joined {news.remote.hex()[:8]}"))

    def _take_message(self, news: LineMessage, now: Instant) -> None:
        conn = news.conn
        try:
            if conn in self._clients:
                effects = self._server.client_message(conn, INDEX_CLIENT_TO_SERVER.decode(news.data))
            elif conn in self._peers and len(news.data) > FRAME_BYTES_MAX:
                # The reference has no limit, and passes on what anybody told it.
                effects = self._server.skipped(conn, len(news.data))
            elif conn in self._peers:
                effects = self._server.peer_message(conn, INDEX_SERVER_TO_SERVER.decode(news.data))
            else:
                return  # hung up in this very step
        except TextTooLong:
            self._carry_out(self._server.skipped(conn, len(news.data)), now)
        except PeerFault:
            self._lines.hangup(conn)
            self._forget(conn, now)
        else:
            self._carry_out(effects, now)

    def _forget(self, conn: Conn, now: Instant) -> None:
        self._clients.pop(conn, None)
        self._peers.pop(conn, None)
        self._carry_out(self._server.closed(conn, now), now)

    def _carry_out(self, effects: list[ServerEffect], now: Instant) -> None:
        for effect in effects:
            match effect:
                case SendClients():
                    self._send(effect.conns, INDEX_SERVER_TO_CLIENT.encode(effect.message), now)
                case SendPeers():
                    self._send(effect.conns, INDEX_SERVER_TO_SERVER.encode(effect.message), now)
                case DialPeer():
                    conn = self._lines.dial(effect.address, effect.key, now)
                    self._dialing[conn] = effect.key
                case HangupConn():
                    self._clients.pop(effect.conn, None)
                    self._peers.pop(effect.conn, None)
                    self._lines.hangup(effect.conn)
                case PauseConn():
                    self._lines.pause(effect.conn)
                case ResumeConn():
                    self._lines.resume(effect.conn, now)

    def _send(self, conns: tuple[Conn, ...], data: bytes, now: Instant) -> None:
        for conn in conns:
            self._lines.send(conn, data, now)
