"""The index client of a node: its lines to index servers, its timer, and how its effects are carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, Uid
from offset.core.funder.records import Changes, IndexServersRecord
from offset.core.index.client import (
    Answer,
    DialServer,
    Effect,
    HangupServer,
    IndexClient,
    ReportChange,
    SendServer,
    TakeFresh,
    TakenBack,
)
from offset.engine.capacities import Changed
from offset.engine.index_standing import IndexStanding
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.loop import Loop, Timer
from offset.engine.withdrawn import Pair
from offset.wire.app import AppServerToApp, ClientResponseRoutes
from offset.wire.common import NamedIndexServerAddress
from offset.wire.extension import IndexServerStatus
from offset.wire.index import INDEX_CLIENT_TO_SERVER, INDEX_SERVER_TO_CLIENT, RequestRoutes
from offset.wire.report import IndexClientMutation, IndexClientReport, NodeReportMutation

Report = Callable[[Changes, Uid | None, Sequence[NodeReportMutation]], None]
"""Makes rows durable, then tells all apps of changes; with an id it acknowledges that request."""


class NodeIndex:
    """The index client as a part of a node."""

    def __init__(
        self,
        loop: Loop,
        client: IndexClient,
        *,
        answer: Callable[[AppServerToApp], None],
        report: Report,
        taken_back: Callable[[Iterable[Pair]], None],
        moved: Callable[[], None],
    ) -> None:
        """`answer` takes the routes that were asked for, `report` what else apps and the disk must know.

        `taken_back` takes the pairs that no server believes in any more. `moved`: apps are to be told the status.
        """
        self._loop = loop
        self._client = client
        self._answer, self._report, self._taken_back = answer, report, taken_back
        self._moved = moved
        self._conn: Conn | None = None
        self._fresh: Conn | None = None
        """A second line, which may take the place of the first."""
        self._dialed: dict[Conn, PublicKey] = {}
        """To which server each of these lines leads."""
        self._standing = IndexStanding(client)
        self._told: tuple[IndexServerStatus, ...] = ()
        self.timer = Timer(self._tick, client.deadline())

    @property
    def servers(self) -> tuple[NamedIndexServerAddress, ...]:
        """The configured servers, in order."""
        return self._client.servers

    @property
    def connected_server(self) -> PublicKey | None:
        """The server of the session, if there is one."""
        return self._client.connected_server

    @property
    def conns(self) -> list[Conn]:
        """The lines to the server of this moment and to the next one, which may still be dialed."""
        return [conn for conn in (self._conn, self._fresh) if conn is not None]

    # What is wanted

    def start(self) -> None:
        """Dial at once."""
        self._carry_out(self._client.start(self._loop.now))

    def report(self) -> IndexClientReport:
        """What apps are told when they come."""
        return self._client.report()

    def status(self) -> tuple[IndexServerStatus, ...]:
        """How we stand with each index server."""
        return self._standing.status(self._loop.now)

    def publish(self, capacities: Changed) -> None:
        """Tell index servers of these capacities and rates, which are durable."""
        self._carry_out(self._client.set_published(capacities, self._loop.now))

    def doubt(self, pairs: Iterable[Pair]) -> None:
        """Servers may believe in these pairs: what is not published soon is taken back."""
        self._client.doubt(pairs)
        self.timer.at = self._client.deadline()

    def request_routes(self, request: RequestRoutes) -> None:
        """Ask the server; the answer goes to whoever asked."""
        self._carry_out(self._client.request_routes(request, self._loop.now))

    def add_server(self, server: NamedIndexServerAddress, ack: Uid) -> str | None:
        """Configure a server, for the request `ack`; why not, if it is refused."""
        refusal = self._client.refuses(server)
        if refusal is None:
            self._change_servers(self._client.add_server(server, self._loop.now), ack)
        return refusal

    def remove_server(self, key: PublicKey, ack: Uid) -> str | None:
        """Forget a server, for the request `ack`; why not, if it is refused."""
        effects = self._client.remove_server(key, self._loop.now)
        if not effects:
            return "there is no such index server"
        self._change_servers(effects, ack)
        return None

    def network_changed(self) -> None:
        """What there is may be dead: connect at once."""
        self._carry_out(self._client.network_changed(self._loop.now))

    def _change_servers(self, effects: list[Effect], ack: Uid) -> None:
        """The list is a row, and its changes are the acknowledgement of the request: they come first."""
        record = IndexServersRecord(self._client.servers)
        reports = [effect for effect in effects if isinstance(effect, ReportChange)]
        others: list[Effect] = [effect for effect in effects if not isinstance(effect, ReportChange)]
        mutations = tuple(IndexClientMutation(report.mutation) for report in reports)
        self._report({record.key(): record}, ack, mutations)
        self._carry_out(others)

    # Events

    def _take(self, news: LineEvent) -> None:
        """What happens on a line to a server."""
        if news.conn not in self.conns:
            # We hung up in the very step in which the line ended.
            assert isinstance(news, LineClosed), "of a line that was hung up only its end may still be told"
            return
        is_fresh = news.conn == self._fresh
        match news:
            case LineMessage():
                try:
                    message = INDEX_SERVER_TO_CLIENT.decode(news.data)
                except PeerFault as fault:
                    self._loop.lines.hangup(news.conn)
                    self._closed(news.conn, is_fresh, f"it said something that cannot be read: {fault}")
                else:
                    self._carry_out(self._client.message(message, self._loop.now, is_fresh=is_fresh))
            case LineOpened():
                self._carry_out(self._client.opened(self._loop.now, is_fresh=is_fresh))
            case LineClosed():
                self._closed(news.conn, is_fresh, news.reason)
            case _:
                # We say little, and the driver bounds what waits.
                return

    def _closed(self, conn: Conn, is_fresh: bool, why: str) -> None:
        self._standing.lost(self._dialed.pop(conn), why)
        if is_fresh:
            self._fresh = None
        else:
            self._conn = None
        self._carry_out(self._client.closed(self._loop.now, is_fresh=is_fresh))

    def _tick(self) -> None:
        state, _, _ = self._client.course
        effects = self._client.tick(self._loop.now)
        if HangupServer() in effects:
            self._standing.left(state)
        self._carry_out(effects)

    # Effects

    def _carry_out(self, effects: list[Effect]) -> None:
        self.timer.at = self._client.deadline()
        for effect in effects:
            match effect:
                case SendServer():
                    if self._conn is not None:
                        self._loop.send(self._conn, INDEX_CLIENT_TO_SERVER.encode(effect.message))
                case DialServer():
                    self._dial(effect.server, effect.is_fresh)
                case HangupServer(is_fresh=True):
                    self._hangup(self._fresh)
                    self._fresh = None
                case HangupServer():
                    self._hangup(self._conn)
                    self._conn = None
                case TakeFresh():
                    self._hangup(self._conn)
                    self._conn, self._fresh = self._fresh, None
                case TakenBack():
                    self._taken_back(effect.pairs)
                case Answer():
                    self._answer(ClientResponseRoutes(effect.request_id, effect.routes))
                case ReportChange():
                    self._report({}, None, (IndexClientMutation(effect.mutation),))
        status = self.status()
        if status != self._told:
            self._told = status
            self._moved()

    def _dial(self, server: NamedIndexServerAddress, is_fresh: bool) -> None:
        assert (self._fresh if is_fresh else self._conn) is None, "one line of each kind at a time"
        conn = self._loop.lines.dial(server.address, server.public_key, self._take, self._loop.now)
        self._dialed[conn] = server.public_key
        if is_fresh:
            self._fresh = conn
        else:
            self._conn = conn

    def _hangup(self, conn: Conn | None) -> None:
        if conn is not None:
            self._dialed.pop(conn, None)
            self._loop.lines.hangup(conn)
